"""Names and colours of columns."""

from typing import Any

import pytest

from kanban_app.domain.model import Board
from kanban_app.domain.stages import Column
from kanban_app.errors import BoardError
from kanban_app.services.column_looks import Colour, ColumnLook, ColumnLooks
from kanban_app.services.views import column_views
from kanban_app.store.failures import StoreUnavailable


class Kept:
    """A store of settings in memory."""

    def __init__(self, value: object = None) -> None:
        self.value: Any = value
        self.is_full = False

    async def setting(self, key: str) -> object:
        return self.value

    async def save_setting(self, key: str, value: object, audit: object = ()) -> None:
        if self.is_full:
            raise StoreUnavailable("disk-full")
        self.value = value


async def test_what_is_saved_is_shown_told_and_there_again() -> None:
    store, told = Kept(), list[int]()
    looks = ColumnLooks(store, lambda: told.append(1))
    await looks.save({"plan": ColumnLook(" Think\n twice ", Colour.BLUE)})
    again = ColumnLooks(store)
    await again.load()
    for known in (looks, again):
        plan = column_views(Board("default"), known)[1]
        assert (plan["id"], plan["title"], plan["colour"]) == ("plan", "Think twice", "blue")
        assert known.title(Column.BUILD) == "Build"
    assert told == [1]


@pytest.mark.parametrize(
    "looks",
    [
        {"nowhere": ColumnLook("A")},
        {"plan": ColumnLook("x" * 31)},
        {"plan": ColumnLook("BUILD")},
        {"plan": ColumnLook("Same"), "test": ColumnLook("same")},
    ],
)
async def test_what_is_not_acceptable_changes_nothing(looks: dict[str, ColumnLook]) -> None:
    store = Kept()
    known = ColumnLooks(store)
    with pytest.raises(BoardError):
        await known.save(looks)
    assert (store.value, known.title(Column.PLAN)) == (None, "Plan")


async def test_two_columns_can_swap_their_names() -> None:
    known = ColumnLooks(Kept())
    await known.save({"plan": ColumnLook("Build"), "build": ColumnLook("Plan")})
    assert (known.title(Column.PLAN), known.title(Column.BUILD)) == ("Build", "Plan")


async def test_a_full_disk_is_said_and_changes_nothing() -> None:
    store = Kept()
    store.is_full = True
    known = ColumnLooks(store)
    with pytest.raises(BoardError, match="E-SYS-12"):
        await known.save({"plan": ColumnLook("Think")})
    assert known.title(Column.PLAN) == "Plan"


@pytest.mark.parametrize(
    "kept", [{"gone": {"title": "x", "colour": "blue"}}, {"plan": {"title": "x", "colour": "pink"}}]
)
async def test_what_is_kept_but_not_known_any_more_does_not_count(kept: object) -> None:
    known = ColumnLooks(Kept(kept))
    await known.load()
    assert known.title(Column.PLAN) == "Plan"
