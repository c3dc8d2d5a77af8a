"""Acts for several cards, for columns and by the line of the backlog, as the board asks for them."""

import uuid
from typing import Any

import pytest

from kanban_app.domain.stages import Column, Stage
from kanban_app.services.column_looks import ColumnLook
from kanban_app.web.states.archive import ArchiveState
from kanban_app.web.states.board import BoardState
from kanban_app.web.states.cards import CardState
from kanban_app.web.states.several import SeveralState
from kanban_app.web.states.toasts import ToastState
from tests.support.fake_services import FakeBoard
from tests.support.headless import Tab


async def act(tab: Tab, name: str, subject: str, **wish: str) -> str:
    op_id = str(uuid.uuid4())
    await tab.send(SeveralState.act(op_id, name, subject, wish))
    return op_id


async def toasts(tab: Tab) -> list[Any]:
    return [(t["title"], t["message"], t["way_back"]) for t in (await tab.state(ToastState)).toasts]


async def acked(tab: Tab, op_id: str) -> str:
    return (await tab.state(BoardState)).acked[op_id]


async def test_one_act_has_one_message_and_one_way_back(tab: Tab, board: FakeBoard):
    ids = [await board.add(f"Card {number}") for number in range(3)]
    op_id = await act(tab, "bulk-archive", ids[0], ids=",".join(ids))
    assert await acked(tab, op_id) == "applied"
    assert await toasts(tab) == [("3 cards archived", "", "Undo")]
    assert board.keeper.board.column(Column.BACKLOG) == []
    own = str(uuid.uuid4())
    await tab.send(CardState.take_back(own, "undo", ids[0], {"of": op_id, "stop": "false"}))
    assert await toasts(tab) == [("Undone", "", "Redo")]
    assert [task.id for task in board.keeper.board.column(Column.BACKLOG)] == ids


async def test_runs_of_several_cards_are_stopped_only_where_that_is_said(tab: Tab, board: FakeBoard):
    ids = [await board.add(f"Card {number}") for number in range(2)]
    op_id = await act(tab, "bulk-move", ids[0], ids=",".join(ids), column="plan")
    await board.run(ids[1], Stage.PLAN, 10)
    (await tab.state(ToastState)).show_way_back(op_id)
    assert await toasts(tab) == [("2 cards moved to Plan", "", "Stop the runs and move back")]
    own = str(uuid.uuid4())
    await tab.send(CardState.take_back(own, "undo", ids[0], {"of": op_id, "stop": "false"}))
    assert (await toasts(tab))[0][1] == "1 refused: #2 Card 1 (Its run has started)."
    assert board.keeper.board.tasks[ids[0]].column is Column.BACKLOG


async def test_many_cards_have_one_way_back(tab: Tab, board: FakeBoard):
    ids = [await board.add(f"Card {number}") for number in range(12)]
    await act(tab, "bulk-archive", ids[0], ids=",".join(ids))
    assert await toasts(tab) == [("12 cards archived", "", "Undo")]


async def test_it_says_how_many_were_refused_and_why(tab: Tab, board: FakeBoard):
    ids = [await board.add(f"Card {number}") for number in range(3)]
    await act(tab, "limit", "completed", limit="2")
    await act(tab, "bulk-move", ids[0], ids=",".join(ids), column="completed")
    refused = "1 refused: #3 Card 2 (Column is full)."
    assert await toasts(tab) == [("2 cards moved to Completed", refused, "Undo")]


async def test_where_all_are_refused_nothing_is_taken_back(tab: Tab, board: FakeBoard):
    ids = [await board.add(f"Card {number}") for number in range(2)]
    op_id = await act(tab, "bulk-move", ids[0], ids=",".join(ids), column="errored")
    assert await acked(tab, op_id) == "refused"
    ((title, message, way_back),) = await toasts(tab)
    assert (title, way_back) == ("Only a failure gets there", "")
    assert message.startswith("2 refused: #1 Card 0 (")


async def test_labels_and_bulk_deletion(tab: Tab, board: FakeBoard):
    ids = [await board.add(f"Card {number}") for number in range(2)]
    await act(tab, "bulk-label", ids[0], ids=",".join(ids), label="ui")
    assert [board.keeper.board.tasks[task_id].labels for task_id in ids] == [("ui",), ("ui",)]
    await act(tab, "bulk-unlabel", ids[0], ids=ids[0], label="ui")
    assert board.keeper.board.tasks[ids[0]].labels == ()
    await act(tab, "bulk-delete", ids[0], ids=",".join(ids))
    assert board.keeper.board.column(Column.BACKLOG) == []


async def test_lines_become_cards_at_the_top_in_their_order(tab: Tab, board: FakeBoard):
    await board.add("There already")
    await act(tab, "quick-add", "new", lines="One")
    assert await toasts(tab) == []
    await act(tab, "quick-add", "new", lines="Two\n\n Three \n" + "x" * 300)
    cards = board.keeper.board.column(Column.BACKLOG)
    assert [task.title[:10] for task in cards] == ["Two", "Three", "x" * 10, "One", "There alre"]
    assert cards[2].description == "x" * 300
    assert (await toasts(tab))[0][0] == "3 cards added"


@pytest.mark.parametrize(
    ("limit", "made", "left"), [("4", 2, "Three"), ("3", 1, "Two\nThree"), ("2", 0, "One\nTwo\nThree")]
)
async def test_lines_that_a_full_backlog_has_no_room_for_are_left_over(
    tab: Tab, board: FakeBoard, limit: str, made: int, left: str
):
    for title in ("First", "Second"):
        await board.add(title)
    await act(tab, "limit", "backlog", limit=limit)
    op_id = await act(tab, "quick-add", "new", lines="One\n\nTwo\nThree")
    assert (await tab.state(SeveralState)).left == {"op": op_id, "lines": left}
    titles = [task.title for task in board.keeper.board.column(Column.BACKLOG)]
    assert titles == [*["One", "Two"][:made], "First", "Second"]
    await act(tab, "limit", "backlog", limit="")
    await act(tab, "quick-add", "new", lines=left)
    assert (await tab.state(SeveralState)).left["lines"] == ""


async def test_a_copy_is_told_of(tab: Tab, board: FakeBoard):
    task = await board.add("One")
    await act(tab, "duplicate", task)
    assert await toasts(tab) == [("Card duplicated", "#2 One is in Backlog.", "")]


async def test_a_limit_is_shown_and_taken_away(tab: Tab, board: FakeBoard):
    await act(tab, "limit", "plan", limit="3")
    assert {c["id"]: c["limit"] for c in (await tab.state(BoardState)).columns if c["limit"]} == {"plan": 3}
    await act(tab, "limit", "plan", limit="")
    assert board.keeper.board.limits == {}


@pytest.mark.parametrize(
    ("name", "wish"),
    [
        ("bulk-explode", {"ids": "abc"}),
        ("bulk-archive", {"ids": ""}),
        ("bulk-archive", {"ids": "../x"}),
        ("bulk-move", {"ids": "abc", "column": "nowhere"}),
        ("limit", {"limit": "many"}),
        ("quick-add", {"lines": " \n "}),
        ("", {}),
    ],
)
async def test_what_makes_no_sense_is_refused(tab: Tab, board: FakeBoard, name: str, wish: dict[str, str]):
    op_id = await act(tab, name, "plan", **wish)
    assert await acked(tab, op_id) == "refused"
    assert (await toasts(tab))[0][0] != ""
    assert board.keeper.board.tasks == {}


async def test_columns_are_told_of_by_the_names_that_people_gave_them(tab: Tab, board: FakeBoard):
    await board.columns.save({"backlog": ColumnLook("Ideas"), "completed": ColumnLook("Shipped")})
    ids = [await board.add(f"Card {number}") for number in range(2)]
    await act(tab, "duplicate", ids[0])
    assert (await toasts(tab))[-1][1].endswith("is in Ideas.")
    await act(tab, "limit", "completed", limit="1")
    await tab.send(BoardState.move(str(uuid.uuid4()), ids[0], "completed", None))
    await tab.send(BoardState.move(str(uuid.uuid4()), ids[1], "completed", None))
    assert (await toasts(tab))[-1][1].startswith("Shipped holds 1 cards")
    await act(tab, "bulk-archive", ids[0], ids=ids[0])
    await tab.send(ArchiveState.choose("archive"))
    assert [card["where"] for card in (await tab.state(ArchiveState)).cards] == ["Shipped"]
    await tab.send(ArchiveState.restore(ids[0]))
    assert (await tab.state(ArchiveState)).said == "#1 Card 0 is back in Shipped."
