"""The one door for people: every command of the screen and of the API goes through here."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, cast

from kanban_app.domain import commands as c
from kanban_app.domain import events as e
from kanban_app.domain.commands import Command
from kanban_app.domain.model import Board
from kanban_app.domain.records import Operation
from kanban_app.errors import BoardError, ErrorView, from_refusal
from kanban_app.services.keeper import Applied, Keeper
from kanban_app.store.database import Store
from kanban_app.store.engine import whole
from kanban_app.store.failures import StoreUnavailable

REMEMBERED: Final = 1000
_REASONS: Final = {
    "disk-full": "The disk is full.",
    "readonly": "The data folder is read-only.",
    "locked": "Another program has locked the database.",
    "closed": "The app is stopping.",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a command: `error` says why nothing changed; the ids name what it made or touched."""

    ok: bool
    error: ErrorView | None = None
    task_id: str | None = None
    attempt_id: str | None = None
    adw_id: str | None = None
    status: int = 200


class BoardService:
    """Commands with an `op_id` act once: a repeat gets the first outcome, also after a restart."""

    def __init__(self, keeper: Keeper, store: Store) -> None:
        self._keeper = keeper
        self._store = store
        self._done: OrderedDict[str, Outcome] = OrderedDict()

    async def execute(self, command: Command, *, author: str, op_id: str | None = None) -> Outcome:
        """Carry a command out. Refusals and failures to store come back as outcomes, never as exceptions."""
        try:
            known = await self.operation(op_id) if op_id else None
            # Whole: a tab that goes away must not leave a command carried out but not remembered.
            return known or await whole(self._carry_out(command, author, op_id))
        except StoreUnavailable as problem:
            error = BoardError("E-SYS-12", {"reason": _REASONS.get(problem.reason, "The database cannot be written.")})
            return Outcome(ok=False, error=error.view(), status=error.status)

    async def operation(self, op_id: str) -> Outcome | None:
        """What became of an operation; None when it has never arrived."""
        if op_id in self._done:
            return self._done[op_id]
        stored = await self._store.operation(op_id)
        return _from_record(stored) if stored else None

    async def _carry_out(self, command: Command, author: str, op_id: str | None) -> Outcome:
        outcome = Outcome(ok=False)

        def conclude(applied: Applied, board: Board) -> Operation | None:
            nonlocal outcome
            outcome = _outcome(command, applied, board)
            return _to_record(op_id, outcome) if op_id else None

        applied = await self._keeper.execute(command, author, conclude, lambda: op_id in self._done)
        if applied is None and op_id:
            return self._done[op_id]
        if op_id:
            self._remember(op_id, outcome)
        return outcome

    def _remember(self, op_id: str, outcome: Outcome) -> None:
        self._done[op_id] = outcome
        while len(self._done) > REMEMBERED:
            self._done.popitem(last=False)


def _outcome(command: Command, applied: Applied, board: Board) -> Outcome:
    if applied.refusal:
        error = from_refusal(applied.refusal)
        return Outcome(ok=False, error=error.view(), task_id=getattr(command, "task_id", None), status=error.status)
    created = next((x.task.id for x in applied.events if isinstance(x, e.TaskCreated)), None)
    opened = next((x.attempt for x in applied.events if isinstance(x, e.AttemptOpened)), None)
    task_id = created or getattr(command, "task_id", None) or _task_of(command, board)
    return Outcome(
        ok=True,
        task_id=task_id,
        attempt_id=opened.id if opened else getattr(command, "attempt_id", None),
        adw_id=opened.adw_id if opened else getattr(command, "adw_id", None),
    )


def _task_of(command: Command, board: Board) -> str | None:
    if isinstance(command, c.CancelRun):
        run = board.runs.get(command.adw_id)
        return run.task_id if run else None
    attempt = board.attempts.get(getattr(command, "attempt_id", ""))
    return attempt.task_id if attempt else None


def _to_record(op_id: str, outcome: Outcome) -> Operation:
    result: dict[str, object] = {
        "error": outcome.error,
        "task_id": outcome.task_id,
        "attempt_id": outcome.attempt_id,
        "adw_id": outcome.adw_id,
        "status": outcome.status,
    }
    return Operation(op_id, "applied" if outcome.ok else "refused", datetime.now(UTC), result)


def _from_record(operation: Operation) -> Outcome:
    result = cast("dict[str, Any]", dict(operation.result))
    return Outcome(
        ok=operation.outcome == "applied",
        error=result.get("error"),
        task_id=result.get("task_id"),
        attempt_id=result.get("attempt_id"),
        adw_id=result.get("adw_id"),
        status=result.get("status", 200),
    )
