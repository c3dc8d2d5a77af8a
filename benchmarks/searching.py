"""Search over many cards and a great many log lines, of many runs or of one: how long it takes to answer, and what the
index costs.
"""

import asyncio
import random
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from benchmarks.measuring import Figures
from benchmarks.percentiles import percentile
from kanban_app.domain.model import Board, Run, Task
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import TaskType
from kanban_app.store.database import Store
from kanban_app.store.migrate import prepare_database

CARDS: Final = 5000
RUNS: Final = 500
_WORDS: Final = 20_000
_ROUNDS: Final = 5
_HITS: Final = 2000
"""As many as the log view asks for."""
_BEGIN: Final = datetime(2026, 1, 1, tzinfo=UTC)
_INSERT: Final = (
    "INSERT INTO run_log (project_id, adw_id, seq, at, kind, level, message)"
    " VALUES ('default', ?, ?, '2026-01-01 00:00:00.000000', 'log', 'info', ?)"
)


@dataclass(frozen=True, slots=True)
class Searching:
    """In a database of `CARDS` cards and so many thousand lines of `RUNS` runs, and in one where all of these lines are
    of one run; without a board around them.
    """

    thousand_lines: int

    def measure(self) -> Figures:
        with tempfile.TemporaryDirectory(prefix="kanban-bench-") as folder:
            return asyncio.run(self._measured(Path(folder)))

    async def _measured(self, folder: Path) -> Figures:
        chance = random.Random(7)
        words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(3, 9))) for _ in range(_WORDS)]
        many = await self._in_many_runs(folder / "many.db", words, chance)
        return {**many, **await self._in_one_run(folder / "one.db", words, chance)}

    async def _in_many_runs(self, path: Path, words: Sequence[str], chance: random.Random) -> Figures:
        lines = self.thousand_lines * 1000
        prepare_database(f"sqlite:///{path}", path.parent / "backups")
        async with await Store.open(f"sqlite:///{path}") as store:
            async with store.write() as tx:
                await tx.save_board(Board("default"), _board(words, chance))
            await asyncio.to_thread(_insert, path, _lines(lines, RUNS, words, chance))
            before = _size(path)
            steps = await _index(store)
            # The last word is in every line, the one before it in none, two of them seldom meet in one line.
            asked = [[words[1]], [words[2], words[3]], [words[4][:2]], ["absentword"], ["request"]]
            return {
                "cards_p95": (percentile(await _taken(store.find_cards, asked), 95), "ms"),
                "lines_p95": (percentile(await _taken(store.find_lines, asked), 95), "ms"),
                "index_line": (sum(steps) / lines * 1000, "us"),
                "index_step_p95": (percentile(steps, 95), "ms"),
                "index_step_max": (max(steps), "ms"),
                "index_size": ((_size(path) - before) / lines, "byte/line"),
            }

    async def _in_one_run(self, path: Path, words: Sequence[str], chance: random.Random) -> Figures:
        lines = self.thousand_lines * 1000
        prepare_database(f"sqlite:///{path}", path.parent / "backups")
        async with await Store.open(f"sqlite:///{path}") as store:
            await asyncio.to_thread(_insert, path, _lines(lines, 1, words, chance))

            async def find(asked: Sequence[str]) -> object:
                return await store.log_matches(_run_id(0), " ".join(asked), before=lines + 1, limit=_HITS)

            # Nowhere, in every line, in one of ninety, in a few thousand, and beyond ASCII.
            taken = await _taken(find, [["absentword"], ["request"], ["request", "77"], [words[1]], ["Köln"]])
            return {"run_p50": (percentile(taken, 50), "ms"), "run_p95": (percentile(taken, 95), "ms")}


def _board(words: Sequence[str], chance: random.Random) -> Board:
    def text(count: int) -> str:
        return " ".join(chance.choices(words, k=count))

    tasks = [
        Task(f"c{n}", n, text(6), text(60), TaskType.BUG, (Stage.PLAN,), Column.BACKLOG, f"m{n:05}", _BEGIN, _BEGIN)
        for n in range(1, CARDS + 1)
    ]
    runs = [Run(_run_id(number), f"c{number + 1}", _BEGIN + timedelta(seconds=number)) for number in range(RUNS)]
    return Board("default", {task.id: task for task in tasks}, {run.adw_id: run for run in runs})


def _lines(count: int, runs: int, words: Sequence[str], chance: random.Random) -> Iterator[tuple[str, int, str]]:
    for number in range(count):
        message = f"{' '.join(chance.choices(words, k=9))} request {number} took {number % 977} ms"
        yield _run_id(number % runs), number // runs + 1, message


def _run_id(number: int) -> str:
    return f"{number:08x}"


def _insert(path: Path, lines: Iterator[tuple[str, int, str]]) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(_INSERT, lines)


def _size(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.stat().st_size


async def _index(store: Store) -> list[float]:
    """Milliseconds of each step until all is indexed."""
    taken: list[float] = []
    while True:
        start = time.perf_counter()
        if not await store.index_log(datetime.now(UTC)):
            return taken
        taken.append((time.perf_counter() - start) * 1000)


async def _taken(find: Callable[[Sequence[str]], Awaitable[object]], asked: Sequence[Sequence[str]]) -> list[float]:
    taken: list[float] = []
    for words in [*asked] * _ROUNDS:
        start = time.perf_counter()
        await find(words)
        taken.append((time.perf_counter() - start) * 1000)
    return taken
