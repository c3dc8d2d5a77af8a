"""Hostile and oversized texts: refused in words or shown as they are; nothing is lost, nothing is executed."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.app import AppProcess
from tests.support.board_page import RUN_MS, BoardPage
from tests.support.run_files import task

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
HOSTILE = "<img src=x onerror='window.pwned=1'><script>window.pwned=2</script><b>bold</b> {{7*7}} \"quoted\" & so on"


def test_markup_is_text(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app)
    card = board.create(HOSTILE, f"{HOSTILE}\n[click](javascript:window.pwned=3)")
    expect(card.title).to_have_text(HOSTILE)
    board.drag(card, "plan")
    board.open_log(card)
    card.wait_for("completed", timeout=RUN_MS)
    board.page.get_by_test_id("log-view").press("Home")
    board.wait_for_line("[plan] Title: <img src=x")
    expect(board.detail.get_by_role("heading", level=2)).to_have_text(HOSTILE)
    board.page.get_by_test_id("tab-overview").click()
    expect(board.detail.locator(".markdown")).to_contain_text("onerror='window.pwned=1'")
    board.page.keyboard.press("Escape")
    card.part("-menu").click()
    expect(board.page.get_by_role("menu", name=f"Actions for {HOSTILE}")).to_be_visible()
    board.page.get_by_test_id("delete").click()
    expect(board.dialog).to_contain_text(HOSTILE)
    board.page.get_by_test_id("question-no").click()

    board.page.reload()
    board.wait_ready()
    expect(card.title).to_have_text(HOSTILE)
    assert board.page.evaluate("window.pwned") is None
    assert board.page.locator("img[src=x], .card b, .panel b").count() == 0


def test_a_title_of_10000_characters_is_refused_with_the_input_kept(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app)
    board.page.get_by_test_id("new-task").click()
    board.fill("x" * 10_000, "A text that must not get lost")
    board.page.get_by_test_id("task-type").select_option("bug")
    board.page.get_by_test_id("task-save").click()
    error = board.page.get_by_test_id("task-error")
    expect(error).to_be_visible()
    expect(error).to_contain_text("itle")
    expect(board.page.get_by_test_id("task-title")).to_have_value("x" * 10_000)
    expect(board.page.get_by_test_id("task-description")).to_have_value("A text that must not get lost")
    expect(board.page.get_by_test_id("task-type")).to_have_value("bug")

    board.fill("Short enough")
    board.save()
    card = board.card_titled("Short enough")
    with app.client() as client:
        assert task(client, card.id)["description"] == "A text that must not get lost"
        assert task(client, card.id)["type"] == "bug"


def test_an_empty_card_is_refused(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app)
    board.page.get_by_test_id("new-task").click()
    board.page.get_by_test_id("task-save").click()
    expect(board.page.get_by_test_id("task-error")).to_be_visible()
    board.fill(description="A description is enough")
    board.save()
    expect(board.column("backlog").get_by_text("A description is enough")).to_be_visible()


def test_long_and_strange_texts_are_kept(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app)
    text = 'Zeile mit Umläuten, 漢字, عربى, 🙂 and "quotes"\n' * 110
    text = text[:4999] + "!"
    card = board.create("Ünïcode 🙂 漢字", text)
    with app.client() as client:
        assert task(client, card.id)["description"] == text
    card.title.click()
    expect(board.detail.locator(".markdown")).to_have_text(text)
    board.page.keyboard.press("Escape")
    board.drag(card, "plan")
    card.wait_for("completed", timeout=RUN_MS)


def test_a_card_that_is_not_there(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app, path="/?card=000000000000")
    expect(board.page.get_by_test_id("card-missing")).to_be_visible()
    board.go("/?card=%3Cscript%3Ealert(1)%3C/script%3E&tab=nonsense")
    expect(board.page.get_by_test_id("card-missing")).to_be_visible()
    board.page.keyboard.press("Escape")
    expect(board.detail).to_have_count(0)
    board.create("Still works")
