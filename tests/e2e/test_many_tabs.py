"""Every tab shows the same at all times; nothing lives in one of them only."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.app import AppProcess
from tests.support.board_page import COLUMNS, RUN_MS, BoardPage

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
ENV = {"KANBAN_DEMO_SPEED": "0.1"}


def assert_alike(one: BoardPage, other: BoardPage) -> None:
    assert {c: one.order(c) for c in COLUMNS} == {c: other.order(c) for c in COLUMNS}
    counts = [[page.column(c).get_attribute("data-count") for c in COLUMNS] for page in (one, other)]
    assert counts[0] == counts[1]


def test_what_one_tab_does_the_other_shows(app: AppProcess, open_board: OpenBoard) -> None:
    mine, yours = open_board(app), open_board(app)
    first, second = mine.create("First of two"), mine.create("Second of two")
    yours.card(second.id).wait_in("backlog")
    assert_alike(mine, yours)

    mine.drag(second, "backlog")
    second.wait_settled()
    mine_order = mine.order("backlog")
    assert mine_order.index("Second of two") < mine_order.index("First of two")
    expect(yours.column("backlog").locator(".card-title a")).to_have_text(mine_order)

    first.choose("edit")
    mine.fill("First, renamed")
    mine.save()
    expect(yours.card(first.id).title).to_have_text("First, renamed")

    yours.card(first.id).choose("delete")
    yours.page.get_by_test_id("question-yes").click()
    expect(first.root).to_have_count(0)
    expect(yours.card(first.id).root).to_have_count(0)
    assert_alike(mine, yours)


def test_a_run_looks_the_same_in_both_tabs(app: AppProcess, open_board: OpenBoard) -> None:
    mine, yours = open_board(app), open_board(app)
    card = mine.create("Watched by two")
    theirs = yours.card(card.id)
    theirs.wait_in("backlog")
    card.watch()
    theirs.watch()
    yours.open_log(theirs)
    mine.drag(card, "plan")
    mine.open_log(card)
    mine.wait_for_line("[build] Compiling the module")
    yours.wait_for_line("[build] Compiling the module")
    third = open_board(app, path=f"/?card={card.id}&tab=log")

    for board in (mine, yours, third):
        board.card(card.id).wait_for("completed", timeout=RUN_MS)
        board.card(card.id).wait_in("ready-to-merge")
        board.wait_for_line("Workflow adw_orchestrator completed successfully")
    assert_alike(mine, yours)
    assert mine.shown_log() == yours.shown_log() == third.shown_log()
    numbers = [seq for seq, _ in mine.shown_log()]
    assert numbers == list(range(1, len(numbers) + 1))
    columns = [list(dict.fromkeys(entry.column for entry in tab.seen())) for tab in (card, theirs)]
    assert columns[0] == columns[1]
