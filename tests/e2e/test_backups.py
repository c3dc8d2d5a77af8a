"""Backups in the settings, and a board whose disk is full, as a person meets them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from kanban_app.upkeep.archive import unpack
from tests.support.app import AppProcess
from tests.support.board_page import BoardPage
from tests.support.small_disk import SmallDisk, board_on_small_disk, is_possible

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
LARGE = "x" * 15_000


def test_back_up_now_and_fetch_it(app: AppProcess, open_board: OpenBoard, tmp_path: Path) -> None:
    page = open_board(app).page
    page.goto(f"{app.base_url}/settings/")
    expect(page.get_by_test_id("backup-last")).to_contain_text("none yet")
    page.get_by_test_id("backup-now").click()
    expect(page.get_by_test_id("backup-made")).to_have_text("Backed up and checked.")
    expect(page.get_by_test_id("backup-last")).not_to_contain_text("none yet")
    expect(page.get_by_test_id("backup")).to_have_count(1)
    with page.expect_download() as fetched:
        page.get_by_test_id("backup").get_by_role("link").click()
    fetched.value.save_as(tmp_path / "backup.tar.gz")
    names = {held.name for held in unpack(tmp_path / "backup.tar.gz", tmp_path / "out").files}
    assert {"kanban.db", "token"} <= names


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nobody_is_kept_out(app: AppProcess, open_board: OpenBoard, width: int, theme: str) -> None:
    page = open_board(app, viewport={"width": width, "height": 900}, color_scheme=theme, reduced_motion="reduce").page
    page.goto(f"{app.base_url}/settings/")
    page.get_by_test_id("backup-now").click()
    expect(page.get_by_test_id("backup-made")).to_have_text("Backed up and checked.")
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag22aa"]}})
    assert [rule["id"] for rule in found.response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.fixture
def disk(built_client: Path, tmp_path: Path) -> Iterator[SmallDisk]:
    if not is_possible():
        pytest.skip("this user may not mount anything, not even for itself")
    with board_on_small_disk(tmp_path / "data", "24m") as made:
        yield made


def test_a_full_disk_is_told_keeps_what_is_typed_and_goes_by_itself(disk: SmallDisk, open_board: OpenBoard) -> None:
    page = open_board(disk.app).page
    disk.fill()
    page.get_by_test_id("new-task").click()
    page.get_by_test_id("task-title").fill("Typed with care")
    page.get_by_test_id("task-description").fill(LARGE)
    page.get_by_test_id("task-save").click()
    expect(page.get_by_test_id("task-error")).to_contain_text("The disk is full. Your last change is not stored.")
    expect(page.get_by_test_id("task-title")).to_have_value("Typed with care")
    expect(page.get_by_test_id("task-description")).to_have_value(LARGE)
    banner = page.get_by_text("The disk is full: changes cannot be saved now.")
    expect(banner).to_be_attached()

    disk.free()
    expect(banner).not_to_be_attached()
    page.get_by_test_id("task-save").click()
    expect(page.get_by_test_id("task-title")).not_to_be_visible()
    expect(page.get_by_text("Typed with care")).to_be_visible()
