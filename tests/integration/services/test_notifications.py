"""What people are told of is stored with what it tells of, and a connection is told of when it stays away."""

import asyncio
from dataclasses import replace
from pathlib import Path

from kanban_app.domain.connection import ConnectionState
from kanban_app.domain.records import NewsKind
from kanban_app.services.connection_news import ConnectionNews
from kanban_app.services.hub import Notice
from kanban_app.services.keeper import Keeper
from kanban_app.services.notifications import Notifications
from tests.support.board_bench import Bench, bench
from tests.support.waiting import eventually


def notice(title: str, kind: NewsKind | None = NewsKind.FAILED) -> Notice:
    return Notice(title, alert=True, title=title, message="m" * 5000, advice=("Look", "Wait"), kind=kind)


async def titles(b: Bench) -> list[str]:
    return [one["title"] for one in (await Notifications(b.store, b.keeper).list(200))["notifications"]]


async def test_a_notification_outlives_the_app_and_is_bounded(tmp_path: Path) -> None:
    async with bench(tmp_path / "kanban.db") as b:
        await b.keeper.tell(notice("Broken"))
        (view,) = (await Notifications(b.store, b.keeper).list(200))["notifications"]
        assert (view["seq"], view["kind"], view["advice"], len(view["message"])) == (1, "failed", "Look. Wait.", 2000)
        again = Keeper(b.store, b.hub, lambda: None)  # pyright: ignore[reportArgumentType]
        await again.load()
        assert again.told == b.keeper.told == 1


async def test_every_viewer_hears_that_there_is_one(tmp_path: Path) -> None:
    async with bench(tmp_path / "kanban.db") as b, b.hub.subscribe() as viewer:
        await b.keeper.tell(notice("Broken"))
        await asyncio.wait_for(viewer.wait(), 5)
        assert viewer.take().notices == ()


class Line:
    """A connection as the news see it."""

    def __init__(self, b: Bench) -> None:
        self.b = b
        self.news = ConnectionNews(b.keeper, lambda: b.sender.connection, patience_s=0.0)

    async def becomes(self, state: ConnectionState, told: list[str]) -> None:
        self.b.sender.connection = replace(self.b.sender.connection, state=state)
        self.news.look()
        await eventually(lambda: self.b.keeper.told == len(told))
        assert await titles(self.b) == told


async def test_a_loss_and_the_return_are_told_once_each(tmp_path: Path) -> None:
    async with bench(tmp_path / "kanban.db") as b:
        line = Line(b)
        running = asyncio.create_task(line.news.run())
        await line.becomes(ConnectionState.CONNECTED, [])
        await line.becomes(ConnectionState.RECONNECTING, ["Connection lost"])
        await line.becomes(ConnectionState.OFFLINE, ["Connection lost"])
        await line.becomes(ConnectionState.CONNECTED, ["Connection is back", "Connection lost"])
        await line.becomes(ConnectionState.DISCONNECTED, ["Connection is back", "Connection lost"])
        await line.becomes(ConnectionState.CONNECTING, ["Connection is back", "Connection lost"])
        await line.becomes(ConnectionState.CONNECTED, ["Connection is back", "Connection lost"])
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


class Patience:
    """Waiting that ends when the test says so."""

    def __init__(self) -> None:
        self.begun = 0
        self._over = asyncio.Event()

    async def __call__(self, _seconds: float) -> None:
        self.begun += 1
        await self._over.wait()
        self._over.clear()

    async def has_begun(self, times: int) -> None:
        await eventually(lambda: self.begun == times)

    async def ends(self) -> None:
        self._over.set()
        await eventually(lambda: not self._over.is_set())


async def test_a_connection_that_comes_and_goes_is_told_once(tmp_path: Path) -> None:
    async with bench(tmp_path / "kanban.db") as b:
        patience = Patience()
        news = ConnectionNews(b.keeper, lambda: b.sender.connection, wait=patience)

        def becomes(state: ConnectionState) -> None:
            b.sender.connection = replace(b.sender.connection, state=state)
            news.look()

        becomes(ConnectionState.CONNECTED)
        running = asyncio.create_task(news.run())
        await asyncio.sleep(0)
        becomes(ConnectionState.RECONNECTING)
        await patience.has_begun(1)
        await patience.ends()
        await eventually(lambda: b.keeper.told == 1)
        for flap in range(1, 6):
            becomes(ConnectionState.CONNECTED)
            await patience.has_begun(2 * flap)
            becomes(ConnectionState.RECONNECTING)
            await patience.ends()
            await patience.has_begun(2 * flap + 1)
            await patience.ends()
        assert await titles(b) == ["Connection lost"]
        becomes(ConnectionState.CONNECTED)
        await patience.has_begun(12)
        await patience.ends()
        await eventually(lambda: b.keeper.told == 2)
        assert await titles(b) == ["Connection is back", "Connection lost"]
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
