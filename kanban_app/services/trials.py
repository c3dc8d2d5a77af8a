"""Trial connections that nobody waits for: they take as long as the network does, and what they find is fetched."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from kanban_app.errors import BoardError
from kanban_app.services.news import News

log = logging.getLogger(__name__)

T = TypeVar("T")

MOST: Final = 16
Fields = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Ended(Generic[T]):
    """What came of a trial: what it found, or why it could not be made."""

    found: T | None = None
    error: BoardError | None = None


class Trials(Generic[T]):
    """At most `MOST`, and one for each `who`. `try_out` may raise BoardError."""

    def __init__(self, try_out: Callable[[Fields], Awaitable[T]]) -> None:
        self.news = News()
        self._try_out = try_out
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._ended: dict[str, Ended[T]] = {}

    def begin(self, who: str, fields: Fields) -> None:
        """Try these fields, unless `who` has a trial under way. Raises BoardError (E-VAL-8) when too many are."""
        if who in self._under_way:
            return
        if len(self._under_way) >= MOST:
            raise BoardError("E-VAL-8", {"field": "The test", "reason": f"{MOST} others are under way, try again soon"})
        self._ended.pop(who, None)
        self._under_way[who] = asyncio.create_task(self._make(who, fields), name="trial connection")

    def is_under_way(self, who: str) -> bool:
        return who in self._under_way

    def take(self, who: str) -> Ended[T] | None:
        """What came of the last trial of `who`: once."""
        return self._ended.pop(who, None)

    async def aclose(self) -> None:
        """End those that are under way."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._under_way.clear()  # of those that had not begun
        self.news.tell()

    async def _make(self, who: str, fields: Fields) -> None:
        try:
            ended: Ended[T] = Ended(found=await self._try_out(fields))
        except BoardError as problem:
            ended = Ended(error=problem)
        except Exception:
            log.exception("a trial connection failed")
            ended = Ended(error=BoardError("E-SYS-9"))
        finally:
            self._under_way.pop(who, None)
        self._ended[who] = ended
        while len(self._ended) > MOST:
            del self._ended[next(iter(self._ended))]  # of a tab that has gone
        self.news.tell()
