"""The embedded service's record of the processes that it has started (the shape `RunLedger`)."""

from typing import Any, Final

import sqlalchemy as sa

from kanban_app.domain.launch import Launch, LaunchState
from kanban_app.store import mapping
from kanban_app.store.database import Store
from kanban_app.store.queries import columns_of
from kanban_app.store.tables import DEFAULT_PROJECT, table
from kanban_app.store.transaction import Transaction, upsert

_LAUNCH: Final = table("service_launch")
_ALL: Final = sa.select(*columns_of("service_launch"))
_ACTIVE: Final = _LAUNCH.c.state.in_([LaunchState.STARTING.value, LaunchState.RUNNING.value])
_UPSERT: Final = upsert("service_launch")
# Launches of one moment are in the order in which they were first saved.
_ROWID: Final = sa.literal_column("rowid", sa.Integer)
_NEWEST_FIRST: Final = (_LAUNCH.c.created_at.desc(), _ROWID.desc())


async def save_launch(tx: Transaction, launch: Launch) -> None:
    """Insert or replace a launch by its request id."""
    await tx.execute(_UPSERT, {"project_id": DEFAULT_PROJECT, **mapping.launch_row(launch)})


class ServiceLedger:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def find_request(self, request_id: str) -> Launch | None:
        return await self._first(_ALL.where(_LAUNCH.c.request_id == request_id))

    async def active(self) -> list[Launch]:
        """All launches whose process may be alive, oldest first."""
        query = _ALL.where(_ACTIVE).order_by(_LAUNCH.c.created_at, _ROWID)
        (rows,) = await self._store.fetch(query)
        return [mapping.launch_from(row) for row in rows]

    async def queued(self) -> list[Launch]:
        """All launches that wait for their turn, in the order of their requests."""
        query = _ALL.where(_LAUNCH.c.state == LaunchState.QUEUED.value).order_by(_LAUNCH.c.created_at, _ROWID)
        (rows,) = await self._store.fetch(query)
        return [mapping.launch_from(row) for row in rows]

    async def latest_for(self, adw_id: str) -> Launch | None:
        return await self._first(_ALL.where(_LAUNCH.c.adw_id == adw_id).order_by(*_NEWEST_FIRST))

    async def by_token_hash(self, token_hash: str) -> Launch | None:
        """The launch whose process reports under the token with this hash."""
        return await self._first(_ALL.where(_LAUNCH.c.token_hash == token_hash).order_by(*_NEWEST_FIRST))

    async def save(self, launch: Launch) -> None:
        """Insert or replace a launch by its request id; durable on return."""
        async with self._store.write() as tx:
            await save_launch(tx, launch)

    async def _first(self, query: sa.Select[Any]) -> Launch | None:
        (rows,) = await self._store.fetch(query.limit(1))
        return mapping.launch_from(rows[0]) if rows else None
