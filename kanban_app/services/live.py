"""The live lane: new log lines of a run, encoded once, for everyone who has that run open.

Persist, then publish: the lane hears of lines that are stored. A viewer registers first, then reads the store, and gets
from then on only what is newer than that: no gap, no duplicate. A run without viewers costs one look into a dict.

Overflow policy: a viewer holds at most `QUEUE_FRAMES` frames and `FRAME_BYTES`. When more comes in, they are dropped
and the viewer is behind: as soon as it takes something again, it gets a fresh snapshot from the store. What gathers
between two frames is bounded by `FRAME_LINES`; a flood beyond it puts every viewer of the run behind.
"""

import asyncio
from collections import deque
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import Final, Protocol

from kanban_app.domain.records import LogEntry
from kanban_app.observing.instruments import LIVE_DROPPED, LIVE_FALLS
from kanban_app.services.live_frames import FRAME_BYTES, FRAME_LINES, Frame, line_text, lines_message, snapshot_message

FRAME_S: Final = 0.025
QUEUE_FRAMES: Final = 64


class LogSource(Protocol):
    """What the lane needs of the store."""

    async def log_page(
        self, adw_id: str, *, since: int = 0, limit: int = 200, newest: bool = False
    ) -> tuple[list[LogEntry], int]:
        """Lines in ascending order, the first ones after `since` or the newest, and the number of the last line."""
        ...


class LiveLane:
    """One per process; feed it with `publish`, from the event loop."""

    def __init__(self, source: LogSource, kept: str = "") -> None:
        """`kept` ends a sentence on lines that were removed: "after 90 days"."""
        self._source = source
        self.kept = kept
        self._channels: dict[str, Channel] = {}

    @property
    def runs(self) -> frozenset[str]:
        """Runs that somebody has open."""
        return frozenset(self._channels)

    @property
    def viewers(self) -> int:
        """How many have a run open."""
        return sum(len(channel.viewers) for channel in self._channels.values())

    def publish(self, lines: Iterable[LogEntry]) -> None:
        """Lines that were just stored, in order."""
        if not self._channels:
            return
        found: dict[str, list[LogEntry]] = {}
        for line in lines:
            if line.adw_id in self._channels:
                found.setdefault(line.adw_id, []).append(line)
        for adw_id, entries in found.items():
            self._channels[adw_id].add(entries)

    @contextmanager
    def viewer(self) -> "Generator[Viewer]":
        """Somebody who looks at one run at a time."""
        viewer = Viewer(self, self._source)
        try:
            yield viewer
        finally:
            viewer.close()

    def join(self, adw_id: str, viewer: "Viewer") -> None:
        """For `Viewer` only."""
        self._channels.setdefault(adw_id, Channel(adw_id)).viewers.add(viewer)

    def leave(self, adw_id: str, viewer: "Viewer") -> None:
        """For `Viewer` only."""
        channel = self._channels.get(adw_id)
        if channel is None:
            return
        channel.viewers.discard(viewer)
        if not channel.viewers:
            channel.stop()
            del self._channels[adw_id]


class Channel:
    """The viewers of one run and the lines that wait for the next frame: the first goes at once, then one a pause."""

    def __init__(self, adw_id: str) -> None:
        self._adw_id = adw_id
        self.viewers: set[Viewer] = set()
        self._waiting: list[LogEntry] = []
        self._is_flooded = False
        self._pause: asyncio.TimerHandle | None = None

    def add(self, entries: Sequence[LogEntry]) -> None:
        self._waiting.extend(entries)
        if len(self._waiting) > FRAME_LINES or self._has_gap():
            self._is_flooded = True
        if self._is_flooded:
            self._waiting.clear()
        if self._pause is None:
            self._send()

    def stop(self) -> None:
        if self._pause is not None:
            self._pause.cancel()

    def _has_gap(self) -> bool:
        return self._waiting[-1].seq - self._waiting[0].seq != len(self._waiting) - 1

    def _send(self) -> None:
        self._pause = None
        if not self._waiting and not self._is_flooded:
            return
        frame = None if self._is_flooded else Frame.of(self._adw_id, self._waiting)
        self._waiting, self._is_flooded = [], False
        for viewer in self.viewers:
            viewer.put(frame)
        self._pause = asyncio.get_running_loop().call_later(FRAME_S, self._send)


class Viewer:
    """One socket's view of one run. `next` is for one task; the other methods for any, in the event loop."""

    def __init__(self, lane: LiveLane, source: LogSource) -> None:
        self._lane = lane
        self._source = source
        self._run: str | None = None
        self._attachment = 0
        self._held: int | None = None
        self._needs_store = False
        self._last = 0
        self._frames: deque[Frame] = deque()
        self._bytes = 0
        self._ready = asyncio.Event()

    @property
    def is_behind(self) -> bool:
        """Whether the store has to be read before the next message."""
        return self._needs_store

    def open(self, adw_id: str, after: int | None = None) -> None:
        """Look at this run from now on; a viewer that knows the lines up to `after` gets only what follows them."""
        self.close()
        self._run, self._held, self._needs_store = adw_id, after, True
        self._lane.join(adw_id, self)
        self._ready.set()

    def close(self) -> None:
        """Look at nothing."""
        self._attachment += 1
        if self._run is not None:
            self._lane.leave(self._run, self)
        self._run = None
        self._drop_frames()
        self._ready.clear()

    def put(self, frame: Frame | None) -> None:
        """For `Channel` only. None stands for more lines than a frame may hold."""
        if frame is None or len(self._frames) >= QUEUE_FRAMES or self._bytes + len(frame.text) > FRAME_BYTES:
            self._fall_behind()
        elif not self._needs_store:  # else the store, which has these lines, is going to be read
            self._frames.append(frame)
            self._bytes += len(frame.text)
        self._ready.set()

    async def next(self) -> str:
        """The next message for this viewer, whenever there is one. StoreUnavailable can come out of it."""
        while True:
            await self._ready.wait()
            message = await self._from_store() if self._needs_store else self._from_queue()
            if message is not None:
                return message

    async def _from_store(self) -> str | None:
        """Bring the viewer up to what is stored. Frames from now on are queued and may overlap with it."""
        attachment, run, held = self._attachment, self._run or "", self._held
        self._drop_frames()
        self._needs_store, self._held = False, None
        try:
            message, last = await self._missed(run, held)
        except BaseException:
            if attachment == self._attachment:
                self._needs_store, self._held = True, held
            raise
        if attachment != self._attachment:
            return None
        self._last = last
        return message

    async def _missed(self, run: str, held: int | None) -> tuple[str, int]:
        if held is not None:
            entries, last = await self._source.log_page(run, since=held, limit=FRAME_LINES)
            texts = [line_text(entry) for entry in entries]
            if held + len(entries) == last and sum(map(len, texts)) <= FRAME_BYTES:
                return lines_message(run, texts), last
        entries, last = await self._source.log_page(run, limit=FRAME_LINES, newest=True)
        removed = entries[0].seq - 1 if entries and len(entries) < FRAME_LINES else 0
        return snapshot_message(run, entries, last, removed, self._lane.kept), last

    def _from_queue(self) -> str | None:
        if not self._frames:
            self._ready.clear()
            return None
        frame = self._frames.popleft()
        self._bytes -= len(frame.text)
        if frame.last <= self._last:
            return None
        if frame.first > self._last + 1:
            self._fall_behind()
            return None
        frame = frame.after(self._last)
        self._last = frame.last
        return frame.text

    def _fall_behind(self) -> None:
        if not self._needs_store:
            LIVE_FALLS.inc()
        LIVE_DROPPED.inc(len(self._frames))
        self._drop_frames()
        self._needs_store = True

    def _drop_frames(self) -> None:
        self._frames.clear()
        self._bytes = 0
