"""Search over the texts of cards and the logs of their runs, and the index of logs that is kept for it."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Final, Protocol, TypedDict

from kanban_app.domain.model import Board
from kanban_app.domain.plain_text import plain
from kanban_app.domain.records import LogEntry
from kanban_app.store.failures import StoreUnavailable
from kanban_app.store.searching import LogHit, LogHits

log = logging.getLogger(__name__)

MOST_WORDS: Final = 12
EXCERPT: Final = 160
_BEFORE: Final = 40
# For a short while nothing is indexed, so that lines come together to blocks and people's changes are not held up.
_GATHER_S: Final = 1.0
_REST_S: Final = 0.01
_SETTLE_S: Final = 65.0


class FoundLine(TypedDict):
    """The newest line of a log that has the words; `text` is cut to what is around the first of them."""

    run: str
    seq: int
    text: str


class FoundCard(TypedDict):
    """A card that was found by its own texts, by its logs, or both."""

    id: str
    number: int
    title: str
    column: str
    in_text: bool
    log: FoundLine | None


class Found(TypedDict):
    """`more`: there are further cards. `complete`: no log waits to be indexed."""

    cards: list[FoundCard]
    more: bool
    complete: bool


class SearchSource(Protocol):
    """What the search needs of the store."""

    async def find_cards(self, words: Sequence[str]) -> list[str]: ...

    async def find_lines(self, words: Sequence[str]) -> LogHits: ...


class Search:
    def __init__(self, source: SearchSource, board: Callable[[], Board]) -> None:
        self._source = source
        self._board = board

    async def find(self, text: str, limit: int) -> Found:
        """The newest `limit` cards that have all words: in their own texts, a run's id, or one line of a log of theirs.

        Raises StoreUnavailable.
        """
        words = words_of(text)
        if not words:
            return Found(cards=[], more=False, complete=True)
        in_text = set(await self._source.find_cards(words))
        lines = await self._source.find_lines(words)
        board = self._board()
        in_text |= _by_run(board, words)
        in_log = _by_card(board, lines.hits.values())
        tasks = [task for task in map(board.task, in_text | in_log.keys()) if task]
        tasks.sort(key=lambda task: task.number, reverse=True)
        cards = [
            FoundCard(
                id=task.id,
                number=task.number,
                title=task.title,
                column=task.column.value,
                in_text=task.id in in_text,
                log=_found_line(in_log[task.id], words) if task.id in in_log else None,
            )
            for task in tasks[:limit]
        ]
        return Found(cards=cards, more=len(tasks) > limit, complete=lines.complete)


class LogSource(Protocol):
    """What the index needs of the store."""

    async def index_log(self, now: datetime) -> bool: ...


class LogIndexing:
    """Indexes log lines after they are stored, a few at a time: storing them must not wait for it."""

    def __init__(self, source: LogSource) -> None:
        self._source = source
        self._lines = asyncio.Event()
        self._is_settled = False

    def notice(self, lines: Iterable[LogEntry]) -> None:  # noqa: ARG002 - the store knows which ones
        """Lines were stored."""
        self._lines.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            if await self._step():
                await asyncio.sleep(_REST_S)
            else:
                await self._next()

    async def _step(self) -> bool:
        try:
            return await self._source.index_log(datetime.now(UTC))
        except StoreUnavailable:
            log.warning("the search index waits: the store cannot be used")
            return False

    async def _next(self) -> None:
        """Until there are new lines, or the last lines of a run that has ended are due."""
        try:
            # Not `wait_for`: it can swallow a cancellation that comes together with a line (Python 3.11).
            async with asyncio.timeout(None if self._is_settled else _SETTLE_S):
                await self._lines.wait()
        except TimeoutError:
            self._is_settled = True
            return
        self._is_settled = False
        self._lines.clear()
        await asyncio.sleep(_GATHER_S)


def words_of(text: str) -> list[str]:
    """The distinct words to look for, at most `MOST_WORDS`."""
    return list(dict.fromkeys(text.replace("\0", " ").lower().split()))[:MOST_WORDS]


def excerpt(message: str, words: Sequence[str]) -> str:
    """One line with what is around the first of the words that is in it."""
    text = " ".join(plain(message).split())
    folded = text.lower()
    at = min((place for word in words if (place := folded.find(word)) >= 0), default=0)
    start = max(0, at - _BEFORE)
    cut = text[start : start + EXCERPT]
    return f"{'…' if start else ''}{cut}{'…' if start + EXCERPT < len(text) else ''}"


def _by_run(board: Board, words: Sequence[str]) -> set[str]:
    return {run.task_id for run in board.runs.values() if run.task_id and all(word in run.adw_id for word in words)}


def _by_card(board: Board, hits: Iterable[LogHit]) -> dict[str, LogHit]:
    """Of each card the hit in its newest run."""
    found: dict[str, LogHit] = {}
    for hit in hits:
        run = board.runs.get(hit.adw_id)
        if run is None or run.task_id is None:
            continue
        known = found.get(run.task_id)
        if known is None or board.runs[known.adw_id].created_at < run.created_at:
            found[run.task_id] = hit
    return found


def _found_line(hit: LogHit, words: Sequence[str]) -> FoundLine:
    return FoundLine(run=hit.adw_id, seq=hit.seq, text=excerpt(hit.message, words))
