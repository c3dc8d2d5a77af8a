import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from kanban_app.services.backups import Backups, BackupWork, Found
from kanban_app.web import wiring
from kanban_app.web.states.backups import BackupsState, how_often, size_text
from tests.support.fake_services import FakeBoard
from tests.support.headless import Tab
from tests.unit.services.test_backups import Made, NotMade


class Shelf:
    def __init__(self) -> None:
        self.made: list[Found] = []
        self.fails = ""
        self.may_end = threading.Event()
        self.may_end.set()

    def make(self) -> Found:
        assert self.may_end.wait(10)
        if self.fails:
            raise NotMade(self.fails)
        self.made.insert(0, Made(Path(f"kanban-{len(self.made)}.tar.gz"), 2_500_000, datetime.now(UTC)))
        return self.made[0]


@pytest.fixture
def shelf(board: FakeBoard) -> Shelf:
    shelf = Shelf()
    work = BackupWork(Path("/data/backups"), shelf.make, lambda: list(shelf.made), lambda _: 0, NotMade)
    known = type("All", (), {"backups": Backups(work, 24.0, 7)})()
    wiring.connect(board.services, cast("Any", known))
    return shelf


async def test_a_backup_on_demand(tab: Tab, shelf: Shelf) -> None:
    stop = await tab.start(BackupsState.follow())
    await tab.until("ready", bool)
    state = await tab.state(BackupsState)
    assert (state.backups, state.folder) == ([], "/data/backups")
    assert state.when == "One is made by itself every 24 hours; the newest 7 are kept."
    await tab.send(BackupsState.back_up())
    await tab.until("made", bool)
    stop()
    state = await tab.state(BackupsState)
    assert [(row["name"], row["size_text"]) for row in state.backups] == [("kanban-0.tar.gz", "2.5 MB")]
    assert (state.made, state.busy, state.trouble["code"]) == ("kanban-0.tar.gz", False, "")


async def test_the_tab_stays_usable_while_one_is_made_and_a_second_press_makes_no_second(
    tab: Tab, shelf: Shelf
) -> None:
    shelf.may_end.clear()
    stop = await tab.start(BackupsState.follow())
    await tab.until("ready", bool)
    for _ in range(2):
        await tab.send(BackupsState.back_up())
    assert (await tab.state(BackupsState)).busy
    shelf.may_end.set()
    await tab.until("made", bool)
    stop()
    assert len(shelf.made) == 1


async def test_a_failure_is_shown(tab: Tab, shelf: Shelf) -> None:
    shelf.fails = "There is no room."
    stop = await tab.start(BackupsState.follow())
    await tab.until("ready", bool)
    await tab.send(BackupsState.back_up())
    await tab.until("trouble", lambda trouble: trouble["code"])
    stop()
    state = await tab.state(BackupsState)
    assert (state.trouble["code"], state.busy, state.made) == ("E-SYS-19", False, "")
    assert state.failed == "There is no room."


def test_words() -> None:
    assert how_often(0, 1) == "None is made by itself; the newest one is kept."
    assert how_often(1, 3) == "One is made by itself every hour; the newest 3 are kept."
    assert how_often(0.5, 3) == "One is made by itself every 0.5 hours; the newest 3 are kept."
    assert (size_text(900), size_text(123_456)) == ("1 kB", "0.1 MB")
