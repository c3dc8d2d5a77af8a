"""How a run stands by its own reports, and what its end means. Pure."""

import signal
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from kanban_app.domain.launch import Launch, LaunchState
from kanban_app.domain.stages import Column, parse_column, stage_of
from kanban_app.domain.workflows import WORKFLOWS
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
            stage=facts.stage_begun or self.stage,
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
            progress = progress.after(reported.facts, launch)
    return progress


def noted(launch: Launch, facts: Facts) -> Launch:
    """The launch with what a report says of its place, branch and worktree."""
    if facts.adw_id != launch.adw_id:
        return launch
    return replace(
        launch,
        current_stage=facts.moved_to or facts.stage_begun or launch.current_stage,
        branch=facts.branch or launch.branch,
        worktree=facts.worktree or launch.worktree,
        message=launch.message if launch.cancel_requested else facts.message or launch.message,
    )


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
    completed = _has_completed(launch, progress)
    if progress.status == "failed":
        return Outcome(LaunchState.FAILED, progress.message)
    if completed and (end is None or end.exit_code == 0):
        return _completed(launch, progress, at)
    story = _Story(launch, progress, end.exit_code if end else None, tuple(printed), at)
    if launch.cancel_requested:
        return _told(story, LaunchState.CANCELLED, launch.message or "Cancelled by the user")
    if end is not None and end.cancelled:
        return _told(story, LaunchState.CANCELLED, "Its processes were told to end from outside of the board")
    if launch.state is LaunchState.STARTING and end is None and progress == Progress():
        return _failed(story, f"{launch.workflow_type} was never started: the service was stopped before")
    return _failed(story, _words(launch, end, completed=completed, watched=watched))


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
    last = launch.stages[-1] if launch.stages else "unknown"
    update = _status(launch, "completed", text, at) | {"progress_percent": 100, "current_step": "Complete"}
    moved = _transition(launch, last, Column.READY, "Workflow completed", at)
    return Outcome(LaunchState.COMPLETED, text, ({"type": "status_update", "data": update}, moved))


def _failed(story: _Story, words: str) -> Outcome:
    sentence = f"{words}; last output: {story.printed[-1]}" if story.printed else words
    told = _told(story, LaunchState.FAILED, sentence)
    launch = story.launch
    origin = story.progress.stage or (launch.stages[0] if launch.stages else "unknown")
    return replace(told, messages=(*told.messages, _transition(launch, origin, Column.ERRORED, sentence, story.at)))


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


def _has_completed(launch: Launch, progress: Progress) -> bool:
    if progress.status == "completed":
        return True
    return bool(launch.stages) and progress.finished.issuperset(launch.stages)


def _final_status(facts: Facts, launch: Launch) -> str | None:
    """A composite's scripts also say "completed", each for its own part (C39); only the whole counts."""
    if facts.workflow_done:
        return "completed"
    if facts.status == "completed" and facts.workflow_name != launch.workflow_type:
        return None
    return facts.status


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
