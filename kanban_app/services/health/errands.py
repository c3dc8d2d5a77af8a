"""What the monitor has done beside its turns: the service is asked how it is, and looked for at other ports."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Final

from kanban_app.domain.alerts import Condition, Severity
from kanban_app.domain.connection import Connection, ConnectionState
from kanban_app.domain.timeline import Happening, Kind
from kanban_app.errors import BoardError
from kanban_app.services.health.alerting import Alerting
from kanban_app.services.health.check import HealthCheck
from kanban_app.services.health.records import Records
from kanban_app.services.health.recoveries import Result, Step
from kanban_app.services.health.surroundings import Surroundings
from kanban_app.tac7.client_session import NotSent

log = logging.getLogger(__name__)

AFTER_CONNECTING_S: Final = 5.0
"""A new service is left alone for so long before it is asked how it is."""
TRIES_BEFORE_LOOKING: Final = 3
LOOK_EVERY_S: Final = 300.0
"""How often the other usual ports are looked at while nobody answers at the right one."""
_ELSEWHERE: Final = "elsewhere"
_NOBODY: Final = frozenset({"E-CONN-1", "E-CONN-3"})
_SOMEBODY_ELSE: Final = frozenset({"E-CONN-4", "E-CONN-25"})


class Errands:
    """Call `run_due` at each turn, and `connected` and `moved` when that has happened to the connection."""

    def __init__(
        self,
        around: Surroundings,
        check: HealthCheck,
        records: Records,
        alerting: Alerting,
        *,
        poll_s: float,
        monotonic: Callable[[], float],
    ) -> None:
        """`poll_s`: the service is asked so often how it is, never when that is 0."""
        self._around = around
        self._check = check
        self._records = records
        self._alerting = alerting
        self._poll_s = poll_s
        self._monotonic = monotonic
        self._poll_at = monotonic() + min(AFTER_CONNECTING_S, poll_s)
        self._look_at = 0.0
        self._under_way: dict[str, asyncio.Task[None]] = {}

    @property
    def next_poll_in_s(self) -> float | None:
        """Seconds until the service is asked how it is; None when it will not be."""
        if self._poll_s <= 0:
            return None
        return max(0.0, self._poll_at - self._monotonic(), self._check.due_in_s)

    def run_due(self, now: float, connection: Connection) -> None:
        """Begin what is due, without waiting for it."""
        if self._poll_s > 0 and now >= self._poll_at and self._may_ask(connection):
            self._poll_at = now + self._poll_s
            self._start("ask", self._ask())
        if self._is_alone(connection) and now >= self._look_at:
            self._look_at = now + LOOK_EVERY_S
            self._start("look", self._look_elsewhere(connection.url))

    def connected(self) -> None:
        """The service answers at its own port: whether one does at another says nothing any more."""
        self._alerting.conclude(_ELSEWHERE, None)

    def moved(self) -> None:
        """It is another service from now on: nothing that was found out about the last one holds."""
        self._check.moved()
        self._poll_at, self._look_at = self._monotonic() + min(AFTER_CONNECTING_S, self._poll_s), 0.0
        self._alerting.moved([_ELSEWHERE])

    async def close(self) -> None:
        """Cancel what is under way."""
        errands = list(self._under_way.values())
        for errand in errands:
            errand.cancel()
        await asyncio.gather(*errands, return_exceptions=True)

    def _start(self, name: str, errand: Coroutine[None, None, None]) -> None:
        """One of a name at a time."""
        if name in self._under_way:
            errand.close()
            return
        task = asyncio.create_task(_errand(name, errand), name=f"health: {name}")
        self._under_way[name] = task
        task.add_done_callback(lambda _done: self._under_way.pop(name, None))

    def _may_ask(self, connection: Connection) -> bool:
        """Whoever answers at the address of the service without being one may say who it is (E-HEALTH-9)."""
        if self._check.must_wait or self._check.due_in_s > 0:
            return False
        return connection.state is ConnectionState.CONNECTED or _reason(connection) in _SOMEBODY_ELSE

    async def _ask(self) -> None:
        try:
            await self._around.ask()
        except (BoardError, NotSent) as problem:
            log.debug("the service did not say how it is: %s", problem)

    def _is_alone(self, connection: Connection) -> bool:
        if connection.embedded or connection.state is ConnectionState.CONNECTED:
            return False
        return _reason(connection) in _NOBODY and self._records.measures.failed_tries >= TRIES_BEFORE_LOOKING

    async def _look_elsewhere(self, url: str) -> None:
        recoveries = self._records.recoveries
        recoveries.begin(Step.LOOK_ELSEWHERE)
        found = await self._around.find_elsewhere()
        if self._around.connection().url != url:
            recoveries.end(Step.LOOK_ELSEWHERE, Result.NOT_NEEDED, "The address was changed meanwhile.")
            return
        if found is None:
            recoveries.end(Step.LOOK_ELSEWHERE, Result.FAILED, "Nobody answers there either.")
            return
        params = {"port": found.port, "other": found.other}
        recoveries.end(Step.LOOK_ELSEWHERE, Result.WORKED, f"A service answers at {found.url}.")
        self._records.timeline.happened(Happening(Kind.ELSEWHERE, "E-CONN-5", params))
        self._alerting.conclude(_ELSEWHERE, Condition(Severity.WARNING, "E-CONN-5", params))


async def _errand(name: str, errand: Coroutine[None, None, None]) -> None:
    try:
        await errand
    except Exception:  # a defect of ours must not end the board
        log.exception("the health monitor could not %s", name)


def _reason(connection: Connection) -> str:
    return connection.cause_code or connection.error_code or ""
