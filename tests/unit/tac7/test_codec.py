import json
from datetime import UTC, datetime
from typing import Any

import pytest

from kanban_app.tac7.client_faults import ClientFault
from kanban_app.tac7.codec import (
    FrameTooLarge,
    Unknown,
    Unreadable,
    decode_client,
    decode_server,
    encode,
    format_time,
    parse_time,
)
from kanban_app.tac7.messages import (
    CLIENT_TYPES,
    SERVER_MODELS,
    ErrorMessage,
    StatusUpdate,
    TicketNotificationResponse,
    TriggerWorkflow,
    WorkflowLog,
)
from kanban_app.tac7.server_messages import StatusUpdateData
from tests.support.traffic import names, recorded

AT = datetime(2026, 11, 22, 20, 16, 41, 204296, UTC)


@pytest.mark.parametrize("name", names())
def test_recorded_messages_come_through_unchanged(name: str) -> None:
    for frame in recorded(name):
        message = decode_server(json.dumps(frame))
        assert not isinstance(message, Unknown | Unreadable)
        assert json.loads(encode(message)) == frame


@pytest.mark.parametrize("kind", sorted(SERVER_MODELS))
def test_every_type_may_lack_everything(kind: str) -> None:
    for text in (f'{{"type": "{kind}"}}', f'{{"type": "{kind}", "data": null}}', f'{{"type": "{kind}", "data": [1]}}'):
        message = decode_server(text)
        assert not isinstance(message, Unknown | Unreadable)
        assert message.type == kind


def test_odd_values_become_plain_ones_and_unknown_keys_stay() -> None:
    data = {
        "adw_id": 7,
        "status": "banana",
        "message": None,
        "progress_percent": "12.9",
        "timestamp": [],
        "new": {"a": 1},
    }
    message = decode_server(json.dumps({"type": "status_update", "data": data, "seq": "9", "future": True}))
    assert isinstance(message, StatusUpdate)
    assert message.seq == 9
    assert message.data.adw_id == "7"
    assert (message.data.status, message.data.message, message.data.progress_percent) == ("banana", "", 12)
    assert message.data.timestamp is None
    written = json.loads(encode(message))
    assert written["data"]["new"] == {"a": 1}
    assert written["future"] is True


def test_our_extensions_are_absent_unless_used() -> None:
    message = StatusUpdate(data=StatusUpdateData(adw_id="a"))
    assert set(json.loads(encode(message))) == {"type", "data"}
    assert "exit_code" not in json.loads(encode(message))["data"]
    failed = StatusUpdate(seq=4, request_id="r", data=StatusUpdateData(adw_id="a", exit_code=2, last_output=["x"]))
    written = json.loads(encode(failed))
    assert (written["seq"], written["request_id"], written["data"]["exit_code"]) == (4, "r", 2)


@pytest.mark.parametrize("text", ["", "{oops", "[]", "null", '"x"', "7", "[" * 5000, '{"a":' * 150 + "1" + "}" * 150])
def test_what_is_no_object_is_unreadable(text: str) -> None:
    assert isinstance(decode_server(text), Unreadable)


def test_an_unknown_type_is_kept() -> None:
    message = decode_server('{"type": "summary_update", "x": 1}')
    assert message == Unknown("summary_update", {"type": "summary_update", "x": 1})


def test_what_nobody_could_write_again_is_cleaned() -> None:
    message = decode_server('{"type": "workflow_log", "data": {"message": "a\\ud800b", "x": NaN, "y": 1e999}}')
    assert isinstance(message, WorkflowLog)
    assert message.data.message == "a?b"
    assert encode(message).encode()


def test_too_large_is_refused_before_it_is_sent() -> None:
    message = WorkflowLog.model_validate({"data": {"message": "é" * 600}})
    with pytest.raises(FrameTooLarge) as refused:
        encode(message, limit=1000)
    assert refused.value.size > 1200


BAD_INPUT: list[tuple[str, str, str]] = [
    ("{oops", "validation_error", "Invalid JSON format: Expecting property name"),
    ("[1, 2]", "system_error", "Internal error: 'list' object has no attribute 'get'"),
    ("null", "system_error", "Internal error: 'NoneType' object has no attribute 'get'"),
    ('{"x": 1}', "validation_error", "Unknown message type: unknown"),
    ('{"type": null}', "validation_error", "Unknown message type: None"),
    ('{"type": "hello"}', "validation_error", "Unknown message type: hello"),
    ('{"type": "trigger_workflow", "data": null}', "validation_error", "Invalid request format: "),
    ('{"type": "register_session", "data": null}', "system_error", "Internal error: "),
    ('{"type": "ticket_notification", "data": null}', "system_error", "Internal error: "),
    ('{"type": "workflow_log", "data": null}', "system_error", "Internal error: "),
    ('{"type": "register_session", "data": {}}', "validation_error", "session_id is required for session registration"),
    ('{"type": "register_session", "data": {"session_id": ""}}', "validation_error", "session_id is required"),
    ('{"type": "register_session", "data": {"session_id": []}}', "validation_error", "session_id is required"),
    ('{"type": "register_session", "data": {"session_id": [1]}}', "system_error", "Internal error: "),
]


@pytest.mark.parametrize(("text", "error_type", "start"), BAD_INPUT)
def test_bad_input_is_answered_as_v1_does(text: str, error_type: str, start: str) -> None:
    fault = decode_client(text, AT)
    assert isinstance(fault, ClientFault)
    assert isinstance(fault.reply, ErrorMessage)
    assert fault.reply.data.error_type == error_type
    assert fault.reply.data.message.startswith(start)


def test_a_bad_ticket_gets_a_ticket_response() -> None:
    fault = decode_client('{"type": "ticket_notification", "data": {"id": null, "title": "x"}}', AT)
    assert isinstance(fault, ClientFault)
    assert isinstance(fault.reply, TicketNotificationResponse)
    assert fault.reply.data.ticket_id == f"error_{int(AT.timestamp() * 1000)}"
    assert "Ticket ID cannot be null" in (fault.reply.data.error or "")


def trigger(**data: Any) -> TriggerWorkflow | ClientFault:
    text = json.dumps({"type": "trigger_workflow", "data": {"workflow_type": "adw_plan_iso", **data}})
    message = decode_client(text, AT)
    assert isinstance(message, TriggerWorkflow | ClientFault)
    return message


@pytest.mark.parametrize(
    "data",
    [
        {"model_set": None},
        {"model_set": "opus"},
        {"issue_type": "epic"},
        {"adw_id": 7},
        {"adw_id": "../x"},
        {"adw_id": "x" * 65},
        {"adw_id": "ok\n"},
        {"issue_json": []},
        {"stages": "plan"},
        {"stages": [1]},
        {"trigger_reason": None},
        {"workflow_type": "adw_nope_iso"},
        {"request_id": 5},
    ],
)
def test_wrong_shapes_name_the_field(data: dict[str, Any]) -> None:
    fault = trigger(**data)
    assert isinstance(fault, ClientFault)
    assert isinstance(fault.reply, ErrorMessage)
    lines = fault.reply.data.message.splitlines()
    assert lines[0] == "Invalid request format: 1 validation error for WorkflowTriggerRequest"
    assert lines[1].split(".")[0] == next(iter(data))


def test_lenient_where_v1_is() -> None:
    message = trigger(issue_number=7, adw_id="", issue_json={}, unknown=1)
    assert isinstance(message, TriggerWorkflow)
    assert message.data.issue_number == "7"
    assert message.data.issue_json is None
    assert "unknown" not in json.loads(encode(message))["data"]


def test_every_client_type_is_known() -> None:
    for kind in CLIENT_TYPES:
        fault = decode_client(json.dumps({"type": kind, "data": 1}), AT)
        assert not isinstance(fault, ClientFault) or fault.type == kind


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-01-02T03:04:05.678901Z", datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)),
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02 03:04:05", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T05:04:05+02:00", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (1767323045, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (1767323045000, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("1767323045000", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (1767323045.5, datetime(2026, 1, 2, 3, 4, 5, 500000, tzinfo=UTC)),
        ("t", None),
        ("", None),
        (None, None),
        (True, None),
        (1e300, None),
        ("nan", None),
        ([], None),
    ],
)
def test_one_parser_for_all_times(value: object, expected: datetime | None) -> None:
    assert parse_time(value) == expected


def test_times_are_written_as_services_write_them() -> None:
    assert format_time(AT) == "2026-11-22T20:16:41.204296Z"
    assert parse_time(format_time(AT)) == AT
