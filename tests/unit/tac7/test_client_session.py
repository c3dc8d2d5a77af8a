import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from kanban_app.domain.workflows import Vintage
from kanban_app.tac7.client_messages import TicketData
from kanban_app.tac7.client_session import ClientSession, NotOffered, NotReady, SessionBusy
from kanban_app.tac7.limits import Limits
from kanban_app.tac7.messages import QueueStatus
from kanban_app.tac7.requests import TriggerRequest
from kanban_app.tac7.session_events import (
    CancelAnswered,
    Cursor,
    Gap,
    Ready,
    Received,
    Resumed,
    RoundTrip,
    SessionEvent,
    TicketAnswered,
    TriggerAnswered,
    TriggerRefused,
    TriggerUncertain,
    TriggerUnsent,
    Unreadable,
)
from tests.support.traffic import recorded

WALL = datetime(2026, 11, 22, tzinfo=UTC)
REQUEST = TriggerRequest("a1", "0a1b2c3d", "adw_plan_iso", "7", "feature", "Title", "Body")
OTHER = replace(REQUEST, attempt_id="a2", adw_id="deadbeef")
EXTENSIONS = ["request_id", "cancel", "since"]


@dataclass
class Side:
    """A session with a clock that the test moves."""

    session: ClientSession
    now: float = 100.0
    sent: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def flush(self) -> list[dict[str, Any]]:
        fresh = [json.loads(text) for text in self.session.outgoing()]
        self.sent += fresh
        return fresh

    def get(self, kind: str, data: dict[str, Any] | None = None, **top: Any) -> list[SessionEvent]:
        message = {"type": kind, **top} if data is None else {"type": kind, "data": data, **top}
        return self.get_text(json.dumps(message))

    def get_text(self, text: str) -> list[SessionEvent]:
        self.session.receive(text, self.now, WALL)
        self.flush()
        return self.session.events()

    def pass_time(self, seconds: float) -> list[SessionEvent]:
        self.now += seconds
        self.session.tick(self.now)
        self.flush()
        return self.session.events()

    def trigger(self, request: TriggerRequest = REQUEST) -> None:
        self.session.trigger(request, self.now)
        self.flush()


def fresh(limits: Limits | None = None, cursor: Cursor | None = None) -> Side:
    side = Side(ClientSession("s1", limits, cursor))
    side.session.opened(side.now)
    side.flush()
    return side


def ready(vintage: Vintage = Vintage.V1, limits: Limits | None = None) -> Side:
    side = fresh(limits)
    pong: dict[str, Any] = {"client_timestamp": 1} if vintage is not Vintage.V0 else {}
    if vintage is not Vintage.V0:
        pong["connection_id"] = "conn_1"
    if vintage is Vintage.OURS:
        pong["extensions"] = EXTENSIONS
    side.get("pong", **pong)
    if vintage is Vintage.OURS:
        side.get("session_registered", {"session_id": "s1", "journal": "j", "last": 0, "replaying": 0})
    assert side.session.is_ready
    return side


def accepted(adw_id: str = "0a1b2c3d", **top: Any) -> dict[str, Any]:
    return {"data": {"status": "accepted", "adw_id": adw_id, "workflow_name": "adw_plan_iso", "message": "yes"}, **top}


def test_the_first_ping_goes_out_at_once_and_its_pong_makes_ready() -> None:
    side = fresh()
    assert side.sent == [{"type": "ping", "timestamp": 1}]
    side.now += 0.25
    assert side.get("pong", connection_id="c", client_timestamp=1) == [
        RoundTrip(0.25),
        Ready(Vintage.V1, frozenset()),
    ]


def test_v0_is_known_by_what_its_pong_lacks_and_nobody_registers_there() -> None:
    side = ready(Vintage.V0)
    assert side.session.vintage is Vintage.V0
    assert [message["type"] for message in side.sent] == ["ping"]


def test_requests_before_ready_are_refused() -> None:
    side = fresh()
    with pytest.raises(NotReady):
        side.session.trigger(REQUEST, side.now)


@pytest.mark.parametrize(
    ("name", "vintage"), [("v0-plan", Vintage.V0), ("v1-plan", Vintage.V1), ("v1-fail", Vintage.V1)]
)
def test_a_recorded_run(name: str, vintage: Vintage) -> None:
    side = ready(vintage)
    frames = recorded(name)
    answer = next(frame for frame in frames if frame["type"] == "trigger_response")
    side.trigger(replace(REQUEST, adw_id=answer["data"]["adw_id"]))
    events = [event for frame in frames for event in side.get_text(json.dumps(frame))]
    assert [event.status for event in events if isinstance(event, TriggerAnswered)] == ["accepted"]
    assert sum(isinstance(event, Received) for event in events) == len(frames) - 1


def test_status_updates_before_the_answer_are_received() -> None:
    side = ready()
    side.trigger()
    data = {"adw_id": "0a1b2c3d", "status": "started", "timestamp": "2026-01-02T03:04:05Z"}
    (event,) = side.get("status_update", data)
    assert isinstance(event, Received)
    assert event.at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert event.received_at == WALL
    assert side.session.is_busy


def test_one_trigger_at_a_time_and_the_next_after_the_answer() -> None:
    side = ready()
    side.trigger()
    with pytest.raises(SessionBusy):
        side.session.trigger(OTHER, side.now)
    side.get("trigger_response", **accepted())
    side.trigger(OTHER)
    (event,) = side.get("trigger_response", **accepted("deadbeef"))
    assert isinstance(event, TriggerAnswered)
    assert event.attempt_id == "a2"


def test_the_answer_to_somebody_elses_run_settles_nothing() -> None:
    side = ready()
    side.trigger()
    (event,) = side.get("trigger_response", **accepted("ffffffff"))
    assert isinstance(event, Received)
    assert side.session.is_busy


def test_an_answer_without_an_id_goes_by_order() -> None:
    side = ready(Vintage.V0)
    side.trigger()
    (event,) = side.get("trigger_response", **accepted(""))
    assert isinstance(event, TriggerAnswered)
    assert event.adw_id == "0a1b2c3d"


@pytest.mark.parametrize("data", [{}, {"adw_id": ""}, {"message": "hello"}, {"adw_id": "0a1b2c3d"}])
def test_an_answer_that_does_not_say_what_it_answers_settles_nothing(data: dict[str, Any]) -> None:
    side = ready(Vintage.V1)
    side.trigger()
    (event,) = side.get("trigger_response", **data)
    assert isinstance(event, Received)
    assert side.session.is_busy


@pytest.mark.parametrize("data", [None, {}, {"adw_id": "0a1b2c3d"}, {"error_type": "", "message": ""}])
def test_an_error_that_says_nothing_refuses_no_start(data: dict[str, Any] | None) -> None:
    side = ready(Vintage.V1)
    side.trigger()
    (event,) = side.get("error", data)
    assert isinstance(event, Received)
    assert side.session.is_busy


def test_the_same_answer_twice_settles_once() -> None:
    side = ready()
    side.trigger()
    first = side.get("trigger_response", **accepted())
    second = side.get("trigger_response", **accepted())
    assert isinstance(first[0], TriggerAnswered)
    assert isinstance(second[0], Received)


def test_an_error_belongs_to_the_oldest_request_alone() -> None:
    side = ready()
    side.session.announce(TicketData(id="7", title="t"), side.now)
    side.trigger()
    assert side.get("error", {"message": "bad ticket"}) == [TicketAnswered("7", "error", "bad ticket")]
    (event,) = side.get("error", {"message": "adw_x requires either an issue_number"})
    assert isinstance(event, TriggerRefused)
    assert (event.attempt_id, event.code) == ("a1", "E-VAL-5")
    (stray,) = side.get("error", {"message": "more"})
    assert isinstance(stray, Received)


def test_an_error_for_a_ping_does_not_touch_the_trigger_behind_it() -> None:
    side = ready(limits=Limits(ping_every_s=1.0))
    side.pass_time(1.0)
    side.trigger()
    assert side.get("error", {"message": "ping?"}) == []
    assert side.session.is_busy


def test_our_service_names_the_request_that_an_error_is_for() -> None:
    side = ready(Vintage.OURS)
    side.trigger()
    (stray,) = side.get("error", {"message": "whatever"})
    assert isinstance(stray, Received)
    (other,) = side.get("error", {"message": "whatever"}, request_id="a9")
    assert isinstance(other, Received)
    (event,) = side.get("error", {"error_type": "rate_limit_error", "message": "Rate limit exceeded"}, request_id="a1")
    assert isinstance(event, TriggerRefused)
    assert event.code == "E-RATE-1"


def test_no_answer_in_time() -> None:
    side = ready(limits=Limits(silence_while_busy_s=1000.0, ping_every_s=1000.0))
    side.trigger()
    assert side.pass_time(29.9) == []
    assert side.pass_time(0.1) == [TriggerUncertain("a1", "E-TIME-1")]
    with pytest.raises(SessionBusy):
        side.session.trigger(OTHER, side.now)
    (late,) = side.get("trigger_response", **accepted())
    assert isinstance(late, TriggerAnswered)
    assert not side.session.is_busy


def test_an_answer_that_never_comes_ends_the_connection_but_is_told_once() -> None:
    side = ready(limits=Limits(silence_while_busy_s=1000.0, ping_every_s=1000.0))
    side.trigger()
    assert side.pass_time(30.0) == [TriggerUncertain("a1", "E-TIME-1")]
    side.pass_time(60.0)
    assert side.session.trouble is not None
    side.session.lost()
    assert side.session.events() == []


def test_time_limits_by_workflow_type() -> None:
    side = ready(limits=Limits(trigger_s_by_type={"adw_plan_iso": 5.0}))
    side.trigger()
    assert side.pass_time(5.0) == [TriggerUncertain("a1", "E-TIME-1")]


def test_what_was_not_handed_out_was_certainly_not_sent() -> None:
    side = ready()
    side.session.trigger(REQUEST, side.now)
    side.session.lost()
    assert side.session.events() == [TriggerUnsent("a1")]
    assert side.session.outgoing() == []


def test_a_trigger_that_nobody_fetches_is_taken_back() -> None:
    side = ready()
    side.session.trigger(REQUEST, side.now)
    side.session.tick(side.now + 30.0)
    assert side.session.events() == [TriggerUnsent("a1")]
    assert all("trigger" not in text for text in side.session.outgoing())


def test_a_lost_connection_makes_everything_open_uncertain() -> None:
    side = ready(Vintage.OURS)
    side.trigger()
    side.session.cancel("0a1b2c3d", "a0", side.now)
    side.session.announce(TicketData(id="7", title="t"), side.now)
    side.flush()
    side.session.lost(1006)
    assert side.session.events() == [
        TriggerUncertain("a1", "E-LOAD-4"),
        CancelAnswered("0a1b2c3d", "unknown", ""),
        TicketAnswered("7", "unknown"),
    ]
    with pytest.raises(NotReady):
        side.session.trigger(OTHER, side.now)


def test_pings_go_on_one_at_a_time() -> None:
    side = ready()
    assert side.session.deadline() == side.now + 15.0
    side.pass_time(15.0)
    side.pass_time(1.0)
    assert side.sent[1:] == [{"type": "ping", "timestamp": 2}]
    assert side.get("pong", connection_id="c", client_timestamp=1) == []
    assert side.get("pong", connection_id="c", client_timestamp=2) == [RoundTrip(1.0)]


def test_silence_ends_the_connection() -> None:
    side = ready()
    side.pass_time(15.0)
    side.pass_time(29.9)
    assert side.session.trouble is None
    side.pass_time(0.1)
    assert side.session.trouble is not None
    assert (side.session.trouble.code, side.session.trouble.params) == ("E-CONN-16", {"n": "30"})
    assert side.session.deadline() is None


def test_silence_is_longer_while_a_trigger_is_open_and_any_text_breaks_it() -> None:
    side = ready(limits=Limits(trigger_s=500.0))
    side.trigger()
    side.pass_time(15.0)
    side.pass_time(59.0)
    assert side.session.trouble is None
    side.get("workflow_log", {"adw_id": "x"})
    side.pass_time(59.0)
    assert side.session.trouble is None
    side.pass_time(1.0)
    assert side.session.trouble is not None


def test_noise_before_the_first_pong_is_no_sign_of_life() -> None:
    side = fresh()
    for _ in range(3):
        side.get_text("noise")
        side.pass_time(10.0)
    assert side.session.trouble is not None


def test_our_own_pauses_are_nobodys_silence() -> None:
    side = ready()
    side.trigger()
    side.pass_time(15.0)
    side.session.stalled(600.0)
    assert side.pass_time(601.0) == []
    assert side.session.trouble is None


def test_no_round_trip_is_measured_while_a_trigger_freezes_the_service() -> None:
    side = ready()
    side.pass_time(15.0)
    side.trigger()
    assert side.get("pong", connection_id="c", client_timestamp=2) == []


def test_cancel_needs_the_extension() -> None:
    side = ready()
    with pytest.raises(NotOffered):
        side.session.cancel("0a1b2c3d", "a1", side.now)


def test_cancel_is_answered_refused_or_unknown() -> None:
    side = ready(Vintage.OURS)
    for request_id in ("r1", "r2", "r3"):
        side.session.cancel("0a1b2c3d", request_id, side.now)
    data = {"status": "ignored", "adw_id": "0a1b2c3d", "message": "over"}
    assert side.get("cancel_response", data, request_id="r2") == [CancelAnswered("0a1b2c3d", "ignored", "over")]
    assert side.get("error", {"message": "no"}, request_id="r1") == [CancelAnswered("0a1b2c3d", "error", "no")]
    assert CancelAnswered("0a1b2c3d", "unknown", "") in side.pass_time(10.0)


def test_a_ticket_whose_id_came_back_otherwise() -> None:
    side = ready()
    side.session.announce(TicketData(id="7", title="t"), side.now)
    answer = {"status": "error", "ticket_id": "error_1", "error": "no"}
    assert side.get("ticket_notification_response", answer) == [TicketAnswered("7", "error", "no")]


def test_unreadable_and_unknown_texts_are_told() -> None:
    side = ready()
    assert isinstance(side.get_text("{oops")[0], Unreadable)
    (event,) = side.get("summary_update", {"x": 1})
    assert isinstance(event, Received)


def registered(last: int, replaying: int, journal: str = "j") -> dict[str, Any]:
    return {"session_id": "s1", "journal": journal, "last": last, "replaying": replaying}


def numbered(side: Side, seq: int) -> list[int]:
    events = side.get("workflow_log", {"adw_id": "x"}, seq=seq)
    return [event.seq or 0 for event in events if isinstance(event, Received)]


def ours(cursor: Cursor) -> Side:
    side = fresh(cursor=cursor)
    side.get("pong", connection_id="c", extensions=EXTENSIONS)
    return side


def test_registers_with_the_cursor_and_resumes_before_it_is_ready() -> None:
    side = ours(Cursor("j", 4))
    data = {"session_id": "s1", "since": 4, "journal": "j"}
    assert side.sent[1:] == [{"type": "register_session", "data": data}]
    assert side.get("session_registered", registered(6, 2)) == [
        Resumed("j", 6, 4),
        Ready(Vintage.OURS, frozenset(EXTENSIONS)),
    ]
    assert [numbered(side, seq) for seq in (5, 6, 6, 5, 7)] == [[5], [6], [], [], [7]]
    assert side.session.cursor == Cursor("j", 7)


def test_what_comes_before_the_registration_is_answered_comes_again() -> None:
    side = ours(Cursor("j", 4))
    assert numbered(side, 7) == []
    side.get("session_registered", registered(7, 3))
    assert [numbered(side, seq) for seq in (5, 6, 7)] == [[5], [6], [7]]


def test_a_hole_is_asked_for_again() -> None:
    side = ours(Cursor("j", 4))
    side.get("session_registered", registered(4, 0))
    events = side.get("workflow_log", {"adw_id": "x"}, seq=6)
    assert events == [Gap(4, 6, lost=False)]
    assert side.sent[-1]["data"]["since"] == 4
    assert numbered(side, 7) == []
    assert side.get("session_registered", registered(7, 3)) == [Resumed("j", 7, 4)]
    assert [numbered(side, seq) for seq in (5, 6, 7)] == [[5], [6], [7]]


def test_a_service_with_a_line_is_asked_how_it_stands() -> None:
    side = fresh(None, Cursor("j", 0))
    side.get("pong", connection_id="c", client_timestamp=1, extensions=[*EXTENSIONS, "queue_status"])
    side.get("session_registered", {"session_id": "s1", "journal": "j", "last": 0, "replaying": 0})
    assert side.sent[-1] == {"type": "queue_status"}
    (news,) = side.get("queue_status", {"active": 1, "limit": 1, "waiting": [{"adw_id": "a", "position": 1}, 5]})
    assert isinstance(news, Received)
    assert isinstance(news.message, QueueStatus)
    assert [(one.adw_id, one.position) for one in news.message.data.waiting] == [("a", 1)]


def test_what_the_service_no_longer_has_is_lost() -> None:
    side = ours(Cursor("j", 4))
    events = side.get("session_registered", registered(20, 5))
    assert events[:2] == [Gap(4, 16, lost=True), Resumed("j", 20, 15)]
    assert numbered(side, 16) == [16]


def test_another_journal_is_taken_from_its_beginning() -> None:
    side = ours(Cursor("old", 4))
    events = side.get("session_registered", registered(3, 3, "new"))
    assert events[0] == Resumed("new", 3, 0)
    assert numbered(side, 1) == [1]


def test_another_journal_without_a_replay_is_asked_for_all_of_it() -> None:
    side = ours(Cursor("old", 4))
    assert side.get("session_registered", registered(9, 0, "new")) == []
    assert side.sent[-1]["data"] == {"session_id": "s1", "since": 0, "journal": "new"}
    assert side.get("session_registered", registered(9, 9, "new"))[0] == Resumed("new", 9, 0)


def test_a_journal_restored_from_a_backup_goes_on_from_where_it_is() -> None:
    side = ours(Cursor("j", 50))
    assert side.get("session_registered", registered(20, 0))[0] == Resumed("j", 20, 20)
    assert numbered(side, 21) == [21]


def test_a_journal_known_from_before_goes_on_from_there() -> None:
    side = ours(Cursor("other", 4, {"j": 7}))
    assert side.get("session_registered", registered(9, 0)) == []
    assert side.sent[-1]["data"] == {"session_id": "s1", "since": 7, "journal": "j"}
    assert side.get("session_registered", registered(9, 2))[0] == Resumed("j", 9, 7)
    assert [numbered(side, seq) for seq in (8, 9)] == [[8], [9]]
    assert side.session.cursor == Cursor("j", 9, {"other": 4})


def test_a_message_of_an_unknown_type_is_no_hole() -> None:
    side = ours(Cursor("j", 4))
    side.get("session_registered", registered(4, 0))
    side.get("of_a_later_version", {}, seq=5)
    assert numbered(side, 6) == [6]


def test_what_does_not_come_again_is_lost_instead_of_asked_for_for_ever() -> None:
    side = ours(Cursor("j", 4))
    side.get("session_registered", registered(4, 0))
    assert side.get("workflow_log", {"adw_id": "x"}, seq=6) == [Gap(4, 6, lost=False)]
    side.get("session_registered", registered(6, 2))
    asked = len(side.sent)
    assert side.get("workflow_log", {"adw_id": "x"}, seq=6)[0] == Gap(4, 6, lost=True)
    assert numbered(side, 7) == [7]
    assert len(side.sent) == asked


def test_a_registration_that_is_refused_or_unanswered() -> None:
    side = ours(Cursor())
    assert side.get("error", {"message": "no"}) == [Ready(Vintage.OURS, frozenset(EXTENSIONS))]
    waiting = ours(Cursor())
    waiting.pass_time(10.0)
    assert waiting.session.trouble is not None


def test_a_pong_tells_by_how_much_the_clocks_differ() -> None:
    side = fresh()
    side.now += 0.5
    measured, _ = side.get("pong", connection_id="c", client_timestamp=1, timestamp="2026-11-22T00:01:00Z")
    assert measured == RoundTrip(0.5, 60.25)
