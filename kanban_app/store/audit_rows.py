"""Entries of the audit log as rows, and which of them are asked for."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any, Final

import sqlalchemy as sa

from kanban_app.domain.audit import Act, Action, Actor, Entry, Group, Result, Target, Way, actions_of
from kanban_app.store.columns import folded
from kanban_app.store.mapping import Row, Values
from kanban_app.store.tables import DEFAULT_PROJECT, table

_AUDIT: Final = table("audit")
INSERT: Final = sa.insert(_AUDIT)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries are asked for; everything where a field is None. `who` and `text` are parts of texts, case ignored.

    `about` are projects as entries name them. `since` is the least time, `until` the first that is too late.
    """

    about: tuple[str, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None
    who: str | None = None
    kind: str | None = None
    action: Action | None = None
    group: Group | None = None
    target: str | None = None
    result: Result | None = None
    text: str | None = None


def row_of(entry: Entry) -> Values:
    """All but the number, which the database gives."""
    actor, act = entry.actor, entry.act
    return {
        "project_id": DEFAULT_PROJECT,
        "at": entry.at,
        "about": entry.project,
        "name": actor.name,
        "kind": actor.kind,
        "address": actor.address,
        "way": actor.way.value,
        "action": act.action.value,
        "target_kind": act.target.kind,
        "target_id": act.target.id,
        "title": act.target.title,
        "details": dict(act.details),
        "outcome": act.result.value,
        "code": act.code,
    }


def entry_from(row: Row) -> Entry:
    actor = Actor(row["name"], row["kind"], row["address"], Way(row["way"]))
    target = Target(row["target_kind"], row["target_id"], row["title"])
    act = Act(Action(row["action"]), target, row["details"], row["code"])
    return Entry(row["at"], actor, act, row["about"], row["seq"])


def filtered(wanted: Wanted) -> sa.Select[Any]:
    """In no order yet."""
    return sa.select(_AUDIT).where(*_conditions(wanted))


def _conditions(wanted: Wanted) -> Iterator[sa.ColumnElement[bool]]:
    column = _AUDIT.c
    equal = {
        column.kind: wanted.kind,
        column.action: wanted.action,
        column.target_id: wanted.target,
        column.outcome: wanted.result,
    }
    yield from (part == value for part, value in equal.items() if value is not None)
    if wanted.about is not None:
        yield column.about.in_(wanted.about)
    if wanted.since is not None:
        yield column.at >= wanted.since
    if wanted.until is not None:
        yield column.at < wanted.until
    if wanted.group is not None:
        yield column.action.in_([action.value for action in actions_of(wanted.group)])
    if wanted.who:
        yield _has(column.name, wanted.who)
    if wanted.text:
        parts = (column.title, column.name, column.address, column.target_id, column.action, column.code)
        # On lines of one text: a call for each would take three times as long.
        lines = (sa.func.values_of(sa.cast(column.details, sa.Text)), *(sa.cast(part, sa.Text) for part in parts))
        yield _has(reduce(lambda text, line: text + "\n" + line, lines), wanted.text)


def _has(part: sa.ColumnElement[Any], text: str) -> sa.ColumnElement[bool]:
    return sa.func.instr(sa.func.folded(part), folded(text)) > 0
