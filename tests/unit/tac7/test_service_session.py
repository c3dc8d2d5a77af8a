import json
from datetime import UTC, datetime
from typing import Any

from kanban_app.domain.workflows import WORKFLOWS
from kanban_app.tac7.codec import encode
from kanban_app.tac7.messages import ErrorMessage
from kanban_app.tac7.refusals import classify
from kanban_app.tac7.service_session import (
    Cancel,
    Log,
    Notify,
    Register,
    Reply,
    ServiceAction,
    ServiceSession,
    Trigger,
)
from tests.support.traffic import recorded

AT = datetime(2026, 11, 22, tzinfo=UTC)


def say(session: ServiceSession, kind: str, data: Any = None, now: float = 0.0, **top: Any) -> list[ServiceAction]:
    message = {"type": kind, **({} if data is None else {"data": data}), **top}
    return session.receive(json.dumps(message), now, AT)


def refusal(actions: list[ServiceAction]) -> str:
    (action,) = actions
    assert isinstance(action, Reply)
    assert isinstance(action.message, ErrorMessage)
    return classify(action.message).code


def trigger(data: dict[str, Any], session: ServiceSession | None = None, now: float = 0.0) -> list[ServiceAction]:
    return say(session or ServiceSession("c1"), "trigger_workflow", data, now)


def test_pong_names_connection_and_extensions_and_echoes() -> None:
    (reply,) = say(ServiceSession("c1"), "ping", timestamp=5)
    assert isinstance(reply, Reply)
    assert json.loads(encode(reply.message)) == {
        "type": "pong",
        "timestamp": "2026-11-22T00:00:00Z",
        "connection_id": "c1",
        "client_timestamp": 5,
        "extensions": ["request_id", "cancel", "since", "queue_status", "merge", "diff"],
    }
    (silent,) = say(ServiceSession("c1"), "ping", timestamp=0)
    assert isinstance(silent, Reply)
    assert "client_timestamp" not in json.loads(encode(silent.message))


def test_answers_to_recorded_requests_are_of_the_same_kind() -> None:
    session = ServiceSession("c1")
    replies: list[tuple[str, str]] = []
    for frame in recorded("v1-basics", "->"):
        if isinstance(frame, dict) and frame.get("type") in {"register_session", "workflow_log"}:
            continue
        text = frame if isinstance(frame, str) and frame != "str" else json.dumps(frame)
        replies += [_kind(a.message.model_dump()) for a in session.receive(text, 0.0, AT) if isinstance(a, Reply)]
    skipped = ("session_registered", "session_id is required", "workflow_log", "Missing required fields")
    theirs = [_kind(frame) for frame in recorded("v1-basics")]
    assert replies == [kind for kind in theirs if not kind[0].startswith(skipped) and not kind[1].startswith(skipped)]


def _kind(frame: dict[str, Any]) -> tuple[str, str]:
    data = frame.get("data", {})
    return frame["type"], data.get("message", "")[:24] if frame["type"] == "error" else str(data.get("status"))


def test_a_valid_trigger_is_passed_on() -> None:
    data = {"workflow_type": "adw_plan_iso", "issue_number": 7, "adw_id": "", "request_id": "r1"}
    (action,) = trigger(data)
    assert isinstance(action, Trigger)
    assert action.request_id == "r1"
    assert (action.data.issue_number, action.data.adw_id) == ("7", None)


def test_checks_of_every_workflow() -> None:
    for workflow in WORKFLOWS.values():
        bare = trigger({"workflow_type": workflow.name})
        if workflow.dependent:
            assert refusal(bare) == "E-VAL-4"
            (accepted,) = trigger({"workflow_type": workflow.name, "adw_id": "0a1b2c3d"})
            assert isinstance(accepted, Trigger)
        else:
            assert refusal(bare) == "E-VAL-5"


def test_an_orchestrator_without_runnable_stages_is_refused() -> None:
    base = {"workflow_type": "adw_orchestrator", "issue_number": "1"}
    assert refusal(trigger(base)) == "E-VAL-7"
    assert refusal(trigger({**base, "stages": ["plan", "implement"]})) == "E-VAL-7"
    (accepted,) = trigger({**base, "stages": ["plan", "merge"]})
    assert isinstance(accepted, Trigger)
    (configured,) = trigger({**base, "config": {"stages": ["plan"]}})
    assert isinstance(configured, Trigger)


def test_refusals_echo_the_request_id() -> None:
    for data in ({"workflow_type": "adw_plan_iso"}, {"workflow_type": "nope"}):
        (reply,) = trigger({**data, "request_id": "r1"})
        assert isinstance(reply, Reply)
        assert json.loads(encode(reply.message))["request_id"] == "r1"


def test_the_rate_limit_counts_refused_ones_too_and_recovers() -> None:
    session = ServiceSession("c1")
    for number in range(30):
        trigger({"workflow_type": "nope" if number % 2 else "adw_plan_iso", "issue_number": "1"}, session, now=number)
    (reply,) = trigger({"workflow_type": "adw_plan_iso", "issue_number": "1", "request_id": "r"}, session, now=59.0)
    assert isinstance(reply, Reply)
    assert isinstance(reply.message, ErrorMessage)
    assert reply.message.data.error_type == "rate_limit_error"
    assert reply.message.data.message == "Rate limit exceeded: max 30 triggers per minute"
    assert reply.message.request_id == "r"
    (invalid,) = trigger({"workflow_type": "nope", "request_id": "r"}, session, now=59.0)
    assert isinstance(invalid, Reply)
    assert refusal([invalid]) == "E-RATE-1"
    assert say(session, "ping", now=59.0)
    (accepted,) = trigger({"workflow_type": "adw_plan_iso", "issue_number": "1"}, session, now=60.5)
    assert isinstance(accepted, Trigger)


def test_other_messages_become_actions() -> None:
    session = ServiceSession("c1")
    register = {"session_id": "s", "since": 4, "journal": "j"}
    assert say(session, "register_session", register) == [Register("s", 4, "j")]
    assert say(session, "cancel_workflow", {"adw_id": "a", "request_id": "r"}) == [Cancel("a", "r")]
    assert say(session, "cancel_workflow", {"adw_id": "a", "request_id": None}) == [Cancel("a", None)]
    assert refusal(say(session, "cancel_workflow", {"adw_id": "a", "request_id": "r" * 129})) == "E-VAL-8"
    assert refusal(say(session, "cancel_workflow", {"adw_id": "../a"})) == "E-VAL-8"
    notify, reply = say(session, "ticket_notification", {"id": 18, "title": " A "})
    assert isinstance(reply, Reply)
    assert isinstance(notify, Notify)
    assert (notify.ticket.id, notify.ticket.title) == ("18", "A")


def test_logs_are_passed_on_with_all_their_keys() -> None:
    line = {"adw_id": "a", "workflow_name": "w", "message": "m", "level": "INFO", "timestamp": "t", "more": [1]}
    (action,) = say(ServiceSession("c1"), "workflow_log", line, seq=7)
    assert isinstance(action, Log)
    assert json.loads(encode(action.message)) == {"type": "workflow_log", "data": line}
    assert refusal(say(ServiceSession("c1"), "workflow_log", {"adw_id": "a"})) == "E-VAL-10"
