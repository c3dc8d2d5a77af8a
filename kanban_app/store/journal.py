"""What the embedded service has told its subscribers, so that it can be told again (the shape `OutputJournal`)."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

import sqlalchemy as sa

from kanban_app.domain.followed import FollowedFile
from kanban_app.domain.launch import Launch
from kanban_app.store.database import Store
from kanban_app.store.ledger import save_launch
from kanban_app.store.tables import DEFAULT_PROJECT, table
from kanban_app.store.transaction import Transaction, upsert

_JOURNAL: Final = table("service_journal")
_LAST: Final = sa.select(sa.func.coalesce(sa.func.max(_JOURNAL.c.seq), 0).label("seq"))
_FOLLOWED: Final = table("service_followed_file")
_UPSERT_PLACE: Final = upsert("service_followed_file")
_ID_KEY: Final = "service.journal_id"

_PAGE_CHARACTERS: Final = 16 * 1024 * 1024


def _page() -> sa.Executable:
    """The messages after a number that fit a page; one that fits none is a page of its own."""
    sizes = sa.select(_JOURNAL.c.seq, sa.func.length(_JOURNAL.c.message).label("size"))
    near = sizes.where(_JOURNAL.c.seq > sa.bindparam("after")).order_by(_JOURNAL.c.seq)
    listed = near.limit(sa.bindparam("limit", type_=sa.Integer)).subquery()
    summed = sa.select(listed.c.seq, sa.func.sum(listed.c.size).over(order_by=listed.c.seq).label("total")).subquery()
    fitting = sa.select(sa.func.max(summed.c.seq)).where(summed.c.total <= _PAGE_CHARACTERS).scalar_subquery()
    first = sa.select(sa.func.min(_JOURNAL.c.seq)).where(_JOURNAL.c.seq > sa.bindparam("after")).scalar_subquery()
    chosen = (_JOURNAL.c.seq > sa.bindparam("after"), _JOURNAL.c.seq <= sa.func.coalesce(fitting, first))
    return sa.select(_JOURNAL.c.seq, _JOURNAL.c.message).where(*chosen).order_by(_JOURNAL.c.seq)


_PAGE: Final = _page()


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
        self,
        entries: Sequence[tuple[str | None, str | None, str]],
        launch: Launch | None = None,
        places: Sequence[FollowedFile] = (),
    ) -> list[int]:
        """Store messages `(adw_id, request_id, JSON without a number)`; their numbers, which have no holes.

        With `launch`, its record is saved in the same transaction, and so are `places`, of which the last one of a file
        holds.
        """
        async with self._store.write() as tx:
            if launch is not None:
                await save_launch(tx, launch)
            await _save_places(tx, places)
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

    async def places(self, adw_id: str) -> list[FollowedFile]:
        """How far the files of a run have been told."""
        (rows,) = await self._store.fetch(sa.select(_FOLLOWED).where(_FOLLOWED.c.adw_id == adw_id))
        return [FollowedFile(adw_id, row["path"], row["position"], row["fingerprint"]) for row in rows]

    async def since(self, seq: int, limit: int) -> list[tuple[int, str]]:
        """The messages after number `seq` with their numbers, oldest first: `limit` at most, fewer of large ones."""
        (rows,) = await self._store.fetch(_PAGE, parameters={"after": seq, "limit": limit})
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


async def renew_journal_id(store: Store) -> tuple[str, str] | None:
    """Make a journal that goes back to an earlier state another one; its old and its new id, if it has one at all.

    Others who know messages by their numbers must not take those that are to come for ones that they have.
    """
    old = await store.setting(_ID_KEY)
    if old is None:
        return None
    new = str(uuid4())
    await store.save_setting(_ID_KEY, new)
    return str(old), new


async def _save_places(tx: Transaction, places: Sequence[FollowedFile]) -> None:
    newest = {(place.adw_id, place.path): place for place in places}
    rows = [
        {
            "project_id": DEFAULT_PROJECT,
            "adw_id": place.adw_id,
            "path": place.path,
            "position": place.position,
            "fingerprint": place.fingerprint,
        }
        for place in newest.values()
        if not place.forgotten
    ]
    if rows:
        await tx.execute(_UPSERT_PLACE, rows)
    for place in newest.values():
        if place.forgotten:
            key = (_FOLLOWED.c.adw_id == place.adw_id, _FOLLOWED.c.path == place.path)
            await tx.execute(sa.delete(_FOLLOWED).where(*key))
