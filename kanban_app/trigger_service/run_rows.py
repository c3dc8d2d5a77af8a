"""A run as the HTTP endpoints show it: V1's two shapes in one (Q19), with what we know beyond them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, cast

from kanban_app.domain.launch import Launch, LaunchState
from kanban_app.domain.run_record import RunRecord
from kanban_app.domain.stages import Column

_STATUS: Final = {
    LaunchState.RUNNING: "in_progress",
    LaunchState.COMPLETED: "completed",
    LaunchState.FAILED: "errored",
    LaunchState.CANCELLED: "cancelled",
}
_WORKFLOW_STATUS: Final = {"in_progress": "running", "stuck": "running", "errored": "failed"}
_TICKET: Final = (
    "issue_number",
    "issue_title",
    "issue_body",
    "issue_class",
    "issue_json",
    "model_set",
    "data_source",
)
_PLACE: Final = (
    "current_stage",
    "status",
    "is_stuck",
    "completed_at",
    "workflow_name",
    "branch_name",
    "worktree_path",
)
_BESIDE: Final = (
    "plan_file",
    "orchestrator_state",
    "patch_file",
    "patch_history",
    "backend_port",
    "websocket_port",
    "frontend_port",
    "all_adws",
)
_DEFAULTS: Final[Mapping[str, Any]] = {
    "current_stage": Column.BACKLOG.value,
    "status": "pending",
    "is_stuck": False,
    "model_set": "base",
    "data_source": "kanban",
    "patch_history": [],
    "all_adws": [],
}
# What a script's `adw_state.json` may tell, and as what.
_STATE_TYPES: Final[Mapping[str, type]] = {
    "branch_name": str,
    "worktree_path": str,
    "plan_file": str,
    "issue_class": str,
    "patch_file": str,
    "patch_history": list,
    "all_adws": list,
    "backend_port": int,
    "websocket_port": int,
    "frontend_port": int,
}

Row = dict[str, Any]
State = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class KnownRun:
    """A run by its newest launch and by what boards have written about it; one of the two may be missing."""

    adw_id: str
    launch: Launch | None
    record: RunRecord | None

    @property
    def is_deleted(self) -> bool:
        """A launch after the deletion brings a run back."""
        deleted = self.record.deleted_at if self.record else None
        return deleted is not None and (self.launch is None or self.launch.created_at <= deleted)

    @property
    def is_active(self) -> bool:
        """Whether it has a process, or is to get one."""
        return self.launch is not None and self.launch.finished_at is None


def row_of(run: KnownRun, state: State) -> Row:
    """The run's row. `state` is what its scripts keep in `adw_state.json`; it fills what nobody else has told."""
    values = _values(run, state)
    launch, record = run.launch, run.record
    return {
        "id": run.adw_id,
        "adw_id": run.adw_id,
        **values,
        "completed": values["status"] == "completed",
        "workflow_status": _WORKFLOW_STATUS.get(values["status"], values["status"]),
        "workflow_stages": _stages_of(launch, state),
        "created_at": row_time(_earliest(run)),
        "updated_at": row_time(_latest(run)),
        "deleted_at": row_time(record.deleted_at) if record and run.is_deleted else None,
        "message": launch.message if launch else "",
        "exit_code": launch.exit_code if launch else None,
        "request_id": launch.request_id if launch else None,
        "stages": list(launch.stages) if launch else [],
        "demo": launch.demo if launch else False,
    }


def written(run: KnownRun, fields: Mapping[str, Any], at: datetime) -> RunRecord:
    """The record with these fields beside what is still in force of those written before; null leaves one alone."""
    own = _of_launch(run.launch)
    said = _said(run.record)
    kept = {name: value for name, value in said.items() if not (_is_overtaken(run, name) and own.get(name) is not None)}
    given = {name: value for name, value in fields.items() if value is not None}
    data = {"fields": {**kept, **given}, "seen": _sight_of(run.launch)}
    deleted_at = run.record.deleted_at if run.record and run.is_deleted else None
    return RunRecord(run.adw_id, _earliest(run) or at, at, data, deleted_at)


def row_time(at: datetime | None) -> str | None:
    """As V1's database has it: UTC without a zone."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _values(run: KnownRun, state: State) -> Row:
    """Of what a launch and a board say about the same thing the later word counts; saying nothing never does (Q18)."""
    own, said, kept = _of_launch(run.launch), _said(run.record), _of_state(state)
    row: Row = {}
    for name in (*_TICKET, *_PLACE, *_BESIDE):
        first, second = (own, said) if _is_overtaken(run, name) else (said, own)
        found = (source.get(name) for source in (first, second, kept, _DEFAULTS))
        row[name] = next((value for value in found if value is not None), None)
    return row


def _is_overtaken(run: KnownRun, name: str) -> bool:
    """Whether the launch has changed since a board wrote this: by another start, or by getting on."""
    seen, now = (run.record.data.get("seen") if run.record else None), _sight_of(run.launch)
    if name in _TICKET:
        return _request_in(seen) != _request_in(now)
    return name in _PLACE and seen != now


def _sight_of(launch: Launch | None) -> Row | None:
    """What tells whether a launch has changed."""
    if launch is None:
        return None
    return {"request_id": launch.request_id, "state": launch.state.value, "stage": launch.current_stage}


def _request_in(sight: object) -> object:
    return cast(Mapping[str, Any], sight).get("request_id") if isinstance(sight, Mapping) else None


def _said(record: RunRecord | None) -> Mapping[str, Any]:
    fields = record.data.get("fields") if record else None
    return cast(Mapping[str, Any], fields) if isinstance(fields, Mapping) else {}


def _of_launch(launch: Launch | None) -> Row:
    """What a launch says; null where it says nothing."""
    if launch is None:
        return {}
    ticket = launch.request.get("issue_json")
    issue: Mapping[str, Any] = cast(Mapping[str, Any], ticket) if isinstance(ticket, Mapping) else {}
    kind = launch.request.get("issue_type")
    return {
        "issue_number": launch.request.get("issue_number"),
        "issue_title": issue.get("title"),
        "issue_body": issue.get("body"),
        "issue_class": f"/{kind}" if kind else None,
        "issue_json": issue or None,
        "model_set": launch.request.get("model_set"),
        "current_stage": launch.current_stage,
        "status": _STATUS.get(launch.state, "pending"),
        "is_stuck": False,
        "completed_at": row_time(launch.finished_at) if launch.state is LaunchState.COMPLETED else None,
        "workflow_name": launch.workflow_type,
        "branch_name": launch.branch,
        "worktree_path": launch.worktree,
    }


def _of_state(state: State) -> Row:
    return {name: state[name] for name, kind in _STATE_TYPES.items() if isinstance(state.get(name), kind)} | {
        "orchestrator_state": _orchestrator(state) or None
    }


def _orchestrator(state: State) -> Mapping[str, Any]:
    found = state.get("orchestrator")
    return cast(Mapping[str, Any], found) if isinstance(found, Mapping) else {}


def _stages_of(launch: Launch | None, state: State) -> list[Row]:
    """The stages as an orchestrator has written them down, else as far as the launch tells; none where it does not."""
    execution = _orchestrator(state).get("execution")
    listed = cast(Mapping[str, Any], execution).get("stages") if isinstance(execution, Mapping) else None
    if isinstance(listed, list) and listed:
        stages = cast(Sequence[object], listed)
        return [dict(cast(Mapping[str, Any], stage)) for stage in stages if isinstance(stage, Mapping)]
    if launch is None:
        return []
    if launch.state is LaunchState.COMPLETED:
        return [_stage(name, "completed") for name in launch.stages]
    if launch.current_stage not in launch.stages:
        return []
    place = launch.stages.index(launch.current_stage)
    here = "running" if launch.finished_at is None else "failed"
    states = ["completed"] * place + [here] + ["pending"] * (len(launch.stages) - place - 1)
    return [_stage(name, told) for name, told in zip(launch.stages, states, strict=True)]


def _stage(name: str, status: str) -> Row:
    return {"stage_name": name, "status": status, "started_at": None, "completed_at": None, "error": None}


def _earliest(run: KnownRun) -> datetime | None:
    times = [part.created_at for part in (run.launch, run.record) if part]
    return min(times, default=None)


def _latest(run: KnownRun) -> datetime | None:
    times = [run.record.updated_at] if run.record else []
    if run.launch:
        times.append(run.launch.finished_at or run.launch.created_at)
    return max(times, default=None)
