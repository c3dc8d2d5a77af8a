"""Every record of the domain comes back from its row as it was."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from kanban_app.domain.image import Image
from kanban_app.domain.launch import Launch
from kanban_app.domain.model import Attempt, Run, Task, Template
from kanban_app.domain.records import EventRecord, LogEntry, Operation
from kanban_app.store import mapping
from kanban_app.store.columns import Json, storable
from kanban_app.store.tables import METADATA, table

# What UTF-8 can express; half surrogate pairs have a test of their own.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
times = st.datetimes(timezones=st.just(UTC), min_value=datetime(1970, 1, 1), max_value=datetime(9000, 1, 1))  # noqa: DTZ001
json_values = st.dictionaries(texts, st.none() | st.booleans() | st.integers() | texts | st.lists(texts, max_size=2))
integers = st.integers(min_value=-(2**62), max_value=2**62)

for kind, strategy in ((str, texts), (datetime, times), (int, integers)):
    st.register_type_strategy(kind, strategy)

DIALECT = sa.create_engine("sqlite://").dialect


def stored(name: str, row: dict[str, Any]) -> dict[str, Any]:
    """What the database gives back for a row."""
    back: dict[str, Any] = {}
    for key, value in row.items():
        kind = table(name).columns[key].type.dialect_impl(DIALECT)
        bind, result = kind.bind_processor(DIALECT), kind.result_processor(DIALECT, None)
        raw = bind(value) if bind else value
        assert raw is None or isinstance(raw, str | int | float), f"{key} is no SQLite value"
        back[key] = result(raw) if result else raw
    return back


def assert_same(record: Any, name: str, to_row: Callable[[Any], Any], from_row: Callable[[Any], Any]) -> None:
    row = to_row(record)
    assert row.keys() | {"project_id"} == set(table(name).columns.keys())
    assert from_row(stored(name, row)) == record


@settings(max_examples=30, deadline=None)
@given(st.builds(Task, images=st.lists(st.builds(Image, removed_at=st.none() | times), max_size=2).map(tuple)))
def test_task(task: Task) -> None:
    assert_same(task, "task", mapping.task_row, mapping.task_from)


@settings(max_examples=30, deadline=None)
@given(st.from_type(Template))
def test_template(template: Template) -> None:
    assert_same(template, "template", mapping.template_row, mapping.template_from)


@settings(max_examples=30, deadline=None)
@given(st.from_type(Run))
def test_run(run: Run) -> None:
    assert_same(run, "run", mapping.run_row, mapping.run_from)


@settings(max_examples=30, deadline=None)
@given(st.from_type(Attempt))
def test_attempt(attempt: Attempt) -> None:
    assert_same(attempt, "attempt", mapping.attempt_row, mapping.attempt_from)


@settings(max_examples=30, deadline=None)
@given(st.builds(EventRecord, data=json_values, seq=st.just(0)))
def test_event(event: EventRecord) -> None:
    assert_same(event, "event", lambda e: {**mapping.event_row(e), "seq": 0}, mapping.event_from)


@settings(max_examples=30, deadline=None)
@given(st.builds(LogEntry, data=st.none() | json_values))
def test_log_entry(entry: LogEntry) -> None:
    assert_same(entry, "run_log", mapping.log_row, mapping.log_from)


@settings(max_examples=30, deadline=None)
@given(st.builds(Operation, result=json_values))
def test_operation(operation: Operation) -> None:
    assert_same(operation, "operation", mapping.operation_row, mapping.operation_from)


@settings(max_examples=30, deadline=None)
@given(st.builds(Launch, request=json_values, answer=st.none() | json_values))
def test_launch(launch: Launch) -> None:
    assert_same(launch, "service_launch", mapping.launch_row, mapping.launch_from)


def test_text_that_utf8_cannot_express_is_made_storable() -> None:
    assert storable("half \ud83d pair") == "half ? pair"
    assert storable("pair \U0001f600, e acute \u00e9") == "pair \U0001f600, e acute \u00e9"
    half = {"text": json.loads('"\\ud83d"')}
    column = Json()
    assert column.process_result_value(column.process_bind_param(half, DIALECT), DIALECT) == half


def test_every_table_has_a_project() -> None:
    without = {name for name, columns in METADATA.tables.items() if "project_id" not in columns.columns}
    assert without == {"project"}
