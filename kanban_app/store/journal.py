"""What the embedded service has told its subscribers, so that it can be told again (the shape `OutputJournal`)."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

import sqlalchemy as sa

from kanban_app.domain.launch import Launch
from kanban_app.store.database import Store
from kanban_app.store.ledger import save_launch
from kanban_app.store.tables import DEFAULT_PROJECT, table

_JOURNAL: Final = table("service_journal")
_LAST: Final = sa.select(sa.func.coalesce(sa.func.max(_JOURNAL.c.seq), 0).label("seq"))
_ID_KEY: Final = "service.journal_id"


def _utc_now() -> datetime:
    return datetime.now(UTC)


class ServiceJournal:
    def __init__(self, store: Store, clock: Callable[[], datetime] = _utc_now) -> None:
        self._store = store
        self._clock = clock

    async def journal_id(self) -> str:
        """The id of this journal, made at the first call and kept."""
        known = await self._store.setting(_ID_KEY)
        if known is None:
            async with self._store.write() as tx:
                # Asked again where nobody else can write: two first calls get the same id.
                known = await self._store.setting(_ID_KEY) or str(uuid4())
                await tx.set_setting(_ID_KEY, known)
        return known

    async def append(
        self, entries: Sequence[tuple[str | None, str | None, str]], launch: Launch | None = None
    ) -> list[int]:
        """Store messages `(adw_id, request_id, JSON without a number)`; their numbers, which have no holes.

        With `launch`, its record is saved in the same transaction.
        """
        async with self._store.write() as tx:
            if launch is not None:
                await save_launch(tx, launch)
            if not entries:
                return []
            first = (await tx.execute(_LAST)).scalar_one() + 1
            at = self._clock()
            rows = [
                {
                    "project_id": DEFAULT_PROJECT,
                    "seq": seq,
                    "at": at,
                    "adw_id": adw_id,
                    "request_id": request_id,
                    "message": message,
                }
                for seq, (adw_id, request_id, message) in enumerate(entries, first)
            ]
            await tx.execute(sa.insert(_JOURNAL), rows)
            return list(range(first, first + len(entries)))

    async def since(self, seq: int, limit: int) -> list[tuple[int, str]]:
        """The messages after number `seq` with their numbers, oldest first."""
        query = sa.select(_JOURNAL.c.seq, _JOURNAL.c.message).where(_JOURNAL.c.seq > seq)
        (rows,) = await self._store.fetch(query.order_by(_JOURNAL.c.seq).limit(limit))
        return [(row["seq"], row["message"]) for row in rows]

    async def last(self) -> int:
        """The number of the newest message; 0 when there never was one."""
        (rows,) = await self._store.fetch(_LAST)
        return rows[0]["seq"]

    async def prune(self, keep_after_seq: int) -> int:
        """Forget messages up to this number, but never the newest: its number is where the count goes on."""
        newest = sa.select(sa.func.max(_JOURNAL.c.seq)).scalar_subquery()
        async with self._store.write() as tx:
            forget = sa.delete(_JOURNAL).where(_JOURNAL.c.seq <= keep_after_seq, _JOURNAL.c.seq < newest)
            return (await tx.execute(forget)).rowcount
