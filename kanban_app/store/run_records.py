"""What boards have written about runs of the embedded service (the shape `RunRecords`)."""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from kanban_app.domain.launch import Launch
from kanban_app.domain.run_record import RunRecord
from kanban_app.store import mapping
from kanban_app.store.columns import Json
from kanban_app.store.database import Store
from kanban_app.store.queries import columns_of
from kanban_app.store.tables import DEFAULT_PROJECT, table
from kanban_app.store.transaction import upsert

_LAUNCH: Final = table("service_launch")
_RECORD: Final = table("service_run_record")
_UPSERT: Final = upsert("service_run_record")
_INSERT: Final = sqlite_insert(_RECORD).on_conflict_do_nothing()
_IDS: Final = sa.bindparam("adw_ids", expanding=True, type_=sa.String())
_RECORDS: Final = sa.select(*columns_of("service_run_record")).where(_RECORD.c.adw_id.in_(_IDS))


def _newest() -> sa.Select[Any]:
    """The ids of runs by their newest start or their record."""
    starts = sa.select(_LAUNCH.c.adw_id.label("adw_id"), _LAUNCH.c.created_at.label("at"))
    records = sa.select(_RECORD.c.adw_id, _RECORD.c.created_at)
    both = sa.union_all(starts, records).subquery()
    grouped = sa.select(both.c.adw_id).group_by(both.c.adw_id)
    return grouped.order_by(sa.func.max(both.c.at).desc(), both.c.adw_id)


def _launches() -> sa.Executable:
    """The newest launch of each of these runs, without images: tickets with them have megabytes."""
    rowid = sa.literal_column("rowid", sa.Integer)
    order = (_LAUNCH.c.created_at.desc(), rowid.desc())
    light = sa.type_coerce(sa.func.json_remove(_LAUNCH.c.request, "$.issue_json.images"), Json).label("request")
    columns = [light if column.name == "request" else column for column in columns_of("service_launch")]
    place = sa.func.row_number().over(partition_by=_LAUNCH.c.adw_id, order_by=order).label("place")
    ranked = sa.select(*columns, place).where(_LAUNCH.c.adw_id.in_(_IDS)).subquery()
    return sa.select(*(column for column in ranked.columns if column.name != "place")).where(ranked.c.place == 1)


_NEWEST: Final = _newest()
_LAUNCHES: Final = _launches()


class ServiceRunRecords:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def find(self, adw_id: str) -> RunRecord | None:
        (rows,) = await self._store.fetch(_RECORDS, parameters={"adw_ids": [adw_id]})
        return mapping.run_record_from(rows[0]) if rows else None

    async def add(self, record: RunRecord) -> bool:
        """Keep a new record; False when there is one of that run, a deleted one included."""
        async with self._store.write() as tx:
            return (await tx.execute(_INSERT, _row(record))).rowcount == 1

    async def save(self, record: RunRecord) -> None:
        """Insert or replace a record by its run; durable on return."""
        async with self._store.write() as tx:
            await tx.execute(_UPSERT, _row(record))

    async def newest(self, limit: int, offset: int) -> list[tuple[Launch | None, RunRecord | None]]:
        """Runs by their newest start or their record, the newest first; images are left out of their tickets."""
        (rows,) = await self._store.fetch(_NEWEST.limit(limit).offset(offset))
        ids = [row["adw_id"] for row in rows]
        starts, written = await self._store.fetch(_LAUNCHES, _RECORDS, parameters={"adw_ids": ids})
        launches = {row["adw_id"]: mapping.launch_from(row) for row in starts}
        records = {row["adw_id"]: mapping.run_record_from(row) for row in written}
        return [(launches.get(adw_id), records.get(adw_id)) for adw_id in ids]


def _row(record: RunRecord) -> dict[str, Any]:
    return {"project_id": DEFAULT_PROJECT, **mapping.run_record_row(record)}
