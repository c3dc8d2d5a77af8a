"""What boards write about runs, and runs by their newest start or record."""

from dataclasses import replace
from typing import Any

import pytest

from kanban_app.domain.launch import Launch, LaunchState
from kanban_app.domain.run_record import RunRecord
from kanban_app.store.database import Store
from kanban_app.store.ledger import ServiceLedger
from kanban_app.store.run_records import ServiceRunRecords
from tests.integration.store.conftest import Samples

pytestmark = pytest.mark.asyncio


def a_launch(samples: Samples, adw_id: str, request_id: str, after: float, **request: Any) -> Launch:
    at = samples.later(after)
    return Launch(
        request_id, adw_id, "adw_plan_iso", LaunchState.COMPLETED, f"hash {request_id}", "/runs/1", at, request=request
    )


def a_record(samples: Samples, adw_id: str, after: float) -> RunRecord:
    return RunRecord(adw_id, samples.later(after), samples.later(after), {"fields": {"issue_title": "Ä\ud800"}})


async def test_a_record_is_added_once_and_replaced(store: Store, samples: Samples) -> None:
    records = ServiceRunRecords(store)
    record = a_record(samples, "aaaaaaaa", 0)
    assert await records.find("aaaaaaaa") is None
    assert await records.add(record)
    assert not await records.add(replace(record, data={}))
    assert await records.find("aaaaaaaa") == record
    gone = replace(record, data={"seen": None}, deleted_at=samples.later(9))
    await records.save(gone)
    assert await records.find("aaaaaaaa") == gone
    assert not await records.add(record)


async def test_runs_by_their_newest_start_or_record(store: Store, samples: Samples) -> None:
    ledger, records = ServiceLedger(store), ServiceRunRecords(store)
    first, again = a_launch(samples, "aaaaaaaa", "r1", 0), a_launch(samples, "aaaaaaaa", "r2", 50)
    other = a_launch(samples, "bbbbbbbb", "r3", 40)
    for launch in (first, again, other):
        await ledger.save(launch)
    old, written = a_record(samples, "aaaaaaaa", 10), a_record(samples, "cccccccc", 45)
    for record in (old, written):
        await records.save(record)
    everything = [(again, old), (None, written), (other, None)]
    assert await records.newest(10, 0) == everything
    assert await records.newest(1, 1) == everything[1:2]
    assert await records.newest(10, 3) == []


async def test_of_two_starts_of_one_moment_the_one_saved_last_is_the_newest(store: Store, samples: Samples) -> None:
    ledger = ServiceLedger(store)
    launches = [a_launch(samples, "aaaaaaaa", name, 0) for name in ("r2", "r1")]
    for launch in launches:
        await ledger.save(launch)
    assert await ServiceRunRecords(store).newest(10, 0) == [(launches[1], None)]


async def test_lists_leave_images_out(store: Store, samples: Samples) -> None:
    ticket = {"title": "T", "images": ["x" * 100_000]}
    await ServiceLedger(store).save(a_launch(samples, "aaaaaaaa", "r1", 0, issue_json=ticket))
    await ServiceLedger(store).save(a_launch(samples, "bbbbbbbb", "r2", 1, issue_json=None))
    ((bare, _), (launch, _)) = await ServiceRunRecords(store).newest(10, 0)
    assert launch is not None
    assert launch.request == {"issue_json": {"title": "T"}}
    assert bare is not None
    assert bare.request == {"issue_json": None}
