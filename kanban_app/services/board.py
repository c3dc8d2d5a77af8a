"""The one door for people: every command of the screen and of the API goes through here."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, TypeVar, cast

from kanban_app.domain import commands as c
from kanban_app.domain import events as e
from kanban_app.domain.audit import Act, Action, Target
from kanban_app.domain.commands import Command, UndoOperation
from kanban_app.domain.deeds import Deed, from_json, to_json
from kanban_app.domain.model import Board
from kanban_app.domain.records import Operation
from kanban_app.domain.refusal import Refusal
from kanban_app.domain.stages import Column
from kanban_app.domain.undoing import deed_of
from kanban_app.errors import BoardError, ErrorView, from_refusal
from kanban_app.services.column_looks import ITS_OWN, ColumnLooks
from kanban_app.services.keeper import Applied, Keeper
from kanban_app.services.storage import cannot_save
from kanban_app.services.undoing import WayBack, way_back, way_back_of_all
from kanban_app.store.database import Store
from kanban_app.store.engine import whole
from kanban_app.store.failures import StoreUnavailable

Kept = TypeVar("Kept")

REMEMBERED: Final = 1000
AT_ONCE: Final = 500
FORESEEN: Final = 10
_PLACES: Final = ("column", "first", "stage", "missing", "stages")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a command: `error` says why nothing changed; the ids name what it made or touched.

    Of several commands at once `parts` say what became of each; the whole is refused where all of them were.
    """

    ok: bool
    error: ErrorView | None = None
    task_id: str | None = None
    attempt_id: str | None = None
    adw_id: str | None = None
    template_id: str | None = None
    status: int = 200
    parts: tuple["Outcome", ...] = ()


class BoardService:
    """Commands with an `op_id` act once: a repeat gets the first outcome, also after a restart."""

    def __init__(self, keeper: Keeper, store: Store, looks: ColumnLooks = ITS_OWN) -> None:
        self._looks = looks
        self._keeper = keeper
        self._store = store
        self._undoing = asyncio.Lock()
        self._done: OrderedDict[str, Outcome] = OrderedDict()
        self._deeds: OrderedDict[str, tuple[Deed, ...]] = OrderedDict()
        self._ends: OrderedDict[str, tuple[str, int]] = OrderedDict()

    async def execute(self, command: Command, *, author: str, op_id: str | None = None) -> Outcome:
        """Carry a command out. Refusals and failures to store come back as outcomes, never as exceptions."""

        async def work() -> Outcome:
            known = await self.operation(op_id) if op_id else None
            return known or await self._carry_out([command], author, op_id)

        return await _stored(work)

    async def execute_all(self, commands: Sequence[Command], *, author: str, op_id: str) -> Outcome:
        """Carry out as one operation, which is taken back as one, what can be done of these; no more than `AT_ONCE`."""
        if not 0 < len(commands) <= AT_ONCE:
            return _refused(BoardError("E-VAL-8", {"field": "ids", "reason": f"between 1 and {AT_ONCE} are possible"}))

        async def work() -> Outcome:
            known = await self.operation(op_id)
            return known or await self._carry_out(commands, author, op_id, several=True)

        return await _stored(work)

    async def undo(self, op_id: str, *, author: str, own_id: str, redo: bool = False, stop: bool = False) -> Outcome:
        """Take an operation back, or with `redo` do again what was taken back; `own_id` is the operation that does it.

        What is so already stays so: undone twice is undone once. `stop` ends the run that the operation has started.
        """

        async def work() -> Outcome:
            async with self._undoing:
                known = await self.operation(own_id)
                return known or await self._take_back(op_id, author, own_id, redo=redo, stop=stop)

        return await _stored(work)

    async def operation(self, op_id: str) -> Outcome | None:
        """What became of an operation; None when it has never arrived."""
        if op_id in self._done:
            return self._done[op_id]
        stored = await self._store.operation(op_id)
        return _from_record(stored) if stored else None

    def way_back(self, op_id: str) -> WayBack | None:
        """What a person is told about an operation that can be taken back; None for all others, and for old ones."""
        deeds, tasks = self._deeds.get(op_id, ()), self._keeper.board.tasks
        known = [(tasks[deed.task_id], deed) for deed in deeds if deed.task_id in tasks]
        # Of very many cards a few tell enough: each is decided anew for it, and the event loop waits.
        foreseen = [self._keeper.foresee(UndoOperation(op_id, deed), "") for _, deed in known[:FORESEEN]]
        if len(known) == 1:
            return way_back(*known[0], foreseen[0], self._looks)
        return way_back_of_all([deed for _, deed in known], foreseen, self._looks) if known else None

    async def _take_back(self, op_id: str, author: str, own_id: str, *, redo: bool, stop: bool) -> Outcome:
        """Each operation is taken back by one other at most, whose taking back is doing the first one again."""
        last, steps = await self._end_of(op_id)
        undone = steps % 2 == 1
        if last is None:
            return self._not_taken_back(BoardError("E-SYS-3", {"what": "This operation"}), op_id, redo=redo)
        deeds = _deeds_of(last)
        if not deeds or (redo and steps == 0):
            return self._not_taken_back(BoardError("E-UNDO-4"), op_id, redo=redo)
        if undone is not redo:
            return await self._answer_alike(last, own_id)
        commands = [UndoOperation(op_id, deed, stop, redo) for deed in reversed(deeds)]
        several = "deeds" in last.result
        outcome = await self._carry_out(commands, author, own_id, several=several, undone=last)
        if outcome.ok:
            _keep(self._deeds, op_id, self._deeds[own_id])
            _keep(self._ends, op_id, (own_id, steps + 1))
        return outcome

    def _not_taken_back(self, error: BoardError, op_id: str, *, redo: bool) -> Outcome:
        action = Action.OPERATION_REDONE if redo else Action.OPERATION_UNDONE
        self._keeper.record_refusal(Act(action, Target("task"), {"operation": op_id}, error.code))
        return _refused(error)

    async def _answer_alike(self, known: Operation, own_id: str) -> Outcome:
        """The outcome of another operation as that of this one, which has nothing left to do."""
        told = {name: value for name, value in known.result.items() if name not in {"deed", "deeds", "undone_by"}}
        async with self._store.write() as tx:
            await tx.save_operation(replace(known, op_id=own_id, result=told))
        return _from_record(known)

    async def _end_of(self, op_id: str) -> tuple[Operation | None, int]:
        """The newest of the operations that have taken this one back in turn (itself at first), and how many."""
        end, steps = self._ends.get(op_id, (op_id, 0))
        last = await self._store.operation(end)
        while last and "undone_by" in last.result:
            last, steps = await self._store.operation(str(last.result["undone_by"])), steps + 1
        return last, steps

    async def _carry_out(
        self,
        commands: Sequence[Command],
        author: str,
        op_id: str | None,
        *,
        several: bool = False,
        undone: Operation | None = None,
    ) -> Outcome:
        outcome = Outcome(ok=False)
        deeds: tuple[Deed, ...] = ()

        def conclude(results: Sequence[Applied], boards: Sequence[Board]) -> list[Operation]:
            nonlocal outcome, deeds
            steps = list(zip(commands, results, boards, boards[1:], strict=False))
            parts = [_outcome(command, applied, after, self._looks) for command, applied, _, after in steps]
            outcome = _whole(parts) if several else parts[0]
            if op_id is None:
                return []
            found = [deed_of(c, before, after, a.events) for c, a, before, after in steps if not a.refusal]
            deeds = tuple(deed for deed in found if deed)
            marked = [replace(undone, result={**undone.result, "undone_by": op_id})] if undone and outcome.ok else []
            return [_to_record(op_id, outcome, deeds, several=several), *marked]

        acted = await self._keeper.execute(commands, author, conclude, lambda: op_id in self._done)
        if not acted and op_id:
            return self._done[op_id]
        if op_id:
            _keep(self._done, op_id, outcome)
        if op_id and deeds:
            _keep(self._deeds, op_id, deeds)
        return outcome


async def _stored(work: Callable[[], Coroutine[Any, Any, Outcome]]) -> Outcome:
    try:
        # Whole: a tab that goes away must not leave a command carried out but not remembered.
        return await whole(work())
    except StoreUnavailable as problem:
        return _refused(cannot_save(problem))


def _refused(error: BoardError) -> Outcome:
    return Outcome(ok=False, error=error.view(), status=error.status)


def _keep(known: OrderedDict[str, Kept], op_id: str, value: Kept) -> None:
    known[op_id] = value
    while len(known) > REMEMBERED:
        known.popitem(last=False)


def _outcome(command: Command, applied: Applied, board: Board, looks: ColumnLooks) -> Outcome:
    if applied.refusal:
        error = as_called(applied.refusal, looks)
        return Outcome(ok=False, error=error.view(), task_id=getattr(command, "task_id", None), status=error.status)
    created = next((x.task.id for x in applied.events if isinstance(x, e.TaskCreated | e.CardImported)), None)
    template = next((x.template.id for x in applied.events if isinstance(x, e.TemplateSaved)), None)
    opened = next((x.attempt for x in applied.events if isinstance(x, e.AttemptOpened)), None)
    task_id = created or getattr(command, "task_id", None) or _task_of(command, board)
    return Outcome(
        ok=True,
        task_id=task_id,
        attempt_id=opened.id if opened else getattr(command, "attempt_id", None),
        adw_id=opened.adw_id if opened else getattr(command, "adw_id", None),
        template_id=template or getattr(command, "template_id", None),
    )


def as_called(refusal: Refusal, looks: ColumnLooks) -> BoardError:
    """A refusal with its columns as people call them; its details keep the ids."""
    ids = {name: refusal.params[name] for name in _PLACES if name in refusal.params}
    names = {name: ", ".join(_called(part, looks) for part in text.split(", ")) for name, text in ids.items()}
    error = from_refusal(replace(refusal, params={**refusal.params, **names}))
    error.details = {**ids, **error.details}
    return error


def _called(column: str, looks: ColumnLooks) -> str:
    return looks.title(Column(column)) if column in set(Column) else column


def _whole(parts: Sequence[Outcome]) -> Outcome:
    if any(part.ok for part in parts):
        return Outcome(ok=True, parts=tuple(parts))
    return replace(parts[0], parts=tuple(parts))


def _task_of(command: Command, board: Board) -> str | None:
    if isinstance(command, c.CancelRun):
        run = board.runs.get(command.adw_id)
        return run.task_id if run else None
    attempt = board.attempts.get(getattr(command, "attempt_id", ""))
    return attempt.task_id if attempt else None


def _to_record(op_id: str, outcome: Outcome, deeds: Sequence[Deed], *, several: bool) -> Operation:
    result = _told(outcome)
    if several:
        result["parts"] = [{"ok": part.ok, **_told(part)} for part in outcome.parts]
        result["deeds"] = [to_json(deed) for deed in deeds]
    elif deeds:
        result["deed"] = to_json(deeds[0])
    return Operation(op_id, "applied" if outcome.ok else "refused", datetime.now(UTC), result)


def _told(outcome: Outcome) -> dict[str, object]:
    return {
        "error": outcome.error,
        "task_id": outcome.task_id,
        "attempt_id": outcome.attempt_id,
        "adw_id": outcome.adw_id,
        "template_id": outcome.template_id,
        "status": outcome.status,
    }


def _from_record(operation: Operation) -> Outcome:
    return _from_told(cast("dict[str, Any]", dict(operation.result)), ok=operation.outcome == "applied")


def _from_told(result: dict[str, Any], *, ok: bool) -> Outcome:
    return Outcome(
        ok=ok,
        error=result.get("error"),
        task_id=result.get("task_id"),
        attempt_id=result.get("attempt_id"),
        adw_id=result.get("adw_id"),
        template_id=result.get("template_id"),
        status=result.get("status", 200),
        parts=tuple(_from_told(part, ok=part["ok"]) for part in result.get("parts", ())),
    )


def _deeds_of(operation: Operation) -> list[Deed]:
    result = cast("dict[str, Any]", dict(operation.result))
    return [from_json(deed) for deed in result.get("deeds", [result["deed"]] if "deed" in result else [])]
