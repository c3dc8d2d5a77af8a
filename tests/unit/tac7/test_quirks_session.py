"""What is odd about the services' conversations, by its number in the reference, without a socket."""

from dataclasses import replace
from typing import Any

import pytest

from kanban_app.domain.workflows import Vintage
from kanban_app.tac7.client_messages import TicketData
from kanban_app.tac7.client_session import SUSPECT_SIZE, NotOffered, SessionBusy
from kanban_app.tac7.limits import Limits
from kanban_app.tac7.server_messages import WorkflowLogData
from kanban_app.tac7.session_events import (
    CancelAnswered,
    RoundTrip,
    SessionEvent,
    TicketAnswered,
    TriggerAnswered,
    TriggerRefused,
    TriggerUncertain,
)
from tests.unit.tac7.test_client_session import REQUEST, Side, accepted, ready

LARGE = replace(REQUEST, body="x" * (SUSPECT_SIZE + 1))
ENTRY = WorkflowLogData(adw_id="0a1b2c3d", workflow_name="w", message="m", level="INFO", timestamp="now")
PATIENT = Limits(ping_every_s=1000.0, silence_while_busy_s=5000.0)


def refuse(side: Side, message: str) -> list[SessionEvent]:
    return side.get("error", {"error_type": "validation_error", "message": message})


def say(side: Side) -> None:
    side.get("workflow_log", {"adw_id": "deadbeef", "message": "of another run"})


def pong(side: Side) -> list[SessionEvent]:
    """To the newest ping."""
    newest = [message for message in side.sent if message["type"] == "ping"][-1]
    return side.get("pong", connection_id="c", client_timestamp=newest["timestamp"])


def lost(side: Side, code: int | None = None) -> list[SessionEvent]:
    side.session.lost(code)
    return side.session.events()


def test_q03_signs_of_work_put_the_end_of_a_start_off() -> None:
    side = ready(limits=PATIENT)
    side.trigger()
    for _ in range(4):
        assert side.pass_time(14.0) == []
        say(side)
    assert side.pass_time(14.9) == []
    assert side.pass_time(0.1) == [TriggerUncertain("a1", "E-TIME-1")]


def test_q03_a_talkative_service_does_not_put_it_off_for_ever() -> None:
    side = ready(limits=Limits(trigger_stretch=2.0, ping_every_s=1000.0))
    side.trigger()
    for _ in range(5):
        side.pass_time(10.0)
        say(side)
    assert side.pass_time(10.0) == [TriggerUncertain("a1", "E-TIME-1")]


def test_q03_a_pong_is_no_sign_of_work() -> None:
    """The service answers in order: it has got past the start without a word."""
    side = ready(limits=Limits(ping_every_s=14.0))
    side.trigger()
    side.pass_time(14.0)
    pong(side)
    side.pass_time(14.0)
    pong(side)
    assert side.pass_time(2.0) == [TriggerUncertain("a1", "E-TIME-1")]


def test_q04_a_late_pong_during_a_start_is_no_death() -> None:
    side = ready()
    side.trigger()
    side.pass_time(15.0)
    side.pass_time(44.9)
    assert side.session.trouble is None
    side.pass_time(0.2)
    side.pass_time(15.0)
    assert side.session.trouble is not None


def test_q05_a_vintage_without_replay_is_never_registered_at() -> None:
    for vintage in (Vintage.V0, Vintage.V1):
        side = ready(vintage)
        side.trigger()
        assert {message["type"] for message in side.sent} == {"ping", "trigger_workflow"}


def test_q06_a_health_check_widens_the_patience_and_spoils_the_round_trip() -> None:
    side = ready()
    side.session.health_check_open(is_open=True)
    side.pass_time(15.0)
    side.pass_time(44.9)
    assert side.session.trouble is None
    assert not [event for event in pong(side) if isinstance(event, RoundTrip)]
    side.session.health_check_open(is_open=False)
    side.pass_time(15.0)
    side.pass_time(30.0)
    assert side.session.trouble is not None
    assert side.session.trouble.params["n"] == "30"


def test_q06_two_health_checks_are_over_when_both_are() -> None:
    side = ready()
    for is_open in (True, True, False):
        side.session.health_check_open(is_open=is_open)
    side.pass_time(15.0)
    side.pass_time(31.0)
    assert side.session.trouble is None


@pytest.mark.parametrize("vintage", [Vintage.V0, Vintage.V1])
def test_q06_no_start_is_taken_while_the_service_stands_still(vintage: Vintage) -> None:
    side = ready(vintage)
    side.session.health_check_open(is_open=True)
    with pytest.raises(SessionBusy):
        side.session.trigger(REQUEST, side.now)
    side.session.health_check_open(is_open=False)
    side.trigger()
    assert side.session.is_busy


def test_q06_our_service_takes_starts_during_a_health_check() -> None:
    side = ready(Vintage.OURS)
    side.session.health_check_open(is_open=True)
    side.trigger()
    assert side.session.is_busy


def test_q27_a_ping_after_a_log_line_does_not_disturb_the_round_trip() -> None:
    side = ready()
    side.pass_time(15.0)
    heartbeat = side.sent[-1]["timestamp"]
    side.session.log(ENTRY, side.now)
    side.flush()
    side.now += 0.5
    assert side.get("pong", connection_id="c", client_timestamp=heartbeat) == [RoundTrip(0.5)]
    assert pong(side) == []


def test_q28_a_large_start_whose_frame_was_not_read_is_refused() -> None:
    side = ready()
    side.trigger(LARGE)
    assert lost(side, 1009) == [TriggerRefused("a1", "E-CONN-14", {"limit": "what the service takes"})]


@pytest.mark.parametrize("code", [None, 1000, 1006, 1011])
def test_q28_any_other_end_leaves_it_uncertain(code: int | None) -> None:
    side = ready()
    side.trigger(LARGE)
    assert lost(side, code) == [TriggerUncertain("a1", "E-LOAD-4")]


def test_q28_a_small_start_is_not_what_the_close_is_about() -> None:
    side = ready()
    side.trigger()
    assert lost(side, 1009) == [TriggerUncertain("a1", "E-LOAD-4")]


def test_q28_what_was_sent_after_a_start_may_be_what_the_close_is_about() -> None:
    side = ready(limits=Limits(ping_every_s=5.0))
    side.trigger(LARGE)
    side.pass_time(5.0)
    assert side.sent[-1]["type"] == "ping"
    assert lost(side, 1009) == [TriggerUncertain("a1", "E-LOAD-4")]


def test_q28_a_start_that_is_answered_was_read() -> None:
    side = ready()
    side.trigger(LARGE)
    assert isinstance(side.get("trigger_response", **accepted())[0], TriggerAnswered)
    assert lost(side, 1009) == []


@pytest.mark.parametrize("kind", ["cancel", "ticket", "log"])
def test_q29_an_unknown_type_is_not_sent_again(kind: str) -> None:
    side = ready(Vintage.OURS)

    def send() -> None:
        match kind:
            case "cancel":
                side.session.cancel("0a1b2c3d", "a1", side.now)
            case "ticket":
                side.session.announce(TicketData(id="7", title="t"), side.now)
            case _:
                side.session.log(ENTRY, side.now)
        side.flush()

    send()
    events = refuse(side, "Unknown message type: x")
    expected: dict[str, list[Any]] = {
        "cancel": [CancelAnswered("0a1b2c3d", "error", "Unknown message type: x")],
        "ticket": [TicketAnswered("7", "error", "Unknown message type: x")],
        "log": [],
    }
    assert events == expected[kind]
    with pytest.raises(NotOffered):
        send()


def test_q29_v0_is_not_asked_for_what_it_lacks() -> None:
    side = ready(Vintage.V0)
    with pytest.raises(NotOffered):
        side.session.log(ENTRY, side.now)
    assert side.flush() == []


def test_a_log_line_waits_for_nothing() -> None:
    side = ready(limits=PATIENT)
    side.session.log(ENTRY, side.now)
    assert [message["type"] for message in side.flush()] == ["workflow_log", "ping"]
    assert side.pass_time(900.0) == []
    assert lost(side) == []


def test_an_error_before_the_pong_is_for_the_line_and_one_after_it_for_the_start() -> None:
    side = ready()
    side.session.log(ENTRY, side.now)
    side.trigger()
    assert refuse(side, "Missing required fields for workflow_log: level") == []
    pong(side)
    (refused,) = refuse(side, "Unknown workflow type: x")
    assert isinstance(refused, TriggerRefused)


def test_a_line_that_was_taken_leaves_the_error_to_the_start() -> None:
    side = ready()
    side.session.log(ENTRY, side.now)
    side.trigger()
    pong(side)
    (refused,) = refuse(side, "Unknown workflow type: x")
    assert isinstance(refused, TriggerRefused)
    assert refused.attempt_id == "a1"


def test_each_kind_of_request_has_its_own_patience() -> None:
    limits = replace(PATIENT, ticket_s=1.0, cancel_s=2.0, silence_s=5000.0)
    side = ready(Vintage.OURS, limits)
    side.session.announce(TicketData(id="7", title="t"), side.now)
    side.session.cancel("0a1b2c3d", "a1", side.now)
    side.flush()
    assert side.pass_time(1.0) == [TicketAnswered("7", "unknown")]
    assert side.pass_time(1.0) == [CancelAnswered("0a1b2c3d", "unknown", "")]


def test_a_doubted_connection_is_asked_at_once_and_given_up_soon() -> None:
    side = ready()
    side.pass_time(1.0)
    side.session.doubt(side.now)
    assert side.session.deadline() == side.now
    side.pass_time(0.0)
    assert side.sent[-1]["type"] == "ping"
    side.pass_time(4.9)
    assert side.session.trouble is None
    side.pass_time(0.1)
    assert side.session.trouble is not None
    assert side.session.trouble.params["n"] == "5"


def test_a_doubted_connection_that_answers_is_trusted_again() -> None:
    side = ready()
    side.session.doubt(side.now)
    side.pass_time(0.0)
    pong(side)
    side.pass_time(15.0)
    side.pass_time(29.9)
    assert side.session.trouble is None


def test_doubt_with_a_ping_under_way_counts_from_the_doubt() -> None:
    side = ready()
    side.pass_time(15.0)
    side.now += 20.0
    side.session.doubt(side.now)
    side.pass_time(4.9)
    assert side.session.trouble is None
    side.pass_time(0.2)
    assert side.session.trouble is not None
