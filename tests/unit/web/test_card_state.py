import uuid
from dataclasses import replace
from typing import Any

import pytest

from kanban_app.domain.commands import MoveTask
from kanban_app.domain.model import AttemptKind, RunStatus
from kanban_app.domain.reported import Accepted, Sending, StatusReported, Uncertain
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import MERGE_WORKFLOW, Vintage
from kanban_app.web.states.board import BoardState
from kanban_app.web.states.cards import CardState
from kanban_app.web.states.toasts import ToastState
from tests.support.fake_services import ALL, CONNECTED, FakeBoard
from tests.support.headless import Tab

ACTS = [
    "start", "retry", "cancel", "delete", "withdraw", "start-again", "not-running", "stage-done", "release",
    "queue-first", "queue-later",
]  # fmt: skip
OP = "00000000-0000-4000-8000-{:012x}"


def status(board: FakeBoard, task: str) -> RunStatus:
    return board.keeper.board.status_of(board.keeper.board.tasks[task])


async def press(tab: Tab, board: FakeBoard, act: str, task: str, op: str | None = None) -> str:
    """Press a button of a card as it is now; the operation."""
    card = board.services.reader.card(task)
    op_id = op or str(uuid.uuid4())
    await tab.send(CardState.act(op_id, act, task, card["attempt_id"] if card else ""))
    return op_id


async def titles(tab: Tab) -> list[str]:
    return [toast["title"] for toast in (await tab.state(ToastState)).toasts]


async def uncertain(board: FakeBoard) -> str:
    """A card whose start was cut off; its id."""
    task = await board.add("Cut off")
    await board.move(task, Column.PLAN)
    attempt_id = board.keeper.board.tasks[task].attempt_id or ""
    await board.report(Sending(attempt_id, "adw_orchestrator", ALL, Vintage.OURS), Uncertain(attempt_id, "lost"))
    return task


async def test_start_puts_a_card_in_line_and_withdraw_takes_it_out(tab: Tab, board: FakeBoard):
    task = await board.add("Starts")
    await press(tab, board, "start", task)
    assert status(board, task) is RunStatus.QUEUED
    await press(tab, board, "withdraw", task)
    assert status(board, task) is RunStatus.IDLE
    assert await titles(tab) == []


async def test_cancel_stops_a_run_and_withdraws_one_that_waits(tab: Tab, board: FakeBoard):
    waiting, running = await board.add("Waits"), await board.add("Runs")
    await press(tab, board, "start", waiting)
    await board.move(running, Column.PLAN)
    await board.run(running, Stage.PLAN, 10)
    for task in (waiting, running):
        await press(tab, board, "cancel", task)
    assert status(board, waiting) is RunStatus.IDLE
    attempt_id = board.keeper.board.tasks[running].attempt_id or ""
    assert board.keeper.board.attempts[attempt_id].cancel_requested


async def test_retry_starts_a_failed_card_again(tab: Tab, board: FakeBoard):
    task = await board.add("Fails")
    await board.move(task, Column.PLAN)
    adw_id = await board.run(task, Stage.PLAN, 10)
    await board.report(board.status(adw_id, "failed", message="no"))
    await press(tab, board, "retry", task)
    assert status(board, task) is RunStatus.QUEUED


async def test_delete_takes_a_card_away_and_refuses_while_it_runs(tab: Tab, board: FakeBoard):
    gone, running = await board.add("Gone"), await board.add("Runs")
    await board.move(running, Column.PLAN)
    await board.run(running, Stage.PLAN, 10)
    for task in (gone, running):
        await press(tab, board, "delete", task)
    assert board.services.reader.card(gone) is None
    assert board.services.reader.card(running) is not None
    assert await titles(tab) == ["Card deleted", "Card has a run under way"]


async def test_decisions_about_an_uncertain_start(tab: Tab, board: FakeBoard):
    task = await uncertain(board)
    await tab.send(CardState.check(task))
    assert board.checked == [board.keeper.board.tasks[task].attempt_id]
    await press(tab, board, "not-running", task)
    assert not board.keeper.board.attempts[board.checked[0]].is_open
    other = await uncertain(board)
    await press(tab, board, "start-again", other)
    assert status(board, other) is not RunStatus.UNCERTAIN


async def test_check_says_what_the_service_says_and_offers_the_decisions(tab: Tab, board: FakeBoard):
    task = await uncertain(board)
    await tab.send(CardState.check(task))
    toasts = (await tab.state(ToastState)).toasts
    assert [(t["alert"], t["message"]) for t in toasts] == [(False, "The service says nothing about this start yet.")]
    assert [offer["label"] for offer in toasts[0]["offers"]] == ["Start again", "It is not running", "Free its place"]
    await tab.send(ToastState.accept(toasts[0]["id"], "release"))
    attempt = board.keeper.board.attempts[board.checked[0]]
    assert (attempt.released, attempt.status) == (True, RunStatus.UNCERTAIN)
    assert await titles(tab) == []


async def test_the_place_of_an_uncertain_start_is_freed(tab: Tab, board: FakeBoard):
    task = await uncertain(board)
    await press(tab, board, "release", task)
    assert board.keeper.board.active() == []


async def test_a_card_is_put_first_and_back_in_line(tab: Tab, board: FakeBoard):
    cards = [await board.add(f"card {n}") for n in range(3)]
    for card in cards:
        await press(tab, board, "start", card)

    def line() -> list[int]:
        return [cards.index(attempt.task_id) for attempt in board.keeper.board.queue()]

    await press(tab, board, "queue-first", cards[2])
    assert line() == [2, 0, 1]
    await press(tab, board, "queue-later", cards[2])
    assert line() == [0, 2, 1]
    assert await titles(tab) == []


async def test_an_act_is_acknowledged_in_the_delta_that_shows_it(tab: Tab, board: FakeBoard):
    task = await board.add("Starts")
    deltas = await tab.send(CardState.act(OP.format(1), "start", task, ""))
    shown = next(delta for delta in deltas if "acked" in delta)
    assert shown["acked"] == {OP.format(1): "applied"}
    assert shown["cards_1"][task]["status"] == "queued"


@pytest.mark.parametrize("act", ["start", "retry"])
async def test_the_same_act_twice_starts_once(tab: Tab, board: FakeBoard, act: str):
    """The second one comes when the first run has ended, which alone would not keep it from starting another."""
    task = await board.add("Starts", stages=(Stage.PLAN,))
    await board.move(task, Column.PLAN)
    adw_id = await board.run(task, Stage.PLAN, 10)
    await board.report(board.status(adw_id, "failed", message="no"))
    await press(tab, board, act, task, OP.format(1))
    adw_id = await board.run(task, Stage.PLAN, 10)
    await board.report(board.status(adw_id, "failed", message="no"))
    await press(tab, board, act, task, OP.format(1))
    assert len(board.keeper.board.attempts) == 2
    assert status(board, task) is RunStatus.FAILED


async def test_a_decision_is_about_the_attempt_that_was_seen(tab: Tab, board: FakeBoard):
    """It was sent, lost and sent again; meanwhile the card has a later start that is in doubt, too."""
    task = await uncertain(board)
    seen = board.keeper.board.tasks[task].attempt_id or ""
    await press(tab, board, "not-running", task)
    await board.move(task, Column.BACKLOG)
    await board.move(task, Column.PLAN)
    later = board.keeper.board.tasks[task].attempt_id or ""
    await board.report(Sending(later, "adw_orchestrator", ALL, Vintage.OURS), Uncertain(later, "lost"))
    for number, act in enumerate(("start-again", "not-running", "cancel", "withdraw", "stage-done")):
        await tab.send(CardState.act(OP.format(number), act, task, seen))
    assert status(board, task) is RunStatus.UNCERTAIN
    assert await titles(tab) == ["Run has ended"]


async def test_a_refused_act_is_acknowledged_too(tab: Tab, board: FakeBoard):
    task = await board.add("Idle")
    op_id = await press(tab, board, "cancel", task)
    assert (await tab.state(BoardState)).acked == {op_id: "refused"}


@pytest.mark.parametrize("act", [*ACTS, "move", "", None, 7, ["start"]])
@pytest.mark.parametrize("value", [None, 7, "", "unknown", "x" * 10_000, ["a"], {"a": 1}, "<script>", "../etc"])
async def test_hostile_arguments_change_nothing_and_say_so(tab: Tab, board: FakeBoard, act: Any, value: Any):
    await board.add("Stays")
    before = board.keeper.board
    await tab.send(CardState.act(OP.format(1), act, value, value))
    assert tab.errors == []
    assert board.keeper.board is before
    assert len(await titles(tab)) == 1


async def test_an_act_without_an_operation_changes_nothing(tab: Tab, board: FakeBoard):
    task = await board.add("Stays")
    unfit: list[Any] = [None, "", "1", 7]
    for op_id in unfit:
        await tab.send(CardState.act(op_id, "start", task, ""))
    assert status(board, task) is RunStatus.IDLE


@pytest.mark.parametrize("value", [None, 7, "", "unknown", "x" * 10_000, ["a"], {"a": 1}])
async def test_checking_what_is_not_there_says_so(tab: Tab, board: FakeBoard, value: Any):
    await tab.send(CardState.check(value))
    assert (tab.errors, board.checked) == ([], [])
    assert len(await titles(tab)) == 1


async def test_another_try_is_about_the_failure_that_the_person_has_seen(tab: Tab, board: FakeBoard):
    """A message of an old failure may stand there when the card has long been completed."""
    task = await uncertain(board)
    seen = board.keeper.board.tasks[task].attempt_id or ""
    await press(tab, board, "not-running", task)
    await press(tab, board, "retry", task)
    for number, act in enumerate(("retry", "start-over")):
        await tab.send(CardState.act(f"{number:08d}-0000-4000-8000-000000000000", act, task, seen))
    assert set(await titles(tab)) == {"Run has ended"}
    assert len(board.keeper.board.attempts) == 2


async def ready(board: FakeBoard) -> tuple[str, str]:
    """A card that is ready to merge, and its run."""
    task = await board.add("Ready")
    await board.move(task, Column.PLAN)
    adw_id = await board.run(task, Stage.DOCUMENT, 50)
    await board.report(board.status(adw_id, "completed"))
    return task, adw_id


async def test_a_merge_that_failed_is_merged_again_in_the_same_way(tab: Tab, board: FakeBoard):
    board.set_connection(replace(CONNECTED, extensions=CONNECTED.extensions | {"merge"}))
    task, adw_id = await ready(board)
    wish = MoveTask(task, Column.COMPLETED, action="merge", method="rebase")
    assert (await board.services.board.execute(wish, author="test")).ok
    attempt_id = board.keeper.board.tasks[task].attempt_id or ""
    await board.report(Sending(attempt_id, MERGE_WORKFLOW, (), Vintage.OURS), Accepted(attempt_id))
    await board.report(StatusReported(adw_id, MERGE_WORKFLOW, "failed", "Merge conflict in a.py"))
    assert status(board, task) is RunStatus.FAILED
    await press(tab, board, "retry", task)
    again = board.keeper.board.attempt_of(board.keeper.board.tasks[task])
    assert again
    assert (again.status, again.options) == (RunStatus.QUEUED, {"method": "rebase"})
    assert await titles(tab) == []


async def test_a_merge_that_was_not_asked_for_here_is_merged_as_the_service_does_it(tab: Tab, board: FakeBoard):
    task, adw_id = await ready(board)
    await board.report(StatusReported(adw_id, MERGE_WORKFLOW, "failed", "Merge conflict in a.py"))
    await press(tab, board, "merge", task)
    opened = board.keeper.board.attempt_of(board.keeper.board.tasks[task])
    assert opened
    assert (opened.kind, opened.options, status(board, task)) == (AttemptKind.MERGE, {}, RunStatus.QUEUED)
