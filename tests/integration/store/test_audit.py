"""The audit log is append-only, whoever asks: the database itself refuses the rest."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kanban_app.domain.audit import ITSELF, Act, Action, Entry, Group, Result, Target
from kanban_app.domain.model import Board
from kanban_app.services.retention import Janitor, Keep
from kanban_app.store.audit_beside import append_beside
from kanban_app.store.audit_rows import Wanted
from kanban_app.store.auditing import STEP_ROWS, AuditTable
from kanban_app.store.database import Store
from kanban_app.store.failures import StoreUnavailable
from kanban_app.store.retention import Retention

NOW = datetime.now(UTC)


def entry(number: int = 1, days: float = 0, **more: str) -> Entry:
    target = Target("task", f"t{number}", more.pop("title", f"Card {number}"))
    action, code, project = more.pop("action", "task.moved"), more.pop("code", ""), more.pop("project", "default")
    act = Act(Action(action), target, {"to": "plan", **more}, code)
    return Entry(NOW - timedelta(days=days), ITSELF, act, project)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET title = 'nothing'",
        "UPDATE audit SET at = '2020-01-01' WHERE seq = 1",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE seq = 2",
        "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE seq = 1",
        "REPLACE INTO audit SELECT * FROM audit WHERE seq = 3",
        "INSERT INTO audit SELECT * FROM audit WHERE seq = 1 ON CONFLICT DO UPDATE SET title = 'x'",
        "UPDATE audit_floor SET seq = 3",
        "DELETE FROM audit_floor",
        "REPLACE INTO audit_floor (project_id, id, seq) VALUES ('default', 1, 3)",
        "INSERT INTO audit_floor (project_id, id, seq) VALUES ('default', 2, 3)",
    ],
)
async def test_nothing_young_is_changed_or_removed(store: Store, database: Path, statement: str) -> None:
    await AuditTable(store).append([entry(n) for n in range(1, 4)])
    with closing(sqlite3.connect(database)) as beside:
        before = beside.execute("SELECT * FROM audit").fetchall()
        with pytest.raises(sqlite3.IntegrityError, match=r"append-only|one floor|30 days"):
            beside.execute(statement)
        beside.rollback()
        assert beside.execute("SELECT * FROM audit").fetchall() == before
        assert beside.execute("SELECT seq FROM audit_floor").fetchall() == [(0,)]


async def test_the_floor_never_sinks(store: Store, database: Path) -> None:
    table = AuditTable(store)
    await table.append([entry(1, days=400), entry(2)])
    assert await table.remove(1) == 1
    with closing(sqlite3.connect(database)) as beside, pytest.raises(sqlite3.IntegrityError):
        beside.execute("UPDATE audit_floor SET seq = 0")


async def test_what_was_written_comes_back_the_newest_first(store: Store) -> None:
    table = AuditTable(store)
    written = [entry(n) for n in range(1, 8)]
    await table.append(written)
    found = await table.page(Wanted(), None, 5)
    assert [one.act.target.id for one in found] == ["t7", "t6", "t5", "t4", "t3"]
    assert [one.act.target.id for one in await table.page(Wanted(), found[-1].seq, 5)] == ["t2", "t1"]
    assert found[0].act == written[-1].act
    assert (found[0].actor, found[0].at, found[0].project) == (ITSELF, NOW, "default")


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (Wanted(about=("",)), ["t3"]),
        (Wanted(since=NOW - timedelta(days=1)), ["t3", "t2"]),
        (Wanted(until=NOW - timedelta(days=1)), ["t1"]),
        (Wanted(action=Action.TOKEN_CREATED), ["t3"]),
        (Wanted(group=Group.CARDS), ["t2", "t1"]),
        (Wanted(target="t2"), ["t2"]),
        (Wanted(result=Result.REFUSED), ["t2"]),
        (Wanted(text="100%_SURE"), ["t1"]),
        (Wanted(text="nothing_"), []),
        (Wanted(who="BOARD"), ["t3", "t2", "t1"]),
        (Wanted(text="ITSELF"), ["t3", "t2", "t1"]),
        (Wanted(kind="person"), []),
        (Wanted(text="ärger mit"), ["t1"]),
        (Wanted(text="ÜBER"), ["t2"]),
        (Wanted(text='über "x" \\'), ["t2"]),
        (Wanted(text="u00fc"), []),
        (Wanted(text="label"), []),
    ],
)
async def test_filters(store: Store, wanted: Wanted, ids: list[str]) -> None:
    table = AuditTable(store)
    await table.append(
        [
            entry(1, days=2, title="100%_sure Ärger MIT"),
            entry(2, code="E-MOVE-1", title="nothing", label='über "X" \\'),
            entry(3, action="token.created", project=""),
        ]
    )
    assert [one.act.target.id for one in await table.page(wanted, None, 9)] == ids


async def test_retention_removes_what_is_old_and_says_so(store: Store) -> None:
    table = AuditTable(store)
    count = 2 * STEP_ROWS + 10
    await table.append([entry(n, days=400) for n in range(count)] + [entry(1000, days=100), entry(1001)])
    janitor = Janitor(Retention(store), lambda: Board("default"), Keep(0, 0, 0, 0, 365), "default", audit=table)
    removed = await janitor.sweep(NOW)
    assert removed.audit == count
    assert [one.act.target.id for one in await table.page(Wanted(), None, 9)] == ["t1001", "t1000"]
    always = Janitor(Retention(store), lambda: Board("default"), Keep(0, 0, 0, 0, 0), "default", audit=table)
    assert (await always.sweep(NOW + timedelta(days=9000))).audit == 0


async def test_a_clock_that_is_far_ahead_removes_nothing_and_ends_nothing(store: Store) -> None:
    table = AuditTable(store)
    await table.append([entry(1, days=400), entry(2)])
    janitor = Janitor(Retention(store), lambda: Board("default"), Keep(0, 0, 0, 0, 365), "default", audit=table)
    assert (await janitor.sweep(NOW + timedelta(days=400))).audit == 0
    assert len(await table.page(Wanted(), None, 9)) == 2
    assert (await janitor.sweep(NOW)).audit == 1, "and when it is right again"


async def test_the_shortest_time_is_never_too_short_for_the_database(store: Store) -> None:
    """Entries around the very edge of 30 days: the janitor asks for none that the database keeps."""
    table = AuditTable(store)
    await table.append([entry(n, days=30 + (50 - n) / 86_400 / 10) for n in range(100)] + [entry(999)])
    janitor = Janitor(Retention(store), lambda: Board("default"), Keep(0, 0, 0, 0, 30), "default", audit=table)
    assert (await janitor.sweep(datetime.now(UTC))).audit == 0


async def test_an_old_entry_behind_a_young_one_stays(store: Store) -> None:
    """The clock was wrong for a while: numbers count, and nothing young goes with what is old."""
    table = AuditTable(store)
    await table.append([entry(1, days=400), entry(2), entry(3, days=500)])
    assert await table.old(NOW - timedelta(days=365)) == 1


async def test_a_command_writes_beside_a_running_board(store: Store, database: Path) -> None:
    table = AuditTable(store)
    await table.append([entry(1)])
    append_beside(database, entry(2, title="half \ud800 a pair"))
    first, _ = await table.page(Wanted(), None, 9)
    assert (first.act.target, first.at, first.act.details) == (
        Target("task", "t2", "half ? a pair"),
        NOW,
        {"to": "plan"},
    )


def test_a_command_never_waits_long_and_says_what_is_wrong(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kanban_app.store.audit_beside.LOCK_WAIT_S", 0.05)
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="locked"):
            append_beside(database, entry())
    with closing(sqlite3.connect(tmp_path / "older.db")) as older:
        older.execute("CREATE TABLE task (id TEXT)")
    with pytest.raises(StoreUnavailable, match="older version"):
        append_beside(tmp_path / "older.db", entry())
    with pytest.raises(StoreUnavailable):
        append_beside(tmp_path / "none.db", entry())
