"""The live lane without sockets: what a viewer is given, and what it is spared."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from kanban_app.domain.records import LogEntry, LogKind, LogLevel
from kanban_app.services import live_frames
from kanban_app.services.hub import Change, Hub
from kanban_app.services.live import QUEUE_FRAMES, LiveLane, Viewer
from kanban_app.services.live_frames import FRAME_BYTES, FRAME_LINES, Frame
from tests.support.memory_store import MemoryStore

RUN = "0a1b2c3d"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Stage:
    """A store, a hub and a lane; `write` stores lines and then publishes them."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.hub = Hub()
        self.lane = LiveLane(self.store)
        self.hub.on_lines.append(self.lane.publish)

    async def store_only(self, count: int, run: str = RUN, text: str = "line") -> Sequence[LogEntry]:
        async with self.store.write() as tx:
            lines = [LogEntry(run, NOW, LogKind.LOG, LogLevel.INFO, text) for _ in range(count)]
            return await tx.append_log(lines)

    def publish(self, lines: Sequence[LogEntry]) -> None:
        self.hub.publish(Change(lines=tuple(lines)))

    async def write(self, count: int, run: str = RUN, text: str = "line") -> None:
        self.publish(await self.store_only(count, run, text))


@pytest.fixture
def stage() -> Stage:
    return Stage()


async def taken(viewer: Viewer) -> dict[str, Any]:
    async with asyncio.timeout(20):
        return json.loads(await viewer.next())


def seqs(message: dict[str, Any]) -> list[int]:
    return [line["seq"] for line in message["lines"]]


async def test_a_first_look_is_a_snapshot_of_the_newest_lines(stage: Stage) -> None:
    await stage.write(FRAME_LINES + 7)
    with stage.lane.viewer() as viewer:
        viewer.open(RUN)
        message = await taken(viewer)
    assert (message["type"], message["run"]) == ("snapshot", RUN)
    assert (message["first"], message["last"]) == (8, FRAME_LINES + 7)
    assert seqs(message) == list(range(8, FRAME_LINES + 8))
    assert set(message["lines"][0]) == {"seq", "at", "kind", "level", "message"}


async def test_a_run_that_nobody_knows_is_empty_and_followed(stage: Stage) -> None:
    with stage.lane.viewer() as viewer:
        viewer.open(RUN)
        assert await taken(viewer) == {"type": "snapshot", "run": RUN, "first": 1, "last": 0, "lines": []}
        await stage.write(1)
        assert seqs(await taken(viewer)) == [1]


@pytest.mark.parametrize(
    ("stored", "after", "kind", "first"),
    [
        (10, 7, "lines", 8),
        (10, 10, "lines", None),
        (FRAME_LINES, 0, "lines", 1),
        (FRAME_LINES + 1, 0, "snapshot", 2),
        (10, 11, "snapshot", 1),
        (0, 0, "lines", None),
    ],
)
async def test_a_viewer_that_comes_back(stage: Stage, stored: int, after: int, kind: str, first: int | None) -> None:
    """It gets what follows; a snapshot where that is too much, or where the store has less than the viewer."""
    await stage.write(stored)
    with stage.lane.viewer() as viewer:
        viewer.open(RUN, after)
        message = await taken(viewer)
    assert message["type"] == kind
    assert seqs(message) == ([] if first is None else list(range(first, stored + 1)))


async def test_lines_stored_around_the_attachment_come_once(stage: Stage) -> None:
    """Stored before the store is read and published after it, and one frame that is half in the snapshot."""
    with stage.lane.viewer() as viewer:
        viewer.open(RUN)
        first = await stage.store_only(2)
        assert seqs(await taken(viewer)) == [1, 2]
        second = await stage.store_only(2)
        stage.publish([*first, *second])
        assert seqs(await taken(viewer)) == [3, 4]


async def test_the_first_line_goes_at_once_and_the_next_ones_together(stage: Stage) -> None:
    with stage.lane.viewer() as viewer:
        viewer.open(RUN)
        await taken(viewer)
        for _ in range(5):
            await stage.write(1)
        assert [seqs(await taken(viewer)) for _ in range(2)] == [[1], [2, 3, 4, 5]]


async def test_a_frame_is_encoded_once_for_all(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[int] = []
    real = live_frames.line_text

    def counting(entry: LogEntry) -> str:
        encoded.append(entry.seq)
        return real(entry)

    with stage.lane.viewer() as one, stage.lane.viewer() as other:
        for viewer in (one, other):
            viewer.open(RUN)
            await taken(viewer)
        monkeypatch.setattr(live_frames, "line_text", counting)
        await stage.write(3)
        assert await taken(one) == await taken(other)
    assert encoded == [1, 2, 3]


async def test_a_run_without_viewers_is_not_encoded(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_frames, "line_text", lambda entry: pytest.fail(f"encoded {entry}"))
    with stage.lane.viewer() as viewer:
        viewer.open("ffffffff")
        await stage.write(3)
        assert stage.lane.runs == {"ffffffff"}
        viewer.close()
        assert stage.lane.runs == frozenset()
        await stage.write(3, "ffffffff")


async def test_a_viewer_that_takes_nothing_is_bounded_and_gets_a_snapshot(stage: Stage) -> None:
    with stage.lane.viewer() as slow, stage.lane.viewer() as quick:
        for viewer in (slow, quick):
            viewer.open(RUN)
            await taken(viewer)
        got: list[int] = []
        for _ in range(QUEUE_FRAMES * 2):
            await stage.write(1)
            got += seqs(await taken(quick))
            assert len(slow._frames) <= QUEUE_FRAMES
        assert got == list(range(1, QUEUE_FRAMES * 2 + 1))
        message = await taken(slow)
        assert (message["type"], message["last"]) == ("snapshot", got[-1])
        await stage.write(1)
        assert seqs(await taken(slow)) == [got[-1] + 1]


async def test_the_bytes_that_wait_are_bounded(stage: Stage) -> None:
    with stage.lane.viewer() as slow, stage.lane.viewer() as quick:
        for viewer in (slow, quick):
            viewer.open(RUN)
            await taken(viewer)
        for _ in range(40):
            await stage.write(1, text="x" * 20_000)
            await taken(quick)
            assert slow._bytes <= FRAME_BYTES
        message = await taken(slow)
    assert (message["type"], message["last"]) == ("snapshot", 40)
    assert sum(len(line["message"]) for line in message["lines"]) <= FRAME_BYTES
    assert seqs(message) == list(range(message["first"], 41))


async def test_a_flood_between_two_frames_becomes_a_snapshot(stage: Stage) -> None:
    with stage.lane.viewer() as viewer:
        viewer.open(RUN)
        await taken(viewer)
        for _ in range(4):
            await stage.write(FRAME_LINES - 1)
        assert seqs(await taken(viewer)) == list(range(1, FRAME_LINES))
        message = await taken(viewer)
    assert (message["type"], message["last"]) == ("snapshot", 4 * (FRAME_LINES - 1))
    assert len(message["lines"]) == FRAME_LINES


async def test_lines_that_were_never_published_are_not_skipped(stage: Stage) -> None:
    with stage.lane.viewer() as viewer:
        viewer.open(RUN)
        await taken(viewer)
        await stage.store_only(3)
        await stage.write(2)
        message = await taken(viewer)
    assert (message["type"], seqs(message)) == ("snapshot", [1, 2, 3, 4, 5])


async def test_opening_another_run_drops_what_waits_of_the_first(stage: Stage) -> None:
    await stage.write(2, "ffffffff")
    with stage.lane.viewer() as viewer:
        viewer.open(RUN)
        await taken(viewer)
        await stage.write(3)
        viewer.open("ffffffff")
        message = await taken(viewer)
        assert (message["run"], seqs(message)) == ("ffffffff", [1, 2])
        await stage.write(1)
        assert stage.lane.runs == {"ffffffff"}


async def test_a_run_changed_while_the_store_is_read(stage: Stage) -> None:
    reading, go_on = asyncio.Event(), asyncio.Event()
    real = stage.store.log_page

    async def slow(adw_id: str, **more: Any) -> tuple[list[LogEntry], int]:
        if adw_id == RUN:
            reading.set()
            await go_on.wait()
        return await real(adw_id, **more)

    stage.store.log_page = slow  # pyright: ignore[reportAttributeAccessIssue]
    await stage.write(2)
    with stage.lane.viewer() as viewer:
        viewer.open(RUN)
        next_message = asyncio.create_task(taken(viewer))
        await reading.wait()
        viewer.open("ffffffff")
        go_on.set()
        assert (await next_message)["run"] == "ffffffff"


async def test_a_store_that_breaks_is_asked_again(stage: Stage) -> None:
    real, broken = stage.store.log_page, True

    async def page(adw_id: str, **more: Any) -> tuple[list[LogEntry], int]:
        if broken:
            raise OSError
        return await real(adw_id, **more)

    stage.store.log_page = page  # pyright: ignore[reportAttributeAccessIssue]
    await stage.write(2)
    with stage.lane.viewer() as viewer:
        viewer.open(RUN, 1)
        with pytest.raises(OSError):  # noqa: PT011 - raised above
            await viewer.next()
        broken = False
        assert seqs(await taken(viewer)) == [2]


def entries(*texts: str, first: int = 1, data: dict[str, object] | None = None) -> list[LogEntry]:
    return [
        LogEntry(RUN, NOW, LogKind.LOG, LogLevel.INFO, text, data, seq=seq) for seq, text in enumerate(texts, first)
    ]


def test_a_frame_can_leave_out_what_is_known() -> None:
    frame = Frame.of(RUN, entries("a", "b", "c", first=5))
    assert (frame.first, frame.last) == (5, 7)
    assert frame.after(4) is frame
    assert seqs(json.loads(frame.after(5).text)) == [6, 7]


def test_what_a_service_may_send_survives_as_text() -> None:
    odd = 'half \ud800, "quotes", \u2028 and \x1b[31m red'
    frame = Frame.of(RUN, entries(odd, data={"id": "t\ud801", "input": {"a": [1, None]}}))
    assert frame.text.encode("ascii")
    line = json.loads(frame.text)["lines"][0]
    assert (line["message"], line["data"]) == (odd, {"id": "t\ud801", "input": {"a": [1, None]}})


def test_a_snapshot_holds_the_newest_that_fit_and_at_least_one() -> None:
    assert live_frames.newest_that_fit([]) == []
    huge = "x" * (FRAME_BYTES + 1)
    assert live_frames.newest_that_fit(["a", huge]) == [huge]
    assert live_frames.newest_that_fit([huge, "a", "b"]) == ["a", "b"]
    assert live_frames.newest_that_fit(["a", "b"]) == ["a", "b"]


class Pruned(MemoryStore):
    """A run whose first 950 lines were removed."""

    async def log_page(
        self, adw_id: str, *, since: int = 0, limit: int = 200, newest: bool = False, **_more: Any
    ) -> tuple[list[LogEntry], int]:
        lines, last = await super().log_page(adw_id, since=max(since, 950), limit=5000)
        return (lines[-limit:] if newest else lines[:limit]), last


async def test_a_snapshot_says_how_many_lines_were_removed() -> None:
    store = Pruned()
    async with store.write() as tx:
        await tx.append_log([LogEntry(RUN, NOW, LogKind.LOG, LogLevel.INFO, "line") for _ in range(960)])
    with LiveLane(store, "after 90 days").viewer() as viewer:
        viewer.open(RUN)
        message = await taken(viewer)
    assert (message["first"], message["last"], seqs(message)) == (951, 960, list(range(951, 961)))
    assert (message["removed"], message["kept"]) == (950, "after 90 days")


async def test_a_snapshot_of_a_whole_log_says_nothing_of_that(stage: Stage) -> None:
    await stage.write(FRAME_LINES + 7)
    with stage.lane.viewer() as viewer:
        viewer.open(RUN)
        assert "removed" not in await taken(viewer)
