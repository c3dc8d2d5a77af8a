"""One act for several cards: the commands that it stands for, and what became of them in words."""

from collections.abc import Callable, Sequence
from typing import Final

from kanban_app.domain.commands import (
    ArchiveTask,
    Command,
    CreateTask,
    DeleteTask,
    LabelTask,
    MoveTask,
    PurgeTask,
    RestoreTask,
)
from kanban_app.domain.stages import Column, Stage
from kanban_app.services.board import Outcome

LINES: Final = 50
NAMED: Final = 3
_TITLE: Final = 200
_OF_CARD: Final[dict[str, Callable[[str], Command]]] = {
    "archive": ArchiveTask,
    "delete": DeleteTask,
    "restore": RestoreTask,
    "purge": PurgeTask,
}


def commands_for(
    act: str, task_ids: Sequence[str], *, column: Column = Column.BACKLOG, label: str = ""
) -> list[Command]:
    """A command for each card, once. Raises KeyError for an act that is none."""
    ids = list(dict.fromkeys(task_ids))
    if act == "move":
        action = "mark" if column is Column.COMPLETED else None
        return [MoveTask(task_id, column, action=action) for task_id in ids]
    if act in {"label", "unlabel"}:
        return [LabelTask(task_id, label, on=act == "label") for task_id in ids]
    return [_OF_CARD[act](task_id) for task_id in ids]


def cards_of_lines(text: str) -> list[Command]:
    """A new card for each line that is not empty, at most `LINES`, the first one at the top of the backlog.

    What is too long for a title becomes the card's text.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return [_card(line) for line in reversed(lines[:LINES])]


def refusals(name_of: Callable[[str | None], str], outcome: Outcome) -> str:
    """How many cards were refused, and why, the first `NAMED` by name; nothing where none was."""
    refused = [part for part in outcome.parts if not part.ok]
    named = [f"{name_of(part.task_id)} ({part.error['title']})" for part in refused[:NAMED] if part.error]
    more = [f"and {len(refused) - NAMED} more"] if len(refused) > NAMED else []
    return f"{len(refused)} refused: {', '.join([*named, *more])}." if refused else ""


def _card(line: str) -> CreateTask:
    title, description = (line, "") if len(line) <= _TITLE else ("", line)
    return CreateTask(title=title, description=description, stages=tuple(Stage), at_top=True)
