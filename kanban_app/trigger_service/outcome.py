"""How a run stands by its own reports, and what its end means. Pure."""

import signal
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from kanban_app.domain.launch import Launch, LaunchState
from kanban_app.domain.stages import Column, parse_column, stage_of
from kanban_app.domain.workflows import ORCHESTRATOR, WORKFLOWS
from kanban_app.tac7.codec import format_time
from kanban_app.trigger_service.reports import Facts, Message, Reported, translate
from kanban_app.trigger_service.spool import RunEnd, SpooledReport


@dataclass(frozen=True, slots=True)
class Progress:
    """What a launch has reported so far. `stage` is the one at work; `status` its own last word, if it was final."""

    finished: frozenset[str] = frozenset()
    stage: str | None = None
    status: str | None = None
    message: str = ""

    def after(self, facts: Facts, launch: Launch) -> "Progress":
        """Taking in another report; those of other runs change nothing."""
        if facts.adw_id != launch.adw_id:
            return self
        finished = self.finished | _finished_by(facts)
        return Progress(
            finished=finished,
            stage=_stage_at_work(facts) or self.stage,
            status=_final_status(facts, launch) or self.status,
            message=facts.message if facts.status else self.message,
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a launch ended, and what its subscribers have not been told yet."""

    state: LaunchState
    message: str
    messages: tuple[Message, ...] = ()


def progress_of(launch: Launch, reports: Iterable[SpooledReport]) -> Progress:
    """What a launch has reported according to its spool."""
    progress = Progress()
    for report in reports:
        reported = translate(report.path, report.body, report.at)
        if isinstance(reported, Reported):
            progress = progress.after(said_while_ending(reported, launch, report.at).facts, launch)
    return progress


def noted(launch: Launch, facts: Facts) -> Launch:
    """The launch with what a report says of its place, branch and worktree."""
    if facts.adw_id != launch.adw_id:
        return launch
    return replace(
        launch,
        current_stage=facts.moved_to or _stage_at_work(facts) or launch.current_stage,
        branch=facts.branch or launch.branch,
        worktree=facts.worktree or launch.worktree,
        message=launch.message if launch.cancel_requested else facts.message or launch.message,
    )


def said_while_ending(reported: Reported, launch: Launch, at: datetime) -> Reported:
    """The report as it is to be told: that a script fails while its run is being ended is a log line, no verdict."""
    facts = reported.facts
    if not launch.cancel_requested or facts.adw_id != launch.adw_id or facts.status != "failed":
        return reported
    told = log_line(launch, facts.message or "A script has failed while the run was being ended", "WARNING", at)
    return replace(reported, facts=replace(facts, status=None, message="", moved_to=None), messages=(told,))


def judge(
    launch: Launch,
    progress: Progress,
    end: RunEnd | None,
    printed: Sequence[str],
    at: datetime,
    *,
    watched: bool = True,
) -> Outcome:
    """What the end of the runner means; `printed` are the last lines of its workflow's output.

    `end` is None when the runner did not live to write how its workflow ended, `watched` whether we were there then.
    """
    completed = _has_completed(launch, progress, end) or _may_be_silent(launch, end)
    if progress.status == "failed":
        return Outcome(LaunchState.FAILED, progress.message)
    if completed and (end is None or end.exit_code == 0):
        return _completed(launch, progress, at)
    story = _Story(launch, progress, end.exit_code if end else None, tuple(printed), at)
    if launch.timed_out:
        return _failed(story, launch.message)
    if launch.cancel_requested:
        return _told(story, LaunchState.CANCELLED, launch.message or "Cancelled by the user")
    if end is not None and end.cancelled:
        return _told(story, LaunchState.CANCELLED, "Its processes were told to end from outside of the board")
    if launch.state is LaunchState.STARTING and end is None and progress == Progress():
        return _failed(story, f"{launch.workflow_type} was never started: the service was stopped before")
    words = _words(launch, end, completed=completed, watched=watched)
    return _failed(story, _with_last_line(words, story.printed))


def started(launch: Launch, at: datetime) -> Message:
    """What is told of a launch whose turn has come."""
    update = _status(launch, "in_progress", f"Workflow {launch.workflow_type} is running in background", at)
    return {"type": "status_update", "data": update | {"current_step": "Starting"}}


def withdrawn(launch: Launch, text: str, at: datetime) -> Outcome:
    """What is told of a launch that was cancelled before its turn came."""
    return _told(_Story(launch, Progress(), None, (), at), LaunchState.CANCELLED, text)


def unstartable(launch: Launch, text: str, at: datetime) -> Outcome:
    """What is told of a launch that was promised and cannot be started after all."""
    return _failed(_Story(launch, Progress(), None, (), at), text)


def shortfalls(launch: Launch, end: RunEnd | None, killed: int, at: datetime) -> tuple[Message, ...]:
    """What the log of the run is to say beside its end; `killed` processes were left for the service to end."""
    told: list[Message] = []
    left = (end.left if end else 0) + killed
    if left and end is not None and not launch.cancel_requested and not end.cancelled:
        what = "1 process" if left == 1 else f"{left} processes"
        told.append(log_line(launch, f"The workflow has left {what} running, which had to be ended", "WARNING", at))
    if end is not None and end.lost:
        text = f"{end.lost} reports of this run are lost: there was no room for them on the disk"
        told.append(log_line(launch, text, "ERROR", at))
    return tuple(told)


def log_line(launch: Launch, text: str, level: str, at: datetime) -> Message:
    data = {"adw_id": launch.adw_id, "workflow_name": launch.workflow_type, "message": text, "level": level}
    return {"type": "workflow_log", "data": {**data, "timestamp": format_time(at)}}


@dataclass(frozen=True, slots=True)
class _Story:
    launch: Launch
    progress: Progress
    exit_code: int | None
    printed: tuple[str, ...]
    at: datetime


def _words(launch: Launch, end: RunEnd | None, *, completed: bool, watched: bool) -> str:
    name = launch.workflow_type
    if end is None:
        return "The run's process ended " + ("unexpectedly" if watched else "while nobody watched")
    if end.signal is not None:
        return f"{name} was ended by signal {_signal_name(end.signal)}"
    if completed:
        return f"{name} ended with exit code {end.exit_code} although it had reported its completion"
    if end.exit_code == 0:
        return f"{name} ended with exit code 0 without reporting that it completed"
    return f"{name} ended with exit code {end.exit_code} without a final report"


def _completed(launch: Launch, progress: Progress, at: datetime) -> Outcome:
    text = f"Workflow {launch.workflow_type} completed successfully"
    if progress.status == "completed":
        return Outcome(LaunchState.COMPLETED, progress.message or text)
    update = _status(launch, "completed", text, at) | {"progress_percent": 100, "current_step": "Complete"}
    told: Message = {"type": "status_update", "data": update}
    *_, last = launch.stages or ("unknown",)
    if len(launch.stages) <= 1 and launch.workflow_type != ORCHESTRATOR:
        return Outcome(LaunchState.COMPLETED, text, (told,))  # the end of one stage is not the end of a card (C39)
    moved = _transition(launch, last, Column.READY, "Workflow completed", at)
    return Outcome(LaunchState.COMPLETED, text, (told, moved))


def _with_last_line(words: str, printed: Sequence[str]) -> str:
    return f"{words}; last output: {printed[-1]}" if printed else words


def _failed(story: _Story, sentence: str) -> Outcome:
    told = _told(story, LaunchState.FAILED, sentence)
    launch = story.launch
    if launch.workflow_type in WORKFLOWS and not launch.stages and launch.workflow_type != ORCHESTRATOR:
        return told  # nothing of the board runs in a merge: the card keeps its place (C54)
    origin = _last_place(launch, story.progress)
    return replace(told, messages=(*told.messages, _transition(launch, origin, Column.ERRORED, sentence, story.at)))


def _last_place(launch: Launch, progress: Progress) -> str:
    """The stage at work; some say nothing of themselves, so that it is the first that has not been finished."""
    if progress.stage and progress.stage not in progress.finished:
        return progress.stage
    unfinished = (stage for stage in launch.stages if stage not in progress.finished)
    return next(unfinished, progress.stage or "unknown")


def _told(story: _Story, state: LaunchState, text: str) -> Outcome:
    data = _status(story.launch, state.value, text, story.at)
    data |= {"exit_code": story.exit_code, "last_output": list(story.printed)}
    return Outcome(state, text, ({"type": "status_update", "data": data},))


def _status(launch: Launch, status: str, text: str, at: datetime) -> dict[str, Any]:
    return {
        "adw_id": launch.adw_id,
        "workflow_name": launch.workflow_type,
        "status": status,
        "message": text,
        "timestamp": format_time(at),
        "progress_percent": None,
        "current_step": "Error" if status == LaunchState.FAILED.value else None,
    }


def _transition(launch: Launch, origin: str, target: Column, text: str, at: datetime) -> Message:
    data = {
        "adw_id": launch.adw_id,
        "workflow_name": launch.workflow_type,
        "from_stage": origin,
        "to_stage": target.value,
        "message": text,
        "timestamp": format_time(at),
    }
    return {"type": "stage_transition", "data": data}


def _has_completed(launch: Launch, progress: Progress, end: RunEnd | None) -> bool:
    """After its last stage a workflow may have to merge: unless it has said so, an end that nobody saw is none."""
    if progress.status == "completed":
        return True
    return end is not None and bool(launch.stages) and progress.finished.issuperset(launch.stages)


def _may_be_silent(launch: Launch, end: RunEnd | None) -> bool:
    """Stage scripts and composites need not report (reference 3.2 and 4.2): their exit code says how they ended."""
    must_report = launch.demo or launch.workflow_type == ORCHESTRATOR
    ended_well = end is not None and end.exit_code == 0 and not end.cancelled
    return ended_well and not must_report and not launch.cancel_requested


def _final_status(facts: Facts, launch: Launch) -> str | None:
    """A composite's scripts also say "completed", each for its own part (C39); only the whole counts."""
    if facts.workflow_done:
        return "completed"
    if facts.status == "completed" and facts.workflow_name.lower() != launch.workflow_type.lower():
        return None
    return facts.status


def _stage_at_work(facts: Facts) -> str | None:
    """A stage's own script need not say which stage it is: its name does."""
    workflow = WORKFLOWS.get(facts.workflow_name)
    by_name = workflow.stages[0].value if workflow and len(workflow.stages) == 1 else None
    return facts.stage_begun or by_name


def _finished_by(facts: Facts) -> frozenset[str]:
    column = parse_column(facts.stage_done) if facts.stage_done else None
    stage = stage_of(column) if column else None
    if stage is not None:
        return frozenset({stage.value})
    if facts.status == "completed" and facts.workflow_name in WORKFLOWS:
        return frozenset(stage.value for stage in WORKFLOWS[facts.workflow_name].stages)
    return frozenset()


def _signal_name(number: int) -> str:
    try:
        return f"{number} ({signal.Signals(number).name})"
    except ValueError:
        return str(number)
