"""The statements that read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from kanban_app.domain.records import LogKind, LogLevel
from kanban_app.store.columns import Json
from kanban_app.store.tables import table


def columns_of(name: str) -> list[sa.Column[Any]]:
    """What the records of the domain hold of a table: all but the project."""
    return [column for column in table(name).columns if column.name != "project_id"]


def _of_project(name: str) -> sa.Select[Any]:
    return sa.select(*columns_of(name)).where(table(name).c.project_id == sa.bindparam("project_id"))


_EVENT: Final = table("event")
_LOG: Final = table("run_log")
_SETTING: Final = table("setting")
_OPERATION: Final = table("operation")

PING: Final = sa.select(sa.literal(1).label("one"))
TASKS: Final = _of_project("task")
TEMPLATES: Final = _of_project("template")
RUNS: Final = _of_project("run")
ATTEMPTS: Final = _of_project("attempt")
LIMITS: Final = _of_project("column_limit")
SETTING: Final = sa.select(_SETTING.c.value).where(_SETTING.c.key == sa.bindparam("key"))
OPERATION: Final = sa.select(*columns_of("operation")).where(_OPERATION.c.op_id == sa.bindparam("op_id"))
LAST_EVENT_SEQ: Final = sa.select(sa.func.max(_EVENT.c.seq).label("seq"))
EVENTS_SINCE: Final = (
    sa.select(*columns_of("event"))
    .where(_EVENT.c.seq > sa.bindparam("seq"))
    .order_by(_EVENT.c.seq)
    .limit(sa.bindparam("limit"))
)
EVENTS_OF_CARD: Final = (
    sa.select(*columns_of("event"))
    .where(
        _EVENT.c.task_id == sa.bindparam("task_id"),
        _EVENT.c.seq < sa.bindparam("before"),
        sa.or_(
            _EVENT.c.kind.in_(sa.bindparam("kinds", expanding=True)),
            _EVENT.c.kind.startswith(sa.bindparam("any_of"), autoescape=False),
        ),
    )
    .order_by(_EVENT.c.seq.desc())
    .limit(sa.bindparam("limit"))
)
LAST_LOG_SEQ: Final = sa.select(sa.func.max(_LOG.c.seq).label("seq")).where(_LOG.c.adw_id == sa.bindparam("adw_id"))
LOG_KEYS: Final = sa.text(
    """
    SELECT source_key FROM (
        SELECT 0 AS part, id AS place, source_key FROM removed_line WHERE adw_id = :adw_id
        UNION ALL
        SELECT 1, seq, source_key FROM run_log WHERE adw_id = :adw_id AND source_key IS NOT NULL
    ) ORDER BY part, place
    """
)

# One look at the end of the primary key for each run; GROUP BY would walk all lines of all these runs.
_IDS: Final = sa.func.json_each(sa.bindparam("adw_ids", type_=Json)).table_valued("value", name="ids")
_NEWEST: Final = table("run_log").alias("newest")
LOG_LAST: Final = (
    sa.select(*columns_of("run_log"))
    .select_from(_IDS)
    .join(
        _LOG,
        sa.and_(
            _LOG.c.adw_id == _IDS.c.value,
            _LOG.c.seq
            == sa.select(sa.func.max(_NEWEST.c.seq)).where(_NEWEST.c.adw_id == _IDS.c.value).scalar_subquery(),
        ),
    )
)


def log_page(
    adw_id: str,
    *,
    since: int,
    before: int | None,
    limit: int,
    kinds: Sequence[LogKind],
    levels: Sequence[LogLevel],
    q: str | None,
    written_from: datetime | None,
    backwards: bool,
) -> sa.Select[Any]:
    """Lines of a run after `since` and before `before`: the first ones, or `backwards` the last ones (newest first)."""
    query = sa.select(*columns_of("run_log")).where(_LOG.c.adw_id == adw_id, _LOG.c.seq > since)
    if before is not None:
        query = query.where(_LOG.c.seq < before)
    if kinds:
        query = query.where(_LOG.c.kind.in_([kind.value for kind in kinds]))
    if levels:
        query = query.where(_LOG.c.level.in_([level.value for level in levels]))
    if written_from is not None:
        query = query.where(_LOG.c.at >= written_from)
    if q:
        query = query.where(_LOG.c.message.icontains(q, autoescape=True))
    return query.order_by(_LOG.c.seq.desc() if backwards else _LOG.c.seq).limit(limit)
