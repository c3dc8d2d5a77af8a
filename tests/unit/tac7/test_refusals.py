import json

import pytest

from kanban_app.catalogue import CATALOGUE
from kanban_app.tac7.codec import decode_server
from kanban_app.tac7.messages import ErrorMessage
from kanban_app.tac7.refusals import classify
from kanban_app.tac7.server_messages import ErrorData
from tests.support.traffic import recorded


def error(message: str, error_type: str = "validation_error") -> ErrorMessage:
    return ErrorMessage(data=ErrorData(error_type=error_type, message=message))


def invalid(field: str, reason: str = "Input should be a valid string [type=string_type]") -> str:
    return f"Invalid request format: 1 validation error for WorkflowTriggerRequest\n{field}\n  {reason}"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("Rate limit exceeded: max 30 triggers per minute", "E-RATE-1"),
        ("Invalid JSON format", "E-PROTO-1"),
        ("Unknown message type: register_session", "E-PROTO-2"),
        (invalid("workflow_type"), "E-VAL-1"),
        (invalid("model_set"), "E-VAL-2"),
        (invalid("issue_type"), "E-VAL-3"),
        (invalid("issue_number"), "E-VAL-6"),
        (invalid("stages.0"), "E-VAL-7"),
        (invalid("config"), "E-VAL-7"),
        (invalid("adw_id"), "E-VAL-8"),
        ("Invalid request format: argument after ** must be a mapping, not NoneType", "E-VAL-11"),
        ("Invalid request format: config.merge.method must be one of squash, merge, rebase", "E-VAL-8"),
        ("adw_build_iso is a dependent workflow that requires an existing ADW ID.", "E-VAL-4"),
        ("adw_plan_iso requires either an issue_number, issue_type, or issue_json parameter.", "E-VAL-5"),
        ("Unknown workflow type: adw_x", "E-VAL-1"),
        ("session_id is required for session registration", "E-VAL-9"),
        ("Missing required fields for workflow_log: level", "E-VAL-10"),
        ("Internal error: boom", "E-SYS-1"),
        ("Workflow refused: there is no script adws/adw_x.py in /srv/project", "E-WF-3"),
        ("something else", "E-SYS-9"),
        ("", "E-SYS-9"),
    ],
)
def test_order_of_the_catalogue(message: str, code: str) -> None:
    assert classify(error(message)).code == code


def test_what_v1_really_sends_for_its_rate_limit() -> None:
    frames = [decode_server(_json(frame)) for frame in recorded("v1-rate-limit")]
    codes = [classify(frame).code for frame in frames if isinstance(frame, ErrorMessage)]
    assert codes == ["E-VAL-1", "E-RATE-1"]


def test_the_workflow_and_the_choices_are_read_from_the_message() -> None:
    frames = [decode_server(_json(frame)) for frame in recorded("v1-rate-limit")]
    trouble = next(classify(frame) for frame in frames if isinstance(frame, ErrorMessage))
    assert trouble.params["workflow"] == "adw_nope_iso"
    assert trouble.params["choices"].startswith("adw_plan_iso, ")
    assert trouble.params["choices"].endswith("adw_orchestrator")


def test_every_system_error_is_a_fault_of_the_service() -> None:
    assert classify(error("'list' object has no attribute 'get'", "system_error")).code == "E-SYS-1"


def test_what_a_user_can_cause_has_words() -> None:
    for code in ("E-RATE-1", "E-VAL-1", "E-VAL-2", "E-VAL-3", "E-VAL-4", "E-VAL-5", "E-VAL-7", "E-VAL-8", "E-SYS-1"):
        assert code in CATALOGUE


def _json(frame: object) -> str:
    return json.dumps(frame)
