"""Broadcasts: first numbered in the journal, then handed to every subscriber in the journal's order."""

import asyncio
import json
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kanban_app.domain.followed import FollowedFile
from kanban_app.domain.launch import Launch
from kanban_app.trigger_service.protocols import JournalEntry, OutputJournal
from kanban_app.trigger_service.reports import Message

_log: Final = logging.getLogger(__name__)
_REPLAY_PAGE: Final = 500
_LARGEST_BATCH: Final = 500


class ServiceClosed(Exception):
    """The service has stopped; what was to be published was not."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A frame for one connection; `seq` is 0 for personal replies."""

    text: str
    seq: int = 0


class Subscriber:
    """What waits to be sent to one connection. Personal replies go before broadcasts, each in their own order; those
    that must not overtake what they speak of go in turn with them.

    When more than `limit` of a kind or `limit_bytes` characters in all would wait, `overflowed` is set and nothing more
    is taken: the connection is to be closed, and its client finds every broadcast again through `since`.
    """

    def __init__(self, limit: int, limit_bytes: int) -> None:
        self.overflowed = asyncio.Event()
        self._limit = limit
        self._limit_bytes = limit_bytes
        self._waiting_bytes = 0
        self._wake = asyncio.Event()
        self._personal: deque[str] = deque()
        self._live: deque[Outgoing] = deque()
        self._replayed: deque[Outgoing] = deque()
        self._after_replay: deque[Outgoing] = deque()
        self._shown: str | None = None
        self._cursor = 0
        self._replaying = False

    def reply(self, text: str) -> None:
        if self._admits(text, len(self._personal)):
            self._personal.append(text)
            self._wake.set()

    def reply_in_turn(self, text: str) -> None:
        """After all that has been broadcast until now: "no such run" must not come before the end of the run."""
        queue = self._after_replay if self._replaying else self._live
        if self._admits(text, len(queue)):
            queue.append(Outgoing(text))
            self._wake.set()

    def offer(self, seq: int, text: str) -> None:
        if self._replaying or seq <= self._cursor:
            return
        if self._admits(text, len(self._live)):
            self._live.append(Outgoing(text, seq))
            self._wake.set()

    def show(self, text: str) -> None:
        """What holds now, after all that has been broadcast until now; only the newest of these gets sent."""
        self._shown = text
        self._wake.set()

    def replay(self, since: int) -> None:
        """From now on everything after `since`, once and in order; what waits to be sent is part of that."""
        self._after_replay.extend(outgoing for outgoing in self._live if not outgoing.seq)
        self._waiting_bytes -= sum(len(outgoing.text) for outgoing in self._live if outgoing.seq)
        self._live.clear()
        self._replayed.clear()
        self._cursor = since
        self._replaying = True
        self._wake.set()

    def _admits(self, text: str, waiting: int) -> bool:
        """Whether there is room for it; it then counts as waiting."""
        if self.overflowed.is_set():
            return False
        if waiting >= self._limit or self._waiting_bytes + len(text) > self._limit_bytes:
            self._drop_all()
            return False
        self._waiting_bytes += len(text)
        return True

    def _drop_all(self) -> None:
        for queue in (self._personal, self._live, self._replayed, self._after_replay):
            queue.clear()
        self._waiting_bytes = 0
        self.overflowed.set()

    async def next(self, hub: "Broadcaster") -> Outgoing:
        """The next frame to send."""
        while True:
            if self._personal:
                return self._sent(Outgoing(self._personal.popleft()))
            if self._replayed:
                outgoing = self._replayed.popleft()
                self._cursor = max(self._cursor, outgoing.seq)
                return outgoing
            if self._live:
                outgoing = self._live.popleft()
                self._cursor = max(self._cursor, outgoing.seq)
                return self._sent(outgoing)
            if self._replaying:
                await self._fetch(hub)
                continue
            if self._shown is not None:
                shown, self._shown = self._shown, None
                return Outgoing(shown)
            self._wake.clear()
            await self._wake.wait()

    def _sent(self, outgoing: Outgoing) -> Outgoing:
        self._waiting_bytes -= len(outgoing.text)
        return outgoing

    async def _fetch(self, hub: "Broadcaster") -> None:
        """The next page of a replay; it ends when nothing is left that the live stream would not bring."""
        cursor = self._cursor
        rows = await hub.journal.since(cursor, _REPLAY_PAGE)
        if cursor != self._cursor:  # another replay was asked for meanwhile
            return
        self._replayed.extend(Outgoing(with_seq(text, seq), seq) for seq, text in rows)
        if rows:
            self._cursor = rows[-1][0]
        elif self._cursor >= hub.last:
            self._replaying = False
            self._live.extend(self._after_replay)
            self._after_replay.clear()


@dataclass(slots=True)
class _Job:
    entries: list[JournalEntry]
    launch: Launch | None
    places: Sequence[FollowedFile]
    done: asyncio.Future[None]


class Broadcaster:
    """Owns the order of all broadcasts. `run` writes what waits into the journal, many publications at a time."""

    def __init__(self, journal: OutputJournal) -> None:
        self.journal = journal
        self.journal_id = ""
        self.last = 0
        self._subscribers: set[Subscriber] = set()
        self._jobs: deque[_Job] = deque()
        self._wake = asyncio.Event()
        self._closed = False

    async def open(self) -> None:
        self.journal_id = await self.journal.journal_id()
        self.last = await self.journal.last()

    def close(self) -> None:
        """Nothing more gets published: whoever waits is told so."""
        self._closed = True
        while self._jobs:
            _fail(self._jobs.popleft(), ServiceClosed())

    @property
    def subscribers(self) -> int:
        return len(self._subscribers)

    def add(self, subscriber: Subscriber) -> None:
        self._subscribers.add(subscriber)

    def remove(self, subscriber: Subscriber) -> None:
        self._subscribers.discard(subscriber)

    def show(self, text: str) -> None:
        """Have everybody told what holds now; it is neither numbered nor kept."""
        for subscriber in self._subscribers:
            subscriber.show(text)

    async def publish(
        self,
        messages: Sequence[Message],
        launch: Launch | None = None,
        *,
        save: bool = False,
        places: Sequence[FollowedFile] = (),
    ) -> None:
        """Return when the messages are durable and on their way; raises what the journal raised.

        They carry the launch's `request_id` where they are about its run; with `save` the launch is saved with them,
        and so are `places` in any case.
        """
        entries = [_entry(message, launch) for message in messages]
        if not entries and not save and not places:
            return
        if self._closed:
            raise ServiceClosed
        job = _Job(entries, launch if save else None, places, asyncio.get_running_loop().create_future())
        self._jobs.append(job)
        self._wake.set()
        await job.done

    async def run(self) -> None:
        """For ever, until cancelled."""
        while True:
            while self._jobs:
                await self._write(self._take())
            self._wake.clear()
            await self._wake.wait()

    def _take(self) -> list[_Job]:
        """Waiting jobs that fit one transaction, which saves one launch at most."""
        chosen: list[_Job] = []
        size = 0
        launch: Launch | None = None
        while self._jobs and size < _LARGEST_BATCH:
            candidate = self._jobs[0].launch
            if launch and candidate and candidate.request_id != launch.request_id:
                break
            launch = candidate or launch
            chosen.append(self._jobs.popleft())
            size += len(chosen[-1].entries)
        return chosen

    async def _write(self, jobs: list[_Job]) -> None:
        entries = [entry for job in jobs for entry in job.entries]
        launch = next((job.launch for job in reversed(jobs) if job.launch), None)
        try:
            numbers = await self.journal.append(entries, launch, [place for job in jobs for place in job.places])
        except Exception as error:  # noqa: BLE001 - told to everybody who waits for it
            _log.exception("the journal could not be written")
            for job in jobs:
                _fail(job, error)
            return
        for seq, (_, _, text) in zip(numbers, entries, strict=True):
            self._hand_out(seq, with_seq(text, seq))
        for job in jobs:
            if not job.done.done():
                job.done.set_result(None)

    def _hand_out(self, seq: int, text: str) -> None:
        self.last = seq
        for subscriber in self._subscribers:
            subscriber.offer(seq, text)


def with_seq(text: str, seq: int) -> str:
    """The message with its number at the top level; `text` is a JSON object that is not empty."""
    return f'{text[:-1]},"seq":{seq}}}'


def _entry(message: Message, launch: Launch | None) -> JournalEntry:
    adw_id = message.get("data", {}).get("adw_id")
    of_launch = launch is not None and adw_id == launch.adw_id
    request_id = launch.request_id if launch is not None and of_launch else None
    whole = {**message, "request_id": request_id} if request_id else message
    text = json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
    return (adw_id if isinstance(adw_id, str) else None, request_id, text)


def _fail(job: _Job, error: Exception) -> None:
    if not job.done.done():
        job.done.set_exception(error)
