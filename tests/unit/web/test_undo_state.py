"""The messages that can take a change back, and what their buttons and the keys ask for."""

import uuid
from typing import Any

from kanban_app.domain.commands import EditTask
from kanban_app.domain.stages import Column, Stage
from kanban_app.web.states.board import BoardState
from kanban_app.web.states.cards import CardState
from kanban_app.web.states.toasts import ToastState
from tests.support.fake_services import FakeBoard
from tests.support.headless import Tab

STOP = "Stop the run and move back"


async def moved(tab: Tab, task: str, column: str) -> str:
    op_id = str(uuid.uuid4())
    await tab.send(BoardState.move(op_id, task, column, None))
    return op_id


async def take(tab: Tab, act: str, task: str, of: str, stop: str = "false") -> str:
    op_id = str(uuid.uuid4())
    await tab.send(CardState.take_back(op_id, act, task, {"of": of, "stop": stop}))
    return op_id


async def shown(tab: Tab) -> list[Any]:
    return [(t["title"], t["undo"], t["way_back"]) for t in (await tab.state(ToastState)).toasts]


async def followed(tab: Tab, task: str) -> None:
    """What the board's follower does when others have changed a card."""
    (await tab.state(ToastState)).follow_ways_back({task})


async def test_a_move_can_be_undone_and_done_again(tab: Tab, board: FakeBoard):
    task = await board.add("Moves")
    op_id = await moved(tab, task, "completed")
    assert await shown(tab) == [("Moved to Completed", op_id, "Undo")]
    own = await take(tab, "undo", task, op_id)
    assert await shown(tab) == [("Undone", op_id, "Redo")]
    assert (await tab.state(BoardState)).acked[own] == "applied"
    assert board.keeper.board.tasks[task].column is Column.BACKLOG
    await take(tab, "redo", task, op_id)
    assert await shown(tab) == [("Done again", op_id, "Undo")]
    assert board.keeper.board.tasks[task].column is Column.COMPLETED


async def test_only_the_newest_change_has_a_message(tab: Tab, board: FakeBoard):
    first, second = await board.add("First"), await board.add("Second")
    await moved(tab, first, "completed")
    newest = await moved(tab, second, "completed")
    assert await shown(tab) == [("Moved to Completed", newest, "Undo")]


async def test_the_way_back_is_always_the_one_that_there_is(tab: Tab, board: FakeBoard):
    task = await board.add("Runs")
    op_id = await moved(tab, task, "plan")
    adw_id = await board.run(task, Stage.PLAN, 10)
    await followed(tab, task)
    assert await shown(tab) == [("Moved to Plan", op_id, STOP)]
    await board.report(board.status(adw_id, "failed", message="no"))
    await followed(tab, task)
    assert await shown(tab) == [("Moved to Plan", op_id, "")]


async def test_a_run_is_stopped_only_after_a_question(tab: Tab, board: FakeBoard):
    task = await board.add("Runs")
    op_id = await moved(tab, task, "plan")
    await board.run(task, Stage.PLAN, 10)
    refused = await take(tab, "undo", task, op_id)
    assert (await tab.state(BoardState)).acked[refused] == "refused"
    assert (await shown(tab))[-1] == ("Its run has started", op_id, STOP)
    assert board.keeper.board.tasks[task].column is Column.PLAN
    await take(tab, "undo", task, op_id, "true")
    assert board.keeper.board.tasks[task].column is Column.BACKLOG
    assert await shown(tab) == [("Undone", op_id, "")]


async def test_what_others_have_edited_is_not_undone(tab: Tab, board: FakeBoard):
    task = await board.add("Before")
    op_id = str(uuid.uuid4())
    await board.services.board.execute(EditTask(task, {"title": "Mine"}), author="me", op_id=op_id)
    await board.services.board.execute(EditTask(task, {"title": "Theirs"}), author="other")
    await take(tab, "undo", task, op_id)
    (toast,) = (await tab.state(ToastState)).toasts
    assert (toast["alert"], toast["title"], toast["way_back"]) == (True, "Changed meanwhile", "")
    assert board.keeper.board.tasks[task].title == "Theirs"
