"""The inside of a card: its tabs, timeline, attempts, the search through all lines, downloads, agent view, history."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.support.app import AppProcess, end, start_app
from tests.support.board_page import BoardPage
from tests.support.long_logs import lengthen_log
from tests.support.staged import StagedService, make_cards, show_run, staged_service, start, talk, wait_status
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
LONG: Final = 20_000
DESK: Final[dict[str, Any]] = {"viewport": {"width": 1440, "height": 900}}
TABLET: Final[dict[str, Any]] = {"viewport": {"width": 820, "height": 1100}, "has_touch": True}
PHONE: Final[dict[str, Any]] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
TABS: Final = ("overview", "attempts", "log", "agent", "plan", "changes", "history")


class Desk:
    """A board on a service that says what the test makes it say."""

    def __init__(self, app: AppProcess, service: StagedService) -> None:
        self.app = app
        self.service = service

    def running(self) -> tuple[str, str]:
        """A card that runs, and its run."""
        with self.app.client() as client:
            (task_id,) = make_cards(client, 1)
            adw_id = start(client, task_id)
            wait_status(client, task_id, "running")
        return task_id, adw_id

    def say(self, adw_id: str, *messages: str, level: str = "INFO") -> None:
        for message in messages:
            about = {"adw_id": adw_id, "workflow_name": "adw_orchestrator"}
            self.service.say("workflow_log", **about, level=level, message=message)

    def fail(self, task_id: str, adw_id: str) -> None:
        about = {"adw_id": adw_id, "workflow_name": "adw_orchestrator"}
        self.service.say("status_update", **about, status="failed", message="pytest: 2 of 41 tests failed")
        with self.app.client() as client:
            wait_status(client, task_id, "failed")

    def last(self, adw_id: str) -> int:
        with self.app.client() as client:
            return int(client.get(f"/api/v1/runs/{adw_id}/log", params={"limit": 1}).json()["last"])

    def restart(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        self.app.kill9()
        if self.app.process.stdout:
            self.app.process.stdout.close()
        meanwhile()
        self.app = start_app(self.app.data_dir, port=self.app.port, env=_env(self.service))


def _env(service: StagedService) -> dict[str, str]:
    return {"KANBAN_TAC7_URL": service.url, "KANBAN_TRIGGERS_PER_MINUTE": "28"}


@pytest.fixture(scope="module")
def desk(built_client: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with staged_service() as service:
        desk = Desk(start_app(tmp_path_factory.mktemp("inside"), env=_env(service)), service)
        try:
            yield desk
        finally:
            end(desk.app)


@pytest.fixture(scope="module")
def long_run(desk: Desk) -> tuple[Desk, str, str]:
    """A card with a run of many lines, and one of its own that stands before all others."""
    task_id, adw_id = desk.running()
    desk.say(adw_id, "the needle is here")
    wait_until(lambda: desk.last(adw_id) > 0, timeout=20)
    desk.restart(lambda: lengthen_log(desk.app.data_dir, adw_id, LONG))
    return desk, task_id, adw_id


def tab(board: BoardPage, name: str) -> Locator:
    return board.page.get_by_test_id(f"tab-{name}")


def body(board: BoardPage) -> Locator:
    return board.page.locator("#tab-panel")


def violations(page: Page) -> list[str]:
    found = Axe().run(
        page, options={"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}
    )
    return [
        f"{rule['id']}: {[str(node['target']) for node in rule['nodes'][:3]]}" for rule in found.response["violations"]
    ]


def test_tabs_are_in_the_url_and_survive_a_reload(desk: Desk, open_board: OpenBoard) -> None:
    task_id, _ = desk.running()
    board = open_board(desk.app, path=f"/?card={task_id}", **DESK)
    tab(board, "attempts").click()
    expect(board.page).to_have_url(f"{board.base_url}/?card={task_id}&tab=attempts")
    tab(board, "attempts").press("ArrowRight")
    expect(tab(board, "log")).to_be_focused()
    expect(board.page).to_have_url(f"{board.base_url}/?card={task_id}&tab=log")
    tab(board, "log").press("End")
    expect(tab(board, "history")).to_have_attribute("aria-selected", "true")
    board.page.reload()
    expect(tab(board, "history")).to_have_attribute("aria-selected", "true")
    tab(board, "history").press("Home")
    expect(board.page).to_have_url(f"{board.base_url}/?card={task_id}")
    board.page.keyboard.press("Escape")
    expect(board.detail).to_have_count(0)


def test_the_timeline_tells_of_waiting_stages_and_step(desk: Desk, open_board: OpenBoard) -> None:
    task_id, adw_id = desk.running()
    show_run(desk.service, adw_id, ["plan", "build"], 40, "Writing the parser")
    board = open_board(desk.app, path=f"/?card={task_id}", **DESK)
    stages = board.page.locator(".stage-list li")
    running = stages.filter(has_text="Build")
    expect(running).to_contain_text("Running 40 %")
    expect(running).to_contain_text("Writing the parser")
    expect(stages.filter(has_text="Plan")).to_have_attribute("data-state", "completed")
    expect(stages.filter(has_text="Plan").locator("time")).to_be_visible()
    expect(stages.filter(has_text="Test")).to_contain_text("Not started")
    before = running.locator(".elapsed").inner_text()
    expect(running.locator(".elapsed")).not_to_have_text(before)
    bar = body(board).get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuenow", re.compile(r"^4\d$"))


def test_attempts_tell_result_cost_and_author_and_lead_to_their_logs(desk: Desk, open_board: OpenBoard) -> None:
    task_id, first = desk.running()
    desk.say(first, "of the first run")
    details = {"total_cost_usd": 0.42, "num_turns": 7, "usage": {"input_tokens": 1200, "output_tokens": 34_000}}
    desk.service.say("agent_log", adw_id=first, message="Agent ended", level="SUCCESS", details=details)
    desk.fail(task_id, first)
    with desk.app.client() as client:
        client.post(f"/api/v1/tasks/{task_id}/restart", json={}).raise_for_status()
        wait_status(client, task_id, "running")
        second = client.get(f"/api/v1/tasks/{task_id}").json()["run"]
    desk.say(second, "of the second run")
    board = open_board(desk.app, path=f"/?card={task_id}&tab=attempts", **DESK)
    past = board.page.get_by_test_id("attempts").get_by_role("listitem")
    expect(past).to_have_count(2)
    for text in ("Failed", "pytest: 2 of 41 tests failed", "$0.42", "1.2 k tokens read, 34 k written", "Over the API"):
        expect(past.nth(1)).to_contain_text(text)
    expect(past.nth(0).get_by_role("button", name="Retry")).to_have_count(0)
    past.nth(1).get_by_role("button", name=re.compile("^Log")).click()
    expect(board.log_lines.filter(has_text="of the first run")).to_be_visible()
    expect(board.page).to_have_url(re.compile(r"&tab=log&attempt=\w+$"))
    board.page.reload()
    expect(board.log_lines.filter(has_text="of the first run")).to_be_visible()
    choice = board.page.get_by_test_id("log-attempt")
    choice.select_option(index=0)
    expect(board.log_lines.filter(has_text="of the second run")).to_be_visible()
    expect(board.page).to_have_url(re.compile(r"&tab=log$"))


def test_a_failed_attempt_offers_what_can_be_done(desk: Desk, open_board: OpenBoard) -> None:
    task_id, adw_id = desk.running()
    desk.fail(task_id, adw_id)
    board = open_board(desk.app, path=f"/?card={task_id}&tab=attempts", **DESK)
    past = board.page.get_by_test_id("attempts").get_by_role("listitem")
    expect(past).to_contain_text("pytest: 2 of 41 tests failed")
    past.get_by_role("button", name="Retry").click()
    expect(past).to_have_count(2)
    board.card(task_id).wait_for("running")


def test_a_long_run_is_read_entry_by_entry(long_run: tuple[Desk, str, str], open_board: OpenBoard) -> None:
    desk, task_id, adw_id = long_run
    with desk.app.client() as client:
        query = {"kind": ["stage", "thinking", "text", "tool_use", "tool_result", "file"], "limit": 1000}
        page = client.get(f"/api/v1/runs/{adw_id}/log", params=query).json()
    entries = [entry["seq"] for entry in page["entries"]]
    board = open_board(desk.app, path=f"/?card={task_id}&tab=agent", **DESK)
    view = board.page.get_by_test_id("log-view")
    expect(board.log_lines.last).to_be_in_viewport()
    box = view.bounding_box()
    assert box
    board.page.mouse.move(box["x"] + 200, box["y"] + 200)
    first = int(board.log_lines.first.get_attribute("data-seq") or 0)
    board.page.mouse.wheel(0, -200_000)
    board.page.wait_for_function(
        "first => Number(document.querySelector('[data-testid=log-line]').dataset.seq) < first - 300", arg=first
    )
    few_nodes(board)
    view.focus()
    board.page.keyboard.press("Home")
    seen: list[int] = []
    expect(board.page.locator(f"[data-testid=log-line][data-seq='{entries[0]}']")).to_be_in_viewport()
    while len(seen) < 400:
        board.page.mouse.wheel(0, 500)
        board.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        expect(board.page.locator(".log-gap")).to_have_count(0)
        seqs = board.log_lines.evaluate_all("rows => rows.map(row => Number(row.dataset.seq))")
        assert seqs == sorted(set(seqs))
        seen = sorted({*seen, *seqs})
    few_nodes(board)
    assert seen == entries[: len(seen)]


def few_nodes(board: BoardPage) -> None:
    assert board.page.evaluate("() => document.querySelectorAll('*').length") <= 3000


def test_a_search_goes_through_all_lines(long_run: tuple[Desk, str, str], open_board: OpenBoard) -> None:
    desk, task_id, adw_id = long_run
    board = open_board(desk.app, path=f"/?card={task_id}&tab=log", **DESK)
    expect(board.page.locator(".log-count")).to_contain_text("lines")
    search = board.page.get_by_test_id("log-search")
    hits = board.page.get_by_test_id("log-hits")
    search.fill("NEEDLE is")
    expect(hits).to_have_text("1 found")
    search.press("Enter")
    expect(hits).to_have_text("1 of 1")
    expect(board.page.locator(".log-line[data-current] mark")).to_have_text("needle is")
    expect(board.page.locator(".log-line[data-current]")).to_be_in_viewport()
    desk.say(adw_id, "another needle is told of")
    expect(hits).to_have_text("1 of 2")
    search.press("Enter")
    expect(hits).to_have_text("2 of 2")
    expect(board.page.locator(".log-line[data-current]")).to_contain_text("another needle")
    board.page.route("**/log/matches?*", lambda route: route.abort())
    search.fill("another needle")
    expect(hits).to_have_text("1 found in the loaded lines")
    search.fill("nowhere at all")
    expect(hits).to_have_text("None in the loaded lines")


def test_a_log_is_downloaded(desk: Desk, open_board: OpenBoard) -> None:
    task_id, adw_id = desk.running()
    desk.say(adw_id, "first", "\x1b[31mlast\x1b[0m")
    board = open_board(desk.app, path=f"/?card={task_id}&tab=log", **DESK)
    expect(board.log_lines.filter(has_text="last")).to_be_visible()
    board.page.get_by_test_id("log-download").click()
    with board.page.expect_download() as text:
        board.page.get_by_role("link", name="As text").click()
    assert text.value.suggested_filename == f"run-{adw_id}.txt"
    lines = Path(text.value.path()).read_text().splitlines()
    assert [line.split()[-1] for line in lines[-2:]] == ["first", "last"]
    with board.page.expect_download() as objects:
        board.page.get_by_role("link", name="As JSON").click()
    assert json.loads(Path(objects.value.path()).read_text().splitlines()[-1])["message"] == "\x1b[31mlast\x1b[0m"


def test_what_is_open_in_the_agent_view_stays_open(desk: Desk, open_board: OpenBoard) -> None:
    task_id, adw_id = desk.running()
    talk(desk.service, adw_id)
    desk.say(adw_id, "chatter of a program")
    board = open_board(desk.app, path=f"/?card={task_id}&tab=agent", **DESK)
    tool = board.page.locator("[data-kind=tool_use]")
    expect(tool).to_contain_text("310 lines")
    expect(board.log_lines.filter(has_text="chatter")).to_have_count(0)
    expect(tool.locator("pre")).to_have_count(0)
    tool.get_by_role("button").click()
    expect(tool.locator("pre").first).to_have_text("catalog/index.py")
    desk.service.say("text_block", adw_id=adw_id, content="And on it goes", sequence=99)
    expect(board.log_lines.filter(has_text="And on it goes")).to_be_visible()
    expect(tool.locator("pre").first).to_be_visible()
    desk.restart()
    desk.service.say("text_block", adw_id=adw_id, content="After the restart", sequence=100)
    expect(board.log_lines.filter(has_text="After the restart")).to_be_visible()
    expect(tool.locator("pre").first).to_be_visible()
    every = board.page.get_by_test_id("agent-open-all")
    every.click()
    expect(every).to_have_text("Collapse all")
    every.click()
    expect(tool.locator("pre")).to_have_count(0)


def test_the_history_is_live_and_pages_back(desk: Desk, open_board: OpenBoard) -> None:
    with desk.app.client() as client:
        (task_id,) = make_cards(client, 1)
        for number in range(60):
            client.patch(f"/api/v1/tasks/{task_id}", json={"labels": [f"n{number}"]}).raise_for_status()
    board = open_board(desk.app, path=f"/?card={task_id}&tab=history", **DESK)
    entries = board.page.get_by_test_id("history").get_by_role("listitem")
    expect(entries).to_have_count(50)
    board.page.route("**/history?*before=*", lambda route: route.abort())
    older = board.page.get_by_test_id("history-older")
    older.click()
    expect(older).to_have_text("Could not be read. Try again")
    board.page.unroute("**/history?*before=*")
    older.click()
    expect(older).to_have_count(0)
    expect(entries.last).to_contain_text("Created")
    with desk.app.client() as client:
        client.patch(f"/api/v1/tasks/{task_id}", json={"title": "Called otherwise"}).raise_for_status()
    expect(entries.first).to_contain_text("Changed title")
    expect(entries.first).to_contain_text("Title: Called otherwise")
    expect(entries.first).to_contain_text("Over the API")


def test_a_history_that_cannot_be_read_says_so(desk: Desk, open_board: OpenBoard) -> None:
    task_id, _ = desk.running()
    board = open_board(desk.app, path=f"/?card={task_id}", **DESK)
    board.page.route("**/history?*", lambda route: route.abort())
    tab(board, "history").click()
    expect(body(board).get_by_role("alert")).to_contain_text("could not be read")
    board.page.unroute("**/history?*")
    body(board).get_by_role("button", name="Try again").click()
    expect(body(board).get_by_text("Created")).to_be_visible()
    expect(body(board).get_by_role("alert")).to_have_count(0)


def test_a_new_card_has_nothing_to_show_yet(desk: Desk, open_board: OpenBoard) -> None:
    with desk.app.client() as client:
        (task_id,) = make_cards(client, 1)
    board = open_board(desk.app, path=f"/?card={task_id}", **DESK)
    for name, words in (("attempts", "Nothing was started"), ("log", "has not run yet"), ("agent", "has not run yet")):
        tab(board, name).click()
        expect(body(board)).to_contain_text(words)


@pytest.mark.parametrize("screen", [DESK, TABLET, PHONE], ids=["desk", "tablet", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_tab_can_be_used_by_everybody(
    desk: Desk, open_board: OpenBoard, screen: dict[str, Any], scheme: str
) -> None:
    task_id, adw_id = desk.running()
    show_run(desk.service, adw_id, ["plan", "build"], 40, "Writing the parser")
    talk(desk.service, adw_id)
    board = open_board(desk.app, path=f"/?card={task_id}", color_scheme=scheme, **screen)
    for name in TABS:
        button = tab(board, name)
        button.tap() if screen.get("has_touch") else button.click()
        expect(button).to_have_attribute("aria-selected", "true")
        expect(button).to_be_in_viewport(ratio=1)
        expect(body(board)).to_be_visible()
        assert violations(board.page) == []
        width = board.page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")
        assert width <= 0
