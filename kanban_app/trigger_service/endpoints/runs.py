"""The runs: list, read, write, delete (reference section 5.3)."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from kanban_app.trigger_service.deletion import Deletion, Refused
from kanban_app.trigger_service.endpoints.answers import checked, not_found, read_object, refused
from kanban_app.trigger_service.endpoints.bodies import NewRun, RunPatch, RunQuery
from kanban_app.trigger_service.known_runs import KnownRuns
from kanban_app.trigger_service.protocols import RunRecords
from kanban_app.trigger_service.run_rows import KnownRun, Row, written

MAX_BODY: Final = 2 * 1024 * 1024
_MOST_CHARACTERS: Final = 32 * 1024 * 1024
_NO_RECORDS: Final = "This service keeps no records of runs"


class RunEndpoints:
    """Launches overlaid by what boards have written. A list has the newest 1000 runs at most.

    Where their tickets are large it has fewer: `total_count` says how many there are, `offset` leads to the rest.

    Without `records` and `deletion` runs can only be asked about by their ids.
    """

    def __init__(
        self,
        runs: KnownRuns,
        records: RunRecords | None,
        deletion: Deletion | None,
        clock: Callable[[], datetime],
    ) -> None:
        self._runs = runs
        self._records = records
        self._deletion = deletion
        self._clock = clock

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/api/adws/list", self._list, methods=["GET"]),
            Route("/api/adws", self._filtered, methods=["GET"]),
            Route("/api/adws", self._create, methods=["POST"]),
            Route("/api/adws/{adw_id}", self._read, methods=["GET"]),
            Route("/api/adws/{adw_id}", self._patch, methods=["PATCH"]),
            Route("/api/adws/{adw_id}", self._delete, methods=["DELETE"]),
        ]

    async def _list(self, request: Request) -> Response:
        return await self._listed(request, {})

    async def _filtered(self, request: Request) -> Response:
        return await self._listed(request, request.query_params)

    async def _listed(self, request: Request, filters: Mapping[str, str]) -> Response:
        pages = {name: value for name, value in request.query_params.items() if name in {"limit", "offset"}}
        query = checked(RunQuery, {**filters, **pages})
        if isinstance(query, Response):
            return query
        if self._records is None:
            return refused(503, _NO_RECORDS)
        count, room, chosen = 0, _MOST_CHARACTERS, list[str]()
        async for rows in self._runs.newest():
            for row in (row for row in rows if _matches(row, query)):
                if query.offset <= count < query.offset + query.limit and room > 0:
                    chosen.append(json.dumps(row, ensure_ascii=False, separators=(",", ":")))
                    room -= len(chosen[-1])
                count += 1
        body = f'{{"adws":[{",".join(chosen)}],"count":{len(chosen)},"total_count":{count}}}'
        return Response(body, media_type="application/json")

    async def _create(self, request: Request) -> Response:
        body = await read_object(request, MAX_BODY)
        given = body if isinstance(body, Response) else checked(NewRun, body)
        if isinstance(given, Response):
            return given
        if self._records is None:
            return refused(503, _NO_RECORDS)
        known = await self._runs.find(given.adw_id)
        record = written(KnownRun(given.adw_id, None, None), given.fields(), self._clock())
        if known is not None or not await self._records.add(record):
            return refused(409, f"ADW {given.adw_id} already exists")
        return JSONResponse(await self._runs.row(KnownRun(given.adw_id, None, record)), 201)

    async def _read(self, request: Request) -> Response:
        found = await self._found(request)
        return found if isinstance(found, Response) else JSONResponse(await self._runs.row(found))

    async def _patch(self, request: Request) -> Response:
        body = await read_object(request, MAX_BODY)
        given = body if isinstance(body, Response) else checked(RunPatch, body)
        if isinstance(given, Response):
            return given
        async with self._runs.writing:
            found = await self._found(request)
            if isinstance(found, Response):
                return found
            if self._records is None:
                return refused(503, _NO_RECORDS)
            record = written(found, given.fields(), self._clock())
            await self._records.save(record)
        return JSONResponse(await self._runs.row(KnownRun(found.adw_id, found.launch, record)))

    async def _delete(self, request: Request) -> Response:
        adw_id = str(request.path_params["adw_id"])
        if self._deletion is None:
            return refused(503, _NO_RECORDS)
        done = await self._deletion.delete(adw_id)
        if done is None:
            return not_found(adw_id)
        if isinstance(done, Refused):
            return refused(409, done.reason)
        return JSONResponse(done.answer, 200 if done.is_whole else 500)

    async def _found(self, request: Request) -> KnownRun | Response:
        adw_id = str(request.path_params["adw_id"])
        run = await self._runs.find(adw_id)
        return not_found(adw_id) if run is None or run.is_deleted else run


def _matches(row: Row, query: RunQuery) -> bool:
    wanted: list[tuple[Any, Any]] = [
        (query.status, row["status"]),
        (query.stage, row["current_stage"]),
        (query.is_stuck, row["is_stuck"]),
    ]
    if row["deleted_at"] is not None and not query.include_deleted:
        return False
    return all(value is None or value == found for value, found in wanted)
