"""Notifications: the newest `KEPT` of the database, numbered in their order."""

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa

from kanban_app.domain.records import NewsKind, Notification
from kanban_app.store.mapping import Row, Values
from kanban_app.store.tables import table

KEPT: Final = 1000

_TOLD: Final = table("notification")
INSERT: Final = sa.insert(_TOLD)
NEWEST: Final = sa.select(sa.func.coalesce(sa.func.max(_TOLD.c.seq), 0).label("seq"))
PRUNE: Final = sa.delete(_TOLD).where(_TOLD.c.seq <= sa.bindparam("newest") - KEPT)


def page(limit: int, since: int, kind: NewsKind | None) -> sa.Select[Any]:
    """The newest of those after `since`, the newest first."""
    query = sa.select(_TOLD).where(_TOLD.c.seq > since)
    if kind is not None:
        query = query.where(_TOLD.c.kind == kind.value)
    return query.order_by(_TOLD.c.seq.desc()).limit(limit)


def rows(project_id: str, told: Sequence[Notification]) -> list[Values]:
    return [
        {
            "project_id": project_id,
            "at": one.at,
            "kind": one.kind.value,
            "title": one.title,
            "message": one.message,
            "advice": one.advice,
            "task_id": one.task_id,
        }
        for one in told
    ]


def from_row(row: Row) -> Notification:
    return Notification(
        at=row["at"],
        kind=NewsKind(row["kind"]),
        title=row["title"],
        message=row["message"],
        advice=row["advice"],
        task_id=row["task_id"],
        seq=row["seq"],
    )
