"""The embedded service's ledger and journal."""

import asyncio
import json
from dataclasses import replace

import pytest

from kanban_app.domain.followed import FollowedFile
from kanban_app.domain.launch import Launch, LaunchState
from kanban_app.store.database import Store
from kanban_app.store.journal import ServiceJournal
from kanban_app.store.ledger import ServiceLedger
from tests.integration.store.conftest import Samples

pytestmark = pytest.mark.asyncio


@pytest.fixture
def launch(samples: Samples) -> Launch:
    return Launch(
        "request-1",
        "aaaaaaaa",
        "adw_plan_iso",
        LaunchState.STARTING,
        "hash-1",
        "/runs/1",
        samples.now,
        stages=("plan",),
        request={"issue_number": "1"},
    )


async def test_a_page_of_large_messages_is_a_small_one(store: Store) -> None:
    journal = ServiceJournal(store)
    large = "x" * 6_000_000
    await journal.append([("aaaaaaaa", None, large)] * 5 + [message(6)])
    assert [seq for seq, _ in await journal.since(0, 100)] == [1, 2]
    assert [seq for seq, _ in await journal.since(2, 1)] == [3]
    assert [seq for seq, _ in await journal.since(4, 100)] == [5, 6]
    await journal.append([("aaaaaaaa", None, "x" * 20_000_000), message(8)])
    assert [seq for seq, _ in await journal.since(6, 100)] == [7]
    assert await journal.since(8, 100) == []


def message(number: int) -> tuple[str | None, str | None, str]:
    return "aaaaaaaa", None, json.dumps({"number": number})


async def test_a_launch_comes_back_as_it_was_saved(store: Store, launch: Launch) -> None:
    ledger = ServiceLedger(store)
    assert await ledger.find_request("request-1") is None
    await ledger.save(launch)
    assert await ledger.find_request("request-1") == launch
    running = replace(launch, state=LaunchState.RUNNING, answer={"status": "accepted"}, pid=7, process_created=1.25)
    await ledger.save(running)
    assert await ledger.find_request("request-1") == running
    assert await ledger.by_token_hash("hash-1") == running
    assert await ledger.by_token_hash("hash-2") is None


async def test_which_launch_of_a_run(store: Store, launch: Launch, samples: Samples) -> None:
    ledger = ServiceLedger(store)
    ended = replace(launch, request_id="request-2", state=LaunchState.FAILED, created_at=samples.later(60))
    other = replace(launch, request_id="request-3", adw_id="bbbbbbbb", created_at=samples.later(-60))
    for each in (launch, ended, other):
        await ledger.save(each)
    assert await ledger.active() == [other, launch]
    assert await ledger.latest_for("aaaaaaaa") == ended
    assert await ledger.latest_for("cccccccc") is None


async def test_of_two_launches_of_one_moment_the_one_saved_last_is_the_newest(store: Store, launch: Launch) -> None:
    ledger = ServiceLedger(store)
    second = replace(launch, request_id="request-0")
    await ledger.save(launch)
    await ledger.save(second)
    await ledger.save(launch)
    assert await ledger.latest_for("aaaaaaaa") == second


async def test_the_journal_keeps_its_id(url: str) -> None:
    async with await Store.open(url) as store:
        ids = await asyncio.gather(*(ServiceJournal(store).journal_id() for _ in range(5)))
    async with await Store.open(url) as store:
        assert {*ids, await ServiceJournal(store).journal_id()} == {ids[0]}


async def test_the_journal_numbers_and_replays(store: Store) -> None:
    journal = ServiceJournal(store)
    assert await journal.last() == 0
    assert await journal.append([]) == []
    assert await journal.append([message(1), message(2)]) == [1, 2]
    assert await journal.append([message(3)]) == [3]
    assert await journal.since(1, 10) == [(2, '{"number": 2}'), (3, '{"number": 3}')]
    assert [seq for seq, _ in await journal.since(0, 2)] == [1, 2]
    assert await journal.last() == 3


async def test_the_journal_is_gapless_under_concurrent_writers(store: Store) -> None:
    journal = ServiceJournal(store)
    numbers = await asyncio.gather(*(journal.append([message(n)] * (n % 3 + 1)) for n in range(30)))
    assert sorted(seq for batch in numbers for seq in batch) == list(range(1, 61))
    assert [seq for seq, _ in await journal.since(0, 100)] == list(range(1, 61))


async def test_a_launch_is_saved_with_its_messages_or_not_at_all(store: Store, launch: Launch) -> None:
    journal, ledger = ServiceJournal(store), ServiceLedger(store)
    assert await journal.append([message(1)], launch) == [1]
    assert await journal.append([], replace(launch, message="no messages")) == []
    assert (await ledger.find_request("request-1")) == replace(launch, message="no messages")
    broken = ("aaaaaaaa", None, None)
    with pytest.raises(Exception, match="NOT NULL constraint failed"):
        await journal.append([broken], replace(launch, message="never"))  # type: ignore[list-item]
    assert (await ledger.find_request("request-1")) == replace(launch, message="no messages")
    assert await journal.append([message(2)]) == [2]


async def test_places_are_saved_with_their_messages_or_not_at_all(store: Store) -> None:
    journal = ServiceJournal(store)
    first, second = FollowedFile("aaaaaaaa", "a", 10, "x"), FollowedFile("aaaaaaaa", "b", 5, "y")
    other = FollowedFile("bbbbbbbb", "a", 1, "z")
    await journal.append([message(1)], places=[first, second, other])
    further = replace(first, position=30, fingerprint="xx")
    await journal.append([], places=[replace(first, position=20), further, replace(second, forgotten=True)])
    with pytest.raises(Exception, match="NOT NULL constraint failed"):
        await journal.append([("aaaaaaaa", None, None)], places=[replace(first, position=99)])  # type: ignore[list-item]
    assert await journal.places("aaaaaaaa") == [further]
    assert await journal.places("bbbbbbbb") == [other]
    assert await journal.places("cccccccc") == []


async def test_pruning_never_lets_a_number_come_again(store: Store) -> None:
    journal = ServiceJournal(store)
    await journal.append([message(n) for n in range(1, 6)])
    assert await journal.prune(2) == 2
    assert [seq for seq, _ in await journal.since(0, 10)] == [3, 4, 5]
    assert await journal.prune(99) == 2
    assert await journal.last() == 5
    assert await journal.append([message(6)]) == [6]
