"""The audit log in the database: appended to, read by the page, and let go of from its old end.

How old entries get past the trigger that refuses to remove any: the table `audit_floor` has one number, up to which
entries may go. Only `remove` raises it; the database lets nobody lower it, nor raise it over an entry of the last 30
days. So a fault elsewhere in the program, or a statement that somebody smuggles in, removes nothing that is young.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from kanban_app.domain.audit import Entry
from kanban_app.store.audit_rows import Wanted, entry_from, filtered
from kanban_app.store.database import Store
from kanban_app.store.tables import table

log = logging.getLogger(__name__)

STEP_ROWS: Final = 250

_AUDIT: Final = table("audit")
_RAISE: Final = sa.text("UPDATE audit_floor SET seq = :upto WHERE id = 1 AND seq < :upto")
_OLD: Final = sa.text(
    "SELECT coalesce(max(seq), 0) AS seq FROM audit WHERE seq < coalesce("
    "(SELECT min(seq) FROM audit WHERE at >= :cutoff), (SELECT max(seq) + 1 FROM audit))"
).bindparams(sa.bindparam("cutoff", type_=_AUDIT.c.at.type))


class AuditTable:
    """StoreUnavailable can come out of every method."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def append(self, entries: Sequence[Entry]) -> None:
        async with self._store.write() as tx:
            await tx.append_audit(entries)

    async def page(self, wanted: Wanted, before: int | None, limit: int) -> list[Entry]:
        """The newest of those with numbers below `before`, the newest first."""
        query = filtered(wanted)
        if before is not None:
            query = query.where(_AUDIT.c.seq < before)
        (rows,) = await self._store.fetch(query.order_by(_AUDIT.c.seq.desc()).limit(limit))
        return [entry_from(row) for row in rows]

    async def old(self, cutoff: datetime) -> int:
        """The number of the last entry before the first one of that time or later; 0 when there is none."""
        (rows,) = await self._store.fetch(_OLD, parameters={"cutoff": cutoff})
        return rows[0]["seq"]

    async def remove(self, upto: int) -> int:
        """One step: the oldest up to this number; how many. None where entries of the last 30 days are among them."""
        step = sa.select(_AUDIT.c.seq).where(_AUDIT.c.seq <= upto).order_by(_AUDIT.c.seq).limit(STEP_ROWS)
        try:
            async with self._store.write() as tx:
                await tx.execute(_RAISE, {"upto": upto})
                return (await tx.execute(sa.delete(_AUDIT).where(_AUDIT.c.seq.in_(step)))).rowcount
        except IntegrityError as refusal:
            # Of the trigger: by the database's clock they are younger than by that of whoever asks.
            log.warning("nothing of the audit log is removed: %s. Is the clock right?", refusal.orig)
            return 0
