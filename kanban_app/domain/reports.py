"""What the words of a service mean for the board. Late, duplicate and unknown announcements change nothing."""

from dataclasses import replace
from typing import Final

from kanban_app.domain import events as e
from kanban_app.domain.attempts import withdraw
from kanban_app.domain.facts import Facts
from kanban_app.domain.failures import NO_REASON, failure_of
from kanban_app.domain.model import ACTIVE, Attempt, AttemptKind, Board, Failure, Flag, Run, RunStatus
from kanban_app.domain.progress import (
    Step,
    complete_stage,
    end_badly,
    end_cancelled,
    end_well,
    enter_stage,
    later_of,
    resume_place,
    start,
)
from kanban_app.domain.reported import (
    Accepted,
    CancelRefused,
    Noted,
    Refused,
    Release,
    RunDescribed,
    Sending,
    SignOfLife,
    StageReported,
    StandsStill,
    StatusReported,
    Uncertain,
    Unsent,
)
from kanban_app.domain.stages import Column, Stage, stage_of
from kanban_app.domain.starts import newest_attempt
from kanban_app.domain.workflows import MERGE_WORKFLOW, ORCHESTRATOR, WORKFLOWS

REASON_LIMIT: Final = 300
"""Of what a run waits for, as much as a card can show; the log has all of it."""
_NOT_LAUNCHED: Final = "failed to start workflow"
_FAILED: Final = frozenset({"failed", "error", "errored"})
_PAUSED: Final = frozenset({"waiting", "awaiting_approval", "paused"})


def on_release(board: Board, report: Release, _facts: Facts) -> list[e.Event]:
    attempt = board.attempts.get(report.attempt_id)
    return [e.AttemptQueued(attempt.id)] if attempt and attempt.status is RunStatus.HELD else []


def on_sending(board: Board, report: Sending, facts: Facts) -> list[e.Event]:
    attempt = board.attempts.get(report.attempt_id)
    if attempt is None or attempt.status not in {RunStatus.QUEUED, RunStatus.UNCERTAIN} or board.waits_for(attempt):
        return []
    return [e.AttemptSent(attempt.id, report.workflow_type, report.stages, report.vintage, facts.now)]


def on_unsent(board: Board, report: Unsent, facts: Facts) -> list[e.Event]:
    """Back to where it was. An earlier sending that is in doubt stays so: it may be running."""
    attempt = board.attempts.get(report.attempt_id)
    if attempt is None or attempt.status is not RunStatus.SENDING:
        return []
    if attempt.failure is not None:
        return [e.AttemptDoubted(attempt.id, attempt.failure, again=True)]
    if attempt.cancel_requested:
        return withdraw(board, attempt, facts, move_back=True).events
    return [e.AttemptQueued(attempt.id)]


def on_accepted(board: Board, report: Accepted, facts: Facts) -> list[e.Event]:
    attempt = board.attempts.get(report.attempt_id)
    if attempt is None or not _is_unconfirmed(attempt):
        return []
    return start(board, attempt, facts.now).events


def on_refused(board: Board, report: Refused, facts: Facts) -> list[e.Event]:
    attempt = board.attempts.get(report.attempt_id)
    if attempt is None or not _is_unconfirmed(attempt):
        return []
    return [e.AttemptEnded(attempt.id, attempt.adw_id, RunStatus.REFUSED, facts.now, report.failure)]


def on_uncertain(board: Board, report: Uncertain, _facts: Facts) -> list[e.Event]:
    attempt = board.attempts.get(report.attempt_id)
    if attempt is None or attempt.status is not RunStatus.SENDING:
        return []
    params = {"service": report.service} if report.service else {}
    return [e.AttemptDoubted(attempt.id, Failure(report.reason, params), again=attempt.failure is not None)]


def on_cancel_refused(board: Board, report: CancelRefused, facts: Facts) -> list[e.Event]:
    attempt = newest_attempt(board, report.adw_id)
    if attempt is None or not attempt.is_open or not attempt.cancel_requested:
        return []
    if report.gone:
        return end_cancelled(board, attempt, "The service no longer runs it.", facts.now).events
    return [e.CancelDenied(attempt.id, report.message), *resume_place(board, attempt, facts.now)]


def on_described(board: Board, report: RunDescribed, _facts: Facts) -> list[e.Event]:
    run = board.runs.get(report.adw_id)
    if run is None:
        return []
    events: list[e.Event] = []
    if report.branch and report.branch != run.branch:
        events.append(e.RunDetailed(run.adw_id, report.branch))
    if report.demo and Flag.DEMO not in run.flags:
        events.append(e.RunFlagged(run.adw_id, Flag.DEMO, on=True))
    return events


def on_sign(board: Board, report: SignOfLife, facts: Facts) -> list[e.Event]:
    """A message of a run, or none for too long. A run that nobody knows is written down."""
    run = board.runs.get(report.adw_id)
    if run is None:
        return [] if report.silent else [e.RunOpened(Run(report.adw_id, None, facts.now, last_sign_at=facts.now))]
    if report.silent:
        attempt = newest_attempt(board, report.adw_id)
        quiet = attempt is not None and attempt.status is RunStatus.RUNNING and not run.flags & {Flag.SILENT, Flag.MUTE}
        return [e.RunFlagged(run.adw_id, Flag.SILENT, on=True)] if quiet else []
    events: list[e.Event] = [e.SignSeen(run.adw_id, facts.now)]
    quiet = [flag for flag in (Flag.SILENT, Flag.STUCK) if flag in run.flags]
    return [*events, *(e.RunFlagged(run.adw_id, flag, on=False) for flag in quiet)]


def on_standstill(board: Board, report: StandsStill, _facts: Facts) -> list[e.Event]:
    """The next sign of life takes it back."""
    run, attempt = board.runs.get(report.adw_id), newest_attempt(board, report.adw_id)
    if run is None or attempt is None or attempt.status is not RunStatus.RUNNING:
        return []
    return [] if run.flags & {Flag.STUCK, Flag.MUTE} else [e.RunFlagged(run.adw_id, Flag.STUCK, on=True)]


def on_noted(board: Board, report: Noted, _facts: Facts) -> list[e.Event]:
    attempt = board.attempts.get(report.attempt_id)
    return [e.AttemptNoted(attempt.id, report.notice)] if attempt and attempt.is_open else []


def on_stage(board: Board, report: StageReported, facts: Facts) -> list[e.Event]:
    attempt = _concerned(board, report, facts)
    # On a continued run a process of the last attempt may still announce its stages.
    if attempt is None or (_is_unconfirmed(attempt) and _may_be_anothers(board, attempt, report)):
        return []
    if attempt.kind is AttemptKind.MERGE:
        return _stage_of_a_merge(board, attempt, report, facts)
    begun = _begun(board, attempt, facts)
    step = _stage_step(begun, report, facts)
    return [*begun.events, *(_resumed(begun.attempt) if step.events else []), *step.events]


def on_status(board: Board, report: StatusReported, facts: Facts) -> list[e.Event]:
    newest = newest_attempt(board, report.adw_id)
    is_of_merge = report.workflow_name == MERGE_WORKFLOW
    merge = newest if newest and newest.kind is AttemptKind.MERGE else None
    if is_of_merge and not merge:
        return _of_a_merge(board, report)
    if merge and not is_of_merge and (report.workflow_name or report.attempt_id != merge.id):
        return []  # what came before the merge may still be saying its last words
    attempt = _concerned(board, report, facts)
    if attempt is None:
        return _explained(board, report, facts)
    if attempt.status is RunStatus.SENDING and _comes_before_the_answer(report):
        return []
    if _is_unconfirmed(attempt) and _may_be_anothers(board, attempt, report) and not _shows_progress(report):
        return []
    begun = _begun(board, attempt, facts)
    return [*begun.events, *_status_events(begun, report, facts)]


def _stage_step(begun: Step, report: StageReported, facts: Facts) -> Step:
    board, attempt = begun.board, begun.attempt
    stage = stage_of(report.column)
    if stage is not None:
        return enter_stage(board, attempt, stage, facts.now)
    if report.column in {Column.READY, Column.COMPLETED}:
        return end_well(board, attempt, facts.now)
    if report.column is Column.ERRORED:
        failed = later_of(attempt, stage_of(report.from_column) if report.from_column else None)
        named = replace(attempt, current=failed)
        params = {"stage": failed.value if failed else "run", "message": report.message or NO_REASON}
        return end_badly(board, named, failure_of("E-WF-5", params), facts.now)
    return Step([], board, attempt)


def _status_events(begun: Step, report: StatusReported, facts: Facts) -> list[e.Event]:
    board, attempt = begun.board, begun.attempt
    match report.status.strip().lower():
        case status if status in _FAILED:
            named = replace(attempt, current=later_of(attempt, _stage_named(report.workflow_name)))
            return end_badly(board, named, _failure(named, report), facts.now).events
        case "cancelled" | "canceled":
            return end_cancelled(board, attempt, report.message or "It was stopped.", facts.now).events
        case "completed":
            done = _completed(board, attempt, report, facts)
            return [*(_resumed(attempt) if done else []), *done]
        case status if status in _PAUSED:
            return _paused(board, attempt, report, facts)
        case _:
            return [*_resumed(attempt), *_advanced(board, attempt, report, facts)]


def _completed(board: Board, attempt: Attempt, report: StatusReported, facts: Facts) -> list[e.Event]:
    """The end of the whole, or of one stage's own script: only the former ends the attempt (C39)."""
    if _speaks_for_all(attempt, report.workflow_name):
        return end_well(board, attempt, facts.now).events
    stage = _stage_named(report.workflow_name)
    if stage is None:
        return []
    return complete_stage(board, attempt, facts.now, stage).events


def _advanced(board: Board, attempt: Attempt, report: StatusReported, facts: Facts) -> list[e.Event]:
    stage = _stage_named(report.workflow_name)
    step = enter_stage(board, attempt, stage, facts.now) if stage else Step([], board, attempt)
    about_current = stage is None or stage is step.attempt.current
    if not about_current or (report.percent is None and not report.step):
        return step.events
    bounded = None if report.percent is None else max(0, min(100, report.percent))
    return [*step.events, e.Ticked(attempt.id, bounded, report.step)]


def _paused(board: Board, attempt: Attempt, report: StatusReported, facts: Facts) -> list[e.Event]:
    """It waits for a person, in the stage that it names, if it names one."""
    events = _advanced(board, attempt, replace(report, step=""), facts)
    reason = _first_line(report.step or report.message) or attempt.step
    if attempt.status is RunStatus.WAITING and attempt.step == reason and not _enters_a_stage(events):
        return events
    return [*events, e.AttemptPaused(attempt.id, attempt.adw_id, reason)]


def _first_line(text: str) -> str:
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= REASON_LIMIT else f"{line[: REASON_LIMIT - 1]}…"


def _enters_a_stage(events: list[e.Event]) -> bool:
    return any(isinstance(event, e.StageEntered) for event in events)


def _resumed(attempt: Attempt) -> list[e.Event]:
    return [e.AttemptResumed(attempt.id)] if attempt.status is RunStatus.WAITING else []


def _explained(board: Board, report: StatusReported, facts: Facts) -> list[e.Event]:
    """A reason that comes after the failure itself is kept, if the failure came without one."""
    attempt = newest_attempt(board, report.adw_id)
    told = report.status.strip().lower() in _FAILED and report.message
    if attempt is None or attempt.status is not RunStatus.FAILED or not told:
        return []
    if report.attempt_id not in {None, attempt.id} or attempt.failure is None:
        return []
    if attempt.failure.params.get("message") != NO_REASON:
        return []
    if attempt.kind is AttemptKind.MERGE:
        failure = _merge_failure(report)
    else:
        failure = failure_of(attempt.failure.code, {**attempt.failure.params, "message": report.message})
    return [e.AttemptEnded(attempt.id, attempt.adw_id, RunStatus.FAILED, attempt.finished_at or facts.now, failure)]


def _failure(attempt: Attempt, report: StatusReported) -> Failure:
    if attempt.kind is AttemptKind.MERGE:
        return _merge_failure(report)
    step = report.step if report.step not in {"", "Error"} else attempt.step
    params = {
        "workflow": report.workflow_name,
        "stage": attempt.current.value if attempt.current else "it",
        "where": f"At “{step}”: " if step else "",
        "message": report.message or NO_REASON,
    }
    if report.last_output:
        params["last_output"] = "\n".join(report.last_output)
    return failure_of("E-WF-4", params)


def _concerned(board: Board, report: StageReported | StatusReported, facts: Facts) -> Attempt | None:
    """The attempt under way that a message is about; None for ended ones and for messages of an earlier attempt."""
    attempt = newest_attempt(board, report.adw_id)
    if attempt is None or attempt.status not in ACTIVE:
        return None
    if report.attempt_id is not None and report.attempt_id != attempt.id:
        return None
    if attempt.is_aside and report.attempt_id is None and _is_of_an_orchestrator(report.workflow_name):
        return None  # what the patch changes may still be saying its last words, and V1 says them twice (Q10)
    return None if _is_of_an_earlier_one(board, attempt, report, facts) else attempt


def _is_of_an_earlier_one(board: Board, attempt: Attempt, report: StageReported | StatusReported, facts: Facts) -> bool:
    if report.at is None or attempt.sent_at is None or not _may_be_anothers(board, attempt, report):
        return False
    return facts.our_time(report.at) < attempt.sent_at


def _may_be_anothers(board: Board, attempt: Attempt, report: StageReported | StatusReported) -> bool:
    """Whether a process of an earlier attempt can have said it: the run has had one, and nothing tells them apart."""
    return report.attempt_id is None and continues_run(board, attempt)


def continues_run(board: Board, attempt: Attempt) -> bool:
    """Whether something has run under this attempt's run id before it."""
    before = board.attempts.get(attempt.previous_id) if attempt.previous_id else None
    on_a_run = attempt.kind in {AttemptKind.CONTINUE, AttemptKind.MERGE} or attempt.is_aside
    return on_a_run or (before is not None and before.adw_id == attempt.adw_id)


def is_recorded(attempt: Attempt) -> bool:
    """Whether a service's record of the run tells how the attempt ends; that of a merge is about what it merges."""
    return attempt.kind is not AttemptKind.MERGE


def _is_unconfirmed(attempt: Attempt) -> bool:
    return attempt.status in {RunStatus.SENDING, RunStatus.UNCERTAIN}


def _shows_progress(report: StatusReported) -> bool:
    return report.status.strip().lower() == "in_progress"


def _stage_of_a_merge(board: Board, attempt: Attempt, report: StageReported, facts: Facts) -> list[e.Event]:
    """A merge announces no stages. Where a service tells its end so, it must say that it is the merge's own."""
    if report.attempt_id != attempt.id:
        return []
    begun = _begun(board, attempt, facts)
    if report.column is Column.COMPLETED:
        return [*begun.events, *end_well(begun.board, begun.attempt, facts.now).events]
    if report.column is Column.ERRORED:
        failure = Failure("E-WF-7", {"message": report.message or NO_REASON})
        return [*begun.events, *end_badly(begun.board, begun.attempt, failure, facts.now).events]
    return []


def _merge_failure(report: StatusReported) -> Failure:
    params = {"message": report.message or NO_REASON}
    if report.last_output:
        params["last_output"] = "\n".join(report.last_output)
    if report.conflicts or "conflict" in report.message.lower():
        return Failure("E-WF-8", {**params, "files": "\n".join(report.conflicts)} if report.conflicts else params)
    return failure_of("E-WF-7", params)


def _of_a_merge(board: Board, report: StatusReported) -> list[e.Event]:
    """A merge that was not asked for here changes nothing of the card but what it says: it keeps its place."""
    attempt = newest_attempt(board, report.adw_id)
    if attempt is None or report.attempt_id not in {None, attempt.id}:
        return []
    status = report.status.strip().lower()
    if status in _FAILED:
        return [e.AttemptNoted(attempt.id, _merge_failure(report))]
    return [e.AttemptNoted(attempt.id, None)] if attempt.notice else []


def _comes_before_the_answer(report: StatusReported) -> bool:
    """Whether this tells only that the request arrived or that its launch failed: the answer that follows decides."""
    status = report.status.strip().lower()
    return status == "started" or (status in _FAILED and report.message.lower().startswith(_NOT_LAUNCHED))


def _begun(board: Board, attempt: Attempt, facts: Facts) -> Step:
    """A message of an attempt that has not been confirmed yet proves that it runs."""
    if _is_unconfirmed(attempt):
        return start(board, attempt, facts.now)
    return Step([], board, attempt)


def _speaks_for_all(attempt: Attempt, workflow_name: str) -> bool:
    if workflow_name == attempt.workflow_type:
        return True
    return attempt.workflow_type == ORCHESTRATOR and _is_of_an_orchestrator(workflow_name)


def _is_of_an_orchestrator(workflow_name: str) -> bool:
    return workflow_name == ORCHESTRATOR or workflow_name.startswith("dynamic_")


def _stage_named(workflow_name: str) -> Stage | None:
    workflow = WORKFLOWS.get(workflow_name)
    return workflow.stages[0] if workflow and len(workflow.stages) == 1 else None
