"""Frames of a service that the board could not make full use of, kept so that a person can look at them.

Overflow policy: the newest `KEPT` frames, each cut to `TEXT_LIMIT`; older ones go, their counts stay.
"""

import asyncio
import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, cast

from kanban_app.observing.masking import MASK, masked
from kanban_app.store.database import Store
from kanban_app.store.failures import StoreUnavailable

__all__ = ["MASK", "HeldFrame", "Quarantine", "masked"]

log = logging.getLogger(__name__)

KEPT: Final = 200
TEXT_LIMIT: Final = 4096
REASON_LIMIT: Final = 500
KIND_LIMIT: Final = 100
REPEAT_MS: Final = 1000
SETTING: Final = "tac7.frames"
SAVE_S: Final = 5.0
ALARM_FRAMES: Final = 5
ALARM_S: Final = 60.0
UNREADABLE: Final = "E-PROTO-4"


@dataclass(frozen=True, slots=True)
class HeldFrame:
    """One frame. `code` is the catalogue's, `kind` the message's type where it has one; `at` in milliseconds."""

    at: int
    code: str
    kind: str
    reason: str
    text: str


class Quarantine:
    """Filled from the event loop; `run` keeps the store and the alarm up to date."""

    def __init__(self, on_alarm: Callable[[], None], secrets: Collection[str] = ()) -> None:
        """`on_alarm` is called when `is_alarmed` changes; `secrets` never show in a frame's text."""
        self._on_alarm = on_alarm
        self._secrets: tuple[str, ...] = ()
        self.hide(secrets)
        self._frames: deque[HeldFrame] = deque(maxlen=KEPT)
        self._recent: deque[float] = deque(maxlen=ALARM_FRAMES)
        self._changed = asyncio.Event()
        self._was_alarmed = False
        self.counts: Counter[str] = Counter()
        """How many frames of each code there have been, those no longer kept included."""

    @property
    def frames(self) -> list[HeldFrame]:
        """Newest first."""
        return list(reversed(self._frames))

    @property
    def is_alarmed(self) -> bool:
        """Whether so many frames of the last minute were unreadable that people should know."""
        return len(self._recent) == ALARM_FRAMES and time.monotonic() - self._recent[0] < ALARM_S

    def add(self, code: str, kind: str, reason: str, text: str, at: datetime) -> None:
        self.counts[code] += 1
        if code == UNREADABLE:
            self._recent.append(time.monotonic())
        fault = (code, kind[:KIND_LIMIT], masked(reason[:REASON_LIMIT], self._secrets))
        if not self._repeats(fault, at):
            shown = masked(text[: 2 * TEXT_LIMIT], self._secrets)[:TEXT_LIMIT]
            self._frames.append(HeldFrame(int(at.timestamp() * 1000), *fault, shown))
        self._tell()
        self._changed.set()

    def hide(self, secrets: Collection[str]) -> None:
        """Show these neither, from now on."""
        self._secrets = tuple({*self._secrets, *(secret for secret in secrets if secret)})

    async def load(self, store: Store) -> None:
        """Take up what was kept before."""
        stored = await store.setting(SETTING)
        if not isinstance(stored, dict):
            return
        values = cast("dict[str, Any]", stored)
        self._frames.extend(HeldFrame(**frame) for frame in values["frames"])
        self.counts.update(values["counts"])

    async def run(self, store: Store) -> None:
        """Until cancelled. What comes between two savings is saved together."""
        while True:
            await self._await_change()
            self._tell()
            if not self._changed.is_set():
                continue
            await asyncio.sleep(SAVE_S)
            self._changed.clear()
            try:
                await self.save(store)
            except StoreUnavailable as problem:
                log.warning("held frames wait: the store cannot write: %s", problem)
                self._changed.set()

    async def save(self, store: Store) -> None:
        frames = [asdict(frame) for frame in self._frames]
        async with store.write() as tx:
            await tx.set_setting(SETTING, {"frames": frames, "counts": dict(self.counts)})

    async def _await_change(self) -> None:
        """Until there is something to save, or the alarm is over."""
        ends = self._recent[0] + ALARM_S - time.monotonic() if self._was_alarmed else None
        try:
            async with asyncio.timeout(ends):
                await self._changed.wait()
        except TimeoutError:
            return

    def _repeats(self, fault: tuple[str, str, str], at: datetime) -> bool:
        """A flood of one fault must not push all others out: it is held once a second."""
        if not self._frames:
            return False
        last = self._frames[-1]
        recent = at.timestamp() * 1000 - last.at < REPEAT_MS
        return recent and fault == (last.code, last.kind, last.reason)

    def _tell(self) -> None:
        if self.is_alarmed is not self._was_alarmed:
            self._was_alarmed = not self._was_alarmed
            self._on_alarm()
