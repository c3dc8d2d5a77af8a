"""How many cards a column may hold. People cannot go beyond it; what a service announces is never refused."""

from typing import Final

from kanban_app.domain import events as e
from kanban_app.domain.commands import LimitColumn
from kanban_app.domain.facts import Facts
from kanban_app.domain.model import Board
from kanban_app.domain.moves import Decision
from kanban_app.domain.refusal import Refusal

HIGHEST: Final = 999


def decide_limit(board: Board, command: LimitColumn, facts: Facts) -> Decision:
    """A new limit holds for what comes; cards that are there already stay."""
    limit = command.limit
    if limit is not None and not 1 <= limit <= HIGHEST:
        return Refusal("E-VAL-8", {"field": "limit", "reason": f"use a number from 1 to {HIGHEST}, or none"})
    if board.limits.get(command.column) == limit:
        return []
    return [e.ColumnLimited(command.column, limit, facts.now)]


def limit_refusal(before: Board, after: Board) -> Refusal | None:
    """Why cards may not come to lie as they would, where that fills a column beyond its limit."""
    for column, limit in before.limits.items():
        count = before.count(column)
        if count < after.count(column) > limit:
            params = {"column": column.value, "count": str(count), "limit": str(limit)}
            return Refusal("E-LIMIT-1", params)
    return None
