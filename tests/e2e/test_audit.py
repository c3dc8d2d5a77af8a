"""The audit log as a person meets it: filters in the address, more of it, export, a second tab, a phone, two themes."""

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from kanban_app.domain.audit import Act, Action, Actor, Entry, Target, Way
from kanban_app.store.audit_beside import append_beside
from tests.e2e.test_inside import violations
from tests.support.app import AppProcess
from tests.support.board_page import BoardPage

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
PHONE: Final[dict[str, Any]] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "reduced_motion": "reduce",
}
ANNA: Final = Actor("Anna", "person", "10.0.0.7", Way.BOARD)


def open_log(app: AppProcess, open_board: OpenBoard, query: str = "", **options: Any) -> Page:
    page = open_board(app, **options).page
    page.goto(f"{app.base_url}/audit/{query}")
    expect(page.get_by_test_id("audit")).to_have_attribute("aria-busy", "false")
    return page


def fill(app: AppProcess, count: int, title: str) -> None:
    at = datetime.now(UTC) - timedelta(days=100)
    for n in range(count):
        act = Act(Action.TASK_MOVED, Target("task", "gone", f"{title} {n}"), {"from": "backlog", "to": "plan"})
        append_beside(app.data_dir / "kanban.db", Entry(at, ANNA, act, "default"))


def test_a_move_on_the_board_is_told_with_who_and_from_where(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app)
    page = board.page
    with app.client() as client:
        card = client.post("/api/v1/tasks", json={"title": "Fix login", "stages": ["plan"]}).json()["id"]
    board.card(card).root.wait_for()
    board.card(card).choose("archive")
    expect(board.card(card).root).to_have_count(0)
    page.goto(f"{app.base_url}/audit/")
    entry = page.get_by_test_id("audit-entry").filter(has_text="archived “Fix login”")
    expect(entry).to_contain_text("Somebody archived “Fix login”")
    expect(entry).to_contain_text("from 127.0.0.1")
    expect(entry).to_contain_text("on the board")
    expect(entry.get_by_role("link")).to_have_count(0)
    created = page.get_by_test_id("audit-entry").filter(has_text="created “Fix login”")
    expect(created).to_contain_text("A program with the access token created “Fix login”")
    expect(page.get_by_test_id("audit-entry").filter(has_text="Somebody signed in by a link")).not_to_have_count(0)


def test_the_card_of_an_entry_opens(app: AppProcess, open_board: OpenBoard) -> None:
    with app.client() as client:
        card = client.post("/api/v1/tasks", json={"title": "Stays here"}).json()["id"]
    page = open_log(app, open_board)
    page.get_by_role("link", name="“Stays here”").click()
    expect(page).to_have_url(re.compile(rf"/\?card={card}"))
    expect(page.get_by_test_id("task-detail")).to_be_visible()


def test_filters_are_in_the_address_and_hold_in_a_second_tab(app: AppProcess, open_board: OpenBoard) -> None:
    with app.client() as client:
        card = client.post("/api/v1/tasks", json={"title": "Only this one"}).json()["id"]
        client.post(f"/api/v1/tasks/{card}/move", json={"column": "errored"})
    page = open_log(app, open_board)
    entries = page.get_by_test_id("audit-entry")
    page.get_by_test_id("audit-q").fill("only this")
    expect(entries).to_have_count(2)
    page.get_by_test_id("audit-outcome").select_option("refused")
    expect(entries).to_have_count(1)
    expect(entries).to_contain_text("wanted to move “Only this one” from Backlog to Errored")
    expect(entries).to_contain_text("Refused E-MOVE-2")
    expect(entries.get_by_test_id("help-link")).to_have_attribute("href", "/help/E-MOVE-2")
    expect(page).to_have_url(re.compile(r"/audit/\?q=only\+this&outcome=refused$"))
    second = page.context.new_page()
    second.goto(page.url)
    expect(second.get_by_test_id("audit-entry")).to_have_count(1)
    expect(second.get_by_test_id("audit-q")).to_have_value("only this")
    expect(second.get_by_test_id("audit-outcome")).to_have_value("refused")
    page.get_by_test_id("audit-clear").click()
    expect(page).to_have_url(re.compile(r"/audit/$"))
    expect(page.get_by_test_id("audit-q")).to_have_value("")
    expect(entries).not_to_have_count(1)
    with app.client() as client:
        client.post("/api/v1/tasks", json={"title": "Came meanwhile"})
    page.get_by_test_id("audit-refresh").click()
    expect(entries.first).to_contain_text("created “Came meanwhile”")


def test_more_is_loaded_without_gaps_and_all_of_it_exported(
    app: AppProcess, open_board: OpenBoard, tmp_path: Path
) -> None:
    fill(app, 60, "Lantern")
    page = open_log(app, open_board, "?q=Lantern")
    entries = page.get_by_test_id("audit-entry")
    expect(entries).to_have_count(50)
    page.get_by_test_id("audit-more").click()
    expect(entries).to_have_count(60)
    expect(entries.nth(50)).to_be_focused()
    expect(page.get_by_test_id("audit-more")).to_have_count(0)
    said = entries.locator(".audit-said").all_inner_texts()
    assert said == [f"Anna moved “Lantern {n}” from Backlog to Plan" for n in reversed(range(60))]
    with page.expect_download() as fetched:
        page.get_by_test_id("audit-csv").click()
    assert fetched.value.suggested_filename == f"audit-{datetime.now(UTC):%Y-%m-%d}.csv"
    fetched.value.save_as(tmp_path / "log.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "log.csv").read_text())))
    assert [row["title"] for row in rows] == [f"Lantern {n}" for n in reversed(range(60))]
    page.get_by_test_id("audit-span").select_option("30d")
    expect(page.get_by_text("Nothing fits these filters")).to_be_visible()
    assert violations(page) == []


def test_what_cannot_be_read_is_said_and_comes_again(app: AppProcess, open_board: OpenBoard) -> None:
    page = open_board(app).page
    asked = "**/api/v1/audit?*"
    page.route(asked, lambda _route: None)
    page.goto(f"{app.base_url}/audit/")
    expect(page.get_by_text("Reading the audit log…")).to_be_attached()
    page.unroute(asked)
    page.route(asked, lambda route: route.abort())
    page.get_by_test_id("audit-refresh").click()
    expect(page.get_by_role("alert")).to_contain_text("The board does not answer")
    page.unroute_all(behavior="ignoreErrors")
    page.get_by_test_id("audit-again").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_test_id("audit-entry")).not_to_have_count(0)


def test_a_filter_whose_entries_cannot_be_read_is_tried_again_from_the_newest(
    app: AppProcess, open_board: OpenBoard
) -> None:
    fill(app, 60, "Beacon")
    page = open_log(app, open_board, "?q=Beacon")
    entries = page.get_by_test_id("audit-entry")
    expect(entries).to_have_count(50)
    asked = "**/api/v1/audit?*"
    page.route(asked, lambda route: route.abort())
    page.get_by_test_id("audit-q").fill("Beacon 7")
    expect(page.get_by_role("alert")).to_contain_text("The board does not answer")
    expect(entries).to_have_count(0)
    page.unroute(asked)
    page.get_by_test_id("audit-again").click()
    expect(entries).to_have_count(1)
    expect(entries).to_contain_text("Beacon 7")


def test_a_choice_that_is_made_while_a_word_is_typed_holds(app: AppProcess, open_board: OpenBoard) -> None:
    page = open_log(app, open_board)
    # In one go: the pause in the typing that narrows is to come after the choice.
    page.get_by_test_id("audit").evaluate("""audit => {
      const put = (element, value, kind) => {
        Object.getOwnPropertyDescriptor(Object.getPrototypeOf(element), "value").set.call(element, value);
        element.dispatchEvent(new Event(kind, { bubbles: true }));
      };
      put(audit.querySelector("#audit-q"), "login", "input");
      put(audit.querySelector("#audit-outcome"), "refused", "change");
    }""")
    expect(page).to_have_url(re.compile(r"/audit/\?q=login&outcome=refused$"))
    expect(page.get_by_test_id("audit-outcome")).to_have_value("refused")


def test_by_keyboard_from_the_settings_and_from_the_palette(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app)
    page = board.page
    page.keyboard.press("Control+k")
    palette = page.get_by_role("combobox", name="Commands and cards")
    expect(palette).to_be_focused()
    palette.press_sequentially("audit")
    expect(page.get_by_role("option").first).to_have_text("Audit log: who did what")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/audit/$"))
    expect(page.get_by_test_id("audit-entry")).not_to_have_count(0)
    page.get_by_test_id("audit-q").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_test_id("audit-kind")).to_be_focused()
    page.goto(f"{app.base_url}/settings/")
    page.get_by_test_id("open-audit").click()
    expect(page).to_have_url(re.compile(r"/audit/$"))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("query", ["", "?outcome=refused"])
def test_nobody_is_kept_out_on_a_phone(app: AppProcess, open_board: OpenBoard, theme: str, query: str) -> None:
    with app.client() as client:
        card = client.post("/api/v1/tasks", json={"title": "W" * 180}).json()["id"]
        client.post(f"/api/v1/tasks/{card}/move", json={"column": "errored"})
    page = open_log(app, open_board, query, color_scheme=theme, **PHONE)
    expect(page.get_by_test_id("audit-entry")).not_to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert violations(page) == []
    small = "all => all.filter(b => b.offsetParent && b.getBoundingClientRect().height < 44).map(b => b.textContent)"
    assert page.locator(".audit button, .audit select, .audit-actions a").evaluate_all(small) == []


def test_a_project_has_its_own_log(app: AppProcess, open_board: OpenBoard) -> None:
    with app.client() as client:
        shop = client.post("/api/v1/projects", json={"title": "Shop"}).raise_for_status().json()["id"]
        client.post(f"/p/{shop}/api/v1/tasks", json={"title": "Of the shop"}).raise_for_status()
    page = open_board(app).page
    page.goto(f"{app.base_url}/p/{shop}/audit/?group=cards")
    expect(page.get_by_test_id("audit-entry")).to_have_count(1)
    expect(page.get_by_test_id("audit-entry")).to_contain_text("created “Of the shop”")
    page.get_by_role("link", name="“Of the shop”").click()
    expect(page).to_have_url(re.compile(rf"/p/{shop}/\?card="))
