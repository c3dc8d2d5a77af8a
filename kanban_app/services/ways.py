"""Which buttons a failure offers: those of its catalogue entry that make sense for the card as it stands."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from kanban_app.catalogue import Act
from kanban_app.domain.model import StageState
from kanban_app.errors import ErrorView, acts_of

if TYPE_CHECKING:
    from kanban_app.services.view_shapes import CardView

MOST: Final = 3
_DECISIONS: Final = frozenset(
    {Act.CHECK, Act.START_AGAIN, Act.NOT_RUNNING, Act.STAGE_DONE, Act.RELEASE, Act.START_ANYWAY}
)
_MERGE: Final = "merge"


def ways_of(card: "CardView") -> list[Act]:
    """What the card's failure or notice offers beside its decisions, which have buttons of their own."""
    words = card["failure"] or card["notice"]
    again = Act.MERGE if card["kind"] == _MERGE else Act.RETRY
    wished = (*((again, Act.OPEN_LOG) if card["can_retry"] else ()), *(acts_of(words) if words else ()))
    return [act for act in _possible(wished, card) if act not in _DECISIONS][:MOST]


def ways_on(error: ErrorView, card: "CardView | None", *, offered: Iterable[str] = ()) -> list[Act]:
    """What a refused wish about a card offers, beside what the refusal itself has `offered`."""
    taken = frozenset(offered)
    wished = (act for act in acts_of(error) if act not in taken)
    return _possible(wished, card)[: max(0, MOST - len(taken))]


def is_possible(act: Act, card: "CardView | None") -> bool:
    """Whether a button outside the editor can do this now. Without a card only what is about the page can be done."""
    if act in {Act.RETRY_NOW, Act.CONNECT, Act.OPEN_SETTINGS, Act.RELOAD}:
        return True
    if card is None:
        return False
    if act in _DECISIONS:
        return act.value in card["decisions"]
    check = _CHECKS.get(act)  # none for the editor's own, and for what only a refusal can offer
    return check is not None and check(card)


def _has_a_stage_behind(card: "CardView") -> bool:
    return any(stage["state"] == StageState.COMPLETED for stage in card["stage_states"])


_CHECKS: Final[dict[Act, Callable[["CardView"], bool]]] = {
    Act.RETRY: lambda card: card["can_retry"] and card["kind"] != _MERGE,
    Act.MERGE: lambda card: card["can_merge"],
    Act.START: lambda card: card["can_start"],
    Act.START_OVER: lambda card: card["can_retry"] and _has_a_stage_behind(card),
    Act.START_FROM_FIRST: lambda card: card["can_start"],
    Act.CANCEL_RUN: lambda card: card["can_cancel"],
    Act.OPEN_LOG: lambda card: card["run_id"] != "",
    Act.EDIT: lambda _: True,
}


def _possible(wished: Iterable[Act], card: "CardView | None") -> list[Act]:
    return [act for act in dict.fromkeys(wished) if is_possible(act, card)]
