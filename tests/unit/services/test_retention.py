"""The janitor: what it may remove, in which order, and when it stops."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from kanban_app.domain.model import Attempt, AttemptKind, Board, Run, RunStatus, Task
from kanban_app.domain.retention import is_past, past_runs
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import TaskType
from kanban_app.services import retention
from kanban_app.services.retention import Janitor, Keep
from kanban_app.store.retention import Extent

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def task(name: str, column: Column = Column.COMPLETED, **more: object) -> Task:
    made = Task(name, 1, "A card", "", TaskType.FEATURE, (Stage.PLAN,), column, "m", NOW, NOW, run_id=f"run-{name}")
    return replace(made, **more)  # pyright: ignore[reportArgumentType]


def board(*tasks: Task, days: int = 100, status: RunStatus = RunStatus.COMPLETED) -> Board:
    """Each card has a run that ended so many days ago."""
    ended = NOW - timedelta(days=days)
    runs = {f"run-{t.id}": Run(f"run-{t.id}", t.id, ended) for t in tasks}
    attempts = {
        f"a-{t.id}": Attempt(
            f"a-{t.id}", f"run-{t.id}", t.id, AttemptKind.START, None, (), status, ended, finished_at=ended
        )
        for t in tasks
    }
    return Board("default", {t.id: t for t in tasks}, runs, attempts)


@dataclass
class Source:
    """Lines and events in memory, removed 100 at a time."""

    lines: dict[str, Extent]
    events: dict[str | None, int] = field(default_factory=dict[str | None, int])
    steps: int = 0

    async def extents(self, adw_ids: Collection[str] | None = None) -> Mapping[str, Extent]:
        return {name: e for name, e in self.lines.items() if adw_ids is None or name in adw_ids}

    async def remove_lines(self, adw_id: str, upto: int) -> int:
        extent = self.lines[adw_id]
        last = min(upto, extent.first + 99)
        count = max(0, last - extent.first + 1)
        self.lines[adw_id] = Extent(extent.first + count, extent.last)
        self.steps += bool(count)
        return count

    async def old_events(self, cutoff: datetime) -> int:
        return 7

    async def excess_events(self, kept: int) -> int:
        return max(0, sum(self.events.values()) - kept)

    async def owners_of_events(self, upto: int) -> list[str | None]:
        return list(self.events)

    async def remove_events(self, task_id: str | None, upto: int) -> int:
        return self.events.pop(task_id, 0)

    async def remove_operations(self, cutoff: datetime) -> int:
        return 0


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "REST_S", 0)


async def test_old_lines_of_past_runs_go_and_their_end_stays() -> None:
    source = Source({"run-a": Extent(1, 1030), "run-new": Extent(1, 1000)})
    world = replace(board(task("a")), runs={**board(task("a")).runs, "run-new": Run("run-new", None, NOW)})
    removed = await Janitor(source, lambda: world, Keep(90, 0, 0), "p").sweep(NOW)
    assert removed.lines == 1000
    assert source.lines == {"run-a": Extent(1001, 1030), "run-new": Extent(1, 1000)}
    assert source.steps == 10


@pytest.mark.parametrize(
    ("card", "goes"),
    [
        (task("a", Column.PLAN), False),
        (task("a", Column.ERRORED), False),
        (task("a", Column.READY), False),
        (task("a", Column.COMPLETED), True),
        (task("a", Column.PLAN, archived_at=NOW), True),
        (task("a", Column.PLAN, deleted_at=NOW), True),
    ],
)
async def test_nothing_of_a_live_card_goes(card: Task, goes: bool) -> None:
    source = Source({"run-a": Extent(1, 1000)}, {"a": 5})
    removed = await Janitor(source, lambda: board(card), Keep(90, 10, 1), "p").sweep(NOW)
    assert (removed.lines > 0, removed.events > 0) == (goes, goes)
    assert removed.over == (40 if goes else 990)


@pytest.mark.parametrize("status", [RunStatus.RUNNING, RunStatus.UNCERTAIN, RunStatus.QUEUED, RunStatus.WAITING])
async def test_nothing_of_an_unfinished_run_goes(status: RunStatus) -> None:
    source = Source({"run-a": Extent(1, 1000)}, {"a": 5})
    world = board(task("a", archived_at=NOW), status=status)
    removed = await Janitor(source, lambda: world, Keep(90, 10, 1), "p").sweep(NOW)
    assert (removed.lines, removed.events) == (0, 0)


async def test_by_size_the_oldest_go_first_and_no_more_than_must() -> None:
    old, young = board(task("old"), days=50), board(task("young"), days=10)
    world = Board("default", {}, {**old.runs, **young.runs}, {**old.attempts, **young.attempts})
    source = Source({"run-old": Extent(1, 1000), "run-young": Extent(1, 1000)})
    removed = await Janitor(source, lambda: world, Keep(90, 1500, 0), "p").sweep(NOW)
    assert (removed.lines, removed.over) == (950, 0)
    assert source.lines["run-young"] == Extent(1, 1000)


async def test_too_many_events_go_also_where_they_are_young_but_none_of_live_cards() -> None:
    world = board(task("done"), task("live", Column.PLAN), days=1)
    source = Source({}, {"done": 5, "live": 5, None: 5})
    removed = await Janitor(source, lambda: world, Keep(0, 0, 0, 10), "p").sweep(NOW)
    assert removed.events == 10
    assert source.events == {"live": 5}
    assert (await Janitor(source, lambda: world, Keep(0, 0, 0, 10), "p").sweep(NOW)).events == 0


async def test_nothing_is_set() -> None:
    source = Source({"run-a": Extent(1, 1000)}, {"a": 5})
    removed = await Janitor(source, lambda: board(task("a"), days=5000), Keep(0, 0, 0), "p").sweep(NOW)
    assert (removed.lines, removed.events) == (0, 0)


async def test_a_card_that_is_taken_up_again_meanwhile_keeps_the_rest() -> None:
    worlds = [board(task("a")), board(task("a")), board(task("a", Column.PLAN))]
    source = Source({"run-a": Extent(1, 1000)})
    janitor = Janitor(source, lambda: worlds.pop(0) if len(worlds) > 1 else worlds[0], Keep(90, 0, 0), "p")
    assert (await janitor.sweep(NOW)).lines == 100


async def test_files_are_asked_for_once() -> None:
    asked: list[str] = []

    async def forget(adw_id: str) -> bool:
        asked.append(adw_id)
        return True

    janitor = Janitor(Source({}), lambda: board(task("a")), Keep(90, 0, 0), "p", forget)
    assert (await janitor.sweep(NOW)).files == 1
    assert (await janitor.sweep(NOW)).files == 0
    assert asked == ["run-a"]


async def test_it_ends_when_it_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "FIRST_AFTER_S", 0)
    running = asyncio.create_task(Janitor(Source({}), board, Keep(), "p").run())
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


def test_whoever_still_speaks_has_not_ended() -> None:
    world = board(task("a"))
    run = replace(world.runs["run-a"], last_sign_at=NOW)
    (past,) = past_runs(world.with_run(run))
    assert past.ended_at == NOW
    assert is_past(world, "run-a")
    assert not is_past(world, "unknown")


def test_words() -> None:
    assert Keep(90, 0).words == "after 90 days"
    assert Keep(0, 0, 365, 9_000).words_of_events == "after 365 days or to keep all events within 9,000"
    assert Keep(90, 2_000_000).words == "after 90 days or to keep all logs within 2,000,000 lines"
