"""Question and answer on one connection."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from kanban_app.conformance.context import Context
from kanban_app.conformance.line import Json, Line, Wanted, data_of, of_type
from kanban_app.conformance.verdicts import shown

TERMINALS: Final = (
    "trigger_response",
    "error",
    "pong",
    "ticket_notification_response",
    "session_registered",
    "cancel_response",
)
"""What ends a request (reference section 4.3)."""

terminal: Final = of_type(*TERMINALS)


@dataclass(frozen=True, slots=True)
class Answer:
    """The personal replies to one message, in order. `closed` is the close code where it cost the connection."""

    replies: tuple[Json, ...]
    ms: float
    closed: int | None

    @property
    def first(self) -> Json | None:
        return self.replies[0] if self.replies else None

    def of(self, kind: str) -> Json | None:
        """The first reply of that type."""
        return next((reply for reply in self.replies if reply.get("type") == kind), None)

    @property
    def words(self) -> str:
        """What came, for evidence."""
        if self.closed is not None and not self.replies:
            return f"closed with {self.closed}"
        if not self.replies:
            return "no answer"
        return " + ".join(_words(reply) for reply in self.replies)


async def ask(context: Context, message: Mapping[str, object] | list[object] | str | None) -> Answer:
    """Ask on a connection of its own."""
    async with context.peer.line() as line:
        return await ask_on(context, line, message)


async def ask_on(context: Context, line: Line, message: Mapping[str, object] | list[object] | str | None) -> Answer:
    """Send it and a barrier; the replies before the barrier's are the answer.

    An answer that comes just after counts here, too: the order is a check of its own.
    """
    mark = len(line.seen)
    barrier = context.barrier()
    began = time.monotonic()
    await line.send(message)
    await barrier.send_on(line)
    end = await line.until(barrier.wanted, context.pace.reply_s, mark)
    replies = _replies(line, mark, barrier.wanted)
    if not replies and end is not None and line.closed is None:
        await line.until(lambda m: terminal(m) and not barrier.wanted(m), context.pace.late_s, mark)
        replies = _replies(line, mark, barrier.wanted)
    first = next((seen.at for seen in line.seen[mark:] if terminal(seen.message)), began)
    return Answer(tuple(replies), (first - began) * 1000, line.closed if end is None else None)


def _replies(line: Line, mark: int, is_barrier: Wanted) -> list[Json]:
    return [seen.message for seen in line.seen[mark:] if terminal(seen.message) and not is_barrier(seen.message)]


def refusal_fault(answer: Answer, error_types: tuple[str, ...], words: str) -> str | None:
    """What is wrong with a refusal that should be one `error` of such a type that begins with these words."""
    error = answer.of("error")
    if error is None:
        return answer.words
    data = data_of(error)
    if data.get("error_type") not in error_types:
        return f"error_type {shown(data.get('error_type'))}"
    if not str(data.get("message")).startswith(words):
        return f"message {shown(data.get('message'))[:60]!r}"
    return f"then closed with {answer.closed}" if answer.closed is not None else None


def _words(reply: Json) -> str:
    data = data_of(reply)
    status = data.get("error_type") or data.get("status")
    return f"{reply.get('type')}({status})" if status else str(reply.get("type"))
