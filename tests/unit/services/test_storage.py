"""What is said while nothing can be saved, and how it ends."""

import asyncio
from collections.abc import Iterator

import pytest

from kanban_app.services.storage import PROBE_S, StorageWatch, cannot_save
from kanban_app.store.failures import StoreUnavailable
from tests.support.virtual_time import StandStill, VirtualLoop


@pytest.mark.parametrize(
    ("reason", "code", "words"),
    [
        ("disk-full", "E-SYS-12", "The disk is full."),
        ("readonly", "E-SYS-12", "The data folder is read-only."),
        ("io-error", "E-SYS-12", "The disk reports an error."),
        ("cannot-open", "E-SYS-12", "The database cannot be written."),
        ("corrupt", "E-SYS-18", "database disk image is malformed"),
    ],
)
def test_a_refusal_names_the_reason(reason: str, code: str, words: str) -> None:
    error = cannot_save(StoreUnavailable(reason, "database disk image is malformed"))
    assert error.code == code
    assert words in error.view()["message"]


class Disk:
    """`reason` says why nothing can be written."""

    def __init__(self) -> None:
        self.reason = ""
        self.probes = 0
        self.changes: list[str] = []
        self.watch = StorageWatch(self.probe, lambda: self.changes.append(self.watch.trouble))

    async def probe(self) -> None:
        self.probes += 1
        if self.reason:
            raise StoreUnavailable(self.reason)


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    loop = VirtualLoop()
    yield loop
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(1))
    loop.close()


def test_it_is_told_once_and_ends_by_itself(loop: VirtualLoop) -> None:
    disk = Disk()
    assert disk.watch.notice == ""
    disk.reason = "disk-full"
    watching = loop.create_task(disk.watch.run())
    disk.watch.failed(StoreUnavailable("disk-full"))
    assert "The disk is full" in disk.watch.notice
    loop.run_until_complete(asyncio.sleep(4.5 * PROBE_S))
    assert (disk.probes, disk.changes) == (4, ["disk-full"])
    disk.reason = ""
    loop.run_until_complete(asyncio.sleep(PROBE_S))
    assert (disk.watch.notice, disk.changes) == ("", ["disk-full", ""])
    # And nothing is asked while all is well.
    with pytest.raises(StandStill):
        loop.run_until_complete(asyncio.shield(watching))
    assert disk.probes == 5


def test_what_is_damaged_stays_so(loop: VirtualLoop) -> None:
    disk = Disk()
    disk.watch.failed(StoreUnavailable("corrupt"))
    loop.create_task(disk.watch.run())
    loop.run_until_complete(asyncio.sleep(3.5 * PROBE_S))
    assert disk.probes == 3
    assert "damaged" in disk.watch.notice


def test_a_stop_is_no_trouble() -> None:
    disk = Disk()
    disk.watch.failed(StoreUnavailable("closed"))
    assert disk.watch.trouble == ""
