"""Which cards wait for which: what may be said of it, and the decision not to wait."""

from collections.abc import Iterable
from typing import Final

from kanban_app.domain import events as e
from kanban_app.domain.commands import StartAnyway
from kanban_app.domain.facts import Facts
from kanban_app.domain.model import Board, Task
from kanban_app.domain.moves import Decision
from kanban_app.domain.refusal import Refusal

BLOCKER_LIMIT: Final = 20


def blocker_fault(
    board: Board, task_id: str, blocked_by: tuple[str, ...], known: tuple[str, ...] = ()
) -> Refusal | None:
    """Why a card cannot wait for these: one is unknown, they are too many, or one of them waits for the card itself.

    Deleted cards are followed, too: whatever is restored, no circle comes about by it. What an imported card waits for
    (`known`) may not have come.
    """
    if len(blocked_by) > BLOCKER_LIMIT:
        return Refusal(
            "E-VAL-17", {"faults": f"A card can wait for {BLOCKER_LIMIT} others, not for {len(blocked_by)}."}
        )
    if any(blocker not in board.tasks and blocker not in {task_id, *known} for blocker in blocked_by):
        return Refusal("E-SYS-3", {"what": "A card that this one is to wait for"})
    return circle_fault(board, task_id, blocked_by)


def circle_fault(board: Board, task_id: str, blocked_by: tuple[str, ...]) -> Refusal | None:
    path = circle(board, task_id, blocked_by)
    if path is None:
        return None
    known = board.tasks.get(task_id)
    own = f"#{known.number}" if known else "this card"
    names = (own if task_id == step else f"#{board.tasks[step].number}" for step in path)
    return Refusal("E-DEP-1", {"path": " waits for ".join(names)})


def circle(board: Board, task_id: str, blocked_by: tuple[str, ...]) -> tuple[str, ...] | None:
    """The way from a card over those that it would wait for back to itself; None when there is none."""
    seen: set[str] = set()
    ways: list[tuple[str, ...]] = [(task_id, blocker) for blocker in reversed(blocked_by)]
    while ways:
        way = ways.pop()
        if way[-1] == task_id:
            return way
        if way[-1] in seen:
            continue
        seen.add(way[-1])
        # A card that was imported may name one that has not come.
        known = board.tasks.get(way[-1])
        ways.extend((*way, following) for following in reversed(known.blocked_by if known else ()))
    return None


def decide_start_anyway(board: Board, command: StartAnyway, _facts: Facts) -> Decision:
    """It takes its turn in line at once."""
    attempt = board.attempts.get(command.attempt_id)
    if attempt is None:
        return Refusal("E-SYS-3", {"what": "This start"})
    if attempt.unbound and attempt.is_open:
        return []
    if not board.waits_for(attempt):
        return Refusal("E-WF-2", {"status": attempt.status.value}) if attempt.is_open else Refusal("E-WF-19")
    return [e.AttemptUnbound(attempt.id)]


def numbers(cards: Iterable[Task]) -> str:
    """Cards by their numbers, as a person reads them."""
    *most, last = (f"#{task.number}" for task in cards)
    return f"{', '.join(most)} and {last}" if most else last
