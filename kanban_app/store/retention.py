"""Removing old log lines, events and records of operations: in steps, each of which holds the write lock briefly.

Numbers stay as they are. Of a run the lines from its first on are removed, in whole blocks of `ALIGN`, and never the
newest: so the number of the first line that is left says how many were removed. The index of logs follows in the same
transaction, and what the lines were known by is kept: a service that hands out whole logs (V1) tells them again.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from kanban_app.store.columns import Json
from kanban_app.store.database import Store
from kanban_app.store.searching import INDEXED_LINE, MERGE
from kanban_app.store.tables import DEFAULT_PROJECT, table
from kanban_app.store.transaction import Transaction

ALIGN: Final = 50
STEP_LINES: Final = 250
STEP_ROWS: Final = 250
KEYS_KEPT: Final = 500_000
"""What so many removed lines were known by, about 80 bytes each; beyond it those that were removed first are new again,
should their run be taken up once more by a service that hands out whole logs.
"""

_LOG: Final = table("run_log")
_EVENT: Final = table("event")
_OPERATION: Final = table("operation")
_REMOVED: Final = table("removed_events")
_NUMBER: Final = 32

_EXTENTS: Final = sa.text(
    """
    SELECT run.value AS adw_id, (SELECT min(seq) FROM run_log WHERE adw_id = run.value) AS first,
        (SELECT max(seq) FROM run_log WHERE adw_id = run.value) AS last
    FROM json_each(:adw_ids) AS run
    """
).bindparams(sa.bindparam("adw_ids", type_=Json))
_ALL_RUNS: Final = sa.text("SELECT adw_id FROM run")
_STATE: Final = sa.text("SELECT key, indexed FROM search_run WHERE adw_id = :adw_id")
_FIRST: Final = sa.text("SELECT min(seq) FROM run_log WHERE adw_id = :adw_id")
_DOCUMENTS: Final = sa.text("SELECT id FROM search_log_text_docsize WHERE id BETWEEN :least AND :most ORDER BY id")
_TEXT: Final = f"""
    SELECT group_concat(part, char(10)) FROM (
        SELECT {INDEXED_LINE} AS part FROM run_log WHERE adw_id = :adw_id AND seq BETWEEN :first AND :last ORDER BY seq
    )
"""  # noqa: S608 - of constants
_FORGET: Final = sa.text(
    f"INSERT INTO search_log_text (search_log_text, rowid, text) SELECT 'delete', :document, ({_TEXT})"
)
_KEEP_REST: Final = sa.text(f"INSERT INTO search_log_text (rowid, text) SELECT :document, ({_TEXT})")
_SKIP: Final = sa.text("UPDATE search_run SET indexed = max(indexed, :upto) WHERE adw_id = :adw_id")
_LINES: Final = sa.delete(_LOG).where(_LOG.c.adw_id == sa.bindparam("adw_id"), _LOG.c.seq <= sa.bindparam("upto"))
_REMEMBER: Final = sa.text(
    "INSERT INTO removed_line (project_id, adw_id, source_key) SELECT :project, adw_id, source_key FROM run_log "
    "WHERE adw_id = :adw_id AND seq <= :upto AND source_key IS NOT NULL ORDER BY seq"
)
_KEEP_NEWEST: Final = sa.text("DELETE FROM removed_line WHERE id <= (SELECT max(id) FROM removed_line) - :kept")
_OLD_EVENTS: Final = sa.text(
    "SELECT coalesce(max(seq), 0) AS seq FROM event WHERE seq < coalesce("
    "(SELECT min(seq) FROM event WHERE at >= :cutoff), (SELECT max(seq) + 1 FROM event))"
).bindparams(sa.bindparam("cutoff", type_=_EVENT.c.at.type))
_EXCESS_EVENTS: Final = sa.text("SELECT seq FROM event ORDER BY seq DESC LIMIT 1 OFFSET :kept")
_EVENT_OWNERS: Final = sa.text("SELECT DISTINCT task_id FROM event WHERE seq <= :upto")
_COUNT: Final = sa.text(
    "INSERT INTO removed_events (project_id, task_id, count) VALUES (:project, :task_id, :count) "
    "ON CONFLICT (task_id) DO UPDATE SET count = count + excluded.count"
)


@dataclass(frozen=True, slots=True)
class Extent:
    """The numbers of the first and the last line that are stored of a run."""

    first: int
    last: int

    @property
    def removable(self) -> int:
        """Up to which number its lines may go: the newest block stays, and with it how the run ended."""
        return (self.last - 1) // ALIGN * ALIGN

    @property
    def count(self) -> int:
        return self.last - self.first + 1


class Retention:
    """StoreUnavailable can come out of every method."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def extents(self, adw_ids: Collection[str] | None = None) -> Mapping[str, Extent]:
        """Of those of these runs that have lines; of all where None is given."""
        if adw_ids is None:
            (runs,) = await self._store.fetch(_ALL_RUNS)
            adw_ids = [row["adw_id"] for row in runs]
        (rows,) = await self._store.fetch(_EXTENTS, parameters={"adw_ids": list(adw_ids)})
        return {row["adw_id"]: Extent(row["first"], row["last"]) for row in rows if row["first"] is not None}

    async def remove_lines(self, adw_id: str, upto: int) -> int:
        """One step: the first lines of a run, at most up to number `upto`; how many, 0 when there are none."""
        async with self._store.write() as tx:
            first = (await tx.execute(_FIRST, {"adw_id": adw_id})).scalar_one()
            last = min(upto, (first or upto + 1) + STEP_LINES - 1)
            if first is None or last < first:
                return 0
            await _forget(tx, adw_id, last)
            await tx.execute(_REMEMBER, {"project": DEFAULT_PROJECT, "adw_id": adw_id, "upto": last})
            await tx.execute(_KEEP_NEWEST, {"kept": KEYS_KEPT})
            return (await tx.execute(_LINES, {"adw_id": adw_id, "upto": last})).rowcount

    async def old_events(self, cutoff: datetime) -> int:
        """The number of the last event before that time; 0 when there is none."""
        (rows,) = await self._store.fetch(_OLD_EVENTS, parameters={"cutoff": cutoff})
        return rows[0]["seq"]

    async def excess_events(self, kept: int) -> int:
        """The number of the newest event beyond the newest `kept`; 0 when there are no more than that."""
        (rows,) = await self._store.fetch(_EXCESS_EVENTS, parameters={"kept": kept})
        return rows[0]["seq"] if rows else 0

    async def owners_of_events(self, upto: int) -> list[str | None]:
        """The cards that events up to this number are about; None for those about none."""
        (rows,) = await self._store.fetch(_EVENT_OWNERS, parameters={"upto": upto})
        return [row["task_id"] for row in rows]

    async def remove_events(self, task_id: str | None, upto: int) -> int:
        """One step: the first events about a card, or about none, up to this number; how many."""
        which = sa.select(_EVENT.c.seq).where(_EVENT.c.task_id.is_not_distinct_from(task_id), _EVENT.c.seq <= upto)
        step = which.order_by(_EVENT.c.seq).limit(STEP_ROWS)
        async with self._store.write() as tx:
            count = (await tx.execute(sa.delete(_EVENT).where(_EVENT.c.seq.in_(step)))).rowcount
            if count and task_id is not None:
                await tx.execute(_COUNT, {"project": DEFAULT_PROJECT, "task_id": task_id, "count": count})
            return count

    async def remove_operations(self, cutoff: datetime) -> int:
        """One step: records of what tabs have asked for before that time; how many."""
        step = sa.select(_OPERATION.c.op_id).where(_OPERATION.c.at < cutoff).limit(STEP_ROWS)
        async with self._store.write() as tx:
            return (await tx.execute(sa.delete(_OPERATION).where(_OPERATION.c.op_id.in_(step)))).rowcount

    async def removed_events(self, task_id: str) -> int:
        """How many events of a card were removed."""
        (rows,) = await self._store.fetch(sa.select(_REMOVED.c["count"]).where(_REMOVED.c.task_id == task_id))
        return rows[0]["count"] if rows else 0


async def _forget(tx: Transaction, adw_id: str, upto: int) -> None:
    """Take the lines up to this number out of the index; what a document has beside them goes into a new one."""
    state = (await tx.execute(_STATE, {"adw_id": adw_id})).mappings().one_or_none()
    if state is None:
        return
    base, indexed = state["key"] << _NUMBER, state["indexed"]
    near = {"least": base, "most": base + upto + STEP_LINES}
    starts = [row[0] - base for row in (await tx.execute(_DOCUMENTS, near)).all()]
    for place, start in enumerate(starts):
        if start > upto:
            break
        end = starts[place + 1] - 1 if place + 1 < len(starts) else indexed
        await tx.execute(_FORGET, _part(adw_id, base, start, end))
        if end > upto:
            await tx.execute(_KEEP_REST, _part(adw_id, base, upto + 1, end))
    await tx.execute(_SKIP, {"adw_id": adw_id, "upto": upto})
    # A little at each step, or SQLite would merge much at once one day.
    await tx.execute(MERGE, {})


def _part(adw_id: str, base: int, first: int, last: int) -> dict[str, Any]:
    return {"adw_id": adw_id, "document": base + first, "first": first, "last": last}
