"""Merging what a card's run has made, as a run of its own: the card waits for it in Ready to merge."""

import re
from collections.abc import Mapping
from typing import Final

from kanban_app.domain import events as e
from kanban_app.domain.attempts import open_attempt, open_question
from kanban_app.domain.commands import MoveTask
from kanban_app.domain.facts import Facts
from kanban_app.domain.model import Attempt, AttemptKind, Board, RunStatus, Task
from kanban_app.domain.refusal import Refusal
from kanban_app.domain.stages import Column
from kanban_app.domain.workflows import MERGE_METHODS, MERGE_WORKFLOW, not_offered

_BRANCH: Final = re.compile(r"(?!-)[^\s~^:?*\[\\\x00-\x1f\x7f]{1,200}")
_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def decide_merge(board: Board, task: Task, wish: Mapping[str, str], facts: Facts) -> list[e.Event] | Refusal:
    """Open a merge of the card's run; `wish` has what was named of `method`, `target` and `expect`.

    The card moves when the merge has been done.
    """
    attempt = board.attempt_of(task)
    if attempt and attempt.is_open:
        return open_question(board, attempt)
    if task.column is not Column.READY or task.run_id is None:
        return Refusal("E-MOVE-6")
    refusal = _fault(wish)
    if refusal:
        return refusal
    denied = not_offered(MERGE_WORKFLOW, wish, facts.vintage, merges=facts.merges)
    if denied:
        return Refusal("E-SYS-4", {"what": denied})
    return open_attempt(
        board,
        task,
        (),
        facts,
        workflow_type=MERGE_WORKFLOW,
        adw_id=task.run_id,
        kind=AttemptKind.MERGE,
        options=wish,
    )


def wish_of(command: MoveTask) -> dict[str, str]:
    """What a move says about how to merge."""
    named = {"method": command.method, "target": command.target, "expect": command.expect}
    return {name: value for name, value in named.items() if value is not None}


def merge_again(attempt: Attempt) -> dict[str, str]:
    """The wish of another try. What a preview has shown of the branch may have been mended since."""
    return {name: value for name, value in attempt.options.items() if name != "expect"}


def is_merged(board: Board, adw_id: str) -> bool:
    """Whether the run's branch has been merged from here."""
    attempts = (a for a in board.attempts.values() if a.adw_id == adw_id and a.kind is AttemptKind.MERGE)
    return any(a.status is RunStatus.COMPLETED for a in attempts)


def may_merge(board: Board, task: Task, *, can_merge: bool) -> bool:
    """Whether a merge makes sense: the card is ready for it, and nothing is under way."""
    attempt = board.attempt_of(task)
    is_ready = task.column is Column.READY and task.run_id is not None
    return can_merge and is_ready and not (attempt and attempt.is_open)


def _fault(wish: Mapping[str, str]) -> Refusal | None:
    if wish.get("method", MERGE_METHODS[0]) not in MERGE_METHODS:
        return Refusal("E-VAL-8", {"field": "method", "reason": "use squash, merge or rebase"})
    if "target" in wish and not _BRANCH.fullmatch(wish["target"]):
        return Refusal("E-VAL-8", {"field": "target", "reason": "this is no name of a branch"})
    if "expect" in wish and not _COMMIT.fullmatch(wish["expect"]):
        return Refusal("E-VAL-8", {"field": "expect", "reason": "use the whole id of a commit"})
    return None
