import asyncio
from dataclasses import replace
from typing import Any

import pytest

from kanban_app.domain.commands import NotRunning
from kanban_app.domain.connection import Connection, ConnectionState
from kanban_app.domain.records import NewsKind
from kanban_app.domain.reported import Accepted, Sending, StatusReported, Uncertain
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import Vintage
from kanban_app.errors import describe
from kanban_app.services.hub import Change, Notice
from kanban_app.web.states.board import ACKNOWLEDGED, IN_VIEW, BoardState
from kanban_app.web.states.toasts import MOST, ToastState, offers_of
from tests.support.fake_services import ALL, CONNECTED, FakeBoard
from tests.support.headless import Tab
from tests.support.waiting import eventually

OP = "00000000-0000-4000-8000-{:012x}"


def ids(delta: dict[str, Any], column: str) -> list[str]:
    return next(view["ids"] for view in delta["columns"] if view["id"] == column)


def cards_of(delta: dict[str, Any]) -> dict[str, Any]:
    shards = (value for name, value in delta.items() if name.startswith("cards_"))
    return {task_id: card for shard in shards for task_id, card in shard.items()}


async def test_follow_shows_the_board_and_then_what_changes(tab: Tab, board: FakeBoard):
    first = await board.add("First")
    cancel = await tab.start(BoardState.follow)
    shown = await tab.until("ready", bool)
    assert ids(shown, "backlog") == [first]
    assert shown["cards_1"][first]["title"] == "First"
    tab.sent.clear()
    second = await board.add("Second")
    change = await tab.until("columns", lambda _: True)
    assert ids(change, "backlog") == [first, second]
    assert [name for name in change if name.startswith("cards_")] == ["cards_2"]
    cancel()


async def test_the_cards_that_are_seen_first_come_before_the_rest(tab: Tab, board: FakeBoard):
    added = [await board.add(f"Card {number}") for number in range(IN_VIEW + 3)]
    cancel = await tab.start(BoardState.follow)
    shown = await tab.until("ready", bool)
    assert ids(shown, "backlog") == added
    assert sorted(cards_of(shown)) == sorted(added[:IN_VIEW])
    assert "whole" not in shown
    rest = await tab.until("whole", bool)
    assert set(cards_of(rest)) >= set(added[IN_VIEW:])
    cancel()


async def test_a_board_that_is_shown_is_sent_once(tab: Tab, board: FakeBoard):
    for number in range(IN_VIEW + 3):
        await board.add(f"Card {number}")
    cancel = await tab.start(BoardState.follow)
    await tab.until("whole", bool)
    cancel()
    tab.sent.clear()
    cancel = await tab.start(BoardState.follow)
    again = await tab.until("hydrations", lambda count: count == 2)
    assert cards_of(again) == {}
    cancel()


async def test_a_board_whose_tab_was_forgotten_is_filled_anew_with_the_next_news(tab: Tab, board: FakeBoard):
    first = await board.add("First")
    cancel = await tab.start(BoardState.follow)
    await tab.until("whole", bool)
    tab.forget()
    tab.sent.clear()
    second = await board.add("Second")
    filled = await tab.until("hydrations", lambda count: count == 1)
    assert set(cards_of(filled)) == {first, second}
    cancel()


async def test_a_tick_sends_the_live_fields_only(tab: Tab, board: FakeBoard):
    task = await board.add("Runs")
    await board.move(task, Column.PLAN)
    adw_id = await board.run(task, Stage.PLAN, 10, "Planning")
    cancel = await tab.start(BoardState.follow)
    await tab.until("ready", bool)
    tab.sent.clear()
    await board.report(board.status(adw_id, "in_progress", percent=50, step="Planning"))
    delta = await tab.until("live", lambda live: live[task]["progress"] == 10)
    assert set(delta) == {"live"}
    cancel()


async def test_a_finished_run_leaves_the_live_var_and_keeps_its_last_values(tab: Tab, board: FakeBoard):
    task = await board.add("Runs", stages=(Stage.PLAN,))
    await board.move(task, Column.PLAN)
    adw_id = await board.run(task, Stage.PLAN, 10)
    cancel = await tab.start(BoardState.follow)
    await tab.until("ready", bool)
    await board.log(adw_id, "done")
    await board.report(board.status(adw_id, "completed", percent=100))
    delta = await tab.until("live", lambda live: task not in live)
    last = delta["cards_1"][task]["live"]
    assert (last["progress"], last["last_log"]) == (100, "done")
    cancel()


async def test_a_cancelled_follow_leaves_no_subscription(tab: Tab, board: FakeBoard):
    cancel = await tab.start(BoardState.follow)
    await tab.until("ready", bool)
    assert board.hub.viewers == 1
    cancel()
    await asyncio.sleep(0.05)
    assert board.hub.viewers == 0


async def test_move_acknowledges_in_the_delta_of_the_new_order(tab: Tab, board: FakeBoard):
    task = await board.add("Moves")
    deltas = await tab.send(BoardState.move(OP.format(1), task, "plan", None))
    moved = next(delta for delta in deltas if "columns" in delta)
    assert moved["acked"] == {OP.format(1): "applied"}
    assert ids(moved, "plan") == [task]


async def test_a_refused_move_is_acknowledged_and_offers_the_way_on(tab: Tab, board: FakeBoard):
    task = await board.add("Moves")
    await tab.send(BoardState.move(OP.format(1), task, "test", None))
    state, toasts = await tab.state(BoardState), (await tab.state(ToastState)).toasts
    assert state.acked == {OP.format(1): "refused"}
    assert [offer["label"] for offer in toasts[0]["offers"]] == ["Start from Plan"]
    await tab.send(ToastState.accept(toasts[0]["id"], "start-from-first"))
    assert board.keeper.board.tasks[task].column is Column.PLAN
    assert (await tab.state(ToastState)).toasts == []


async def test_an_offer_adds_the_missing_stage_and_runs(tab: Tab, board: FakeBoard):
    task = await board.add("No review", stages=(Stage.PLAN,))
    await tab.send(BoardState.move(OP.format(1), task, "build", None))
    toast = (await tab.state(ToastState)).toasts[0]
    assert [offer["id"] for offer in toast["offers"]] == ["add-stage-and-run"]
    await tab.send(ToastState.accept(toast["id"], "add-stage-and-run"))
    assert board.keeper.board.tasks[task].stages == (Stage.PLAN, Stage.BUILD)
    # The build has no plan to go on from yet: the next refusal offers to start there.
    assert [offer["id"] for offer in (await tab.state(ToastState)).toasts[0]["offers"]] == ["start-from-first"]


async def in_doubt(board: FakeBoard) -> str:
    """A card whose start was cut off; its id."""
    task = await board.add("Cut off")
    await board.move(task, Column.PLAN)
    attempt_id = board.keeper.board.tasks[task].attempt_id or ""
    await board.report(Sending(attempt_id, "adw_orchestrator", ALL, Vintage.OURS), Uncertain(attempt_id, "lost"))
    return task


async def mute(board: FakeBoard) -> str:
    """A card whose run tells nothing; its id."""
    task = await board.add("Mute")
    await board.move(task, Column.PLAN)
    attempt_id = board.keeper.board.tasks[task].attempt_id or ""
    await board.report(Sending(attempt_id, "adw_orchestrator", ALL, Vintage.V0), Accepted(attempt_id))
    return task


async def offers(tab: Tab) -> list[tuple[str, str]]:
    return [(offer["id"], offer["label"]) for offer in (await tab.state(ToastState)).toasts[-1]["offers"]]


async def test_the_decisions_about_a_doubtful_start_are_offered_and_can_be_taken(tab: Tab, board: FakeBoard):
    task = await in_doubt(board)
    attempt_id = board.keeper.board.tasks[task].attempt_id or ""
    await tab.send(BoardState.move(OP.format(1), task, "test", None))
    assert await offers(tab) == [
        ("check", "Check"),
        ("start-again", "Start again"),
        ("not-running", "It is not running"),
    ]
    await tab.send(ToastState.accept((await tab.state(ToastState)).toasts[0]["id"], "check"))
    assert board.checked == [attempt_id]
    answer = "The service says nothing about this start yet."
    assert [toast["message"] for toast in (await tab.state(ToastState)).toasts] == [answer]


async def test_a_mute_run_is_said_to_be_done_with_its_stage_by_an_offer(tab: Tab, board: FakeBoard):
    task = await mute(board)
    await tab.send(BoardState.move(OP.format(1), task, "test", None))
    assert await offers(tab) == [("stage-done", "Stage done"), ("not-running", "It is not running")]
    await tab.send(ToastState.accept((await tab.state(ToastState)).toasts[0]["id"], "stage-done"))
    assert board.keeper.board.tasks[task].column is Column.BUILD


async def test_an_offer_is_about_the_attempt_that_was_in_the_way(tab: Tab, board: FakeBoard):
    task = await in_doubt(board)
    await tab.send(BoardState.move(OP.format(1), task, "test", None))
    toast = (await tab.state(ToastState)).toasts[0]
    await board.services.board.execute(NotRunning(board.keeper.board.tasks[task].attempt_id or ""), author="other")
    await tab.send(ToastState.accept(toast["id"], "start-again"))
    assert len(board.keeper.board.attempts) == 1
    assert (await tab.state(ToastState)).toasts[0]["title"] == "Run has ended"


async def test_every_decision_of_the_domain_can_be_offered(board: FakeBoard):
    for task in (await in_doubt(board), await mute(board)):
        card = board.services.reader.card(task)
        assert card
        error = describe("E-MOVE-3", {}, {"offers": card["decisions"]})
        assert [offer["id"] for offer in offers_of(error)] == card["decisions"]


async def test_what_a_run_printed_last_is_sent_to_the_panel_only(tab: Tab, board: FakeBoard):
    task = await board.add("Dies")
    await board.move(task, Column.PLAN)
    adw_id = await board.run(task, Stage.PLAN, 10)
    await board.report(board.status(adw_id, "failed", message="no", last_output=("one", "two")))
    cancel = await tab.start(BoardState.follow)
    shown = await tab.until("ready", bool)
    assert shown["cards_1"][task]["failure"]["message"].endswith("no")
    assert shown["cards_1"][task]["failure"]["details"] == {}
    detail = board.services.reader.detail(task)
    assert detail
    assert detail["card"]["failure"]
    assert detail["card"]["failure"]["details"]["last_output"] == "one\ntwo"
    cancel()


async def test_the_same_move_twice_acts_once(tab: Tab, board: FakeBoard):
    task = await board.add("Moves")
    for _ in range(2):
        await tab.send(BoardState.move(OP.format(1), task, "plan", None))
    assert len(board.keeper.board.attempts) == 1


async def test_a_move_to_completed_counts_as_marked(tab: Tab, board: FakeBoard):
    task = await board.add("Done by hand")
    await tab.send(BoardState.move(OP.format(1), task, "completed", None))
    assert board.keeper.board.tasks[task].column is Column.COMPLETED


@pytest.mark.parametrize(
    "arguments",
    [
        (OP.format(1), "unknown", "plan", None),
        (OP.format(1), "x" * 10_000, "plan", None),
        (OP.format(1), "TASK", "nowhere", None),
        (OP.format(1), "TASK", "plan", "x" * 10_000),
        (OP.format(1), 7, ["plan"], {"a": 1}),
        (OP.format(1), None, None, None),
        ("no uuid", "TASK", "plan", None),
        (None, "TASK", "plan", None),
        ("x" * 10_000, "TASK", "plan", None),
    ],
)
async def test_hostile_moves_change_nothing_and_say_so(tab: Tab, board: FakeBoard, arguments: tuple[Any, ...]):
    op_id, task_id, column, after = arguments
    task = await board.add("Stays")
    await tab.send(BoardState.move(op_id, task if task_id == "TASK" else task_id, column, after))
    assert tab.errors == []
    assert board.keeper.board.tasks[task].column is Column.BACKLOG
    assert (await tab.state(BoardState)).acked == ({OP.format(1): "refused"} if op_id == OP.format(1) else {})
    toasts = (await tab.state(ToastState)).toasts
    assert len(toasts) == 1
    assert len(toasts[0]["message"]) < 500


async def test_ask_tells_what_became_of_operations(tab: Tab, board: FakeBoard):
    task = await board.add("Moves")
    await tab.send(BoardState.move(OP.format(1), task, "plan", None))
    await tab.send(BoardState.move(OP.format(2), task, "ready-to-merge", None))
    async with Tab("reloaded") as other:
        await other.send(BoardState.ask([OP.format(n) for n in (1, 2, 3)]))
        state = await other.state(BoardState)
        assert list(state.acked.values()) == ["applied", "refused", "unknown"]
        assert state.asked == 1


@pytest.mark.parametrize("ops", [None, 7, "text", [None, 3, "x" * 10_000], [OP.format(n) for n in range(1000)]])
async def test_hostile_questions_are_bounded(tab: Tab, ops: Any):
    await tab.send(BoardState.ask(ops))
    assert tab.errors == []
    assert len((await tab.state(BoardState)).acked) <= ACKNOWLEDGED


async def test_a_failing_service_is_acknowledged_and_told(tab: Tab, board: FakeBoard, monkeypatch: pytest.MonkeyPatch):
    async def broken(*_args: Any, **_fields: Any) -> None:
        raise OSError

    task = await board.add("Stays")
    monkeypatch.setattr(type(board.services.board), "execute", broken)
    await tab.send(BoardState.move(OP.format(1), task, "plan", None))
    assert (await tab.state(BoardState)).acked == {OP.format(1): "refused"}
    assert (await tab.state(ToastState)).toasts[0]["title"] == "Unexpected problem"


async def test_a_heartbeat_sends_nothing(tab: Tab, board: FakeBoard):
    cancel = await tab.start(BoardState.follow)
    await tab.until("ready", bool)
    tab.sent.clear()
    board.set_connection(replace(CONNECTED, round_trip_ms=7.5))
    await asyncio.sleep(0.1)
    assert tab.sent == []
    cancel()


async def test_the_connection_is_shown_when_it_changes(tab: Tab, board: FakeBoard):
    cancel = await tab.start(BoardState.follow)
    await tab.until("ready", bool)
    tab.sent.clear()
    board.set_connection(Connection(ConnectionState.OFFLINE, "ws://elsewhere"))
    delta = await tab.until("connection", lambda view: view["state"] == "offline")
    assert set(delta) == {"connection"}
    await tab.send(BoardState.retry_now())
    assert board.retries == 1
    cancel()


async def test_leaving_the_service_and_coming_back(tab: Tab, board: FakeBoard):
    await tab.send(BoardState.disconnect())
    await tab.send(BoardState.connect())
    assert board.wishes == ["disconnect", "connect"]


async def test_a_browser_that_comes_back_to_its_network(tab: Tab, board: FakeBoard):
    await tab.send(BoardState.came_online())
    assert board.retries == 0
    board.connection = Connection(ConnectionState.PAUSED, "ws://elsewhere")
    await tab.send(BoardState.came_online())
    await tab.send(BoardState.came_online())
    assert board.retries == 1


async def test_a_tab_that_follows_twice_has_one_feed(tab: Tab, board: FakeBoard):
    """An event can be sent by hand as often as one likes; only that of `on_load` ends with the tab."""
    for _ in range(5):
        await tab.start(BoardState.follow)
    await tab.until("ready", bool)
    await eventually(lambda: board.services.hub.viewers == 1)
    task = await board.add("Seen")
    await tab.until("columns", lambda columns: task in columns[0]["ids"])


async def test_the_message_of_a_failure_offers_what_its_card_offers_while_it_is_at_it(tab: Tab, board: FakeBoard):
    task = await mute(board)
    attempt = board.keeper.board.attempts[board.keeper.board.tasks[task].attempt_id or ""]
    cancel = await tab.start(BoardState.follow)
    await tab.until("ready", bool)
    await board.report(StatusReported(attempt.adw_id, "adw_orchestrator", "failed", message="it broke"))
    about = {"alert": True, "title": "Failed", "task_id": task, "advice": ("Look",)}
    told = [Notice(f"n{n}", message=str(n), attempt_id=id_, **about) for n, id_ in enumerate(("past", attempt.id))]
    board.hub.publish(Change(notices=tuple(told)))
    toasts = await tab.until("toasts", lambda toasts: toasts[-1]["message"] == "1")
    past, current = toasts["toasts"][-2:]
    assert past["offers"] == []
    assert (current["advice"], current["attempt_id"]) == ("Look.", attempt.id)
    assert [(offer["id"], offer["href"], offer["operation"]) for offer in current["offers"]] == [
        ("retry", "", True),
        ("open-log", f"/?card={task}&tab=log", False),
    ]
    cancel()


async def test_a_notification_costs_a_tab_a_number(tab: Tab, board: FakeBoard):
    cancel = await tab.start(BoardState.follow)
    await tab.until("ready", bool)
    tab.sent.clear()
    await board.keeper.tell(Notice("n", alert=False, title="T" * 500, message="M" * 500, kind=NewsKind.STUCK))
    delta = await tab.until("told", lambda told: told == 1)
    assert delta == {"told": 1}
    cancel()


async def test_of_too_many_messages_those_that_stay_are_kept(tab: Tab, board: FakeBoard):
    cancel = await tab.start(BoardState.follow)
    await tab.until("ready", bool)
    for n in range(MOST + 3):
        board.hub.publish(Change(notices=(Notice(f"n{n}", alert=n % 2 == 0, title=f"{n}", message=""),)))
        await tab.until("toasts", lambda toasts, n=n: toasts[-1]["title"] == f"{n}")
    shown = [toast["title"] for toast in (await tab.state(ToastState)).toasts]
    assert shown == ["0", "2", "4", *map(str, range(6, MOST + 3))]
    cancel()
