"""Which runs have said nothing for too long (E-WF-9), and which have stood still in a stage (E-WF-10).

Only time in which we could have heard something counts: it begins anew with each connection, and when a run's turn
comes that had to wait at the service.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from kanban_app.domain import reported as r
from kanban_app.domain.model import Attempt, Flag, Run, RunStatus
from kanban_app.services.keeper import Keeper
from kanban_app.services.limits import Limits


class Silence:
    """Raises the flags; the next word of a run takes them back, which is the reducer's part."""

    def __init__(self, keeper: Keeper, limits: Limits) -> None:
        self._keeper = keeper
        self.limits = limits
        self._listening_since: datetime | None = None
        self._in_line: frozenset[str] = frozenset()
        self._turns: dict[str, datetime] = {}

    def listen(self) -> None:
        """A new connection is ready."""
        self._listening_since = datetime.now(UTC)
        self._in_line = frozenset()
        self._turns.clear()

    def wait_at_service(self, attempt_ids: frozenset[str]) -> None:
        """These have not begun at the service, which will say when their turn comes: nothing is missed until then."""
        now, attempts = datetime.now(UTC), self._keeper.board.attempts
        self._turns.update(dict.fromkeys(self._in_line - attempt_ids, now))
        self._turns = {key: at for key, at in self._turns.items() if key in attempts and attempts[key].is_open}
        self._in_line = attempt_ids

    async def flag(self) -> float | None:
        """Flag what is due, while connected; seconds until something else is, None when nothing will be by itself."""
        if self._listening_since is None:
            return None
        now, waits, due = datetime.now(UTC), list[float](), list[r.Report]()
        for attempt, run in self._heard_runs():
            for report, left in self._deadlines(attempt, run, self._listening_since, now):
                if left <= 0:
                    due.append(report)
                else:
                    waits.append(left)
        if due:
            await self._keeper.report(due)
        return min(waits, default=None)

    def _heard_runs(self) -> Iterator[tuple[Attempt, Run]]:
        board = self._keeper.board
        for attempt in board.attempts.values():
            run = board.runs.get(attempt.adw_id)
            if attempt.id in self._in_line:
                continue
            if attempt.status is RunStatus.RUNNING and run is not None and Flag.MUTE not in run.flags:
                yield attempt, run

    def _deadlines(
        self, attempt: Attempt, run: Run, since: datetime, now: datetime
    ) -> Iterator[tuple[r.Report, float]]:
        turn = self._turns.get(attempt.id)
        heard = max(filter(None, (since, run.last_sign_at, attempt.started_at, attempt.sent_at, turn)))
        if Flag.SILENT not in run.flags:
            allowed = self.limits.silent_after(attempt.vintage)
            yield r.SignOfLife(run.adw_id, silent=True), allowed - (now - heard).total_seconds()
        if Flag.STUCK not in run.flags:
            stage = run.stages.get(attempt.current) if attempt.current else None
            moved = max(heard, stage.started_at) if stage and stage.started_at else heard
            yield r.StandsStill(run.adw_id), self.limits.stuck_after_s - (now - moved).total_seconds()
