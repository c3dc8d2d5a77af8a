"""What the columns of a project are called and how they are coloured. Their ids, and what they do, never change."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol, cast

from kanban_app.asgi import FIRST_PROJECT
from kanban_app.domain.audit import Action, Entry
from kanban_app.domain.stages import COLUMN_TITLES, Column
from kanban_app.errors import BoardError
from kanban_app.services.acting import done
from kanban_app.services.storage import cannot_save
from kanban_app.store.failures import StoreUnavailable

KEY: Final = "columns"
TITLE_LIMIT: Final = 30


class Colour(StrEnum):
    """The colours to choose from; the style sheet has a value of each for light and dark."""

    NONE = "none"
    GREY = "grey"
    BLUE = "blue"
    TEAL = "teal"
    GREEN = "green"
    AMBER = "amber"
    ORANGE = "orange"
    RED = "red"
    VIOLET = "violet"


@dataclass(frozen=True, slots=True)
class ColumnLook:
    """An empty title stands for the column's own."""

    title: str = ""
    colour: Colour = Colour.NONE


PLAIN: Final = ColumnLook()


class LookStore(Protocol):
    """Where they are kept."""

    async def setting(self, key: str) -> object: ...
    async def save_setting(self, key: str, value: object, audit: Sequence[Entry] = ()) -> None: ...


class ColumnLooks:
    """Synchronous to read; `on_change` is called after each save."""

    def __init__(
        self,
        store: LookStore | None = None,
        on_change: Callable[[], None] = lambda: None,
        project: str = FIRST_PROJECT,
    ) -> None:
        self._project = project
        self._store = store
        self._on_change = on_change
        self._looks: dict[Column, ColumnLook] = {}

    async def load(self) -> None:
        """What is kept but not acceptable any more counts as not set."""
        kept = await self._store.setting(KEY) if self._store else None
        for name, look in cast("Mapping[str, Any]", kept or {}).items():
            if name in set(Column) and look.get("colour") in set(Colour):
                self._looks[Column(name)] = ColumnLook(str(look.get("title", ""))[:TITLE_LIMIT], Colour(look["colour"]))

    def look(self, column: Column) -> ColumnLook:
        return self._looks.get(column, PLAIN)

    def all(self) -> Mapping[Column, ColumnLook]:
        """Those that are not plain."""
        return {column: look for column, look in self._looks.items() if look != PLAIN}

    def title(self, column: Column) -> str:
        return self.look(column).title or COLUMN_TITLES[column]

    async def save(self, looks: Mapping[str, ColumnLook]) -> None:
        """Keep those of the columns that are named; the others stay. Raises BoardError; then nothing has changed."""
        wanted = self.check(looks)
        kept = {column.value: {"title": look.title, "colour": look.colour.value} for column, look in wanted.items()}
        try:
            if self._store:
                await self._store.save_setting(KEY, kept, self._recorded(wanted))
        except StoreUnavailable as problem:
            raise cannot_save(problem) from problem
        self._looks = dict(wanted)
        self._on_change()

    def _recorded(self, wanted: Mapping[Column, ColumnLook]) -> list[Entry]:
        changed = [column.value for column in Column if wanted.get(column, PLAIN) != self.look(column)]
        entry = done(Action.SETTINGS_COLUMNS, project=self._project, changed=", ".join(changed))
        return [entry] if changed else []

    def check(self, looks: Mapping[str, ColumnLook]) -> Mapping[Column, ColumnLook]:
        """All looks as they would be. Raises BoardError when these cannot be saved."""
        wanted = dict(self._looks)
        for name, look in looks.items():
            wanted[_column(name)] = ColumnLook(_title(look.title), look.colour)
        self._check_distinct(wanted)
        return wanted

    def _check_distinct(self, wanted: Mapping[Column, ColumnLook]) -> None:
        """Two columns of one name could not be told apart in a menu, nor by ear."""
        seen: dict[str, Column] = {}
        for column in Column:
            title = wanted.get(column, PLAIN).title or COLUMN_TITLES[column]
            other = seen.setdefault(title.casefold(), column)
            if other is not column:
                raise _not_accepted(column.value, f"another column is called {title}, too.")


ITS_OWN: Final = ColumnLooks()
"""Columns under their own names."""


def _column(name: str) -> Column:
    try:
        return Column(name)
    except ValueError:
        raise _not_accepted("columns", f"use {', '.join(Column)}.") from None


def _title(text: str) -> str:
    title = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    if len(title) > TITLE_LIMIT:
        raise _not_accepted("title", f"must have at most {TITLE_LIMIT} characters.")
    return title


def _not_accepted(field: str, reason: str) -> BoardError:
    return BoardError("E-SYS-5", {"field": field, "reason": reason})
