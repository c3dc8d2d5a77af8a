"""The outbox: sends what waits, in order, within the limits, and exactly once per intent.

Woken by changes of board and connection and by deadlines; it never polls.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final, Protocol

from structlog.contextvars import bound_contextvars

from kanban_app.domain import reported as r
from kanban_app.domain.connection import Connection, ConnectionState
from kanban_app.domain.model import Attempt, AttemptKind, Board, Failure, RunStatus
from kanban_app.domain.stages import Stage
from kanban_app.domain.workflows import (
    ORCHESTRATOR,
    TaskType,
    Vintage,
    WorkflowChoice,
    choose_workflow,
    is_dependent,
    known_to,
    not_offered,
)
from kanban_app.services.estimates import Outlook
from kanban_app.services.handing_over import Files, HandedOver, with_images
from kanban_app.services.keeper import Beside, Keeper
from kanban_app.services.limits import Limits
from kanban_app.services.pace import PACE_KEY, Pace
from kanban_app.services.silence import Silence
from kanban_app.services.turns import turn_by_turn
from kanban_app.store.failures import StoreUnavailable
from kanban_app.tac7.client_session import NotSent, SessionBusy
from kanban_app.tac7.codec import FrameTooLarge
from kanban_app.tac7.requests import RequestRefused, TriggerRequest

log = logging.getLogger(__name__)

RETRY_S: Final = 1.0
LONGEST_REPEAT_S: Final = 60.0


class Sender(Protocol):
    """The client, as the outbox needs it; answers come as events.

    `is_free` tells whether a trigger would be taken now; whatever makes it true again also comes as an event.
    `trigger` raises NotSent (SessionBusy only while not `is_free`), FrameTooLarge or RequestRefused, `cancel` NotSent.
    """

    @property
    def connection(self) -> Connection: ...
    @property
    def is_free(self) -> bool: ...
    async def trigger(self, attempt_id: str, request: TriggerRequest) -> None: ...
    async def cancel(self, adw_id: str, request_id: str) -> None: ...


class Dispatcher:
    """Owns the way from `queued` to `sending`, the stops, and the flags `silent` and `stuck`."""

    def __init__(
        self,
        keeper: Keeper,
        sender: Sender,
        limits: Limits,
        is_ready: Callable[[], bool],
        images: Files | None = None,
    ) -> None:
        """`images` has the files of the images that go along with starts; none do without it."""
        self._images = images
        self._keeper = keeper
        self._sender = sender
        self._limits = limits
        self._is_ready = is_ready
        self._wake = asyncio.Event()
        self._pace = Pace(limits.triggers_per_minute)
        self._stored_changes = 0
        self._silence = Silence(keeper, limits)
        self._stops_sent: set[str] = set()
        self._repeats: dict[str, tuple[int, float]] = {}
        keeper.on_change.append(self._wake.set)

    def use(self, limits: Limits) -> None:
        """From now on these limits; what is under way goes on."""
        self._limits = self._silence.limits = limits
        self._pace.allow(limits.triggers_per_minute)
        self._wake.set()

    def wake(self) -> None:
        """Look again: the connection or the board has changed."""
        self._wake.set()

    def reconnected(self) -> None:
        """A new connection is ready: stops and starts that were not answered are sent again at once."""
        self._stops_sent.clear()
        self._repeats.clear()
        self._silence.listen()
        self._wake.set()

    def wait_at_service(self, attempt_ids: frozenset[str]) -> None:
        """The service has accepted these and not begun them: that they say nothing is no silence."""
        self._silence.wait_at_service(attempt_ids)
        self._wake.set()

    def stop_unanswered(self) -> None:
        """No answer to a stop came in time: it is sent again. To end a run twice does no harm."""
        self._stops_sent.clear()
        self._wake.set()

    def slow_down(self) -> None:
        """The service has refused a start as one too many: nothing is sent for as long as it counts (Q1)."""
        self._pace.rest()

    def ask_again(self, attempt: Attempt) -> bool:
        """Whether a doubtful start is sent again, now; only where that cannot start it twice."""
        if not self._may_repeat(attempt):
            return False
        self._repeats.pop(attempt.id, None)
        self.wake()
        return True

    def outlook(self) -> Outlook:
        """What decides when that which waits goes out."""
        limits, pace = self._limits, self._pace
        return Outlook(self._is_ready(), limits.max_concurrent_runs, pace.per_minute, pace.sent, pace.rest_until)

    async def recover(self, journal: str, pace: object) -> None:
        """At start: what was being sent when the app ended is uncertain, and recent starts count for the rate.

        `journal` is that of the service that the app was connected to, `pace` what was kept under `PACE_KEY`.
        """
        attempts = self._board.attempts.values()
        doubts = [r.Uncertain(a.id, "E-LOAD-4", journal) for a in attempts if a.status is RunStatus.SENDING]
        await self._keeper.report(doubts)
        self._pace.restore(pace, [a.sent_at for a in attempts if a.sent_at])

    async def run(self) -> None:
        """Until cancelled."""
        await turn_by_turn(self._wake, self._try_step)

    async def _try_step(self) -> float | None:
        try:
            return await self._step()
        except StoreUnavailable as problem:
            log.warning("nothing is sent: the store cannot write: %s", problem)
            return RETRY_S

    async def _step(self) -> float | None:
        """Do what is due; seconds until something else is, None when only a change can bring something."""
        if self._pace.changes != self._stored_changes:
            await self._report_with_pace([])
        pauses = [await self._release_held()]
        if self._is_ready():
            pauses.append(await self._silence.flag())
            await self._send_stops()
            pauses.append(await self._send_starts())
        return min((pause for pause in pauses if pause is not None), default=None)

    async def _release_held(self) -> float | None:
        held = [a for a in self._board.attempts.values() if a.status is RunStatus.HELD and a.due_at]
        now = datetime.now(UTC)
        due = [r.Release(a.id) for a in held if a.due_at and a.due_at <= now]
        if due:
            await self._keeper.report(due)
        waits = [(a.due_at - now).total_seconds() for a in held if a.due_at and a.due_at > now]
        return min(waits, default=None)

    async def _send_stops(self) -> None:
        attempts = self._board.attempts.values()
        wanted = [a for a in attempts if a.cancel_requested and a.status in {RunStatus.RUNNING, RunStatus.WAITING}]
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
            with bound_contextvars(run=attempt.adw_id, attempt=attempt.id):
                await self._send(attempt)
        return None

    def _next(self) -> tuple[Attempt | None, float | None]:
        """What is to be sent now, or the seconds until something is; neither when only a change can bring something."""
        now = time.monotonic()
        doubted = [a for a in self._board.attempts.values() if self._may_repeat(a)]
        has_room = len(self._board.active()) < self._limits.max_concurrent_runs
        waiting = self._board.queue() if has_room else []
        if not doubted and not waiting:
            return None, None
        closed = self._pace.wait()
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
            self._pace.pause(RETRY_S)
            return
        choice = _choice(attempt, vintage, merges=self._sender.connection.merges)
        if isinstance(choice, Failure):
            await self._refuse(attempt, choice, vintage)
            return
        if attempt.status is RunStatus.UNCERTAIN:
            self._count_repeat(attempt)
        # Counted and stored before it leaves: a crash in between costs a place of the minute, no more.
        self._pace.take()
        try:
            await self._report_with_pace([r.Sending(attempt.id, choice.name, choice.stages, vintage)])
        except StoreUnavailable:
            self._pace.give_back()
            raise
        sending = self._board.attempts[attempt.id]
        if sending.status is not RunStatus.SENDING:
            self._pace.give_back()
            return  # somebody has withdrawn or settled it meanwhile
        back = await self._hand_over(sending, choice)
        if back is not None:
            self._pace.give_back()
            await self._report_with_pace([back])

    async def _hand_over(self, attempt: Attempt, choice: WorkflowChoice) -> r.Report | None:
        """Give it to the connection; when that did not take it, what is to be reported of it."""
        try:
            handed = await self._with_images(attempt, request_for(self._board, attempt, choice))
            await self._sender.trigger(attempt.id, handed.request)
        except SessionBusy:
            return r.Unsent(attempt.id)  # `is_free` tells when it is over
        except NotSent:
            self._pace.pause(RETRY_S)
            return r.Unsent(attempt.id)
        except FrameTooLarge as problem:
            limit = f"{problem.limit // (1024 * 1024)} MB"
            return r.Refused(attempt.id, Failure("E-CONN-14", {"limit": limit}))
        except RequestRefused as problem:
            return r.Refused(attempt.id, Failure(problem.code, problem.params))
        if handed.notice:
            await self._keeper.report([r.Noted(attempt.id, handed.notice)])
        return None

    async def _with_images(self, attempt: Attempt, request: TriggerRequest) -> HandedOver:
        connection = self._sender.connection
        if self._images is None or attempt.kind is AttemptKind.MERGE or attempt.vintage is None:
            return HandedOver(request)
        task = self._board.tasks[attempt.task_id]
        return await with_images(request, task, self._images, attempt.vintage, same_machine=connection.embedded)

    async def _refuse(self, attempt: Attempt, failure: Failure, vintage: Vintage) -> None:
        sending = r.Sending(attempt.id, attempt.workflow_type or "", attempt.stages, vintage)
        await self._keeper.report([sending, r.Refused(attempt.id, failure)])

    async def _report_with_pace(self, reports: Sequence[r.Report]) -> None:
        changes = self._pace.changes
        await self._keeper.report(reports, Beside(settings=[(PACE_KEY, self._pace.stored())]))
        self._stored_changes = changes

    @property
    def _board(self) -> Board:
        return self._keeper.board

    def _is_sending(self) -> bool:
        return any(a.status is RunStatus.SENDING for a in self._board.attempts.values())


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
        options=attempt.options,
        left=attempt.origin.value,
    )


def is_connected(connection: Connection) -> bool:
    return connection.state is ConnectionState.CONNECTED and connection.vintage is not None


def _choice(attempt: Attempt, vintage: Vintage, *, merges: bool) -> WorkflowChoice | Failure:
    asked = attempt.workflow_type
    denied = not_offered(asked, attempt.options, vintage, merges=merges)
    if denied:
        return Failure("E-SYS-4", {"what": denied})
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
