"""Starting, stopping and settling runs by other ways than a drop."""

import re
from collections.abc import Mapping
from typing import Final

from kanban_app.domain import events as e
from kanban_app.domain.attempts import cancel, open_attempt, open_question, withdraw
from kanban_app.domain.cards import MODEL_SETS
from kanban_app.domain.commands import (
    CancelRun,
    FreePlace,
    NotRunning,
    PatchTask,
    Requeue,
    RestartTask,
    RetryTask,
    StageDone,
    StartAgain,
    StartTask,
    Withdraw,
)
from kanban_app.domain.dependencies import numbers
from kanban_app.domain.facts import Facts
from kanban_app.domain.merging import decide_merge, merge_again
from kanban_app.domain.model import BEFORE_THE_START, Attempt, AttemptKind, Board, Failure, RunStatus, Task
from kanban_app.domain.moves import Decision, end_rank, later_stage_refusal
from kanban_app.domain.ordering import rank_between
from kanban_app.domain.patching import decide_patch
from kanban_app.domain.placement import (
    ENDED_BADLY,
    current_run,
    decisions,
    is_active,
    is_stage_done,
    is_waiting,
    last_begun_run,
    next_stage,
    retry_stage,
    stages_from,
)
from kanban_app.domain.progress import complete_stage
from kanban_app.domain.refusal import Refusal
from kanban_app.domain.stages import Column, Stage, column_of, in_order
from kanban_app.domain.workflows import (
    MERGE_WORKFLOW,
    PATCH_WORKFLOW,
    WORKFLOWS,
    TaskType,
    is_dependent,
    not_offered,
    stages_of,
)

_RUN_ID: Final = re.compile(r"[A-Za-z0-9]{8}")
_NOT_OFFERED: Final = frozenset({"adw_ship_iso", "adw_sdlc_ZTE_iso"})
_SAID_NOT_RUNNING: Final = Failure("E-WF-18", {"message": "Somebody said that it is not running."})


def decide_start(board: Board, command: StartTask, facts: Facts) -> Decision:
    """Start the named stages, or go on with the first one that has not completed."""
    task = board.task(command.task_id)
    if task is None:
        return Refusal("E-SYS-3", {"what": "This card"})
    if command.workflow_type == MERGE_WORKFLOW:
        return decide_merge(board, task, {}, facts)
    refusal = _start_refusal(board, task, command)
    if refusal:
        return refusal
    stages = _wanted(board, task, command)
    if isinstance(stages, Refusal):
        return stages
    if task.column is Column.COMPLETED and task.stages and stages[0] is not task.stages[0]:
        return Refusal("E-MOVE-4", {"first": task.stages[0].value}, ("start-from-first",))
    return _begin(board, task, stages, command, facts)


def decide_retry(board: Board, command: RetryTask, facts: Facts) -> Decision:
    task = board.task(command.task_id)
    if task is None:
        return Refusal("E-SYS-3", {"what": "This card"})
    attempt = board.attempt_of(task)
    if attempt and attempt.kind is AttemptKind.MERGE:
        return decide_merge(board, task, merge_again(attempt), facts)
    if attempt and attempt.is_aside and attempt.status in ENDED_BADLY:
        return decide_patch(board, PatchTask(task.id, attempt.options["patch"]), facts)
    stage = retry_stage(board, task)
    start = StartTask(command.task_id, stages=stages_from(task, stage) if stage else ())
    return decide_start(board, start, facts)


def decide_restart(board: Board, command: RestartTask, facts: Facts) -> Decision:
    """A new run from the first stage. Nothing of the last one is removed unless that is asked for."""
    task = board.task(command.task_id)
    if task is None:
        return Refusal("E-SYS-3", {"what": "This card"})
    if not task.stages:
        return Refusal("E-VAL-12")
    start = StartTask(task.id, stages=task.stages)
    refusal = _start_refusal(board, task, start)
    if refusal:
        return refusal
    if not command.remove_old:
        return _begin(board, task, task.stages, start, facts)
    old = last_begun_run(board, task)
    if old is None:
        return Refusal("E-MOVE-5")
    options = {"replaces": old}
    denied = not_offered(None, options, facts.vintage, merges=facts.merges)
    if denied:
        return Refusal("E-SYS-4", {"what": denied})
    return _begin(board, task, task.stages, start, facts, options=options)


def decide_cancel(board: Board, command: CancelRun, facts: Facts) -> Decision:
    """Stop the run: withdraw what waits, ask the service to end what runs."""
    attempt = newest_attempt(board, command.adw_id)
    if attempt is None:
        return Refusal("E-WF-11", {"id": command.adw_id})
    if not attempt.is_open:
        return Refusal("E-WF-19")
    if is_waiting(attempt):
        return withdraw(board, attempt, facts, move_back=True).events
    if attempt.status is RunStatus.UNCERTAIN:
        return open_question(board, attempt)
    return cancel(attempt, facts)


def decide_withdraw(board: Board, command: Withdraw, facts: Facts) -> Decision:
    attempt = board.attempts.get(command.attempt_id)
    if attempt is None:
        return Refusal("E-SYS-3", {"what": "This start"})
    if not is_waiting(attempt):
        return _not_now(attempt)
    return withdraw(board, attempt, facts, move_back=True).events


def decide_start_again(board: Board, command: StartAgain, facts: Facts) -> Decision:
    """The user has decided that an uncertain start did not happen and wants a new one."""
    attempt = board.attempts.get(command.attempt_id)
    if attempt is None:
        return Refusal("E-SYS-3", {"what": "This start"})
    if attempt.status is not RunStatus.UNCERTAIN:
        return _not_now(attempt)
    task = board.tasks[attempt.task_id]
    ended = e.AttemptEnded(attempt.id, attempt.adw_id, RunStatus.CANCELLED, facts.now, _SAID_NOT_RUNNING)
    run_id = attempt.adw_id if attempt.adw_id == attempt.previous_run_id else None
    is_named = attempt.is_aside or attempt.kind is AttemptKind.MERGE
    opened = open_attempt(
        board,
        task,
        attempt.stages,
        facts,
        workflow_type=attempt.workflow_type if is_named else None,
        adw_id=run_id,
        model_set=attempt.model_set,
        kind=attempt.kind if is_named else None,
        options=attempt.options,
    )
    return [ended, *opened]


def decide_not_running(board: Board, command: NotRunning, facts: Facts) -> Decision:
    attempt = board.attempts.get(command.attempt_id)
    if attempt is None:
        return Refusal("E-SYS-3", {"what": "This start"})
    if "not-running" not in decisions(board, attempt):
        return _not_now(attempt)
    return [e.AttemptEnded(attempt.id, attempt.adw_id, RunStatus.CANCELLED, facts.now, _SAID_NOT_RUNNING)]


def decide_stage_done(board: Board, command: StageDone, facts: Facts) -> Decision:
    """The user tells for a service that does not: the current stage is done, on to the next."""
    attempt = board.attempts.get(command.attempt_id)
    if attempt is None:
        return Refusal("E-SYS-3", {"what": "This start"})
    if "stage-done" not in decisions(board, attempt):
        return _not_now(attempt)
    done = complete_stage(board, attempt, facts.now)
    task = done.board.tasks[attempt.task_id]
    run = current_run(done.board, task)
    following = next_stage(task, run)
    if attempt.is_aside or done.attempt.is_open or following is None or is_stage_done(run, following):
        return done.events
    start = StartTask(task.id, model_set=attempt.model_set)
    return [*done.events, *_begin(done.board, task, stages_from(task, following), start, facts)]


def decide_requeue(board: Board, command: Requeue, _facts: Facts) -> Decision:
    """Another place in line; who stands there already moves back by one."""
    attempt = board.attempts.get(command.attempt_id)
    if attempt is None:
        return Refusal("E-SYS-3", {"what": "This start"})
    if attempt.status is not RunStatus.QUEUED:
        return _not_now(attempt)
    line = board.queue()
    if attempt not in line:
        return Refusal("E-DEP-2", {"cards": numbers(board.waits_for(attempt))}, ("start-anyway",))
    others = [a for a in line if a.id != attempt.id]
    index = max(0, min(command.place - 1, len(others)))
    if line.index(attempt) == index:
        return []
    low = others[index - 1].queue_rank if index else None
    high = next((a.queue_rank for a in others[index:] if low is None or a.queue_rank > low), None)
    rank = rank_between(low, high)
    # Held and sending ones are not in line, but may come back to their places.
    taken = {a.queue_rank for a in board.attempts.values() if a.status in BEFORE_THE_START}
    while rank in taken:
        rank = rank_between(rank, high)
    return [e.AttemptRequeued(attempt.id, rank)]


def decide_free_place(board: Board, command: FreePlace, _facts: Facts) -> Decision:
    """Others may start in its slot. That does not claim that it has ended."""
    attempt = board.attempts.get(command.attempt_id)
    if attempt is None:
        return Refusal("E-SYS-3", {"what": "This start"})
    if attempt.is_open and attempt.released:
        return []
    if "release" not in decisions(board, attempt):
        return _not_now(attempt)
    return [e.AttemptReleased(attempt.id)]


def newest_attempt(board: Board, adw_id: str) -> Attempt | None:
    """The attempt that a message about this run can be about: the newest one that was not withdrawn."""
    run = board.runs.get(adw_id)
    task = board.tasks.get(run.task_id) if run and run.task_id else None
    attempt = board.attempt_of(task) if task else None
    if attempt and attempt.adw_id == adw_id:
        return attempt
    of_run = (a for a in board.attempts.values() if a.adw_id == adw_id)
    return max(of_run, key=lambda a: (not a.is_withdrawn, a.created_at), default=None)


def _not_now(attempt: Attempt) -> Refusal:
    """The refusal of a decision that an attempt does not offer: it has ended, or all is clear with it."""
    return Refusal("E-WF-2", {"status": attempt.status.value}) if attempt.is_open else Refusal("E-WF-19")


def _start_refusal(board: Board, task: Task, command: StartTask) -> Refusal | None:
    attempt = board.attempt_of(task)
    if attempt and is_waiting(attempt):
        return Refusal("E-WF-2", {"status": attempt.status.value})
    if attempt and is_active(attempt):
        return open_question(board, attempt)
    if command.model_set is not None and command.model_set not in MODEL_SETS:
        return Refusal("E-VAL-2", {"value": command.model_set[:40]})
    if command.adw_id is not None and not _RUN_ID.fullmatch(command.adw_id):
        return Refusal("E-VAL-16")
    if command.adw_id is not None and command.adw_id in board.runs:
        owner = board.runs[command.adw_id].task_id
        if owner not in {None, task.id}:
            return Refusal("E-WF-11", {"id": command.adw_id})
    return None


def _wanted(board: Board, task: Task, command: StartTask) -> tuple[Stage, ...] | Refusal:
    if command.workflow_type:
        return _workflow_stages(task, command)
    if not task.stages:
        return Refusal("E-VAL-12")
    stages = in_order(command.stages)
    if not stages:
        stage = next_stage(task, current_run(board, task))
        return stages_from(task, stage) if stage else Refusal("E-VAL-12")
    strange = [s for s in stages if s not in task.stages]
    if strange:
        names = ", ".join(s.value for s in task.stages)
        return Refusal("E-VAL-13", {"stage": strange[0].value, "stages": names}, ("add-stage-and-run",))
    refusal = None if command.adw_id else later_stage_refusal(board, task, stages[0], task.column)
    return refusal or stages


def _workflow_stages(task: Task, command: StartTask) -> tuple[Stage, ...] | Refusal:
    name = command.workflow_type or ""
    if name not in WORKFLOWS or name in _NOT_OFFERED:
        choices = ", ".join(w for w in WORKFLOWS if w not in _NOT_OFFERED)
        return Refusal("E-VAL-1", {"workflow": name[:80], "choices": choices})
    stages = stages_of(name, in_order(command.stages))
    if not stages:
        return Refusal("E-VAL-12")
    if task.type is TaskType.PATCH and name != PATCH_WORKFLOW:
        return Refusal("E-VAL-14", {"stage": stages[0].value})
    if is_dependent(name) and not (command.adw_id or task.run_id):
        first = task.stages[0] if task.stages else Stage.PLAN
        params = {"stage": stages[0].value, "missing": Stage.PLAN.value, "first": first.value}
        return Refusal("E-VAL-4", params, ("start-from-first",))
    return stages


def _begin(
    board: Board,
    task: Task,
    stages: tuple[Stage, ...],
    command: StartTask,
    facts: Facts,
    *,
    options: Mapping[str, str] | None = None,
) -> list[e.Event]:
    opened = open_attempt(
        board,
        task,
        stages,
        facts,
        workflow_type=command.workflow_type,
        adw_id=command.adw_id or (task.run_id if is_dependent(command.workflow_type) else None),
        model_set=command.model_set,
        options=options,
    )
    column = column_of(stages[0])
    if column is task.column:
        return opened
    return [e.TaskMoved(task.id, column, end_rank(board, column), task.column, "drop", facts.now), *opened]
