"""How handlers carry out a user's wish, and what becomes of it in terms of the screen."""

import logging
from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID, uuid5

from kanban_app.domain.commands import Command
from kanban_app.errors import BoardError, ErrorView, describe
from kanban_app.services.board import Outcome
from kanban_app.web.wiring import services

AUTHOR: Final = "board"
REFUSED_SAVES: Final = 100

_log = logging.getLogger(__name__)


async def carry_out(wish: Callable[[], Command], op_id: str | None = None) -> ErrorView | None:
    """Build a command and execute it; the refusal, or None when it was applied.

    `wish` may raise `BoardError` for arguments that are not acceptable; that is a refusal like any other.
    """

    async def execute() -> ErrorView | None:
        outcome = await services().board.execute(wish(), author=AUTHOR, op_id=op_id)
        return None if outcome.ok else outcome.error or describe("E-SYS-9")

    return await guarded(execute)


async def guarded(work: Callable[[], Awaitable[ErrorView | None]]) -> ErrorView | None:
    """Await `work()`; whatever it raises becomes an error that can be shown."""
    try:
        return await work()
    except BoardError as error:
        return error.view()
    except Exception:  # noqa: BLE001 - the root of a handler: the browser waits for an answer whatever happens
        _log.exception("a handler failed")
        return describe("E-SYS-9")


async def unrefused(op_id: str) -> tuple[str, Outcome | None]:
    """The operation of a form, and what became of it if it was applied. A refused one is followed by the next."""
    for _ in range(REFUSED_SAVES):
        known = await services().board.operation(op_id)
        if known is None or known.ok:
            return op_id, known
        op_id = str(uuid5(UUID(op_id), "next"))
    raise BoardError("E-VAL-8", {"field": "form", "reason": "it was refused too often, open it again"})
