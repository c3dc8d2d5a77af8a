"""Changing what a card's run has made, by a text of its own: an attempt on that run, beside its stages."""

from typing import Final

from kanban_app.domain import events as e
from kanban_app.domain.attempts import open_attempt, open_question
from kanban_app.domain.clean_text import clean_text
from kanban_app.domain.commands import PatchTask
from kanban_app.domain.facts import Facts
from kanban_app.domain.merging import is_merged
from kanban_app.domain.model import AttemptKind, Board, Task
from kanban_app.domain.moves import end_rank
from kanban_app.domain.placement import has_begun
from kanban_app.domain.refusal import Refusal
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import PATCH_WORKFLOW

PATCH_SHORTEST: Final = 10
PATCH_LONGEST: Final = 10_000


def decide_patch(board: Board, command: PatchTask, facts: Facts) -> list[e.Event] | Refusal:
    """Patch the card's run. The card goes to Build, and back to Ready to merge where all of its stages are done."""
    task = board.task(command.task_id)
    if task is None:
        return Refusal("E-SYS-3", {"what": "This card"})
    text = clean_text(command.text)
    if not PATCH_SHORTEST <= len(text) <= PATCH_LONGEST:
        return Refusal("E-VAL-15", {"n": str(len(text))})
    attempt = board.attempt_of(task)
    if attempt and attempt.is_open:
        return open_question(board, attempt)
    refusal = _run_refusal(board, task)
    if refusal:
        return refusal
    opened = open_attempt(
        board,
        task,
        (Stage.BUILD,),
        facts,
        workflow_type=PATCH_WORKFLOW,
        adw_id=task.run_id,
        kind=AttemptKind.PATCH,
        options={"patch": text},
    )
    if task.column is Column.BUILD:
        return opened
    return [e.TaskMoved(task.id, Column.BUILD, end_rank(board, Column.BUILD), task.column, "drop", facts.now), *opened]


def may_patch(board: Board, task: Task) -> bool:
    """Whether there is something to patch and nothing under way."""
    attempt = board.attempt_of(task)
    return not (attempt and attempt.is_open) and _run_refusal(board, task) is None


def _run_refusal(board: Board, task: Task) -> Refusal | None:
    if task.run_id is None or not has_begun(board, task.run_id):
        return Refusal("E-MOVE-5")
    if is_merged(board, task.run_id):
        first = task.stages[0] if task.stages else Stage.PLAN
        return Refusal("E-MOVE-4", {"first": first.value}, ("start-from-first",))
    return None
