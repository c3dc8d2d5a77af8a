"""Asking a service how it is: rarely, because some stand still while they find out (Q6)."""

import time
from collections.abc import Callable
from typing import Final, Protocol

from kanban_app.domain.model import RunStatus
from kanban_app.errors import BoardError
from kanban_app.services.keeper import Keeper
from kanban_app.tac7.health import HealthReport
from kanban_app.tac7.trouble import Unanswered

EVERY_S: Final = 60.0
AFTER_TIMEOUT_S: Final = 300.0
_TOO_SLOW: Final = "E-TIME-4"


class HealthSource(Protocol):
    """The client; `fetch_health` raises Unanswered or NotSent."""

    async def fetch_health(self) -> HealthReport: ...


class HealthCheck:
    """`on_restart` is called when an answer shows that the service was started again since the one before."""

    def __init__(self, keeper: Keeper, source: HealthSource, on_restart: Callable[[], None]) -> None:
        self._keeper = keeper
        self._source = source
        self._on_restart = on_restart
        self._last: HealthReport | None = None
        self._before: HealthReport | None = None
        self._not_before = 0.0

    async def ask(self) -> HealthReport:
        """The service's report: a new one, or the last one while it is too early for another.

        Raises BoardError when there is none: E-HEALTH-11 while a trigger is open or too soon after a failed check.
        Raises NotSent when there is nobody to ask.
        """
        if time.monotonic() < self._not_before or self._is_triggering():
            if self._last is None:
                raise BoardError("E-HEALTH-11")
            return self._last
        self._not_before = time.monotonic() + EVERY_S
        try:
            report = await self._source.fetch_health()
        except Unanswered as problem:
            self._last = None
            self._wait_after(problem.code)
            raise BoardError(problem.code, problem.params) from problem
        before, self._before, self._last = self._before, report, report
        self._wait_after(report.trouble.code if report.trouble else "")
        if before is not None and report.is_younger_than(before):
            self._on_restart()
        return report

    def _wait_after(self, code: str) -> None:
        if code == _TOO_SLOW:
            self._not_before = time.monotonic() + AFTER_TIMEOUT_S

    def _is_triggering(self) -> bool:
        return any(a.status is RunStatus.SENDING for a in self._keeper.board.attempts.values())
