"""Alerts in the database: stored as they are, and only as many as are wanted."""

from dataclasses import replace

import pytest

from kanban_app.domain.alerts import Alert, Severity
from kanban_app.store.database import Store
from tests.integration.store.conftest import NOW

pytestmark = pytest.mark.asyncio


def alert(seq: int) -> Alert:
    return Alert(seq, "latency", "E-HEALTH-5", {"n": "400"}, Severity.WARNING, NOW)


async def test_they_come_back_as_they_were(store: Store) -> None:
    first, second = alert(1), replace(alert(2), cleared_at=NOW, acknowledged_at=NOW, acknowledged_by="half \ud800")
    await store.save_alerts([second, first], [1, 2])
    assert await store.alerts() == [first, replace(second, acknowledged_by="half ?")]
    worse = replace(first, severity=Severity.CRITICAL, params={"n": "1200"})
    await store.save_alerts([worse], [1, 2])
    assert (await store.alerts())[0] == worse


async def test_what_is_not_to_be_kept_goes(store: Store) -> None:
    await store.save_alerts([alert(1), alert(2)], [1, 2])
    await store.save_alerts([alert(3)], [2, 3])
    assert [one.seq for one in await store.alerts()] == [2, 3]
    await store.save_alerts([], [3])
    assert [one.seq for one in await store.alerts()] == [3]


async def test_how_long_writing_takes_is_measured(store: Store) -> None:
    before = len(store.writing.times_ms)
    await store.write_probe()
    times = store.writing.times_ms.values()
    assert len(times) == before + 2
    assert 0 < times[-1] < 10_000
    assert store.writing.fault == ""
