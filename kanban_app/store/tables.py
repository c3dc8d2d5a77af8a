"""The tables of the database, as `alembic/versions` must build them (a test holds the two together).

They are definitions only: rows are read and written as plain columns, never as ORM objects. Enumerations are stored
by their value. Tables whose name begins with `service_` belong to the embedded service, all others to the board.
"""

import re
from datetime import datetime
from typing import Any, ClassVar, Final

import sqlalchemy as sa
from sqlalchemy.orm import declared_attr
from sqlmodel import Field, SQLModel

from kanban_app.store.columns import Json, OutsideText

DEFAULT_PROJECT: Final = "default"


class Base(SQLModel):
    """`RunLogTable` is the table `run_log`; constraints have names, so that a migration can change them."""

    metadata: ClassVar[sa.MetaData] = sa.MetaData(  # pyright: ignore[reportIncompatibleVariableOverride]
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )

    @declared_attr.directive
    def __tablename__(cls) -> str:  # noqa: N805  # pyright: ignore[reportIncompatibleVariableOverride]
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__.removesuffix("Table")).lower()


class BoardTable(Base):
    """What all tables of the board have."""

    project_id: str = Field(default=DEFAULT_PROJECT, foreign_key="project.id")


class ServiceTable(Base):
    """What all tables of the embedded service have; they refer to nothing of the board."""

    project_id: str = DEFAULT_PROJECT


class ProjectTable(Base, table=True):
    id: str = Field(primary_key=True)
    title: str = Field(sa_type=OutsideText)
    created_at: datetime


class TaskTable(BoardTable, table=True):
    __table_args__ = (sa.UniqueConstraint("project_id", "number"),)

    id: str = Field(primary_key=True)
    number: int
    title: str = Field(sa_type=OutsideText)
    description: str = Field(sa_type=OutsideText)
    type: str
    stages: Any = Field(sa_type=Json, nullable=False)
    column: str
    rank: str
    created_at: datetime
    updated_at: datetime
    priority: int
    labels: Any = Field(sa_type=Json, nullable=False)
    model_set: str = Field(sa_type=OutsideText)
    stage_models: Any = Field(sa_type=Json, nullable=False)
    issue_number: str | None = Field(sa_type=OutsideText)
    version: int
    run_id: str | None
    attempt_id: str | None
    deleted_at: datetime | None
    images: Any = Field(sa_type=Json, nullable=False, sa_column_kwargs={"server_default": sa.text("'[]'")})
    due_on: str | None
    blocked_by: Any = Field(sa_type=Json, nullable=False, sa_column_kwargs={"server_default": sa.text("'[]'")})
    archived_at: datetime | None
    purged_at: datetime | None
    removed_by: str = Field(sa_type=OutsideText, sa_column_kwargs={"server_default": sa.text("''")})


class TemplateTable(BoardTable, table=True):
    __table_args__ = (sa.Index(None, "project_id"),)

    id: str = Field(primary_key=True)
    name: str = Field(sa_type=OutsideText)
    created_at: datetime
    type: str
    stages: Any = Field(sa_type=Json, nullable=False)
    labels: Any = Field(sa_type=Json, nullable=False)
    description: str = Field(sa_type=OutsideText)
    model_set: str = Field(sa_type=OutsideText)
    stage_models: Any = Field(sa_type=Json, nullable=False)
    deleted_at: datetime | None


class ColumnLimitTable(BoardTable, table=True):
    """How many cards a column may hold; without a row, or with none in it, any number."""

    project_id: str = Field(default=DEFAULT_PROJECT, foreign_key="project.id", primary_key=True)
    column: str = Field(primary_key=True)
    limit: int | None


class RunTable(BoardTable, table=True):
    __table_args__ = (sa.Index(None, "project_id"),)

    adw_id: str = Field(primary_key=True)
    task_id: str | None
    created_at: datetime
    stages: Any = Field(sa_type=Json, nullable=False)
    flags: Any = Field(sa_type=Json, nullable=False)
    branch: str | None = Field(sa_type=OutsideText)
    last_sign_at: datetime | None


class AttemptTable(BoardTable, table=True):
    """The outbox: a row is durable before anything of it is sent."""

    __table_args__ = (sa.Index(None, "project_id"),)

    id: str = Field(primary_key=True)
    adw_id: str
    task_id: str
    kind: str
    workflow_type: str | None
    stages: Any = Field(sa_type=Json, nullable=False)
    status: str
    created_at: datetime
    model_set: str = Field(sa_type=OutsideText)
    vintage: str | None
    due_at: datetime | None
    sent_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    current: str | None
    finished: Any = Field(sa_type=Json, nullable=False)
    fraction: int
    progress: int
    step: str = Field(sa_type=OutsideText)
    failure: Any = Field(sa_type=Json, nullable=True)
    cancel_requested: bool
    released: bool
    previous_id: str | None
    previous_run_id: str | None
    origin: str
    origin_rank: str
    queue_rank: str = Field(sa_column_kwargs={"server_default": sa.text("''")})
    notice: Any = Field(sa_type=Json, nullable=True)
    options: Any = Field(sa_type=Json, nullable=False, sa_column_kwargs={"server_default": sa.text("'{}'")})
    unbound: bool = Field(sa_column_kwargs={"server_default": sa.text("0")})
    spent: Any = Field(sa_type=Json, nullable=False, sa_column_kwargs={"server_default": sa.text("'{}'")})
    author: str = Field(sa_type=OutsideText, sa_column_kwargs={"server_default": sa.text("''")})


class EventTable(BoardTable, table=True):
    """Append-only. AUTOINCREMENT: a number is never given out twice, also when old events are removed one day."""

    __table_args__ = (sa.Index(None, "task_id", "seq"), {"sqlite_autoincrement": True})

    seq: int | None = Field(default=None, primary_key=True)
    kind: str
    at: datetime
    author: str = Field(sa_type=OutsideText)
    task_id: str | None
    adw_id: str | None
    attempt_id: str | None
    data: Any = Field(sa_type=Json, nullable=False)


class RunLogTable(BoardTable, table=True):
    """Stored in the order of its key (no rowid), so that a page of one run is one range of the file."""

    __table_args__ = (
        sa.Index(None, "adw_id", "source_key", unique=True, sqlite_where=sa.text("source_key IS NOT NULL")),
        {"sqlite_with_rowid": False},
    )

    adw_id: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    at: datetime
    kind: str
    level: str
    message: str = Field(sa_type=OutsideText)
    data: Any = Field(sa_type=Json, nullable=True)
    attempt_id: str | None
    source_key: str | None


class OperationTable(BoardTable, table=True):
    op_id: str = Field(primary_key=True)
    outcome: str
    at: datetime
    result: Any = Field(sa_type=Json, nullable=False)


class SettingTable(BoardTable, table=True):
    key: str = Field(primary_key=True)
    value: Any = Field(sa_type=Json, nullable=False)


class NotificationTable(BoardTable, table=True):
    """What people were told of. The newest row always stays, so that the numbers go on."""

    seq: int | None = Field(default=None, primary_key=True)
    at: datetime
    kind: str
    title: str = Field(sa_type=OutsideText)
    message: str = Field(sa_type=OutsideText)
    advice: str = Field(sa_type=OutsideText)
    task_id: str | None


class AlertTable(BoardTable, table=True):
    """What people should know of the connection and of this program, open and over."""

    seq: int = Field(primary_key=True)
    about: str
    code: str
    params: dict[str, Any] = Field(sa_type=Json)
    severity: str
    raised_at: datetime
    cleared_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str = Field(sa_type=OutsideText)


class RemovedEventsTable(BoardTable, table=True):
    """How many events of a card retention has removed."""

    task_id: str = Field(primary_key=True)
    count: int


class AuditTable(BoardTable, table=True):
    """Who did what. Triggers of the database refuse to change rows, to remove those above the floor, and to write
    between old ones; `about` is the project, "" for what concerns all of them.
    """

    __table_args__ = (sa.Index(None, "at"), {"sqlite_autoincrement": True})

    seq: int | None = Field(default=None, primary_key=True)
    at: datetime
    about: str
    name: str = Field(sa_type=OutsideText)
    kind: str
    address: str = Field(sa_type=OutsideText)
    way: str
    action: str
    target_kind: str
    target_id: str = Field(sa_type=OutsideText)
    title: str = Field(sa_type=OutsideText)
    details: Any = Field(sa_type=Json, nullable=False)
    outcome: str
    code: str


class AuditFloorTable(BoardTable, table=True):
    """One row: entries up to this number may be removed. Only retention raises it, and never over young entries."""

    id: int = Field(primary_key=True)
    seq: int


class RemovedLineTable(BoardTable, table=True):
    """What the lines of logs that retention has removed were known by, as `RunLogTable.source_key`."""

    __table_args__ = (sa.Index(None, "adw_id"),)

    id: int | None = Field(default=None, primary_key=True)
    adw_id: str
    source_key: str


class SearchCardTable(BoardTable, table=True):
    """Numbers of cards in `search_card_text`. Both are kept by triggers of the table `task`."""

    __table_args__ = (sa.UniqueConstraint("task_id"),)

    key: int | None = Field(default=None, primary_key=True)
    task_id: str


class SearchRunTable(BoardTable, table=True):
    """Numbers of runs in `search_log_text`, and up to which line each one is in it."""

    __table_args__ = (sa.UniqueConstraint("adw_id"),)

    key: int | None = Field(default=None, primary_key=True)
    adw_id: str
    indexed: int


class ServiceLaunchTable(ServiceTable, table=True):
    __table_args__ = (sa.Index(None, "adw_id"), sa.Index(None, "state"), sa.Index(None, "token_hash"))

    request_id: str = Field(primary_key=True)
    adw_id: str
    workflow_type: str
    state: str
    token_hash: str
    run_dir: str
    created_at: datetime
    stages: Any = Field(sa_type=Json, nullable=False)
    request: Any = Field(sa_type=Json, nullable=False)
    answer: Any = Field(sa_type=Json, nullable=True)
    pid: int | None
    process_created: float | None
    last_report: int
    cancel_requested: bool
    timed_out: bool = Field(sa_column_kwargs={"server_default": sa.text("0")})
    finished_at: datetime | None
    exit_code: int | None
    message: str = Field(sa_type=OutsideText)
    current_stage: str | None = Field(sa_type=OutsideText)
    branch: str | None = Field(sa_type=OutsideText)
    worktree: str | None = Field(sa_type=OutsideText)
    demo: bool


class ServiceJournalTable(ServiceTable, table=True):
    """What the service has told its subscribers, numbered without holes."""

    seq: int | None = Field(default=None, primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime
    adw_id: str | None
    request_id: str | None
    message: str = Field(sa_type=OutsideText)


class ServiceFollowedFileTable(ServiceTable, table=True):
    """How far the files that a run's agents write have been told: `path` is relative to the project."""

    adw_id: str = Field(primary_key=True)
    path: str = Field(primary_key=True, sa_type=OutsideText)
    position: int
    fingerprint: str


class ServiceRunRecordTable(ServiceTable, table=True):
    """What other boards have written about a run (`POST` and `PATCH /api/adws`), beside its launches."""

    adw_id: str = Field(primary_key=True)
    data: Any = Field(sa_type=Json, nullable=False)
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


METADATA: Final = Base.metadata


def is_ours(name: str) -> bool:
    """Whether a table is one of those here; the others belong to the full-text index, which SQLite makes by itself."""
    return not name.startswith(("search_card_text", "search_log_text"))


def table(name: str) -> sa.Table:
    return METADATA.tables[name]
