"""What people were told of: newest first, bounded, and numbered for ever."""

import pytest

from kanban_app.domain.records import NewsKind, Notification
from kanban_app.store.database import Store
from kanban_app.store.notifying import KEPT
from tests.integration.store.conftest import NOW

pytestmark = pytest.mark.asyncio


def told(title: str, kind: NewsKind = NewsKind.FAILED) -> Notification:
    return Notification(NOW, kind, title, "Half a sign \ud800", "Look at the log.", "task-1")


async def add(store: Store, *notifications: Notification) -> int:
    async with store.write() as tx:
        return await tx.add_notifications(notifications)


async def titles(store: Store, **wanted: object) -> list[str]:
    return [one.title for one in await store.notifications(200, **wanted)]  # pyright: ignore[reportArgumentType]


async def test_the_newest_come_first_after_a_number_and_of_a_kind(store: Store) -> None:
    assert await store.last_notification() == 0
    assert await add(store, told("one"), told("two", NewsKind.FINISHED), told("three")) == 3
    assert await titles(store) == ["three", "two", "one"]
    assert await titles(store, since=2) == ["three"]
    assert await titles(store, kind=NewsKind.FINISHED) == ["two"]
    first = (await store.notifications(200))[-1]
    assert (first.seq, first.at, first.message, first.advice) == (1, NOW, "Half a sign ?", "Look at the log.")


async def test_the_oldest_go_and_the_numbers_go_on(store: Store) -> None:
    await add(store, *(told(str(number)) for number in range(KEPT)))
    assert await add(store, told("newest"), told("very newest")) == KEPT + 2
    assert (await store.notifications(2 * KEPT))[-1].seq == 3
    assert await store.last_notification() == KEPT + 2
