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


class Remote(Protocol):
    """What a service says of a run over HTTP."""

    @property
    def status(self) -> str: ...
    @property
    def updated_at(self) -> datetime | None: ...


class Sender(Protocol):
    """The client, as the outbox needs it; answers come as events.

    `trigger` raises NotSent, FrameTooLarge or RequestRefused, `cancel` NotSent.
    """

    @property
    def connection(self) -> Connection: ...
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
        keeper.on_change.append(self._wake.set)

    def wake(self) -> None:
        """Look again: the connection or the board has changed."""
        self._wake.set()

    def reconnected(self) -> None:
        """A new connection is ready: stops that were not answered are sent again."""
        self._stops_sent.clear()
        self._wake.set()

    async def recover(self) -> None:
        """At start: what was being sent when the app ended is uncertain, and recent starts count for the rate."""
        attempts = self._board.attempts.values()
        doubts = [c.Uncertain(a.id, "E-LOAD-4") for a in attempts if a.status is RunStatus.SENDING]
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
            await self._resolve_uncertain()
            pauses.append(await self._send_queued())
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
        now, waits, silent = datetime.now(UTC), list[float](), list[c.Report]()
        for attempt in self._board.attempts.values():
            run = self._board.runs.get(attempt.adw_id)
            if attempt.status is not RunStatus.RUNNING or run is None or run.flags & {Flag.MUTE, Flag.SILENT}:
                continue
            heard = max(filter(None, (run.last_sign_at, attempt.started_at, attempt.sent_at)), default=now)
            left = self._limits.silent_after_s - (now - heard).total_seconds()
            if left <= 0:
                silent.append(c.SignOfLife(attempt.adw_id, silent=True))
            else:
                waits.append(left)
        if silent:
            await self._keeper.report(silent)
        return min(waits, default=None)

    async def _send_stops(self) -> None:
        for attempt in list(self._board.attempts.values()):
            wanted = attempt.cancel_requested and attempt.status is RunStatus.RUNNING
            if not wanted or attempt.id in self._stops_sent:
                continue
            try:
                await self._sender.cancel(attempt.adw_id, attempt.id)
            except NotSent:
                return
            self._stops_sent.add(attempt.id)

    async def _resolve_uncertain(self) -> None:
        """Services that repeat their first answer are simply asked again; others are left to `check` and the user."""
        if not self._sender.connection.repeats_answers:
            return
        for attempt in list(self._board.attempts.values()):
            if attempt.status is RunStatus.UNCERTAIN and not self._is_sending():
                await self._send(attempt)

    async def _send_queued(self) -> float | None:
        while not self._is_sending():
            waiting = self._board.queue()
            if not waiting or self._active() >= self._limits.max_concurrent_runs:
                return None
            pause = self._window.wait(time.monotonic())
            if pause > 0:
                return pause
            if not await self._send(waiting[0]):
                return None
        return None

    async def _send(self, attempt: Attempt) -> bool:
        """Send one attempt; False when the connection could not take it."""
        vintage = self._sender.connection.vintage
        if vintage is None:
            return False
        choice = _choice(attempt, vintage)
        if isinstance(choice, Failure):
            await self._refuse(attempt, choice, vintage)
            return True
        await self._keeper.report([c.Sending(attempt.id, choice.name, choice.stages, vintage)])
        self._window.take(time.monotonic())
        sending = self._board.attempts[attempt.id]
        try:
            await self._sender.trigger(attempt.id, request_for(self._board, sending, choice))
        except NotSent:
            back = (
                c.Uncertain(attempt.id, "E-LOAD-4") if attempt.status is RunStatus.UNCERTAIN else c.Unsent(attempt.id)
            )
            await self._keeper.report([back])
            return False
        except FrameTooLarge as problem:
            limit = f"{problem.limit // (1024 * 1024)} MB"
            await self._keeper.report([c.Refused(attempt.id, Failure("E-CONN-14", {"limit": limit}))])
        except RequestRefused as problem:
            await self._keeper.report([c.Refused(attempt.id, Failure(problem.code, problem.params))])
        return True

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
        if self._sender.connection.repeats_answers and attempt.status is RunStatus.UNCERTAIN:
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
        return sum(1 for a in self._board.attempts.values() if a.holds_slot)


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
