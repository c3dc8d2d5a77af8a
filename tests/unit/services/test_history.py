from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kanban_app.domain.model import Attempt, AttemptKind, Board, Failure, RunStatus
from kanban_app.domain.stages import Stage
from kanban_app.services.history import MOST, PastAttempt, history_of

THEN = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


def attempt(number: int, kind: AttemptKind = AttemptKind.START, **fields: Any) -> Attempt:
    known: dict[str, Any] = {
        "id": f"a{number}",
        "adw_id": "abcd1234",
        "task_id": "t1",
        "kind": kind,
        "workflow_type": None,
        "stages": tuple(Stage),
        "status": RunStatus.COMPLETED,
        "created_at": THEN + timedelta(minutes=number),
        "sent_at": THEN + timedelta(minutes=number),
    }
    return Attempt(**{**known, **fields})


def shown(*attempts: Attempt) -> list[PastAttempt]:
    return history_of(Board(project_id="p", attempts={a.id: a for a in attempts}), "t1")


def test_the_newest_of_the_card_come_first() -> None:
    past = shown(attempt(1), attempt(3), attempt(2), attempt(4, task_id="other"))
    assert [entry["id"] for entry in past] == ["a3", "a2", "a1"]


def test_there_are_at_most_fifty() -> None:
    past = shown(*(attempt(n) for n in range(MOST + 5)))
    assert (len(past), past[0]["id"]) == (MOST, f"a{MOST + 4}")


def test_what_was_taken_back_unsent_is_left_out() -> None:
    assert shown(attempt(1, status=RunStatus.CANCELLED, sent_at=None)) == []
    assert len(shown(attempt(1, status=RunStatus.CANCELLED))) == 1
    assert len(shown(attempt(1, status=RunStatus.QUEUED, sent_at=None))) == 1


@pytest.mark.parametrize(
    ("stages", "words"),
    [
        (tuple(Stage), "Plan to Document"),
        ((Stage.BUILD, Stage.TEST), "Build, Test"),
        ((Stage.PLAN, Stage.TEST, Stage.REVIEW), "Plan, Test, Review"),
        ((Stage.PLAN,), "Plan"),
        ((), ""),
    ],
)
def test_stages_in_words(stages: tuple[Stage, ...], words: str) -> None:
    (entry,) = shown(attempt(1, stages=stages))
    assert (entry["kind"], entry["what"]) == ("Start", words)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"method": "rebase", "target": "main", "expect": "4be1d0c2"}, "Rebase, into main"),
        ({"method": "squash"}, "Squash"),
        ({}, "By the service's own method"),
    ],
)
def test_a_merge_in_words(options: dict[str, str], words: str) -> None:
    (entry,) = shown(attempt(1, AttemptKind.MERGE, stages=(), options=options))
    assert (entry["kind"], entry["what"], entry["words"]) == ("Merge", words, "Merged")


def test_a_patch_shows_its_first_line_and_keeps_the_rest() -> None:
    text = "Make it green\nand larger"
    (entry,) = shown(attempt(1, AttemptKind.PATCH, stages=(Stage.BUILD,), options={"patch": text}))
    assert (entry["kind"], entry["what"], entry["text"], entry["words"]) == (
        "Patch", "Make it green", "and larger", "Patched",
    )  # fmt: skip
    (short,) = shown(attempt(1, AttemptKind.PATCH, options={"patch": "Make it green"}))
    assert short["text"] == ""
    (long,) = shown(attempt(1, AttemptKind.PATCH, options={"patch": "x" * 10_000}))
    assert (len(long["what"]), len(long["text"]) <= 4_000) == (100, True)


def test_a_failure_says_why_and_a_cancelled_one_only_that() -> None:
    failure = Failure("E-WF-8", {"message": "Merge conflict in a.py"})
    failed, cancelled = shown(
        attempt(2, AttemptKind.MERGE, status=RunStatus.FAILED, failure=failure),
        attempt(1, status=RunStatus.CANCELLED, failure=Failure("E-WF-18", {"message": "stopped"})),
    )
    assert (failed["words"], failed["why"]) == ("Not merged", "Merge conflict")
    assert (cancelled["words"], cancelled["why"]) == ("Cancelled", "")
