"""A prepared database in a temporary directory, and records to put into it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from kanban_app.domain.model import Attempt, AttemptKind, Run, RunStatus, Task
from kanban_app.domain.records import EventRecord, LogEntry, LogKind, LogLevel
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import TaskType
from kanban_app.store.database import Store
from kanban_app.store.migrate import prepare_database

NOW = datetime(2026, 5, 1, 12, 30, 15, 123456, UTC)


@dataclass(frozen=True)
class Samples:
    """Records with sensible values."""

    now: datetime = NOW

    def task(self, number: int = 1, title: str = "A card") -> Task:
        return Task(
            f"task-{number}",
            number,
            title,
            "",
            TaskType.FEATURE,
            (Stage.PLAN, Stage.BUILD),
            Column.PLAN,
            "m",
            NOW,
            NOW,
        )

    def run(self, adw_id: str = "aaaaaaaa") -> Run:
        return Run(adw_id, "task-1", NOW)

    def attempt(self, name: str = "attempt-1", adw_id: str = "aaaaaaaa") -> Attempt:
        return Attempt(name, adw_id, "task-1", AttemptKind.START, "adw_plan_iso", (Stage.PLAN,), RunStatus.QUEUED, NOW)

    def event(self, number: int = 1) -> EventRecord:
        return EventRecord("task.moved", NOW, "user", {"number": number}, task_id="task-1")

    def line(
        self,
        message: str = "a line",
        adw_id: str = "aaaaaaaa",
        kind: LogKind = LogKind.LOG,
        level: LogLevel = LogLevel.INFO,
    ) -> LogEntry:
        return LogEntry(adw_id, NOW, kind, level, message, {"n": 1}, "attempt-1")

    def lines(self, count: int, adw_id: str = "aaaaaaaa") -> list[LogEntry]:
        return [self.line(f"line {number}", adw_id) for number in range(1, count + 1)]

    def later(self, seconds: float) -> datetime:
        return NOW + timedelta(seconds=seconds)


@pytest.fixture
def samples() -> Samples:
    return Samples()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "kanban.db"
    prepare_database(f"sqlite:///{path}", tmp_path / "backups")
    return path


@pytest.fixture
def url(database: Path) -> str:
    return f"sqlite:///{database}"


@pytest_asyncio.fixture
async def store(url: str) -> AsyncIterator[Store]:
    async with await Store.open(url) as opened:
        yield opened
