"""What an incoming message tells beside its content: who speaks, what it answers, when it was."""

from collections.abc import Callable
from datetime import datetime

from kanban_app.domain.workflows import Vintage
from kanban_app.tac7.codec import Unknown, parse_time
from kanban_app.tac7.expectations import Expected
from kanban_app.tac7.messages import Pong, ServerMessage


def vintage_of(pong: Pong) -> Vintage:
    """The first pong tells; nothing else is without effect (Q5)."""
    if pong.extensions:
        return Vintage.OURS
    return Vintage.V1 if pong.connection_id else Vintage.V0


def answer_to(echo: str | None, adw_id: str) -> Callable[[Expected], bool]:
    """Whether a request is the one that is answered: by `request_id` where it is echoed, else by the run."""

    def fits(one: Expected) -> bool:
        return one.key == echo if echo is not None else adw_id in {"", one.adw_id}

    return fits


def time_of(message: ServerMessage | Unknown) -> datetime | None:
    """The time in the data, else the one at the top level (reference section 3, column "ts")."""
    if isinstance(message, Unknown):
        return None
    data = getattr(message, "data", None)
    return parse_time(getattr(data, "timestamp", None)) or parse_time(message.timestamp)
