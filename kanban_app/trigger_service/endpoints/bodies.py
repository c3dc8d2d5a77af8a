"""Bodies that boards send about runs, checked: what V1's database would choke on is refused before."""

from typing import Annotated, Any, Literal, cast

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from kanban_app.tac7.codec import parse_time
from kanban_app.trigger_service.run_rows import row_time

_Stage = Literal["backlog", "plan", "build", "test", "review", "document", "ready-to-merge", "completed", "errored"]
_Status = Literal["pending", "in_progress", "completed", "errored", "stuck", "cancelled"]
_Port = Annotated[int, Field(ge=1, le=65535)]
_Name = Annotated[str, Field(max_length=200)]
_Path = Annotated[str, Field(max_length=4096)]


def _as_number(value: object) -> object:
    """V1 takes numbers and texts with digits; true is no number."""
    if isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    return None if value is None or isinstance(value, bool) else value


def _as_row_time(value: str) -> str:
    at = parse_time(value)
    if at is None:
        raise ValueError("must be a time")
    return cast(str, row_time(at))


_Number = Annotated[int, BeforeValidator(_as_number), Field(gt=0, lt=2**53)]
_Time = Annotated[str, Field(max_length=64), AfterValidator(_as_row_time)]


class NewRun(BaseModel):
    """`POST /api/adws`."""

    adw_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    issue_number: _Number | None = None
    issue_title: str | None = None
    issue_body: str | None = None
    issue_class: _Name | None = None
    branch_name: _Name | None = None
    worktree_path: _Path | None = None
    current_stage: _Stage = "backlog"
    status: _Status = "pending"
    workflow_name: _Name | None = None
    model_set: _Name = "base"
    data_source: _Name = "kanban"
    issue_json: dict[str, Any] | None = None
    orchestrator_state: dict[str, Any] | None = None
    backend_port: _Port | None = None
    websocket_port: _Port | None = None
    frontend_port: _Port | None = None

    def fields(self) -> dict[str, Any]:
        return self.model_dump(exclude={"adw_id"})


class RunPatch(BaseModel):
    """`PATCH /api/adws/{id}`: null leaves a field alone."""

    current_stage: _Stage | None = None
    status: _Status | None = None
    is_stuck: bool | None = None
    issue_title: str | None = None
    issue_body: str | None = None
    issue_class: _Name | None = None
    branch_name: _Name | None = None
    worktree_path: _Path | None = None
    workflow_name: _Name | None = None
    orchestrator_state: dict[str, Any] | None = None
    patch_file: _Path | None = None
    patch_history: list[Any] | None = None
    completed_at: _Time | None = None

    def fields(self) -> dict[str, Any]:
        """A time of completion means that it has completed, unless the status says otherwise."""
        given = self.model_dump(exclude_none=True)
        return {"status": "completed", **given} if self.completed_at else given


class Clarification(BaseModel):
    """`POST /api/clarify`."""

    task_id: int | str
    description: str = ""
    adw_id: str = ""
    feedback: str | None = None
    previous_understanding: str | None = None
    previous_questions: list[Any] | None = None


class RunQuery(BaseModel):
    """What `GET /api/adws` may be narrowed by."""

    status: _Status | None = None
    stage: _Stage | None = None
    is_stuck: bool | None = None
    include_deleted: bool = False
    limit: Annotated[int, Field(ge=1, le=1000)] = 1000
    offset: Annotated[int, Field(ge=0, le=1000)] = 0
