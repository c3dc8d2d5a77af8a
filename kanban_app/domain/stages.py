"""Stages of a workflow and columns of the board."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final


class Stage(StrEnum):
    """A step of a workflow that a card can go through, in the order in which they run."""

    PLAN = "plan"
    BUILD = "build"
    TEST = "test"
    REVIEW = "review"
    DOCUMENT = "document"


class Column(StrEnum):
    """A column of the board, in the order in which the screen shows them."""

    BACKLOG = "backlog"
    PLAN = "plan"
    BUILD = "build"
    TEST = "test"
    REVIEW = "review"
    DOCUMENT = "document"
    READY = "ready-to-merge"
    COMPLETED = "completed"
    ERRORED = "errored"


COLUMN_TITLES: Final[dict[Column, str]] = {
    Column.BACKLOG: "Backlog",
    Column.PLAN: "Plan",
    Column.BUILD: "Build",
    Column.TEST: "Test",
    Column.REVIEW: "Review",
    Column.DOCUMENT: "Document",
    Column.READY: "Ready to merge",
    Column.COMPLETED: "Completed",
    Column.ERRORED: "Errored",
}

# Other names that services and the original board use for the same places.
_ALIASES: Final[dict[str, Column]] = {
    "implement": Column.BUILD,
    "patch": Column.BUILD,
    "pr": Column.READY,
    "ship": Column.READY,
}


def parse_column(name: str) -> Column | None:
    """The column that a service means by `name`, or None when no vintage knows it."""
    key = name.strip().lower()
    if key in _ALIASES:
        return _ALIASES[key]
    try:
        return Column(key)
    except ValueError:
        return None


def stage_of(column: Column) -> Stage | None:
    """The stage that runs in a column; None for the columns in which nothing runs."""
    try:
        return Stage(column.value)
    except ValueError:
        return None


def column_of(stage: Stage) -> Column:
    return Column(stage.value)


def in_order(stages: Iterable[Stage]) -> tuple[Stage, ...]:
    """The stages once each, in the order in which they run."""
    chosen = set(stages)
    return tuple(stage for stage in Stage if stage in chosen)
