"""Search, filters and sort: in the header, in the URL, and on the board."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, expect

from tests.support.app import AppProcess, running_app
from tests.support.board_page import BoardPage
from tests.support.staged import fill_board, staged_service

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]

SIZES = {1440: (1440, 900), 820: (820, 1180), 390: (390, 844)}
WIDE: Final = {"viewport": {"width": 2600, "height": 900}, "locale": "en-GB"}
"""All columns at once: no drag has to wait for the board to scroll."""
TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]


@dataclass(frozen=True)
class Staged:
    app: AppProcess
    roles: dict[str, str]


@pytest.fixture(scope="module")
def staged(built_client: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staged]:
    with staged_service() as service:
        env = {"KANBAN_TAC7_URL": service.url, "KANBAN_MAX_CONCURRENT_RUNS": "5"}
        with running_app(tmp_path_factory.mktemp("finding"), env=env) as app, app.client() as client:
            yield Staged(app, fill_board(client, service))


def screen(width: int) -> dict[str, Any]:
    touch = width < 900
    size = dict(zip(("width", "height"), SIZES[width], strict=True))
    return {"viewport": size, "has_touch": touch, "is_mobile": touch, "locale": "en-GB", "reduced_motion": "reduce"}


def search_field(board: BoardPage) -> Locator:
    """Where the words go: on a narrow screen in the sheet."""
    if not board.page.get_by_test_id("search").is_visible():
        board.page.get_by_test_id("filter").click()
    return board.page.get_by_test_id("search")


def choose(board: BoardPage, group: str, value: str) -> None:
    page = board.page
    if not page.locator(".finder-sheet").is_visible():
        page.get_by_test_id("filter").click()
    page.locator(f"[data-testid=filter-{group}][value='{value}']").check()


def violations(board: BoardPage) -> list[str]:
    found = Axe().run(board.page, options={"runOnly": {"type": "tag", "values": TAGS}}).response["violations"]
    return [f"{rule['id']}: {', '.join(str(node['target']) for node in rule['nodes'][:3])}" for rule in found]


@pytest.mark.parametrize("width", SIZES)
def test_words_and_filters_leave_what_matches_and_true_counts(
    staged: Staged, open_board: OpenBoard, width: int
) -> None:
    board = open_board(staged.app, **screen(width))
    total = count_of(board, "backlog")
    search_field(board).fill("INVoices csv")
    close_sheet(board)
    expect(found(board)).to_have_attribute("data-state", "done")
    cards = board.column("backlog").locator("[data-card]")
    expect(cards.first).to_contain_text("invoices")
    assert all("invoices" in title.lower() for title in board.column("backlog").locator("h3").all_text_contents())
    assert 0 < cards.count() < total == count_of(board, "backlog")
    expect(counted(board, "backlog")).to_have_text(f"{cards.count()} of {total}")
    choose(board, "type", "bug")
    close_sheet(board)
    expect(board.page).to_have_url(re.compile(r"/\?q=INVoices\+csv&type=bug$"))
    assert violations(board) == []
    board.page.get_by_test_id("clear-all").click()
    expect(found(board)).to_have_count(0)
    expect(board.page).to_have_url(re.compile(r"/$"))
    expect(counted(board, "backlog")).to_have_text(str(total))


@pytest.mark.parametrize("width", SIZES)
def test_the_sheet_is_open_to_everybody(staged: Staged, open_board: OpenBoard, width: int) -> None:
    board = open_board(staged.app, **screen(width))
    board.page.get_by_test_id("filter").click()
    for theme in ("light", "dark"):
        board.page.emulate_media(color_scheme=theme)  # pyright: ignore[reportArgumentType]
        board.page.wait_for_function("theme => document.documentElement.classList.contains(theme)", arg=theme)
        # Colours that are on their way to those of the other theme are not looked at.
        board.page.wait_for_function("() => document.getAnimations().length === 0")
        assert violations(board) == [], theme


def test_a_line_of_the_log_is_found_and_leads_to_the_log(staged: Staged, open_board: OpenBoard) -> None:
    board = open_board(staged.app, **screen(1440))
    search_field(board).fill("38 passed")
    card = board.card(staged.roles["building"]).root
    line = board.column("build").get_by_test_id("found-in-log").filter(has_text="38 passed")
    expect(line).to_have_count(1)
    expect(card).to_be_visible()
    line.click()
    expect(board.log_lines.filter(has_text="38 passed")).to_be_visible()
    expect(board.page).to_have_url(re.compile(r"card=.+q=38\+passed$"))
    board.page.keyboard.press("Escape")
    expect(board.detail).to_have_count(0)
    expect(board.page).to_have_url(re.compile(r"/\?q=38\+passed$"))


def test_a_reload_and_a_link_keep_what_is_looked_for(staged: Staged, open_board: OpenBoard) -> None:
    board = open_board(staged.app, "/?type=bug&sort=title&q=the", **screen(1440))
    expect(found(board)).to_contain_text("By title")
    shown = board.page.locator(".slot").count()
    titles = board.column("backlog").locator("h3").all_text_contents()
    assert titles == sorted(titles, key=str.lower)
    board.page.reload()
    expect(board.page.locator(".slot")).to_have_count(shown)
    expect(board.page.get_by_test_id("search")).to_have_value("the")


def test_by_keyboard(staged: Staged, open_board: OpenBoard) -> None:
    board = open_board(staged.app, **screen(1440))
    board.page.keyboard.press("/")
    expect(board.page.get_by_test_id("search")).to_be_focused()
    board.page.keyboard.type("login")
    expect(found(board)).to_have_attribute("data-state", "done")
    board.page.keyboard.press("Enter")
    expect(board.page.locator("a[data-open]:focus")).to_contain_text("login")
    board.page.keyboard.press("/")
    board.page.keyboard.press("Escape")
    expect(board.page.get_by_test_id("search")).to_have_value("")
    board.page.keyboard.press("Escape")
    expect(board.page.get_by_test_id("search")).not_to_be_focused()


def test_no_match_and_a_server_that_does_not_answer_look_different(staged: Staged, open_board: OpenBoard) -> None:
    board = open_board(staged.app, **screen(1440))
    search_field(board).fill("zzzz")
    expect(found(board)).to_have_text(re.compile("No card matches"))
    board.page.route("**/api/v1/search?*", lambda route: route.abort())
    search_field(board).fill("zzzzz")
    expect(found(board)).to_contain_text("could not be searched")
    board.page.unroute("**/api/v1/search?*")
    board.page.get_by_role("button", name="Try again").click()
    expect(found(board)).to_have_text(re.compile("No card matches"))


def test_a_move_under_a_filter_lands_below_the_card_that_is_seen(staged: Staged, open_board: OpenBoard) -> None:
    board = open_board(staged.app, **screen(1440))
    with staged.app.client() as client:
        texts = ["seen first", "hidden one", "seen second", "hidden two", "seen third"]
        made = [client.post("/api/v1/tasks", json={"title": f"Zebra {text}"}).json()["id"] for text in texts]
    search_field(board).fill("zebra seen")
    cards = board.column("backlog").locator("[data-card]")
    expect(cards).to_have_count(3)
    board.card(made[4]).choose("move-up")
    expect(cards.nth(1)).to_contain_text("seen third")
    expect(board.page.locator("[data-saving=true]")).to_have_count(0)
    board.page.get_by_test_id("clear-all").click()
    expect(board.column("backlog").locator("h3").filter(has_text="Zebra")).to_have_text(
        [f"Zebra {texts[at]}" for at in (0, 4, 1, 2, 3)]
    )


def test_under_a_sort_no_place_can_be_chosen(staged: Staged, open_board: OpenBoard) -> None:
    board = open_board(staged.app, "/?sort=newest", **screen(1440))
    own = column_of(staged.app, "backlog")
    first = board.column_card("backlog", 0)
    first.handle.focus()
    board.page.keyboard.press("Space")
    board.page.keyboard.press("ArrowDown")
    board.page.keyboard.press("Space")
    expect(board.page.locator("[aria-live=assertive]")).to_contain_text("keeps its place in Backlog")
    first.part("-menu").click()
    expect(board.page.get_by_role("menuitem", name="Up", exact=True)).to_be_disabled()
    board.page.keyboard.press("Escape")
    assert column_of(staged.app, "backlog") == own


def test_a_drop_on_the_top_of_a_filtered_column_goes_to_its_very_top(staged: Staged, open_board: OpenBoard) -> None:
    made = completed_card(staged, "Okapi is dragged")
    board = open_board(staged.app, **WIDE)
    search_field(board).fill("okapi")
    expect(board.column("backlog").locator("[data-card]")).to_have_count(0)
    show_completed(board, made)
    board.drag(board.card(made), "backlog")
    board.card(made).wait_in("backlog")
    expect(board.page.locator("[data-saving=true]")).to_have_count(0)
    assert column_of(staged.app, "backlog")[0] == made


def test_under_a_sort_a_drop_into_another_column_goes_to_its_end(staged: Staged, open_board: OpenBoard) -> None:
    made = completed_card(staged, "Aardvark comes first by title")
    board = open_board(staged.app, "/?sort=title", **WIDE)
    show_completed(board, made)
    board.drag(board.card(made), "backlog")
    expect(board.page.locator("[aria-live=assertive]")).to_contain_text("at the end of its own order")
    board.card(made).wait_in("backlog")
    expect(board.page.locator("[data-saving=true]")).to_have_count(0)
    assert column_of(staged.app, "backlog")[-1] == made
    assert board.order("backlog")[0].startswith("Aardvark")


def completed_card(staged: Staged, title: str) -> str:
    with staged.app.client() as client:
        made: str = client.post("/api/v1/tasks", json={"title": title}).json()["id"]
        done = client.post(f"/api/v1/tasks/{made}/move", json={"column": "completed", "action": "mark"})
        assert done.is_success
    return made


def show_completed(board: BoardPage, task_id: str) -> None:
    if not board.card(task_id).root.is_visible():
        board.column("completed").locator("button").first.click()
    expect(board.card(task_id).root).to_be_visible()


def column_of(app: AppProcess, name: str) -> list[str]:
    with app.client() as client:
        columns = client.get("/api/v1/board").json()["columns"]
    return next([task["id"] for task in column["tasks"]] for column in columns if column["id"] == name)


def count_of(board: BoardPage, column: str) -> int:
    return int(board.column(column).get_attribute("data-count") or 0)


def counted(board: BoardPage, column: str) -> Locator:
    chip = board.page.locator(f".switcher [data-column={column}] .count")
    return chip if chip.is_visible() else board.column(column).locator(".count")


def found(board: BoardPage) -> Locator:
    return board.page.get_by_test_id("found")


def close_sheet(board: BoardPage) -> None:
    if board.page.locator(".finder-sheet").is_visible():
        board.page.get_by_role("button", name="Done").click()
