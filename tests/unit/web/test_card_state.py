from typing import Any

import pytest

from kanban_app.domain.commands import Sending, Uncertain
from kanban_app.domain.model import RunStatus
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import Vintage
from kanban_app.web.states.cards import CardState
from kanban_app.web.states.toasts import ToastState
from tests.support.fake_services import ALL, FakeBoard
from tests.support.headless import Tab

HANDLERS = [
    "start", "retry", "cancel", "delete", "withdraw", "start_again", "not_running", "stage_done", "check", "release",
    "queue_first", "queue_later",
]  # fmt: skip


def status(board: FakeBoard, task: str) -> RunStatus:
    return board.keeper.board.status_of(board.keeper.board.tasks[task])


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
    await tab.send(CardState.start(task))
    assert status(board, task) is RunStatus.QUEUED
    await tab.send(CardState.withdraw(task))
    assert status(board, task) is RunStatus.IDLE
    assert await titles(tab) == []


async def test_cancel_stops_a_run_and_withdraws_one_that_waits(tab: Tab, board: FakeBoard):
    waiting, running = await board.add("Waits"), await board.add("Runs")
    await tab.send(CardState.start(waiting))
    await board.move(running, Column.PLAN)
    await board.run(running, Stage.PLAN, 10)
    for task in (waiting, running):
        await tab.send(CardState.cancel(task))
    assert status(board, waiting) is RunStatus.IDLE
    attempt_id = board.keeper.board.tasks[running].attempt_id or ""
    assert board.keeper.board.attempts[attempt_id].cancel_requested


async def test_retry_starts_a_failed_card_again(tab: Tab, board: FakeBoard):
    task = await board.add("Fails")
    await board.move(task, Column.PLAN)
    adw_id = await board.run(task, Stage.PLAN, 10)
    await board.report(board.status(adw_id, "failed", message="no"))
    await tab.send(CardState.retry(task))
    assert status(board, task) is RunStatus.QUEUED


async def test_delete_takes_a_card_away_and_refuses_while_it_runs(tab: Tab, board: FakeBoard):
    gone, running = await board.add("Gone"), await board.add("Runs")
    await board.move(running, Column.PLAN)
    await board.run(running, Stage.PLAN, 10)
    for task in (gone, running):
        await tab.send(CardState.delete(task))
    assert board.services.reader.card(gone) is None
    assert board.services.reader.card(running) is not None
    assert await titles(tab) == ["Card has a run under way"]


async def test_decisions_about_an_uncertain_start(tab: Tab, board: FakeBoard):
    task = await uncertain(board)
    await tab.send(CardState.check(task))
    assert board.checked == [board.keeper.board.tasks[task].attempt_id]
    await tab.send(CardState.not_running(task))
    assert not board.keeper.board.attempts[board.checked[0]].is_open
    other = await uncertain(board)
    await tab.send(CardState.start_again(other))
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
    await tab.send(CardState.release(task))
    assert board.keeper.board.active() == []


async def test_a_card_is_put_first_and_back_in_line(tab: Tab, board: FakeBoard):
    cards = [await board.add(f"card {n}") for n in range(3)]
    for card in cards:
        await tab.send(CardState.start(card))

    def line() -> list[int]:
        return [cards.index(attempt.task_id) for attempt in board.keeper.board.queue()]

    await tab.send(CardState.queue_first(cards[2]))
    assert line() == [2, 0, 1]
    await tab.send(CardState.queue_later(cards[2]))
    assert line() == [0, 2, 1]
    assert await titles(tab) == []


@pytest.mark.parametrize("handler", HANDLERS)
@pytest.mark.parametrize("value", [None, 7, "", "unknown", "x" * 10_000, ["a"], {"a": 1}, "<script>", "../etc"])
async def test_hostile_arguments_change_nothing_and_say_so(tab: Tab, board: FakeBoard, handler: str, value: Any):
    await board.add("Stays")
    before = board.keeper.board
    await tab.send(getattr(CardState, handler)(value))
    assert tab.errors == []
    assert board.keeper.board is before
    assert len(await titles(tab)) == 1
