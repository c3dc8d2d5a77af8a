"""Asking the service over HTTP how an unsettled start stands: when a person wants it, and by itself.

By itself after each reconnect and as soon as a start becomes uncertain, then in growing intervals and not for ever: the
person's button stays. An answer settles a start only by what it proves.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol, TypedDict

from kanban_app.domain import reported as r
from kanban_app.domain.model import Attempt, RunStatus
from kanban_app.domain.placement import decisions
from kanban_app.domain.reports import continues_run, is_recorded
from kanban_app.domain.workflows import Vintage
from kanban_app.errors import BoardError
from kanban_app.services.keeper import Keeper
from kanban_app.services.turns import turn_by_turn
from kanban_app.store.failures import StoreUnavailable

log = logging.getLogger(__name__)

FIRST_PAUSE_S: Final = 2.0
LONGEST_PAUSE_S: Final = 300.0
MOST_TRIES: Final = 12
_WHOLE_SECONDS: Final = timedelta(seconds=1)
"""Records of V1 have times without fractions: what is written in a second carries its beginning."""
_ENDED: Final = {"completed": "completed", "errored": "failed", "failed": "failed", "cancelled": "cancelled"}


class Remote(Protocol):
    """What a service says of a run over HTTP."""

    @property
    def status(self) -> str: ...
    @property
    def updated_at(self) -> datetime | None: ...


class CheckView(TypedDict):
    """What asking has come to, in words. `status` and `at` (ms) are the service's; `offers` is left to decide."""

    settled: bool
    title: str
    message: str
    status: str
    at: int | None
    offers: list[str]


@dataclass(slots=True)
class _Turn:
    """When a start is asked about next, and how often that has been done on this connection."""

    due: float
    tries: int = 0


class Inquiry:
    """`fetch` asks for a run and raises BoardError when the service cannot be asked.

    `ask_again` repeats the request itself where the service remembers it; True when it will.
    """

    def __init__(
        self,
        keeper: Keeper,
        fetch: Callable[[str], Awaitable[Remote | None]],
        ask_again: Callable[[Attempt], bool],
        clock_skew_s: Callable[[], float],
        is_ready: Callable[[], bool],
    ) -> None:
        self._keeper = keeper
        self._fetch = fetch
        self._ask_again = ask_again
        self._clock_skew_s = clock_skew_s
        self._is_ready = is_ready
        self._turns: dict[str, _Turn] = {}
        self._wake = asyncio.Event()
        keeper.on_change.append(self._wake.set)

    def reconnected(self) -> None:
        """A new connection is ready: everything in doubt is asked about at once."""
        self._turns.clear()
        self._wake.set()

    async def check(self, attempt_id: str) -> CheckView:
        """Ask about an uncertain, silent or stuck attempt, and keep what that proves."""
        attempt = self._keeper.board.attempts.get(attempt_id)
        if attempt is None or not attempt.is_open:
            return self._view(attempt_id, "This start has ended", "There is nothing to ask any more.", None)
        if self._ask_again(attempt):
            return self._view(attempt_id, "Asked again", "The card shows what the service answers.", None)
        remote = await self._ask(attempt)
        if self._is_settled(attempt_id):
            return self._view(attempt_id, "Settled", _settled_words(remote), remote)
        return self._view(attempt_id, "Not settled yet", _open_words(remote), remote)

    async def run(self) -> None:
        """Until cancelled: ask about what is uncertain."""
        await turn_by_turn(self._wake, self._step)

    async def _step(self) -> float | None:
        """Ask about one start that is due; seconds until the next one is, None when only a change can bring one."""
        if not self._is_ready():
            return None
        doubted = {a.id: a for a in self._keeper.board.attempts.values() if _is_askable(a)}
        now = time.monotonic()
        kept = {key: turn for key, turn in self._turns.items() if key in doubted}
        self._turns = {key: kept.get(key) or _Turn(now) for key in doubted}
        waiting = {key: turn for key, turn in self._turns.items() if turn.tries < MOST_TRIES}
        if not waiting:
            return None
        first = min(waiting, key=lambda key: waiting[key].due)
        if waiting[first].due > now:
            return waiting[first].due - now
        turn = waiting[first]
        turn.due = now + min(FIRST_PAUSE_S * 2**turn.tries, LONGEST_PAUSE_S)
        turn.tries += 1
        try:
            await self._ask(doubted[first])
        except BoardError as problem:
            log.info("the service could not be asked about a start: %s", problem)
        except StoreUnavailable as problem:
            log.warning("an answer is not kept: the store cannot write: %s", problem)
        return 0.0

    async def _ask(self, attempt: Attempt) -> Remote | None:
        remote = await self._fetch(attempt.adw_id)
        if remote:
            await self._keeper.report(self._proved(attempt.id, remote))
        return remote

    def _proved(self, attempt_id: str, remote: Remote) -> list[r.Report]:
        """What a service's record of the run proves about this attempt now; its own time must tell that it is newer."""
        board = self._keeper.board
        attempt = board.attempts[attempt_id]
        if remote.updated_at is None or attempt.sent_at is None or not attempt.is_open:
            return []
        moment = remote.updated_at - timedelta(seconds=self._clock_skew_s())
        # Where nothing has run under this id before, the beginning of the second is enough.
        if moment < attempt.sent_at - (timedelta() if continues_run(board, attempt) else _WHOLE_SECONDS):
            return []
        status = remote.status.strip().lower()
        if status in _ENDED and not is_recorded(attempt):
            return []
        if status in _ENDED:
            name = attempt.workflow_type or ""
            return [r.StatusReported(attempt.adw_id, name, _ENDED[status], attempt_id=attempt.id)]
        if status != "in_progress":
            return []
        if attempt.status is RunStatus.UNCERTAIN:
            return [r.Accepted(attempt.id), r.SignOfLife(attempt.adw_id)]
        last = board.runs[attempt.adw_id].last_sign_at
        return [r.SignOfLife(attempt.adw_id)] if last is None or moment > last else []

    def _is_settled(self, attempt_id: str) -> bool:
        board = self._keeper.board
        return not decisions(board, board.attempts[attempt_id])

    def _view(self, attempt_id: str, title: str, message: str, remote: Remote | None) -> CheckView:
        board = self._keeper.board
        attempt = board.attempts.get(attempt_id)
        offers = decisions(board, attempt) if attempt else ()
        at = remote.updated_at if remote else None
        return CheckView(
            settled=not offers,
            title=title,
            message=message,
            status=remote.status if remote else "",
            at=int(at.timestamp() * 1000) if at else None,
            offers=[offer for offer in offers if offer != "check"],
        )


def _is_askable(attempt: Attempt) -> bool:
    """V0 has no such call, and ours is asked by repeating the request, or does not know a start of another service."""
    return attempt.status is RunStatus.UNCERTAIN and attempt.vintage is Vintage.V1


def _settled_words(remote: Remote | None) -> str:
    if remote is None:
        return "There is nothing to decide about it."
    status = remote.status.strip().lower()
    return f"The service says that it has ended: {status}." if status in _ENDED else "The service says that it runs."


def _open_words(remote: Remote | None) -> str:
    if remote is None:
        return "The service says nothing about this start yet."
    at = f", last changed at {remote.updated_at.astimezone(UTC):%H:%M:%S} UTC" if remote.updated_at else ""
    return f"The service says “{remote.status or 'nothing'}”{at}. That does not prove how this start stands."
