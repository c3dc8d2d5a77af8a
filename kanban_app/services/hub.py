"""Who is told what: one place where changes come in and from where every viewer gets them, merged per key.

Log lines go to the live lane alone; see `services.live`.

Overflow policy: a subscription holds sets of keys, not messages, so it is bounded by the number of cards and runs; a
viewer that does not fetch its frame finds the newest state when it does. Of notices the newest `NOTICES` are kept.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from kanban_app.domain.records import EventRecord, LogEntry, NewsKind
from kanban_app.observing.instruments import FEED_OVERRUNS

NOTICES: Final = 20


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a person should be told. `alert` for what went wrong; `task_id` is the card that it is about.

    `attempt_id` is there where the card offers ways on, which hold as long as that attempt is its newest; `advice` is
    what can be done elsewhere, `code` that of the error that it tells of. What has a `kind` is kept among the
    notifications, too.
    """

    id: str
    alert: bool
    title: str
    message: str
    task_id: str = ""
    attempt_id: str = ""
    advice: tuple[str, ...] = ()
    kind: NewsKind | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """What has changed since the last frame: card ids, and ids of cards whose live fields changed."""

    order: bool = False
    connection: bool = False
    tasks: frozenset[str] = frozenset()
    live: frozenset[str] = frozenset()
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One publication. `events` and `lines` are already stored and carry their numbers."""

    order: bool = False
    connection: bool = False
    tasks: frozenset[str] = frozenset()
    live: frozenset[str] = frozenset()
    events: tuple[EventRecord, ...] = ()
    lines: tuple[LogEntry, ...] = ()
    notices: tuple[Notice, ...] = ()


class Subscription:
    """One viewer's merged view of what has changed; use it from one task."""

    def __init__(self) -> None:
        self._ready = asyncio.Event()
        self._order = False
        self._connection = False
        self._tasks: set[str] = set()
        self._live: set[str] = set()
        self._notices: deque[Notice] = deque(maxlen=NOTICES)

    def add(self, change: Change) -> None:
        self._order |= change.order
        self._connection |= change.connection
        self._tasks |= change.tasks
        self._live |= change.live
        self._notices.extend(change.notices)
        self._ready.set()

    async def wait(self) -> None:
        """Return as soon as there is something to fetch."""
        await self._ready.wait()

    def take(self) -> Frame:
        """Everything since the last call, without waiting."""
        frame = Frame(
            order=self._order,
            connection=self._connection,
            tasks=frozenset(self._tasks),
            live=frozenset(self._live),
            notices=tuple(self._notices),
        )
        self._order = self._connection = False
        for keys in (self._tasks, self._live):
            keys.clear()
        self._notices.clear()
        self._ready.clear()
        return frame

    async def frames(self, pause_s: float, has_room: Callable[[], bool] = lambda: True) -> AsyncIterator[Frame]:
        """Frames for ever: the first change at once, then at most one frame every `pause_s` seconds.

        While there is no room for one, which is looked at as often, changes are merged.
        """
        while True:
            await self.wait()
            while not has_room():  # noqa: ASYNC110 - nobody tells when there is
                await asyncio.sleep(pause_s)
            yield self.take()
            await asyncio.sleep(pause_s)


@dataclass(slots=True)
class Hub:
    """All publications go through here, after they have been stored."""

    _subscriptions: set[Subscription] = field(default_factory=set[Subscription])
    _feeds: set["Feed"] = field(default_factory=set["Feed"])
    on_lines: list[Callable[[Sequence[LogEntry]], None]] = field(
        default_factory=list[Callable[[Sequence[LogEntry]], None]]
    )
    """Called at once with the lines of every publication that has some."""
    on_events: list[Callable[[Sequence[EventRecord]], None]] = field(
        default_factory=list[Callable[[Sequence[EventRecord]], None]]
    )
    """The same with its events."""

    def publish(self, change: Change) -> None:
        for subscription in self._subscriptions:
            subscription.add(change)
        if change.events:
            for feed in self._feeds:
                feed.add(change.events)
            for told in self.on_events:
                told(change.events)
        if change.lines:
            for listener in self.on_lines:
                listener(change.lines)

    @asynccontextmanager
    async def subscribe(self) -> AsyncGenerator[Subscription]:
        subscription = Subscription()
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    @asynccontextmanager
    async def follow_events(self) -> AsyncGenerator["Feed"]:
        """Stored events as they come, for readers that must not miss one (server-sent events)."""
        feed = Feed()
        self._feeds.add(feed)
        try:
            yield feed
        finally:
            self._feeds.discard(feed)

    @property
    def viewers(self) -> int:
        return len(self._subscriptions)

    @property
    def readers(self) -> int:
        """How many read the events as they come."""
        return len(self._feeds)


class Feed:
    """Numbered events for one reader.

    Overflow policy: past `LIMIT` waiting events the feed is `overrun` and empties itself; the reader goes back to
    the store, which has them all.
    """

    LIMIT: Final = 1000

    def __init__(self) -> None:
        self._waiting: deque[EventRecord] = deque()
        self._ready = asyncio.Event()
        self.overrun = False

    def add(self, events: Iterable[EventRecord]) -> None:
        self._waiting.extend(events)
        if len(self._waiting) > self.LIMIT:
            self._waiting.clear()
            self.overrun = True
            FEED_OVERRUNS.inc()
        self._ready.set()

    async def take(self) -> list[EventRecord]:
        """Wait for events and return all that are there; an empty list after an overrun."""
        await self._ready.wait()
        self._ready.clear()
        taken = list(self._waiting)
        self._waiting.clear()
        return taken
