"""Alerts in the database: which ones are kept is the board's to say (`domain.alerts`)."""

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa

from kanban_app.domain.alerts import Alert, Severity
from kanban_app.store.mapping import Row, Values
from kanban_app.store.tables import table

_ALERT: Final = table("alert")
ALL: Final = sa.select(_ALERT).order_by(_ALERT.c.seq)


def others_than(kept: Sequence[int]) -> sa.Delete:
    return sa.delete(_ALERT).where(_ALERT.c.seq.not_in(kept))


def row(project_id: str, alert: Alert) -> Values:
    return {
        "project_id": project_id,
        "seq": alert.seq,
        "about": alert.about,
        "code": alert.code,
        "params": dict(alert.params),
        "severity": alert.severity.value,
        "raised_at": alert.raised_at,
        "cleared_at": alert.cleared_at,
        "acknowledged_at": alert.acknowledged_at,
        "acknowledged_by": alert.acknowledged_by,
    }


def from_row(row: Row) -> Alert:
    values: dict[str, Any] = {name: row[name] for name in _FIELDS}
    return Alert(**values, severity=Severity(row["severity"]))


_FIELDS: Final = (
    "seq",
    "about",
    "code",
    "params",
    "raised_at",
    "cleared_at",
    "acknowledged_at",
    "acknowledged_by",
)
