"""What is new in a state file."""

import json

import pytest

from kanban_app.trigger_service.following.state_file import state_change

RUN = "a1b2c3d4"
STATE = {"adw_id": RUN, "branch_name": None, "all_adws": ["adw_plan_iso"]}


def content(**changes: object) -> bytes:
    return json.dumps({**STATE, **changes}).encode()


def test_at_first_everything_is_new() -> None:
    change = state_change(RUN, content(), "")
    assert change is not None
    assert change.message["type"] == "agent_updated"
    assert change.message["data"] == {"adw_id": RUN, "state": STATE, "changed_fields": list(STATE)}


def test_later_what_has_changed_come_or_gone() -> None:
    first = state_change(RUN, content(plan_file="x"), "")
    assert first is not None
    second = state_change(RUN, content(branch_name="b", completed=True), first.fingerprint)
    assert second is not None
    assert set(second.message["data"]["changed_fields"]) == {"branch_name", "completed", "plan_file"}
    assert state_change(RUN, content(branch_name="b", completed=True), second.fingerprint) is None


def test_the_order_of_keys_is_no_change() -> None:
    first = state_change(RUN, b'{"a": {"x": 1, "y": 2}}', "")
    assert first is not None
    assert state_change(RUN, b'{"a": {"y": 2, "x": 1}}', first.fingerprint) is None


@pytest.mark.parametrize("half", [b"", b'{"adw_id": "a1', b"[1]", b"null", b"\xff\xfe"])
def test_what_is_no_state_yet_says_nothing(half: bytes) -> None:
    assert state_change(RUN, half, "") is None
