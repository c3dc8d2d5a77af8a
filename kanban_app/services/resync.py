"""Catching up over HTTP with services that repeat nothing (V1): after each reconnect, and when a run says nothing.

Woken by connections, by changes of the board and by deadlines; while no run is under way nothing is asked.
"""

import asyncio
import itertools
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Final, Protocol, TypeVar

from kanban_app.domain import reported as r
from kanban_app.domain.connection import Connection, ConnectionState
from kanban_app.domain.model import ACTIVE, Attempt, Board, Run, RunStatus
from kanban_app.domain.reports import is_recorded
from kanban_app.domain.stages import Stage, column_of, parse_column, stage_of
from kanban_app.domain.workflows import PATCH_WORKFLOW, Vintage
from kanban_app.services.keeper import Keeper
from kanban_app.services.remote_files import Json, Read, RemoteFile
from kanban_app.services.turns import turn_by_turn
from kanban_app.store.failures import StoreUnavailable
from kanban_app.tac7.client_session import NotSent
from kanban_app.tac7.remote_logs import agent_lines, execution_lines
from kanban_app.tac7.trouble import Unanswered

log = logging.getLogger(__name__)

T = TypeVar("T")

QUIET_S: Final = 60.0
_ID_LENGTH: Final = 8
_NOT_OFFERED: Final = "E-SYS-4"
_ABSENT: Final = frozenset({"E-SYS-3", "E-SYS-2"})
_ENDED: Final = {"completed": "completed", "errored": "failed", "failed": "failed", "cancelled": "cancelled"}
_UNDER_WAY: Final = frozenset({"in_progress", "running"})

Fetch = Callable[[str, str], Awaitable[Json]]


class RemoteFacts(Protocol):
    """What a service says of a run over HTTP. `failure` is why it went wrong, as far as it says so."""

    @property
    def status(self) -> str: ...
    @property
    def stage(self) -> str: ...
    @property
    def failure(self) -> str: ...
    @property
    def updated_at(self) -> datetime | None: ...


class RunSource(Protocol):
    """The client, as catching up needs it. The calls raise Unanswered or NotSent."""

    @property
    def connection(self) -> Connection: ...
    async def fetch_run(self, adw_id: str) -> RemoteFacts | None: ...
    async def fetch_execution_log(self, adw_id: str, stage: str) -> Json: ...
    async def fetch_stage_log(self, adw_id: str, stage: str) -> Json: ...


class Resync:
    """Knows whether what the cards show may be out of date, and ends that state."""

    def __init__(
        self,
        keeper: Keeper,
        source: RunSource,
        merge: Callable[[str, Sequence[RemoteFile]], Awaitable[int]],
        on_stale: Callable[[], None],
        quiet_s: float = QUIET_S,
    ) -> None:
        """`merge` stores what is new in fetched files; `on_stale` is called when `is_stale` changes.

        A run that has said nothing for `quiet_s` is asked about.
        """
        self._keeper = keeper
        self._source = source
        self._merge = merge
        self._on_stale = on_stale
        self._quiet_s = quiet_s
        self._wake = asyncio.Event()
        self._is_behind = True
        self._is_due = False
        self._connections = 0
        self._was_stale = False
        self._not_offered: set[str] = set()
        self._asked: dict[str, float] = {}
        self.on_catching_up: list[Callable[[], None]] = []
        """Called when runs are about to be asked for after a connection."""
        self.on_caught_up: list[Callable[[bool], None]] = []
        """Called after that, with whether all could be asked."""
        keeper.on_change.append(self._look_again)

    @property
    def is_stale(self) -> bool:
        """Whether a run under way may have moved on without the board knowing."""
        return self._is_behind and any(a.status in ACTIVE for a in self._board.attempts.values())

    def lost(self) -> None:
        """There is no connection: messages may be passing by."""
        self._is_behind = True
        self._is_due = False
        self._look_again()

    def ready(self) -> None:
        """A connection is ready. What a service repeats by itself comes on it; else the runs are asked for."""
        self._connections += 1
        self._not_offered.clear()
        self._is_due = self._source.connection.vintage is Vintage.V1
        self._is_behind = self._is_due
        self._look_again()

    def restarted(self) -> None:
        """The service was started again without the connection showing it (E-HEALTH-10)."""
        if self._is_connected():
            self.ready()

    async def run(self) -> None:
        """Until cancelled."""
        await turn_by_turn(self._wake, self._step)

    async def _step(self) -> float | None:
        """Ask for what is due; seconds until something else is, None when only a change can bring something."""
        if not self._is_connected():
            return None
        if self._is_due:
            await self._catch_up()
        if any(a.status is RunStatus.SENDING for a in self._board.attempts.values()):
            return None  # an answer is on its way, and the service stands still until then (Q3)
        now = time.monotonic()
        pauses: list[float] = []
        for attempt in self._attempts():
            left = self._quiet_s - self._silence(attempt, now)
            if left <= 0:
                await self._ask_about(attempt)
                left = self._quiet_s
            pauses.append(left)
        self._asked = {key: at for key, at in self._asked.items() if key in self._board.attempts}
        return min(pauses, default=None)

    async def _catch_up(self) -> None:
        connection = self._connections
        self._is_due = False
        attempts, worked = self._attempts(), True
        if attempts:
            for tell in self.on_catching_up:
                tell()
        for attempt in attempts:
            worked &= await self._ask_about(attempt)
            if connection != self._connections or not self._is_connected():
                return
        self._is_behind = False
        for tell_end in self.on_caught_up:
            tell_end(worked)
        self._look_again()

    async def _ask_about(self, attempt: Attempt) -> bool:
        """Whether the service has answered and all of it was stored."""
        self._asked[attempt.id] = time.monotonic()
        try:
            await self._ask(attempt.id)
        except Unanswered as problem:
            log.info("the service could not be asked about run %s (%s)", attempt.adw_id, problem.code)
        except NotSent:
            pass
        except StoreUnavailable:
            log.exception("what was asked about run %s could not be stored", attempt.adw_id)
        else:
            return True
        return False

    async def _ask(self, attempt_id: str) -> None:
        attempt = self._board.attempts[attempt_id]
        remote = await self._offered("run", lambda: self._source.fetch_run(attempt.adw_id))
        files = await self._fetched(attempt, remote)
        # Lines first: a failure without a reason gets it from them.
        await self._merge(attempt.adw_id, files)
        attempt = self._board.attempts[attempt_id]
        reports = reports_of(attempt, self._board.runs[attempt.adw_id], remote) if remote else []
        if reports:
            await self._keeper.report(reports)

    async def _fetched(self, attempt: Attempt, remote: RemoteFacts | None) -> list[RemoteFile]:
        """The files of the attempt's stages so far."""
        if len(attempt.adw_id) != _ID_LENGTH or attempt.status is RunStatus.UNCERTAIN:
            return []
        calls: list[tuple[str, Fetch, Read]] = [
            ("execution-logs", self._source.fetch_execution_log, execution_lines),
            ("stage-logs", self._source.fetch_stage_log, agent_lines),
        ]
        files: list[RemoteFile] = []
        for stage, (name, fetch, read) in itertools.product(stages_begun(attempt, remote), calls):
            answer = await self._offered(name, partial(fetch, attempt.adw_id, stage))
            if answer is not None:
                # A long log takes its time, which the event loop has not.
                files.append(await asyncio.to_thread(RemoteFile, attempt.adw_id, answer, read, datetime.now(UTC)))
        return files

    async def _offered(self, call: str, fetch: Callable[[], Awaitable[T]]) -> T | None:
        """The answer; None when there is none, or when this service has no such call."""
        if call in self._not_offered:
            return None
        try:
            return await fetch()
        except Unanswered as problem:
            if problem.code == _NOT_OFFERED:
                self._not_offered.add(call)
            elif problem.code not in _ABSENT:
                raise
            return None

    def _silence(self, attempt: Attempt, now: float) -> float:
        """Seconds since the run was heard of or asked about."""
        run = self._board.runs[attempt.adw_id]
        heard = max(filter(None, (run.last_sign_at, attempt.started_at, attempt.sent_at)), default=None)
        unheard = (datetime.now(UTC) - heard).total_seconds() if heard else self._quiet_s
        return min(unheard, now - self._asked.get(attempt.id, float("-inf")))

    def _attempts(self) -> list[Attempt]:
        attempts = self._board.attempts.values()
        return [a for a in attempts if a.status in ACTIVE - {RunStatus.SENDING} and a.vintage is Vintage.V1]

    def _is_connected(self) -> bool:
        connection = self._source.connection
        return connection.state is ConnectionState.CONNECTED and connection.vintage is Vintage.V1

    def _look_again(self) -> None:
        self._wake.set()
        if self.is_stale is not self._was_stale:
            self._was_stale = not self._was_stale
            self._on_stale()

    @property
    def _board(self) -> Board:
        return self._keeper.board


def stages_begun(attempt: Attempt, remote: RemoteFacts | None) -> list[str]:
    """The stages, as services name them, of which there may be logs."""
    if attempt.workflow_type == PATCH_WORKFLOW:
        return ["patch"]
    there = _stage_of(remote.stage) if remote else None
    latest = max((attempt.stages.index(s) for s in (attempt.current, there) if s in attempt.stages), default=0)
    return [stage.value for stage in attempt.stages[: latest + 1]]


def reports_of(attempt: Attempt, run: Run, remote: RemoteFacts) -> list[r.Report]:
    """What in a service's record of a run is news about this attempt (Q18, E-SYS-13, E-SYS-14).

    The record is written anew by every saving of state, which puts the stage back to the backlog: only its end and a
    stage later than the known one count. The reducer keeps whatever is later, in any case.
    """
    if not _is_about(attempt, remote):
        return []
    name, status = attempt.workflow_type or "", remote.status.strip().lower()
    if status in _ENDED and not is_recorded(attempt):
        return []
    if status in _ENDED:
        return [r.StatusReported(attempt.adw_id, name, _ENDED[status], remote.failure, attempt_id=attempt.id)]
    if status not in _UNDER_WAY:
        return []
    reports: list[r.Report] = [r.Accepted(attempt.id)] if attempt.status is RunStatus.UNCERTAIN else []
    if _is_newer(remote.updated_at, run.last_sign_at):
        reports.append(r.SignOfLife(attempt.adw_id))
    stage = _stage_of(remote.stage)
    known = attempt.stages.index(attempt.current) if attempt.current in attempt.stages else -1
    if stage is not None and stage in attempt.stages and attempt.stages.index(stage) > known:
        reports.append(r.StageReported(attempt.adw_id, column_of(stage), attempt_id=attempt.id))
    return reports


def _is_about(attempt: Attempt, remote: RemoteFacts) -> bool:
    """Whether the record was written since this attempt was sent, rather than by an earlier one of the same run."""
    if attempt.sent_at is None:
        return False
    if attempt.previous_run_id == attempt.adw_id:
        return _is_newer(remote.updated_at, attempt.sent_at)
    # Nothing earlier can have written it; its times have whole seconds only.
    return remote.updated_at is None or remote.updated_at >= attempt.sent_at.replace(microsecond=0)


def _is_newer(moment: datetime | None, other: datetime | None) -> bool:
    return moment is not None and (other is None or moment > other)


def _stage_of(name: str) -> Stage | None:
    column = parse_column(name)
    return stage_of(column) if column else None
