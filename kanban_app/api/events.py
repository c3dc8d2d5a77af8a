"""Server-sent events: every board and run event once and in order, and live fields between them."""

import asyncio
import json
import logging
from collections.abc import Coroutine, Iterable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Query, Response
from starlette.types import Receive, Scope, Send

from kanban_app.api import shapes
from kanban_app.api.access import ERRORS, Running
from kanban_app.api.failures import ApiError
from kanban_app.api.runs import HIGHEST_SEQ
from kanban_app.domain.records import EventRecord
from kanban_app.errors import describe
from kanban_app.services.container import ApiServices
from kanban_app.services.hub import Feed, Subscription

log = logging.getLogger(__name__)

router = APIRouter(prefix="/api/v1", tags=["board"], responses=ERRORS)

HEARTBEAT_S: Final = 15.0
LIVE_EVERY_S: Final = 0.25
PAGE: Final = 500
_ANSWER: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"text/event-stream": {}}}}
_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class EventStream(Response):
    """Events after number `since`, until the client goes or the app stops.

    Overflow policy: the stream holds nothing; a client that reads slowly makes its feed overrun, and the stream then
    goes on from the store. Live messages carry the newest state only.
    """

    media_type = "text/event-stream"

    def __init__(self, services: ApiServices, since: int, greeting: str) -> None:
        self.status_code = 200
        self.background = None
        self.init_headers(_HEADERS)
        self._services = services
        self._last = since
        self._greeting = greeting

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await _first_of(self._pump(send), _gone(receive), self._services.stopping.wait())
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _pump(self, send: Send) -> None:
        await _write(send, self._greeting)
        hub = self._services.hub
        # Following begins before the store is read: what is stored in between comes twice, and is sent once.
        async with hub.follow_events() as feed, hub.subscribe() as subscription:
            await self._catch_up(send)
            await self._follow(send, feed, subscription)

    async def _follow(self, send: Send, feed: Feed, subscription: Subscription) -> None:
        events, changes = asyncio.ensure_future(feed.take()), asyncio.ensure_future(subscription.wait())
        try:
            while True:
                done, _ = await asyncio.wait({events, changes}, timeout=HEARTBEAT_S, return_when="FIRST_COMPLETED")
                if not done:
                    await _write(send, ": still here\n\n")
                if events in done:
                    await self._send_new(send, feed, events.result())
                    events = asyncio.ensure_future(feed.take())
                if changes in done:
                    await _write(send, self._live(subscription.take().live))
                    changes = asyncio.ensure_future(_later(subscription))
        finally:
            events.cancel()
            changes.cancel()

    async def _send_new(self, send: Send, feed: Feed, taken: list[EventRecord]) -> None:
        if feed.overrun:
            feed.overrun = False
            await self._catch_up(send)
        else:
            await self._send(send, taken)

    async def _catch_up(self, send: Send) -> None:
        """Send what the store has after the last number sent."""
        while True:
            page = await self._services.events.since(self._last, PAGE)
            await self._send(send, page)
            if len(page) < PAGE:
                return

    async def _send(self, send: Send, records: Iterable[EventRecord]) -> None:
        fresh = [record for record in records if record.seq > self._last]
        if fresh:
            self._last = fresh[-1].seq
            await _write(send, "".join(_numbered(record) for record in fresh))

    def _live(self, task_ids: frozenset[str]) -> str:
        reader = self._services.reader
        return "".join(_live({"task_id": i, **reader.live(i)}) for i in sorted(task_ids) if reader.card(i))


@router.get("/events", response_class=Response, responses=_ANSWER)
async def events(
    services: Running,
    since: Annotated[int | None, Query(ge=0, le=HIGHEST_SEQ)] = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> EventStream:
    """Board and run events as they are stored, `seq` as id; `Last-Event-ID` wins over `since`.

    Without either it begins now, with a `hello` that carries the newest number. `live` messages have no number: they
    tell progress, step and last line of a card. A number that does not exist yet counts as the newest.
    """
    newest = services.last_seq()
    resumed = _number(last_event_id)
    begin = since if resumed is None else resumed
    opening = ": attached\nretry: 2000\n\n"
    if begin is None:
        return EventStream(services, newest, f'{opening}event: hello\nid: {newest}\ndata: {{"seq": {newest}}}\n\n')
    return EventStream(services, min(begin, newest), opening)


def _number(header: str | None) -> int | None:
    if not header:
        return None
    if not (header.isascii() and header.isdigit()) or len(header) > len(str(HIGHEST_SEQ)):
        raise ApiError(422, describe("E-VAL-8", {"field": "Last-Event-ID", "reason": "must be a whole number"}))
    return int(header)


def _numbered(record: EventRecord) -> str:
    return f"id: {record.seq}\ndata: {json.dumps(shapes.event(record))}\n\n"


def _live(fields: dict[str, Any]) -> str:
    kept = {name: fields[name] for name in ("task_id", "progress", "step", "last_log")}
    return f"event: live\ndata: {json.dumps(kept)}\n\n"


async def _write(send: Send, text: str) -> None:
    if text:
        await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _later(subscription: Subscription) -> None:
    await asyncio.sleep(LIVE_EVERY_S)
    await subscription.wait()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _first_of(*steps: Coroutine[Any, Any, object]) -> None:
    """Run all until one ends; the rest is then cancelled. What the first one raises ends the stream, and is logged."""
    tasks = [asyncio.ensure_future(step) for step in steps]
    try:
        done, _ = await asyncio.wait(tasks, return_when="FIRST_COMPLETED")
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        if problem := task.exception():
            log.error("an event stream has ended", exc_info=problem)
