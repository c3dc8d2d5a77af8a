"""The live lane from the store to the rows on the screen, with whatever may come between.

The lane is the server's own, the tab's code is the browser's own (`support/log_tab.py`). Between them is a link that
delivers late, twice or not at all, and breaks; the store answers slowly; pages of older lines come late or fail.
"""

import asyncio
import re
from collections import deque
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kanban_app.domain.records import LogEntry, LogKind, LogLevel
from kanban_app.services.hub import Change, Hub
from kanban_app.services.live import FRAME_S, LiveLane
from kanban_app.services.live_frames import FRAME_LINES
from kanban_app.services.views import log_line
from tests.support.log_tab import KEPT, Done, LogTab, log_tab
from tests.support.memory_store import MemoryStore
from tests.support.node import NODE

pytestmark = pytest.mark.skipif(NODE is None, reason="needs Node")
T = TypeVar("T")
Line = tuple[int, str, str]
NOW: Final = datetime(2026, 11, 23, 12, tzinfo=UTC)
BLOCK: Final = 50
VIEW: Final = 4
"""Blocks in view at once."""
ROUNDS: Final = 60
_PAGE: Final = re.compile(r"/api/v1/runs/(\w+)/log\?since=(\d+)&limit=(\d+)")
_runs = count(1)

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(1, 60)),
        st.tuples(st.just("write"), st.sampled_from([FRAME_LINES, FRAME_LINES + 1])),
        st.tuples(st.just("write_unheard"), st.integers(1, 3)),
        st.tuples(st.just("write_frames"), st.sampled_from([3, 10, 70])),
        st.tuples(st.just("take"), st.sampled_from([1, 3, 100])),
        st.tuples(st.just("deliver"), st.sampled_from([1, 2, 100])),
        st.tuples(st.just("deliver"), st.just(100)),
        st.tuples(st.just("look"), st.floats(0, 1)),
        st.tuples(st.just("wait"), st.sampled_from([0.1, 1.0, 15.0, 45.0])),
        st.tuples(
            st.sampled_from(
                ["frame", "double", "lose", "cut", "stay_away", "page", "no_page", "switch", "slow_store", "read_store"]
            )
        ),
    ),
    max_size=50,
)


class StillLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock the test moves on."""

    now = 0.0

    def time(self) -> float:
        return self.now


class SlowSource:
    """The store as the lane reads it; while it is slow, each read waits before and after for a `go`."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.is_slow = False
        self.go = asyncio.Semaphore(0)

    async def log_page(
        self, adw_id: str, *, since: int = 0, limit: int = 200, newest: bool = False
    ) -> tuple[list[LogEntry], int]:
        await self._wait()
        page = await self._store.log_page(adw_id, since=since, limit=limit, newest=newest)
        await self._wait()
        return page

    async def _wait(self) -> None:
        if self.is_slow:
            await self.go.acquire()


class Connection:
    """The server's end of one socket. What is under way to the tab is in `link`; True with it: an answer to an open."""

    def __init__(self, lane: LiveLane) -> None:
        self._stack = ExitStack()
        self._viewer = self._stack.enter_context(lane.viewer())
        self._asked = False
        self.room = asyncio.Semaphore(0)
        self.link: deque[tuple[str, bool]] = deque()
        self._writing = asyncio.get_running_loop().create_task(self._write())

    def obey(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "open":
                self._viewer.open(message["run"], message["after"])
                self._asked = True
            case "close":
                self._viewer.close()
            case _:
                self.link.append(('{"type":"pong"}', True))

    async def end(self) -> None:
        self._writing.cancel()
        await asyncio.gather(self._writing, return_exceptions=True)
        self._stack.close()

    async def _write(self) -> None:
        while True:
            text = await self._viewer.next()
            answer, self._asked = self._asked, False
            await self.room.acquire()
            self.link.append((text, answer))


class World:
    """A store with two runs, the lane, the link and the tab. Every step keeps what holds at any time."""

    def __init__(self, tab: LogTab, loop: StillLoop) -> None:
        self.tab = tab
        self._loop = loop
        self._store = MemoryStore()
        self._source = SlowSource(self._store)
        self._lane = LiveLane(self._source)
        self._hub = Hub()
        self._hub.on_lines.append(self._lane.publish)
        self._connection: Connection | None = None
        self._away = False
        self._pages: deque[dict[str, Any]] = deque()
        self._last_delivered = ""
        number = next(_runs)
        self.runs = [f"{number:07x}a", f"{number:07x}b"]
        self.run = self.runs[0]
        self._tab_do("reset")
        self._tab_do("show", run=self.run)

    def stored(self, run: str) -> list[LogEntry]:
        return self._store.logs.get(run, [])

    def write(self, lines: int) -> None:
        self._wait_for(self._publish(lines))
        self._spin()

    def write_unheard(self, lines: int) -> None:
        """Stored, but the lane never hears of it."""
        self._wait_for(self._append(lines))

    def write_frames(self, frames: int) -> None:
        """A line for each of so many frames."""
        for _ in range(frames):
            self.write(1)
            self.frame()

    def frame(self) -> None:
        self._loop.now += FRAME_S * 1.1
        self._spin()

    def take(self, messages: int) -> None:
        """The client has room for so many messages more."""
        if self._connection:
            for _ in range(messages):
                self._connection.room.release()
            self._spin()

    def deliver(self, messages: int) -> None:
        for _ in range(messages):
            if not self._connection or not self._connection.link:
                return
            self._last_delivered, _ = self._connection.link.popleft()
            self._tab_do("message", text=self._last_delivered)

    def double(self) -> None:
        if self._last_delivered:
            self._tab_do("message", text=self._last_delivered)

    def lose(self) -> None:
        """A frame that is no answer goes out and does not arrive."""
        self.write(3)
        self.frame()
        self.take(100)
        if self._connection and self._connection.link and not self._connection.link[-1][1]:
            self._connection.link.pop()

    def cut(self) -> None:
        if self._connection:
            self.hang_up()
            self._tab_do("close")

    def stay_away(self) -> None:
        """The server cannot be reached, or can again."""
        self._away = not self._away
        if self._away:
            self.cut()

    def wait(self, seconds: float) -> None:
        """Time goes by in the tab."""
        left = seconds * 1000
        while left > 0:
            left = self._tab_do("pass", ms=left).value

    def look(self, where: float) -> None:
        """A reader rests there until what is missing has been asked for."""
        blocks = -(-len(self.stored(self.run)) // BLOCK)
        self.look_at(int(where * max(0, blocks - VIEW)))
        self.wait(0.1)

    def look_at(self, first: int) -> None:
        self._tab_do("look", **{"from": first, "to": first + VIEW - 1})

    def page(self, status: int = 200) -> None:
        """The oldest request is answered from the store as it is now."""
        if not self._pages:
            return
        asked = self._pages.popleft()
        found = _PAGE.fullmatch(asked["url"])
        assert found, asked["url"]
        entries, _ = self._wait_for(self._store.log_page(found[1], since=int(found[2]), limit=int(found[3])))
        body = {"entries": [{**log_line(entry), "at": entry.at.isoformat()} for entry in entries]}
        self._tab_do("answer", id=asked["id"], status=status, body=body)

    def no_page(self) -> None:
        self.page(503)

    def switch(self) -> None:
        """The other run is opened in the place of this one."""
        self.run = self.runs[self.runs.index(self.run) - 1]
        self._tab_do("show", run=self.run)

    def slow_store(self) -> None:
        self._source.is_slow = not self._source.is_slow
        if not self._source.is_slow:
            for _ in range(8):
                self.read_store()
            self._source.go = asyncio.Semaphore(0)

    def read_store(self) -> None:
        if self._source.is_slow or self._source.go.locked():
            self._source.go.release()
            self._spin()

    def heal(self) -> None:
        """Nothing is in the way any more, and one line more is written."""
        if self._source.is_slow:
            self.slow_store()
        self._away = False
        self.write(1)
        self.settle()

    def settle(self) -> None:
        """Until nothing is under way and the tab wants nothing."""
        last = len(self.stored(self.run))
        log: dict[str, Any] = {}
        for _ in range(ROUNDS):
            self.frame()
            self.take(100)
            self.deliver(1000)
            while self._pages:
                self.page()
            self.wait(0.5)
            log = self._tab_do("pass", ms=0).log
            quiet = not self._pages and self._connection is not None and not self._connection.link
            if quiet and not log["gap"] and log["last"] == last:
                return
        pytest.fail(f"the tab does not come to rest: {log}, stored {last}")

    def _tab_do(self, what: str, **more: object) -> Done:
        done = self.tab.do(what, **more)
        self._pages.extend(done.asked)
        assert done.log["blocks"] <= KEPT
        assert (done.log.get("last") or 0) <= len(self.stored(self.run))
        if done.closes:
            self.hang_up()
        if done.connects and not self._connection:
            self._tab_connects()
        elif self._connection:
            for message in done.sent:
                self._connection.obey(message)
            self._spin()
        return done

    def _tab_connects(self) -> None:
        if self._away:
            self._tab_do("close")
            return
        self._connection = self._wait_for(self._accept())
        self._tab_do("open")

    async def _accept(self) -> Connection:
        return Connection(self._lane)

    def hang_up(self) -> None:
        """The server's end of the socket goes, and with it what was under way."""
        if self._connection:
            self._wait_for(self._connection.end())
        self._connection = None

    async def _publish(self, lines: int) -> None:
        self._hub.publish(Change(lines=tuple(await self._append(lines))))

    async def _append(self, lines: int) -> Sequence[LogEntry]:
        first = len(self.stored(self.run)) + 1
        async with self._store.write() as tx:
            return await tx.append_log([_line(self.run, seq) for seq in range(first, first + lines)])

    def _spin(self) -> None:
        self._wait_for(_turns())

    def _wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(work)


async def _turns() -> None:
    for _ in range(8):
        await asyncio.sleep(0)


def _line(run: str, seq: int) -> LogEntry:
    """In every seven lines a tool's call, and its result three lines later."""
    kind = {2: LogKind.TOOL_USE, 5: LogKind.TOOL_RESULT}.get(seq % 7, LogKind.LOG)
    data: dict[str, object] | None = None if kind is LogKind.LOG else {"id": f"t{seq // 7}", "tool": "Read"}
    return LogEntry(run, NOW, kind, LogLevel.INFO, f"{run} {seq}", data)


def on_screen(world: World) -> list[Line]:
    """What is to be read in the rows in view; a call's row holds its result, which has none of its own then."""
    shown = world.tab.do("rows").value
    assert (shown["link"], shown["failed"]) == ("live", False)
    assert [row for row in shown["rows"] if "hole" in row] == []
    numbers = [row["seq"] for row in shown["rows"]]
    assert numbers == sorted(set(numbers))
    results: dict[int, dict[str, Any]] = dict(shown["results"])
    inside = [(row, results[row["seq"]]) for row in shown["rows"] if row["seq"] in results]
    assert all(call["data"]["id"] == result["data"]["id"] for call, result in inside)
    lines = [*shown["rows"], *(result for _, result in inside)]
    assert len({line["seq"] for line in lines}) == len(lines)
    return [(line["seq"], line["kind"], line["message"]) for line in lines]


def assert_same(world: World) -> None:
    """Whoever looks along the log finds every line of the store, and nothing else."""
    stored = [(line.seq, line.kind.value, line.message) for line in world.stored(world.run)]
    seen: set[Line] = set()
    # One block of each view is in the next one too: the result of a call at the end of a view may be in that.
    for first in range(0, -(-len(stored) // BLOCK), VIEW - 1):
        world.look_at(first)
        world.settle()
        seen.update(on_screen(world))
    assert sorted(seen) == stored


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LogTab]:
    with log_tab(tmp_path_factory.mktemp("js")) as opened:
        yield opened


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS)
def test_whatever_comes_between_the_screen_ends_with_what_is_stored(tab: LogTab, steps: list[tuple[Any, ...]]) -> None:
    loop = StillLoop()
    world = World(tab, loop)
    try:
        for name, *args in steps:
            getattr(world, name)(*args)
        for _ in world.runs:
            world.heal()
            assert_same(world)
            world.switch()
    finally:
        world.hang_up()
        loop.close()
