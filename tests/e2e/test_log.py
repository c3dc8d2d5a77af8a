"""The log panel: rows of every kind, finding, following, and a log of a hundred thousand lines."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import pytest
from playwright.sync_api import Locator, expect

from tests.support.app import AppProcess, end, start_app
from tests.support.board_page import BoardPage
from tests.support.long_logs import lengthen_log
from tests.support.staged import StagedService, make_cards, show_run, staged_service, start, talk, wait_status
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
LONG: Final = 100_000
ASLEEP_S: Final = 75
DESK: Final = {"viewport": {"width": 1440, "height": 900}}
PHONE: Final = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
# Numbers of the lines on the page from top to bottom, joined results in their calls' rows included.
_SEQS: Final = "rows => rows.map(row => Number(row.dataset.seq))"
# Number and place of the topmost line that is wholly in view.
_TOPMOST: Final = """view => {
  const top = view.getBoundingClientRect().top;
  const rows = [...view.querySelectorAll("[data-row]")].filter(row => row.getBoundingClientRect().top >= top);
  return [Number(rows[0].dataset.seq), Math.round(rows[0].getBoundingClientRect().top - top)];
}"""


@dataclass
class Desk:
    """A board on a service that says what the test makes it say; it can be killed and started again."""

    app: AppProcess
    service: StagedService

    def restart(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Kill the board and start it again on the same port."""
        self.app.kill9()
        if self.app.process.stdout:
            self.app.process.stdout.close()
        meanwhile()
        self.app = start_app(self.app.data_dir, port=self.app.port, env=_env(self.service))

    def new_run(self) -> "Run":
        with self.app.client() as client:
            (task_id,) = make_cards(client, 1)
            adw_id = start(client, task_id)
            wait_status(client, task_id, "running")
        return Run(self, task_id, adw_id)


@dataclass(frozen=True)
class Run:
    desk: Desk
    task_id: str
    adw_id: str

    def log(self, *messages: str, level: str = "INFO") -> None:
        for message in messages:
            about = {"adw_id": self.adw_id, "workflow_name": "adw_orchestrator"}
            self.desk.service.say("workflow_log", **about, level=level, message=message)

    def last(self) -> int:
        with self.desk.app.client() as client:
            return _last(client, self.adw_id)

    def opened(self, open_board: OpenBoard, **options: object) -> BoardPage:
        board = open_board(self.desk.app, path=f"/?card={self.task_id}&tab=log", **options)
        # Its code may come after the panel.
        expect(board.page.get_by_role("log")).to_be_visible()
        return board


def _last(client: httpx.Client, adw_id: str) -> int:
    return int(client.get(f"/api/v1/runs/{adw_id}/log", params={"limit": 1}).json()["last"])


def _env(service: StagedService) -> dict[str, str]:
    return {"KANBAN_TAC7_URL": service.url, "KANBAN_TRIGGERS_PER_MINUTE": "28"}


@pytest.fixture(scope="module")
def desk(built_client: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with staged_service() as service:
        desk = Desk(start_app(tmp_path_factory.mktemp("log"), env=_env(service)), service)
        try:
            yield desk
        finally:
            end(desk.app)


@pytest.fixture(scope="module")
def long_run(desk: Desk) -> Run:
    run = desk.new_run()
    desk.restart(lambda: lengthen_log(desk.app.data_dir, run.adw_id, LONG))
    return run


def view_of(board: BoardPage) -> Locator:
    return board.page.get_by_test_id("log-view")


def line(board: BoardPage, seq: int) -> Locator:
    return board.page.locator(f"[data-testid=log-line][data-seq='{seq}']")


def seqs(board: BoardPage) -> list[int]:
    return board.log_lines.evaluate_all(_SEQS)


def topmost(board: BoardPage) -> tuple[int, int]:
    seq, place = view_of(board).evaluate(_TOPMOST)
    return seq, place


def settled(board: BoardPage) -> None:
    """Until two frames have gone by, so that what was put on the page has its place."""
    board.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def scroll(board: BoardPage, pixels: int) -> None:
    box = view_of(board).bounding_box()
    assert box
    board.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    before = view_of(board).evaluate("view => view.scrollTop")
    board.page.mouse.wheel(0, pixels)
    board.page.wait_for_function(
        "before => document.querySelector('[data-testid=log-view]').scrollTop !== before", arg=before
    )
    settled(board)


def test_rows_of_every_kind(desk: Desk, open_board: OpenBoard) -> None:
    run = desk.new_run()
    board = run.opened(open_board, **DESK)
    talk(desk.service, run.adw_id)
    expect(board.log_lines.filter(has_text="38 passed")).to_be_visible()
    expect(board.page.locator(".ansi-green", has_text="38 passed")).to_be_visible()
    assert seqs(board) == list(range(1, run.last() + 1))
    tool = board.page.locator("[data-kind=tool_use]")
    expect(tool).to_contain_text("Read")
    expect(tool.locator("[data-kind=tool_result]")).to_have_text("310 lines")
    tool.get_by_role("button").click()
    expect(tool.locator("pre").first).to_have_text("catalog/index.py")
    expect(tool).to_contain_text("42 ms")
    expect(board.page.locator("[data-kind=file]")).to_contain_text("changed catalog/index.py +84")
    expect(board.page.locator("[data-kind=thinking]")).to_contain_text("trigram table")
    board.page.reload()
    expect(board.log_lines.filter(has_text="38 passed")).to_be_visible()
    assert seqs(board) == list(range(1, run.last() + 1))


def test_text_of_a_service_is_never_markup(desk: Desk, open_board: OpenBoard) -> None:
    run = desk.new_run()
    board = run.opened(open_board, **DESK)
    hostile = '<img src=x onerror="window.gotcha=1"> \x1b[31m<b>red</b>\x1b[0m \u202e \ud83d\ude00'
    run.log(hostile, "after it")
    expect(board.log_lines.filter(has_text="after it")).to_be_visible()
    expect(board.page.locator(".log-lines img, .log-lines .log-text b")).to_have_count(0)
    expect(board.log_lines.filter(has_text='<img src=x onerror="window.gotcha=1"> <b>red</b>')).to_be_visible()
    assert board.page.evaluate("() => window.gotcha ?? null") is None


def test_filter_search_and_copy(desk: Desk, open_board: OpenBoard) -> None:
    run = desk.new_run()
    board = run.opened(open_board, permissions=["clipboard-read", "clipboard-write"], **DESK)
    run.log("compiling a", "compiling b")
    run.log("disk nearly full", level="WARNING")
    run.log("compiling c failed", level="ERROR")
    expect(board.log_lines.filter(has_text="compiling c failed")).to_be_visible()
    search = board.page.get_by_test_id("log-search")
    search.fill("COMPILING")
    hits = board.page.get_by_test_id("log-hits")
    expect(hits).to_have_text("3 found")
    expect(board.page.locator("mark")).to_have_text(["compiling"] * 3)
    search.press("Enter")
    expect(hits).to_have_text("3 of 3")
    search.press("Enter")
    expect(hits).to_have_text("1 of 3")
    expect(board.page.locator(".log-line[data-current]")).to_contain_text("compiling a")
    search.press("Escape")
    expect(search).to_have_value("")
    expect(view_of(board)).to_be_focused()
    board.page.get_by_test_id("log-level").select_option("warning")
    expect(board.log_lines).to_have_count(2)
    board.page.get_by_test_id("log-copy").click()
    expect(board.page.get_by_test_id("log-copy")).to_have_text("Copied 2 lines")
    copied = board.page.evaluate("() => navigator.clipboard.readText()")
    assert re.fullmatch(r".+ warning disk nearly full\n.+ error   compiling c failed", copied)
    board.page.get_by_test_id("log-level").select_option("all")
    board.page.get_by_test_id("log-kinds").click()
    board.page.get_by_role("checkbox", name="Output").uncheck()
    expect(board.log_lines.filter(has_text="compiling")).to_have_count(0)
    board.page.keyboard.press("Escape")
    expect(board.page.get_by_role("checkbox", name="Output")).to_have_count(0)
    expect(board.detail).to_be_visible()


def test_it_follows_the_end_until_the_reader_looks_back(long_run: Run, open_board: OpenBoard) -> None:
    board = long_run.opened(open_board, **DESK)
    last = long_run.last()
    expect(line(board, last)).to_be_in_viewport()
    long_run.log("one more")
    expect(line(board, last + 1)).to_be_in_viewport()
    scroll(board, -3000)
    newest = board.page.get_by_test_id("log-newest")
    expect(newest).to_have_text("Jump to newest")
    where = topmost(board)
    long_run.log(*(f"meanwhile {number}" for number in range(30)))
    expect(newest).to_have_text("Jump to newest, 30 new")
    assert topmost(board) == where
    newest.click()
    expect(line(board, last + 31)).to_be_in_viewport()
    expect(newest).to_have_count(0)
    long_run.log("followed again")
    expect(line(board, last + 32)).to_be_in_viewport()


@pytest.mark.parametrize("screen", [DESK, PHONE], ids=["desk", "phone"])
def test_a_hundred_thousand_lines(long_run: Run, open_board: OpenBoard, screen: dict[str, object]) -> None:
    board = long_run.opened(open_board, **screen)
    expect(line(board, long_run.last())).to_be_in_viewport()
    few_nodes(board)
    view_of(board).focus()
    board.page.keyboard.press("Home")
    expect(line(board, 1)).to_be_in_viewport()
    few_nodes(board)
    for share in (0.2, 0.7, 0.45):
        view_of(board).evaluate("(view, share) => { view.scrollTop = view.scrollHeight * share }", share)
        around = int(LONG * share)
        board.page.wait_for_function(
            """([low, high]) => {
              const box = document.querySelector("[data-testid=log-view]").getBoundingClientRect();
              const middle = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
              const row = middle?.closest("[data-row]");
              return row && row.dataset.row > low && row.dataset.row < high;
            }""",
            arg=[around - LONG / 10, around + LONG / 10],
        )
        found = seqs(board)
        assert found == list(range(found[0], found[-1] + 1))
        few_nodes(board)
    board.page.keyboard.press("End")
    expect(line(board, long_run.last())).to_be_in_viewport()


def few_nodes(board: BoardPage) -> None:
    assert board.page.evaluate("() => document.querySelectorAll('*').length") <= 3000


def test_reading_on_shows_every_line_in_its_turn(long_run: Run, open_board: OpenBoard) -> None:
    """Downwards in steps of less than a screen: no line is left out, none comes twice, none jumps away."""
    board = long_run.opened(open_board, **DESK)
    view_of(board).focus()
    board.page.keyboard.press("Home")
    expect(line(board, 1)).to_be_in_viewport()
    reached = 1
    while reached < 400:
        scroll(board, 500)
        expect(board.page.locator(".log-hole")).to_have_count(0)
        found = seqs(board)
        assert found == list(range(found[0], found[-1] + 1))
        top, _ = topmost(board)
        assert reached < top <= found[-1]
        assert found[0] <= reached + 40
        reached = top


def test_under_a_filter_what_is_not_loaded_is_said_and_can_be_loaded(long_run: Run, open_board: OpenBoard) -> None:
    board = long_run.opened(open_board, **DESK)
    expect(line(board, long_run.last())).to_be_in_viewport()
    board.page.get_by_test_id("log-level").select_option("error")
    expect(board.page.locator(".log-count")).to_contain_text("of them loaded")
    view_of(board).focus()
    board.page.keyboard.press("Home")
    gap = board.page.locator(".log-gap")
    expect(gap).to_contain_text("Lines 1 to")
    before = int(re.sub(r"\D", "", gap.inner_text().split("to")[1]))
    gap.get_by_role("button").click()
    view_of(board).focus()
    board.page.keyboard.press("Home")
    expect(gap).not_to_contain_text(f"{before:,}")
    assert int(re.sub(r"\D", "", gap.inner_text().split("to")[1])) < before
    assert set(board.log_lines.evaluate_all("rows => rows.map(row => row.dataset.level)")) == {"error"}


def test_a_rare_error_is_found_at_once_in_a_long_log(desk: Desk, open_board: OpenBoard) -> None:
    run = desk.new_run()
    run.log("the one that matters", level="ERROR")
    run.log(*(f"chatter {number}" for number in range(3000)))
    wait_until(lambda: run.last() > 3000, timeout=60)
    board = run.opened(open_board, **DESK)
    expect(line(board, run.last())).to_be_in_viewport()
    board.page.get_by_test_id("log-level").select_option("warning")
    gap = board.page.locator(".log-gap")
    board.page.route("**/log?*", lambda route: route.abort())
    gap.get_by_role("button", name="Load more").click()
    expect(gap).to_contain_text("could not be loaded")
    board.page.unroute("**/log?*")
    gap.get_by_role("button", name="Try again").click()
    expect(board.log_lines.filter(has_text="the one that matters")).to_be_visible()
    expect(gap).to_have_count(0)
    board.page.get_by_test_id("log-level").select_option("error")
    expect(gap).to_have_count(1)


def test_after_a_refusal_there_is_a_way_back(desk: Desk, open_board: OpenBoard) -> None:
    run = desk.new_run()
    board = run.opened(open_board, **DESK)
    run.log("let in")
    expect(board.log_lines.filter(has_text="let in")).to_be_visible()
    cookies = board.page.context.cookies()
    board.page.context.clear_cookies()
    desk.restart()
    link = board.page.get_by_test_id("log-link")
    expect(link).to_have_attribute("data-state", "refused")
    expect(link.get_by_role("link", name="Sign in")).to_have_attribute("href", re.compile(r"^/login\?next=.*tab%3Dlog"))
    board.page.context.add_cookies([{**cookie} for cookie in cookies])  # pyright: ignore[reportArgumentType]
    board.page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    expect(link).to_have_count(0)
    run.log("let in again")
    expect(board.log_lines.filter(has_text="let in again")).to_be_visible()


def test_the_place_is_kept_when_the_panel_is_left_and_opened_again(long_run: Run, open_board: OpenBoard) -> None:
    board = long_run.opened(open_board, **DESK)
    expect(line(board, long_run.last())).to_be_in_viewport()
    scroll(board, -4000)
    where = topmost(board)
    board.page.get_by_test_id("tab-overview").click()
    expect(view_of(board)).to_have_count(0)
    board.page.get_by_test_id("tab-log").click()
    expect(view_of(board)).to_be_visible()
    settled(board)
    assert topmost(board) == where


def test_after_a_restart_of_the_board_the_open_log_goes_on_without_a_gap(desk: Desk, open_board: OpenBoard) -> None:
    run = desk.new_run()
    board = run.opened(open_board, **DESK)
    run.log(*(f"before {number}" for number in range(20)))
    expect(board.log_lines.filter(has_text="before 19")).to_be_visible()
    desk.restart()
    run.log(*(f"after {number}" for number in range(20)))
    expect(board.log_lines.filter(has_text="after 19")).to_be_visible()
    expect(board.page.get_by_test_id("log-link")).to_have_count(0)
    assert seqs(board) == list(range(1, run.last() + 1))


def test_a_tab_that_slept_is_whole_again(desk: Desk, open_board: OpenBoard) -> None:
    sleep_through(desk, open_board, 1500, lambda: True)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_tab_that_slept_until_the_server_gave_it_up_is_whole_again(desk: Desk, open_board: OpenBoard) -> None:
    """Longer than `STALL_S` of either lane, with more lines than the network keeps for it."""
    begin = time.monotonic()
    sleep_through(desk, open_board, 3000, lambda: time.monotonic() - begin > ASLEEP_S, "x" * 4000)


def sleep_through(desk: Desk, open_board: OpenBoard, lines: int, slept: Callable[[], bool], more: str = "") -> None:
    """A tab with the log open sleeps while the run goes on to its next stage and another card comes."""
    run = desk.new_run()
    board = run.opened(open_board, **DESK)
    show_run(desk.service, run.adw_id, ["plan"], 10, "awake")
    expect(board.log_lines.filter(has_text="awake").first).to_be_visible()
    session = board.page.context.new_cdp_session(board.page)
    session.send("Page.setWebLifecycleState", {"state": "frozen"})
    run.log(*(f"asleep {number} {more}" for number in range(lines)))
    show_run(desk.service, run.adw_id, ["plan", "build"], 50, "meanwhile")
    with desk.app.client() as client:
        (other,) = make_cards(client, 1)
    wait_until(lambda: run.last() > lines and slept(), timeout=150)
    session.send("Page.setWebLifecycleState", {"state": "active"})
    run.log("awake again")
    expect(board.log_lines.filter(has_text="awake again")).to_be_in_viewport()
    card = board.card(run.task_id)
    card.wait_in("build")
    card.wait_progress(30)
    expect(card.last_log).to_have_text("awake again")
    expect(board.card(other).root).to_be_attached()
    found = seqs(board)
    assert found == list(range(found[0], run.last() + 1))
    view_of(board).focus()
    board.page.keyboard.press("Home")
    expect(line(board, 1)).to_be_in_viewport()
    shown = board.shown_log()
    assert [seq for seq, _ in shown] == list(range(1, run.last() + 1))
    assert sum(text.startswith("asleep ") for _, text in shown) == lines


def test_many_tabs_on_one_log(desk: Desk, open_board: OpenBoard) -> None:
    run = desk.new_run()
    boards = [run.opened(open_board, **DESK) for _ in range(3)]
    run.log(*(f"for all {number}" for number in range(300)))
    for board in boards:
        expect(board.log_lines.filter(has_text="for all 299")).to_be_visible()
    boards[0].page.close()
    run.log("for those who stayed")
    for board in boards[1:]:
        expect(board.log_lines.filter(has_text="for those who stayed")).to_be_visible()
