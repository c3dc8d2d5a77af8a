"""The outbox: sends what waits, in order, within the limits, and exactly once per intent.

Woken by changes of board and connection and by deadlines; it never polls.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

from kanban_app.domain import commands as c
from kanban_app.domain.connection import Connection, ConnectionState
from kanban_app.domain.model import Attempt, AttemptKind, Board, Failure, Flag, RunStatus
from kanban_app.domain.stages import Stage
from kanban_app.domain.workflows import (
    ORCHESTRATOR,
    TaskType,
    Vintage,
    WorkflowChoice,
    choose_workflow,
    is_dependent,
    known_to,
)
from kanban_app.services.keeper import Keeper
from kanban_app.store.failures import StoreUnavailable
from kanban_app.tac7.client_session import NotSent
from kanban_app.tac7.codec import FrameTooLarge
from kanban_app.tac7.rate import RollingWindow
from kanban_app.tac7.requests import RequestRefused, TriggerRequest

log = logging.getLogger(__name__)

WINDOW_S: Final = 60.0
RETRY_S: Final = 1.0
LONGEST_REPEAT_S: Final = 60.0


class Remote(Protocol):
    """What a service says of a run over HTTP."""

    @property
    def status(self) -> str: ...
    @property
    def updated_at(self) -> datetime | None: ...


class Sender(Protocol):
    """The client, as the outbox needs it; answers come as events.

    `is_free` tells whether a trigger would be taken now; whatever makes it true again also comes as an event.
    `trigger` raises NotSent, FrameTooLarge or RequestRefused, `cancel` NotSent.
    """

    @property
    def connection(self) -> Connection: ...
    @property
    def is_free(self) -> bool: ...
    async def trigger(self, attempt_id: str, request: TriggerRequest) -> None: ...
    async def cancel(self, adw_id: str, request_id: str) -> None: ...
    async def fetch_run(self, adw_id: str) -> Remote | None: ...


@dataclass(frozen=True, slots=True)
class Limits:
    """`silent_after_s` is how long a run may say nothing before it is flagged."""

    max_concurrent_runs: int
    triggers_per_minute: int
    silent_after_s: float


class Dispatcher:
    """Owns the way from `queued` to `sending`, the stops, and the flag `silent`."""

    def __init__(self, keeper: Keeper, sender: Sender, limits: Limits, is_ready: Callable[[], bool]) -> None:
        self._keeper = keeper
        self._sender = sender
        self._limits = limits
        self._is_ready = is_ready
        self._wake = asyncio.Event()
        self._window = RollingWindow(limits.triggers_per_minute, WINDOW_S)
        self._stops_sent: set[str] = set()
        self._rest_until = 0.0
        self._repeats: dict[str, tuple[int, float]] = {}
        self._listening_since: datetime | None = None
        keeper.on_change.append(self._wake.set)

    def wake(self) -> None:
        """Look again: the connection or the board has changed."""
        self._wake.set()

    def reconnected(self) -> None:
        """A new connection is ready: stops and starts that were not answered are sent again at once."""
        self._stops_sent.clear()
        self._repeats.clear()
        # While the app was down nobody listened: that is no silence of a run.
        self._listening_since = self._listening_since or datetime.now(UTC)
        self._wake.set()

    def stop_unanswered(self) -> None:
        """No answer to a stop came in time: it is sent again. To end a run twice does no harm."""
        self._stops_sent.clear()
        self._wake.set()

    def slow_down(self) -> None:
        """The service has refused a start as one too many: nothing is sent for as long as it counts (Q1)."""
        self._rest_until = time.monotonic() + WINDOW_S

    async def recover(self, journal: str) -> None:
        """At start: what was being sent when the app ended is uncertain, and recent starts count for the rate.

        `journal` is that of the service that the app was connected to.
        """
        attempts = self._board.attempts.values()
        doubts = [c.Uncertain(a.id, "E-LOAD-4", journal) for a in attempts if a.status is RunStatus.SENDING]
        await self._keeper.report(doubts)
        now = datetime.now(UTC)
        for sent_at in sorted(a.sent_at for a in attempts if a.sent_at):
            age = (now - sent_at).total_seconds()
            if 0 <= age < WINDOW_S:
                self._window.take(time.monotonic() - age)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._wake.clear()
            try:
                pause = await self._step()
            except StoreUnavailable:
                log.exception("nothing is sent: the store cannot write")
                pause = RETRY_S
            try:
                async with asyncio.timeout(pause):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _step(self) -> float | None:
        """Do what is due; seconds until something else is, None when only a change can bring something."""
        pauses = [await self._release_held(), await self._flag_silent()]
        if self._is_ready():
            await self._send_stops()
            pauses.append(await self._send_starts())
        return min((pause for pause in pauses if pause is not None), default=None)

    async def _release_held(self) -> float | None:
        held = [a for a in self._board.attempts.values() if a.status is RunStatus.HELD and a.due_at]
        now = datetime.now(UTC)
        due = [c.Release(a.id) for a in held if a.due_at and a.due_at <= now]
        if due:
            await self._keeper.report(due)
        waits = [(a.due_at - now).total_seconds() for a in held if a.due_at and a.due_at > now]
        return min(waits, default=None)

    async def _flag_silent(self) -> float | None:
        since = self._listening_since
        if since is None:
            return None
        now, waits, silent = datetime.now(UTC), list[float](), list[c.Report]()
        for attempt in self._board.attempts.values():
            run = self._board.runs.get(attempt.adw_id)
            if attempt.status is not RunStatus.RUNNING or run is None or run.flags & {Flag.MUTE, Flag.SILENT}:
                continue
            heard = max(filter(None, (since, run.last_sign_at, attempt.started_at, attempt.sent_at)))
            left = self._limits.silent_after_s - (now - heard).total_seconds()
            if left <= 0:
                silent.append(c.SignOfLife(attempt.adw_id, silent=True))
            else:
                waits.append(left)
        if silent:
            await self._keeper.report(silent)
        return min(waits, default=None)

    async def _send_stops(self) -> None:
        wanted = [a for a in self._board.attempts.values() if a.cancel_requested and a.status is RunStatus.RUNNING]
        # A stop that was denied may be asked for once more.
        self._stops_sent &= {attempt.id for attempt in wanted}
        for attempt in wanted:
            if attempt.id in self._stops_sent:
                continue
            try:
                await self._sender.cancel(attempt.adw_id, attempt.id)
            except NotSent:
                return
            self._stops_sent.add(attempt.id)

    async def _send_starts(self) -> float | None:
        while self._sender.is_free and not self._is_sending():
            attempt, pause = self._next()
            if attempt is None:
                return pause
            await self._send(attempt)
        return None

    def _next(self) -> tuple[Attempt | None, float | None]:
        """What is to be sent now, or the seconds until something is; neither when only a change can bring something."""
        now = time.monotonic()
        doubted = [a for a in self._board.attempts.values() if self._may_repeat(a)]
        waiting = self._board.queue() if self._active() < self._limits.max_concurrent_runs else []
        if not doubted and not waiting:
            return None, None
        closed = max(self._rest_until - now, self._window.wait(now))
        if closed > 0:
            return None, closed
        waits = {a.id: self._repeats.get(a.id, (0, now))[1] - now for a in doubted}
        due = next((a for a in doubted if waits[a.id] <= 0), None) or next(iter(waiting), None)
        return (due, None) if due else (None, min(waits.values()))

    def _may_repeat(self, attempt: Attempt) -> bool:
        """Whether asking again cannot start it twice: only where the very service that was asked remembers it.

        All others are left to `check` and the user.
        """
        connection = self._sender.connection
        if attempt.status is not RunStatus.UNCERTAIN or attempt.vintage is not Vintage.OURS:
            return False
        asked = attempt.failure.params.get("service") if attempt.failure else None
        return connection.repeats_answers and asked == connection.journal

    def _count_repeat(self, attempt: Attempt) -> None:
        """Ask at once, then after 1, 2, 4 … seconds: a service that fails at it is not asked in a tight loop."""
        open_ids = {a.id for a in self._board.attempts.values() if a.is_open}
        self._repeats = {key: value for key, value in self._repeats.items() if key in open_ids}
        count, _ = self._repeats.get(attempt.id, (0, 0.0))
        pause = min(RETRY_S * 2**count, LONGEST_REPEAT_S)
        self._repeats[attempt.id] = (min(count + 1, 10), time.monotonic() + pause)

    async def _send(self, attempt: Attempt) -> None:
        vintage = self._sender.connection.vintage
        if vintage is None:
            self._rest_until = time.monotonic() + RETRY_S
            return
        choice = _choice(attempt, vintage)
        if isinstance(choice, Failure):
            await self._refuse(attempt, choice, vintage)
            return
        if attempt.status is RunStatus.UNCERTAIN:
            self._count_repeat(attempt)
        await self._keeper.report([c.Sending(attempt.id, choice.name, choice.stages, vintage)])
        sending = self._board.attempts[attempt.id]
        if sending.status is not RunStatus.SENDING:
            return  # somebody has withdrawn or settled it meanwhile
        self._window.take(time.monotonic())
        back = await self._hand_over(sending, choice)
        if back is not None:
            self._window.give_back()
            await self._keeper.report([back])

    async def _hand_over(self, attempt: Attempt, choice: WorkflowChoice) -> c.Report | None:
        """Give it to the connection; when that did not take it, what is to be reported of it."""
        try:
            await self._sender.trigger(attempt.id, request_for(self._board, attempt, choice))
        except NotSent:
            self._rest_until = time.monotonic() + RETRY_S
            return c.Unsent(attempt.id)
        except FrameTooLarge as problem:
            limit = f"{problem.limit // (1024 * 1024)} MB"
            return c.Refused(attempt.id, Failure("E-CONN-14", {"limit": limit}))
        except RequestRefused as problem:
            return c.Refused(attempt.id, Failure(problem.code, problem.params))
        return None

    async def _refuse(self, attempt: Attempt, failure: Failure, vintage: Vintage) -> None:
        sending = c.Sending(attempt.id, attempt.workflow_type or "", attempt.stages, vintage)
        await self._keeper.report([sending, c.Refused(attempt.id, failure)])

    async def check(self, attempt_id: str) -> bool:
        """Ask the service about an uncertain or silent attempt; True when that settled it.

        Raises what the client's `fetch_run` raises when the service cannot be asked.
        """
        attempt = self._board.attempts.get(attempt_id)
        if attempt is None or not attempt.is_open:
            return True
        if self._may_repeat(attempt):
            self._repeats.pop(attempt.id, None)
            self.wake()
            return False
        remote = await self._sender.fetch_run(attempt.adw_id)
        reports = _reports_of(attempt, remote) if remote else []
        await self._keeper.report(reports)
        return bool(reports)

    @property
    def _board(self) -> Board:
        return self._keeper.board

    def _is_sending(self) -> bool:
        return any(a.status is RunStatus.SENDING for a in self._board.attempts.values())

    def _active(self) -> int:
        """Runs that hold a slot; one that has been silent for the set time has lost it."""
        held = [a for a in self._board.attempts.values() if a.holds_slot]
        return sum(1 for a in held if Flag.SILENT not in self._board.runs[a.adw_id].flags)


def request_for(board: Board, attempt: Attempt, choice: WorkflowChoice) -> TriggerRequest:
    """What the service is asked for, made from the card as it is now."""
    task = board.tasks[attempt.task_id]
    return TriggerRequest(
        attempt_id=attempt.id,
        adw_id=attempt.adw_id,
        workflow_type=choice.name,
        stages=choice.stages,
        issue_number=task.issue_number or str(task.number),
        issue_type=task.type.value,
        title=task.title,
        body=task.description,
        model_set=attempt.model_set,
        stage_models=dict(task.stage_models),
    )


def is_connected(connection: Connection) -> bool:
    return connection.state is ConnectionState.CONNECTED and connection.vintage is not None


def _choice(attempt: Attempt, vintage: Vintage) -> WorkflowChoice | Failure:
    asked = attempt.workflow_type
    if attempt.status is RunStatus.UNCERTAIN and asked:
        return WorkflowChoice(asked, attempt.stages)
    if not asked:
        return _chosen(attempt, vintage)
    known = known_to(vintage)
    if asked not in known:
        return Failure("E-VAL-1", {"workflow": asked, "choices": ", ".join(known)})
    if asked == ORCHESTRATOR and not attempt.stages:
        return Failure("E-VAL-12")
    return WorkflowChoice(asked, attempt.stages)


def _chosen(attempt: Attempt, vintage: Vintage) -> WorkflowChoice | Failure:
    # The attempt's kind, not the card's type: the card may have been edited while it waited.
    task_type = TaskType.PATCH if attempt.kind is AttemptKind.PATCH else TaskType.FEATURE
    choice = choose_workflow(task_type, attempt.stages, vintage)
    if is_dependent(choice.name) and attempt.kind is AttemptKind.START:
        stage = attempt.stages[0].value
        return Failure("E-VAL-4", {"stage": stage, "missing": Stage.PLAN.value, "first": Stage.PLAN.value})
    return choice


def _reports_of(attempt: Attempt, remote: Remote) -> list[c.Report]:
    """What a service's record of the run proves about this attempt: only what is newer than its sending."""
    newer = remote.updated_at is not None and attempt.sent_at is not None and remote.updated_at >= attempt.sent_at
    if not newer:
        return []
    status = remote.status.lower()
    ended = {"completed": "completed", "errored": "failed", "failed": "failed", "cancelled": "cancelled"}
    if status in ended:
        name = attempt.workflow_type or ""
        return [c.StatusReported(attempt.adw_id, name, ended[status], attempt_id=attempt.id)]
    settled: list[c.Report] = [c.SignOfLife(attempt.adw_id)]
    return [c.Accepted(attempt.id), *settled] if attempt.status is RunStatus.UNCERTAIN else settled
