"""Who is doing what the program does just now: asked wherever something is written down."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Final

from kanban_app.domain.audit import ITSELF, NOTHING, VALUE_LIMIT, Act, Action, Actor, Entry, Target, bounded
from kanban_app.observing.masking import masked

_ACTOR: Final[ContextVar[Actor | None]] = ContextVar("kanban_actor", default=None)

_LOOKED_AT: Final = 8 * VALUE_LIMIT
_EDGE: Final = 4 * VALUE_LIMIT

Source = Callable[[], Actor | None]


class _Slot:
    sources: tuple[Source, ...] = ()


@contextmanager
def acting(actor: Actor) -> Generator[None]:
    """What is done in the block, and in tasks that are made in it, is done by `actor`."""
    token = _ACTOR.set(actor)
    try:
        yield
    finally:
        _ACTOR.reset(token)


def ask_also(source: Source | None) -> None:
    """Whom to ask where no block of `acting` says it: the events of pages know whose they are."""
    _Slot.sources = () if source is None else (source,)


def actor_now() -> Actor:
    """Whose deed this is; the board's own where nobody has asked for it."""
    told = (source() for source in _Slot.sources)
    return _ACTOR.get() or next(filter(None, told), ITSELF)


def entry_of(act: Act, project: str = "", at: datetime | None = None) -> Entry:
    """An entry for the audit log: by whoever acts now, without secrets, and bounded."""
    target = Target(act.target.kind, _masked(act.target.id), _masked(act.target.title))
    details = {name: _masked(value) for name, value in act.details.items()}
    safe = Act(act.action, target, details, act.code)
    return bounded(Entry(at or datetime.now(UTC), actor_now(), safe, project))


def done(action: Action, target: Target = NOTHING, project: str = "", **details: str) -> Entry:
    """An entry for what has just been done."""
    return entry_of(Act(action, target, details), project)


def refused(action: Action, code: str, target: Target = NOTHING, project: str = "", **details: str) -> Entry:
    """An entry for what was wished and not done."""
    return entry_of(Act(action, target, details, code), project)


def _masked(text: str) -> str:
    """Without secrets; of a long text no more than its beginning is looked at, and less is left.

    A secret through which the cut goes is not known for one: it goes with the end of what was looked at.
    """
    return masked(text) if len(text) <= _LOOKED_AT else masked(text[:_LOOKED_AT])[:-_EDGE]
