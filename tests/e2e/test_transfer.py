"""Files of boards through the settings page."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.support.app import AppProcess
from tests.support.board_page import BoardPage

pytestmark = pytest.mark.e2e


def test_a_board_goes_out_as_a_file_and_comes_in_on_another(
    start_board: Callable[..., AppProcess], open_board: Callable[..., BoardPage], tmp_path: Path
) -> None:
    first = open_board(start_board("first"))
    first.create("Fix the totals <b>now</b>")
    first.page.goto(f"{first.base_url}/settings/")
    with first.page.expect_download() as download:
        first.page.get_by_test_id("export").click()
    file = tmp_path / "board.json"
    download.value.save_as(file)

    second = open_board(start_board("second"))
    watcher = second.page.context.new_page()
    watcher.goto(second.base_url)
    page = second.page
    page.goto(f"{second.base_url}/settings/")
    page.get_by_test_id("import-file").set_input_files(file)
    found = page.get_by_test_id("import-found")
    expect(found).to_contain_text("an export of a board, with 1 card")
    expect(watcher.locator("[data-card]")).to_have_count(0)
    rules = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}}
    assert Axe().run(page, options=rules).response["violations"] == []
    page.get_by_test_id("import").click()
    expect(found).to_contain_text("Imported from an export of a board")
    expect(watcher.get_by_role("heading", name="Fix the totals <b>now</b>")).to_be_visible()
    again = tmp_path / "again.json"
    again.write_bytes(file.read_bytes())
    page.get_by_test_id("import-file").set_input_files(again)
    expect(found).to_contain_text("1 card, left as they are")
    expect(page.get_by_test_id("import")).to_have_count(0)


def test_what_cannot_be_imported_is_said_and_changes_nothing(
    start_board: Callable[..., AppProcess], open_board: Callable[..., BoardPage], tmp_path: Path
) -> None:
    board = open_board(start_board())
    board.page.goto(f"{board.base_url}/settings/")
    file = tmp_path / "other.json"
    file.write_text(json.dumps({"hello": "world"}))
    board.page.get_by_test_id("import-file").set_input_files(file)
    expect(board.page.get_by_test_id("import-error")).to_contain_text("it is not an export of a board")
    expect(board.page.get_by_test_id("import")).to_have_count(0)
