"""What is done with several cards at once, with a column, and by the line in which cards are written down."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

import reflex as rx

from kanban_app.domain.commands import Command, DuplicateTask, LimitColumn
from kanban_app.domain.stages import Column
from kanban_app.errors import BoardError, ErrorView, describe
from kanban_app.services.board import Outcome
from kanban_app.services.several import cards_of_lines, commands_for, refusals
from kanban_app.web.states import arguments
from kanban_app.web.states.board import BoardState
from kanban_app.web.states.doing import AUTHOR, guarded
from kanban_app.web.states.plain import not_an_event
from kanban_app.web.states.toasts import ToastState
from kanban_app.web.wiring import services

BULK = "bulk-"
OF_SEVERAL = ("move", "label", "unlabel", "archive", "delete")


class Left(TypedDict):
    """Lines of the operation `op` that found no room in the column, one below the other."""

    op: str
    lines: str


NO_LINES = Left(op="", lines="")


class SeveralState(rx.State):
    """Handlers of the board; each acknowledges its operation in the delta that has what came of it.

    `left` has what the newest quick cards have left over.
    """

    left: Left = NO_LINES

    @rx.event
    async def act(self, op_id: str, act: str, subject: str, wish: dict[str, str]):
        """Carry an act out. `subject` is the card or the column that it is about, if it is about one."""
        outcome = Outcome(ok=False)

        async def work() -> ErrorView | None:
            nonlocal outcome
            op, texts = arguments.operation(op_id), arguments.texts(wish, "wish")
            if act == "quick-add":
                fitting, rest = fit(texts.get("lines", ""))
                self.left, texts = Left(op=op, lines=rest), {**texts, "lines": fitting}
            commands = several_commands(act, subject, texts)
            outcome = await services().board.execute_all(commands, author=AUTHOR, op_id=op)
            return None if outcome.ok else outcome.error or describe("E-SYS-9")

        error = await guarded(work)
        board = await self.get_state(BoardState)
        board.show_cards([part.task_id for part in outcome.parts if part.task_id])
        board.settle(op_id, subject, error)
        await self.tell(act, op_id, outcome, error)

    @not_an_event
    async def tell(self, act: str, op_id: str, outcome: Outcome, error: ErrorView | None) -> None:
        """What came of an act, with the way back where there is one."""
        toasts, reader = await self.get_state(ToastState), services().reader
        refused = refusals(reader.name, outcome)
        made = [part.task_id for part in outcome.parts if part.ok]
        backlog = services().columns.title(Column.BACKLOG)
        if error and len(outcome.parts) > 1:
            toasts.show_error(ErrorView(**{**error, "message": refused}))
        elif error:
            toasts.show_error(error, outcome.parts[0].task_id or "" if outcome.parts else "")
        elif act == "duplicate":
            toasts.show_done("Card duplicated", f"{reader.name(made[0])} is in {backlog}.", made[0] or "")
        elif act == "quick-add" and len(outcome.parts) > 1:
            toasts.show_done(f"{len(made)} cards added", refused)
        else:
            toasts.show_way_back(op_id, refused=refused)


def fit(text: str) -> tuple[str, str]:
    """The first lines, as many as the backlog has room for, and the others; of a full one's several lines none fits.

    One line goes as it is: its refusal puts it back into the field.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    backlog = next(column for column in services().reader.columns() if column["id"] == Column.BACKLOG.value)
    if backlog["limit"] is None or len(lines) == 1:
        return text, ""
    room = max(backlog["limit"] - backlog["count"], 0)
    # Something has to be refused for the reason to be told.
    return "\n".join(lines[: room or 1]), "\n".join(lines[room:])


def several_commands(act: object, subject: object, wish: Mapping[str, str]) -> Sequence[Command]:
    """The commands of an act. Raises BoardError for what is not acceptable."""
    if act == "limit":
        limit = wish.get("limit", "")
        return [LimitColumn(arguments.column(subject), arguments.whole_number(limit, "limit") if limit else None)]
    if act == "duplicate":
        return [DuplicateTask(arguments.ident(subject, "task_id"))]
    if act == "quick-add":
        return cards_of_lines(wish.get("lines", ""))
    name = act.removeprefix(BULK) if isinstance(act, str) else ""
    if name not in OF_SEVERAL:
        raise BoardError("E-VAL-8", {"field": "act", "reason": "not an acceptable value"})
    ids = [arguments.ident(task_id, "ids") for task_id in wish.get("ids", "").split(",")]
    column = arguments.column(wish.get("column")) if name == "move" else Column.BACKLOG
    return commands_for(name, ids, column=column, label=wish.get("label", ""))
