"""Asking a service how it is: rarely, because some stand still while they find out (Q6)."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

from kanban_app.domain.model import RunStatus
from kanban_app.errors import BoardError, ErrorView, describe
from kanban_app.services.keeper import Keeper
from kanban_app.services.trials import Fields, Trials
from kanban_app.tac7.health import HealthReport
from kanban_app.tac7.trouble import Trouble, Unanswered

EVERY_S: Final = 60.0
AFTER_TIMEOUT_S: Final = 300.0
SLACK_S: Final = 5.0
"""By how much less than expected a service may have been up: its clock is another one than ours."""
_TOO_SLOW: Final = "E-TIME-4"
_NOT_OFFERED: Final = "E-SYS-4"


class HealthSource(Protocol):
    """The client; `fetch_health` raises Unanswered or NotSent."""

    async def fetch_health(self) -> HealthReport: ...


@dataclass(frozen=True, slots=True)
class Standing:
    """What came of the newest question. `report` is the answer, `trouble` what is wrong or worth a remark."""

    asked_at: datetime | None = None
    report: HealthReport | None = None
    trouble: Trouble | None = None


class HealthCheck:
    """`on_restart` is called when an answer shows that the service was started again since the one before."""

    def __init__(
        self,
        keeper: Keeper,
        source: HealthSource,
        on_restart: Callable[[], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._keeper = keeper
        self._source = source
        self._on_restart = on_restart
        self._monotonic = monotonic
        self._last: HealthReport | None = None
        self._before: tuple[float, HealthReport] | None = None
        self._not_before = 0.0
        self._moves = 0
        self.standing = Standing()

    @property
    def due_in_s(self) -> float:
        """Seconds until a question would really be asked, were no trigger open."""
        return max(0.0, self._not_before - self._monotonic())

    @property
    def must_wait(self) -> bool:
        """Whether a question now would have to wait for a trigger's answer."""
        return any(a.status is RunStatus.SENDING for a in self._keeper.board.attempts.values())

    def moved(self) -> None:
        """It is another service from now on."""
        self._moves += 1
        self._last = self._before = None
        self._not_before = 0.0
        self.standing = Standing()

    async def ask(self) -> HealthReport:
        """The service's report: a new one, or the last one while it is too early for another.

        Raises BoardError when there is none: E-HEALTH-11 while a trigger is open or too soon after a failed check.
        Raises NotSent when there is nobody to ask.
        """
        if self.due_in_s > 0 or self.must_wait:
            if self._last is None:
                raise BoardError("E-HEALTH-11")
            return self._last
        asked = self._monotonic()
        self._not_before = asked + EVERY_S
        moves = self._moves
        try:
            report = await self._source.fetch_health()
        except Unanswered as problem:
            if moves == self._moves:
                self._unanswered(problem)
            raise BoardError(problem.code, problem.params) from problem
        if moves == self._moves:
            self._answered(report, asked)
        return report

    def _unanswered(self, problem: Unanswered) -> None:
        self._last = None
        self._wait_after(problem.code)
        # A service without this call is none the worse for it.
        trouble = None if problem.code == _NOT_OFFERED else Trouble(problem.code, problem.params)
        self.standing = Standing(datetime.now(UTC), None, trouble)

    def _answered(self, report: HealthReport, asked: float) -> None:
        # It has counted at least from the last answer to this question.
        before, self._before, self._last = self._before, (self._monotonic(), report), report
        self._wait_after(report.trouble.code if report.trouble else "")
        self.standing = Standing(datetime.now(UTC), report, report.trouble)
        if before is not None and report.is_younger_than(before[1], asked - before[0] - SLACK_S):
            self._on_restart()

    def _wait_after(self, code: str) -> None:
        if code == _TOO_SLOW:
            self._not_before = self._monotonic() + AFTER_TIMEOUT_S


def in_the_background(ask: Callable[[], Awaitable[HealthReport]]) -> Trials[ErrorView | None]:
    """Questions of tabs that do not wait; what comes of one is what the service says is wrong, None when nothing is."""

    async def look(_fields: Fields) -> ErrorView | None:
        trouble = (await ask()).trouble
        return describe(trouble.code, trouble.params) if trouble else None

    return Trials(look)
