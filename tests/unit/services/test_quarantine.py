"""What is held of a service's odd frames: bounded, counted, without secrets."""

from datetime import UTC, datetime, timedelta

import pytest

from kanban_app.services.quarantine import ALARM_FRAMES, KEPT, TEXT_LIMIT, UNREADABLE, Quarantine, masked

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_the_newest_frames_are_kept_and_all_are_counted() -> None:
    held = Quarantine(lambda: None)
    for number in range(KEPT + 50):
        held.add("E-PROTO-5", f"type {number}", "unknown", "x" * (3 * TEXT_LIMIT), NOON)
    assert len(held.frames) == KEPT
    assert held.frames[0].kind == f"type {KEPT + 49}"
    assert {len(frame.text) for frame in held.frames} == {TEXT_LIMIT}
    assert held.counts == {"E-PROTO-5": KEPT + 50}


def test_a_flood_of_one_fault_leaves_the_others_there() -> None:
    held = Quarantine(lambda: None)
    held.add("E-PROTO-5", "rare", "unknown", "", NOON)
    for number in range(1000):
        held.add("E-PROTO-6", "status_update", "data.message", str(number), NOON + timedelta(milliseconds=number * 5))
    assert held.frames[-1].kind == "rare"
    assert len(held.frames) <= 7
    assert held.counts["E-PROTO-6"] == 1000


def test_many_unreadable_frames_in_a_minute_are_told_once() -> None:
    told: list[bool] = []
    held = Quarantine(lambda: told.append(held.is_alarmed))
    for number in range(ALARM_FRAMES + 3):
        assert held.is_alarmed is (number >= ALARM_FRAMES)
        held.add(UNREADABLE, "", f"reason {number}", "", NOON)
    assert told == [True]


@pytest.mark.parametrize(
    "text",
    [
        '{"token": "hush-hush"}',
        "Authorization: Bearer hush-hush",
        "api_key=hush-hush&x=1",
        '{"my-password": "hush-hush"}',
        "cloned with ghp_hushhushhushhushhush0",
        "our own hush-hush",
    ],
)
def test_secrets_do_not_show(text: str) -> None:
    assert "hush" not in masked(text, ["hush-hush"])
    assert "hush" not in masked(text) or text.startswith("our own")


def test_what_is_no_secret_stays() -> None:
    text = '{"type": "agent_log", "data": {"message": "12 tokens: 7 used", "adw_id": "0a1b2c3d"}}'
    assert masked(text) == text
