"""Descriptions as Markdown: shown in the panel, previewed in the dialog by mouse, keyboard and finger, and inert."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from playwright.sync_api import Page, Request, expect

from tests.e2e.conftest import Quiet
from tests.support.app import AppProcess
from tests.support.board_page import BoardPage

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
PHONE: Final[dict[str, Any]] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
TEXT: Final = "## What to do\n\n- [x] **Read** it\n- [ ] See https://example.org/plan\n\n```\n" + "x" * 300 + "\n```"
HOSTILE: Final = """\
<script>window.pwned = 1</script><img src=x onerror="window.pwned = 2"><svg onload="window.pwned = 3">
[one](javascript:window.pwned=4) [two](JaVaScRiPt&colon;window.pwned=5) <javascript:window.pwned=6>
![three](javascript:window.pwned=7) ![four](data:image/png;base64,AAAA) ![five](https://pictures.invalid/a.png)
[six](https://example.org "a" onmouseover=window.pwned=8) https://example.org/"onmouseover="window.pwned=9
<style>body { display: none }</style><iframe src="https://frames.invalid"></iframe>
"""


def made(app: AppProcess, **fields: object) -> str:
    with app.client() as client:
        answer = client.post("/api/v1/tasks", json={"type": "chore", "stages": ["plan"], **fields})
        answer.raise_for_status()
        return str(answer.json()["id"])


def write(app: AppProcess, task_id: str, text: str) -> None:
    with app.client() as client:
        client.patch(f"/api/v1/tasks/{task_id}", json={"description": text}).raise_for_status()


def tab_of(page: Page, name: str) -> Any:
    return page.get_by_test_id(f"task-description-{name}")


def test_a_description_is_shown_as_it_is_meant(quiet: Quiet, open_board: OpenBoard) -> None:
    task = made(quiet.app, title="Reads well", description=TEXT)
    board = open_board(quiet.app, path=f"/?card={task}")
    shown = board.detail.locator(".markdown")
    expect(shown.get_by_role("heading", name="What to do", level=4)).to_be_visible()
    expect(shown.get_by_role("img", name="Done", exact=True)).to_have_text("✓")
    expect(shown.get_by_role("img", name="Not done")).to_be_visible()
    link = shown.get_by_role("link", name="https://example.org/plan")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    expect(link).to_have_attribute("target", "_blank")
    assert shown.locator("pre").evaluate("code => code.scrollWidth > code.clientWidth")
    body = board.detail.locator(".panel-body")
    assert body.evaluate("body => body.scrollWidth === body.clientWidth")


def test_a_change_shows_in_every_tab_and_after_a_reload(quiet: Quiet, open_board: OpenBoard) -> None:
    task = made(quiet.app, title="Changes", description="*before*")
    boards = [open_board(quiet.app, path=f"/?card={task}") for _ in range(2)]
    for board in boards:
        expect(board.detail.locator(".markdown em")).to_have_text("before")
    write(quiet.app, task, "**after**")
    for board in boards:
        expect(board.detail.locator(".markdown strong")).to_have_text("after")
    boards[0].page.reload()
    expect(boards[0].detail.locator(".markdown strong")).to_have_text("after")
    write(quiet.app, task, "")
    expect(boards[0].detail).to_contain_text("No description.")


def test_nothing_in_a_text_acts(quiet: Quiet, open_board: OpenBoard) -> None:
    task = made(quiet.app, title="Hostile", description=HOSTILE)
    board = open_board(quiet.app)
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    board.page.context.on("request", note)
    board.go(f"/?card={task}")
    shown = board.detail.locator(".markdown")
    expect(shown).to_contain_text("window.pwned = 1")
    board.page.keyboard.press("Escape")
    board.page.get_by_test_id("new-task").click()
    board.fill("Hostile too", HOSTILE)
    tab_of(board.page, "preview").click()
    preview = board.page.get_by_test_id("task-description-shown")
    expect(preview).to_contain_text("window.pwned = 1")
    expect(preview.get_by_role("link", name="five")).to_have_attribute("href", "https://pictures.invalid/a.png")
    hrefs = preview.locator("a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert all(href.startswith("https://") for href in hrefs)
    assert preview.locator("img, svg, script, style, iframe").count() == 0
    assert (
        preview.locator("*").evaluate_all("all => all.flatMap(e => e.getAttributeNames()).filter(n => /^on/.test(n))")
        == []
    )
    assert board.page.evaluate("window.pwned") is None
    assert [url for url in asked if "invalid" in url] == []


def test_the_preview_shows_what_will_be_saved(quiet: Quiet, open_board: OpenBoard) -> None:
    board = open_board(quiet.app)
    board.page.get_by_test_id("new-task").click()
    board.fill(None, "# Make it *fast*\n\nand `small`")
    tab_of(board.page, "preview").click()
    preview = board.page.get_by_role("tabpanel", name="Preview")
    expect(preview.get_by_role("heading", name="Make it fast")).to_be_visible()
    expect(board.page.get_by_test_id("task-description")).to_be_hidden()
    tab_of(board.page, "write").click()
    board.fill(None, "# Make it *faster*")
    tab_of(board.page, "preview").click()
    expect(preview.get_by_role("heading", name="Make it faster")).to_be_visible()
    board.save()
    card = board.card_titled("Make it faster")
    with quiet.app.client() as client:
        assert client.get(f"/api/v1/tasks/{card.id}").json()["description"] == "# Make it *faster*"


def test_the_preview_by_keyboard(quiet: Quiet, open_board: OpenBoard) -> None:
    board = open_board(quiet.app)
    page = board.page
    page.get_by_test_id("new-task").click()
    expect(page.get_by_test_id("task-title")).to_be_focused()
    page.keyboard.press("Tab")
    expect(tab_of(page, "write")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(tab_of(page, "preview")).to_be_focused()
    expect(tab_of(page, "preview")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("tabpanel", name="Preview")).to_contain_text("Nothing to preview.")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Tab")
    expect(page.get_by_test_id("task-description")).to_be_focused()
    page.keyboard.type("~~old~~ new")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    preview = page.get_by_role("tabpanel", name="Preview")
    expect(preview).to_be_focused()
    expect(preview.locator("s")).to_have_text("old")
    page.keyboard.press("Control+Enter")
    expect(board.dialog).to_have_count(0)
    board.card_titled("old new")


def test_the_preview_by_finger(quiet: Quiet, open_board: OpenBoard) -> None:
    board = open_board(quiet.app, **PHONE)
    board.page.get_by_test_id("new-task").tap()
    board.fill("By finger", "1. one\n2. two")
    tab_of(board.page, "preview").tap()
    expect(board.page.get_by_test_id("task-description-shown").get_by_role("listitem")).to_have_count(2)
    box = tab_of(board.page, "preview").bounding_box()
    assert box is not None
    assert box["height"] >= 44


def test_a_text_that_is_too_long_is_said_in_the_preview(quiet: Quiet, open_board: OpenBoard) -> None:
    board = open_board(quiet.app)
    board.page.get_by_test_id("new-task").click()
    board.fill("Long", "x" * 50_001)
    tab_of(board.page, "preview").click()
    expect(board.page.get_by_test_id("task-description-shown")).to_contain_text("50001 characters; 50000 are possible")


def test_a_preview_that_a_cut_has_swallowed_comes_with_the_connection(quiet: Quiet, open_board: OpenBoard) -> None:
    board = open_board(quiet.app)
    board.page.get_by_test_id("new-task").click()
    board.fill("Cut", "*kept*")
    board.page.context.set_offline(True)
    expect(board.page.locator(".notice.lost")).to_be_attached()
    tab_of(board.page, "preview").click()
    expect(board.page.get_by_test_id("task-description-shown")).to_contain_text("Rendering")
    board.page.context.set_offline(False)
    expect(board.page.get_by_test_id("task-description-shown").locator("em")).to_have_text("kept", timeout=20_000)
