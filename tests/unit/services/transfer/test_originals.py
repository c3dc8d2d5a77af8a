"""What the original kept, as cards of ours."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kanban_app.domain.model import StageState
from kanban_app.domain.records import LogLevel
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import TaskType
from kanban_app.services.transfer.browser_storage import read_browser_storage
from kanban_app.services.transfer.original import moment
from kanban_app.services.transfer.original_database import read_database
from kanban_app.services.transfer.reading import read_file
from kanban_app.services.transfer.source import UnreadableFile

NOW = datetime(2026, 11, 26, tzinfo=UTC)


def task(**fields: Any) -> dict[str, Any]:
    return {
        "id": 7,
        "title": "Fix the totals",
        "description": "They are off by one cent",
        "workItemType": "bug",
        "queuedStages": ["plan", "implement", "test"],
        "stage": "build",
        "status": "in_progress",
        "createdAt": "2025-12-01T10:00:00.000Z",
        "updatedAt": "2025-12-02T10:00:00.000Z",
        "metadata": {"adw_id": "0a1b2c3d", "branch_name": "bug-7-totals", "issue_number": 7, "model_set": "heavy"},
        **fields,
    }


def storage(*tasks: object, **state: Any) -> dict[str, Any]:
    return {"state": {"tasks": list(tasks), **state}, "version": 1}


def test_a_card_is_where_it_was_with_its_run_and_log() -> None:
    logs = {"7": [{"message": "Reading", "level": "INFO", "timestamp": "2025-12-01T11:00:00Z"}, {"message": {"a": 1}}]}
    (found,) = read_browser_storage(storage(task(), taskWorkflowLogs=logs), NOW).cards
    card, (run,) = found.task, found.runs
    assert (card.title, card.type, card.column) == ("Fix the totals", TaskType.BUG, Column.BUILD)
    assert card.stages == (Stage.PLAN, Stage.BUILD, Stage.TEST)
    assert (card.issue_number, card.model_set, card.run_id) == ("7", "heavy", "0a1b2c3d")
    assert card.created_at == datetime(2025, 12, 1, 10, tzinfo=UTC)
    assert run.branch == "bug-7-totals"
    assert [run.stages[stage].state for stage in card.stages] == [
        StageState.COMPLETED, StageState.PENDING, StageState.PENDING,
    ]  # fmt: skip
    assert [(line.message, line.level) for line in found.lines] == [
        ("Reading", LogLevel.INFO), ('{"a": 1}', LogLevel.INFO),
    ]  # fmt: skip


def test_the_same_card_has_the_same_id_in_both_stores(tmp_path: Path) -> None:
    database = make_database(tmp_path, {"adw_id": "0a1b2c3d", "current_stage": "test"})
    (stored,) = read_database(database, NOW).cards
    (kept,) = read_browser_storage(storage(task()), NOW).cards
    assert stored.task.id == kept.task.id


@pytest.mark.parametrize(
    ("stage", "status", "column"),
    [
        ("backlog", "pending", Column.BACKLOG),
        ("implement", "in_progress", Column.BUILD),
        ("pr", "in_progress", Column.READY),
        ("ready-to-merge", "in_progress", Column.READY),
        ("completed", "completed", Column.COMPLETED),
        ("errored", "errored", Column.ERRORED),
        ("moon", "pending", Column.BACKLOG),
        (None, None, Column.BACKLOG),
    ],
)
def test_columns(stage: str | None, status: str | None, column: Column) -> None:
    (found,) = read_browser_storage(storage(task(stage=stage, status=status)), NOW).cards
    assert found.task.column is column


def test_a_card_that_has_never_run_has_no_run() -> None:
    (found,) = read_browser_storage(storage(task(stage="backlog")), NOW).cards
    assert (found.runs, found.task.run_id, list(found.lines)) == ((), None, [])


@pytest.mark.parametrize(
    "odd",
    [
        {"title": 5, "description": None},
        {"queuedStages": "plan"},
        {"queuedStages": [None, "adw_merge_iso"]},
        {"metadata": []},
        {"metadata": {"adw_id": "../../etc"}},
        {"createdAt": "yesterday", "updatedAt": float("nan")},
        {"createdAt": 1e300},
        {"workItemType": "/chore"},
        {"title": "x" * 5000, "description": "y" * 100_000},
        {"title": "\u202e\x00", "description": ""},
    ],
)
def test_no_field_is_trusted(odd: dict[str, Any]) -> None:
    (found,) = read_browser_storage(storage(task(**odd)), NOW).cards
    assert 0 < len(found.task.title) <= 200
    assert len(found.task.description) <= 50_000
    assert found.task.stages


def test_what_is_no_card_is_counted() -> None:
    source = read_browser_storage(storage(task(images=[{}]), None, "card", 5), NOW)
    assert len(source.cards) == 1
    assert source.notes == ["Entries that are no cards: 3.", "Cards whose images stay behind: 1."]


def test_projects_become_labels_where_there_are_several() -> None:
    projects = [{"id": "p1", "name": "Shop"}, {"id": "p2", "name": "Site"}]
    (found,) = read_browser_storage(storage(task(projectId="p2"), availableProjects=projects), NOW).cards
    assert found.task.labels == ("Site",)


def test_all_keys_of_the_storage_may_be_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "storage.json"
    path.write_text(json.dumps({"theme": "dark", "agentic-kanban-storage": json.dumps(storage(task()))}))
    assert [card.task.title for card in read_file(path, NOW).cards] == ["Fix the totals"]


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b"\xff\xfe", b'{"tasks": 5}', b"[" * 100_000, b"SQLite format 3\0"]
)
def test_other_files_are_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises(UnreadableFile):
        read_file(path, NOW)


def make_database(folder: Path, *rows: dict[str, Any], schema: str | None = None) -> Path:
    path = folder / "agentickanban.db"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(
            schema
            or "CREATE TABLE adw_states (adw_id TEXT, issue_number INTEGER, issue_title TEXT, issue_body TEXT,"
            " issue_class TEXT, branch_name TEXT, current_stage TEXT, status TEXT, workflow_name TEXT, model_set TEXT,"
            " created_at TIMESTAMP, updated_at TIMESTAMP, completed_at TIMESTAMP, deleted_at TIMESTAMP)"
        )
        db.execute(
            "CREATE TABLE adw_activity_logs (adw_id TEXT, event_type TEXT, field_changed TEXT, old_value TEXT,"
            " new_value TEXT, timestamp TIMESTAMP)"
        )
        for row in rows:
            marks = ", ".join("?" for _ in row)
            db.execute(f"INSERT INTO adw_states ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))
        db.execute(
            "INSERT INTO adw_activity_logs VALUES ('0a1b2c3d', 'stage_transition', 'current_stage', 'plan', 'build',"
            " '2025-12-01 10:00:00')"
        )
    return path


def test_a_database(tmp_path: Path) -> None:
    database = make_database(
        tmp_path,
        {"adw_id": "0a1b2c3d", "issue_title": "One", "issue_class": "/feature", "current_stage": "ready-to-merge",
         "workflow_name": "adw_sdlc_iso", "created_at": "2025-12-01 10:00:00"},
        {"adw_id": "1a1b2c3d", "issue_title": "Two", "current_stage": "ready-to-merge", "status": "completed",
         "completed_at": "2025-12-02 10:00:00"},
        {"adw_id": "2a1b2c3d", "issue_title": "Three", "deleted_at": "2025-12-02 10:00:00"},
    )  # fmt: skip
    source = read_file(database, NOW)
    assert source.kind == "database"
    one, two = source.cards
    assert (one.task.column, one.task.stages) == (Column.READY, tuple(Stage))
    assert all(record.state is StageState.COMPLETED for record in one.runs[0].stages.values())
    assert [line.message for line in one.lines] == ["stage transition: current_stage from plan to build"]
    assert two.task.column is Column.COMPLETED
    assert source.notes == ["Cards that were deleted there: 1."]


def test_a_database_of_an_older_shape(tmp_path: Path) -> None:
    database = make_database(tmp_path, {"adw_id": "0a1b2c3d"}, schema="CREATE TABLE adw_states (adw_id TEXT)")
    assert [card.task.title for card in read_database(database, NOW).cards] == ["Without a title"]


def test_a_view_in_place_of_the_table_is_not_asked(tmp_path: Path) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS adw_id FROM n"
    database = make_database(tmp_path, schema=f"CREATE VIEW adw_states AS {endless}")
    with pytest.raises(UnreadableFile, match="adw_states"):
        read_database(database, NOW)


def test_rows_that_share_their_text_do_not_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kanban_app.services.transfer.original_database.CHARACTERS", 5000)
    rows = [{"adw_id": f"{number}a1b2c3d", "issue_body": "x" * 1000} for number in range(3)]
    with pytest.raises(UnreadableFile, match="more text"):
        read_database(make_database(tmp_path, *rows), NOW)


def test_moments() -> None:
    assert moment("2025-12-01 10:00:00") == datetime(2025, 12, 1, 10, tzinfo=UTC)
    assert moment(1_764_583_200_000) == datetime(2025, 12, 1, 10, tzinfo=UTC)
    assert moment(True) is None
    for odd in (
        10**400,
        -(10**18),
        float("inf"),
        float("nan"),
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
    ):
        assert moment(odd) is None
