"""How the connection and the board are, in the header and on the page about it."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.conftest import Quiet
from tests.support.app import running_app
from tests.support.board_page import BoardPage
from tests.support.staged import make_cards, staged_service, start, wait_status

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
GRADED: Final = re.compile("healthy|degraded|unhealthy|critical")
SECRET: Final = "the-secret-of-the-service"
# Until an outage is an alert, ten seconds pass, on a busy machine more.
ALERT_MS: Final = 60_000
NO_CLIPBOARD: Final = """
Object.defineProperty(navigator, "clipboard", { value: undefined });
document.execCommand = () => false;
"""


@pytest.fixture(scope="module")
def watched(built_client: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Quiet]:
    """A board that notices silence quickly, on a service that says to be another one: that is an alert."""
    with staged_service() as service:
        service.service.answers["/health"] = {"status": "healthy", "service": "grafana"}
        env = {"KANBAN_TAC7_URL": service.url, "KANBAN_TAC7_TOKEN": SECRET, "KANBAN_HEARTBEAT_S": "1"}
        with running_app(tmp_path_factory.mktemp("watched"), env=env) as app:
            yield Quiet(app, service)


def go(board: BoardPage, path: str = "/status/") -> Page:
    board.page.goto(board.base_url + path)
    expect(board.page.get_by_test_id("status-grade")).to_be_visible()
    return board.page


def alert(page: Page, text: str) -> Locator:
    return page.get_by_test_id("alert").filter(has_text=text)


def test_the_indicator_has_the_grade_and_leads_to_the_page(watched: Quiet, open_board: OpenBoard) -> None:
    board = open_board(watched.app)
    expect(board.connection).to_have_attribute("data-grade", "critical", timeout=ALERT_MS)
    expect(board.page.get_by_role("button", name="Workflow service: Connected, critical")).to_be_visible()
    board.connection.click()
    popup = board.page.locator("#connection-detail")
    expect(popup).to_contain_text("grafana")
    expect(popup).to_contain_text("open alert")
    popup.get_by_test_id("status-link").click()
    expect(board.page.get_by_test_id("status-grade")).to_have_attribute("data-grade", "critical")
    expect(board.page.get_by_test_id("status-grade")).to_contain_text("grafana")
    expect(board.page.locator("[data-testid^=area-]")).to_have_count(5)


def test_an_alert_is_acknowledged_and_other_tabs_see_it(watched: Quiet, open_board: OpenBoard) -> None:
    first, second = go(open_board(watched.app)), go(open_board(watched.app))
    ours = alert(first, "grafana")
    expect(ours).to_have_attribute("data-state", "open", timeout=ALERT_MS)
    ours.get_by_test_id("alert-acknowledge").click()
    expect(ours).to_have_attribute("data-state", "acknowledged")
    expect(ours).to_be_focused()
    expect(alert(second, "grafana")).to_have_attribute("data-state", "acknowledged")
    expect(alert(second, "grafana").get_by_test_id("alert-acknowledge")).to_have_count(0)


def test_a_loss_is_told_in_the_timeline_and_acknowledged_by_keys(watched: Quiet, open_board: OpenBoard) -> None:
    page = go(open_board(watched.app))
    watched.service.stop()
    try:
        expect(page.get_by_test_id("status-connection")).not_to_have_attribute("data-state", "connected")
        expect(page.get_by_test_id("timeline").locator("[data-kind=lost]").first).to_be_visible()
        lost = alert(page, "service not running")
        lost = lost.filter(has=page.get_by_test_id("alert-acknowledge"))
        expect(lost).to_be_visible(timeout=ALERT_MS)
        lost.get_by_test_id("alert-acknowledge").focus()
        page.keyboard.press("Enter")
        expect(alert(page, "service not running")).to_have_attribute("data-state", "acknowledged")
        page.get_by_test_id("retry-now").focus()
    finally:
        watched.service.run(watched.service.service.start())
    expect(page.get_by_test_id("status-connection")).to_have_attribute("data-state", "connected", timeout=ALERT_MS)
    expect(page.get_by_test_id("recoveries").locator("[data-result=worked]").first).to_be_visible()


def test_one_disconnects_and_connects_on_the_page(watched: Quiet, open_board: OpenBoard) -> None:
    page = go(open_board(watched.app))
    page.get_by_test_id("disconnect").click()
    expect(page.get_by_test_id("status-grade")).to_have_attribute("data-grade", "unknown")
    page.get_by_test_id("connect").click()
    expect(page.get_by_test_id("status-connection")).to_have_attribute("data-state", "connected")


def test_an_impatient_press_does_not_mean_the_opposite(watched: Quiet, open_board: OpenBoard) -> None:
    page = go(open_board(watched.app))
    line = page.get_by_test_id("status-connection")
    page.get_by_test_id("disconnect").press("Enter")
    page.keyboard.press("Enter")
    expect(line).to_have_attribute("data-state", "disconnected")
    expect(line).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("connect")).to_be_enabled()
    page.get_by_test_id("connect").click()
    expect(line).to_have_attribute("data-state", "connected")


def test_what_a_press_has_done_is_asked_for_at_once(watched: Quiet, open_board: OpenBoard) -> None:
    board = open_board(watched.app)
    board.page.clock.install()
    page = go(board)
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 60)
    with page.expect_response("**/api/v1/health?*"):
        page.clock.run_for(2000)
    expect(page.get_by_test_id("status-grade")).to_be_visible()
    page.get_by_test_id("disconnect").click()
    with page.expect_request("**/api/v1/health?*"):
        page.clock.run_for(200)
    page.clock.resume()
    page.get_by_test_id("connect").click()
    expect(page.get_by_test_id("status-connection")).to_have_attribute("data-state", "connected")


def test_who_is_signed_out_is_told_and_led_to_where_one_signs_in(watched: Quiet, open_board: OpenBoard) -> None:
    page = go(open_board(watched.app))
    page.context.clear_cookies()
    told = page.get_by_test_id("status-signed-out")
    expect(told).to_contain_text("Sign-in needed. What stands here is from")
    expect(page.get_by_test_id("status-old")).to_have_count(0)
    page.get_by_test_id("diagnosis-copy").click()
    expect(page.get_by_role("alert").filter(has_text="Sign-in needed")).to_be_visible()
    page.get_by_test_id("status-reload").click()
    expect(page).to_have_url(re.compile("/login"))


def test_a_screen_reader_hears_of_changes_and_of_nothing_else(watched: Quiet, open_board: OpenBoard) -> None:
    board = open_board(watched.app)
    said = board.page.locator("body > p[role=status]")
    expect(said).to_have_text("")
    board.connection.click()
    board.page.get_by_test_id("disconnect").click()
    expect(said).to_have_text("Workflow service disconnected")
    board.page.get_by_test_id("connect").click()
    expect(said).to_have_text(re.compile("^Workflow service connected"))


def test_pages_beside_the_board_say_that_nothing_can_be_saved(watched: Quiet, open_board: OpenBoard) -> None:
    page = open_board(watched.app).page
    full = "The disk is full: changes cannot be saved now."

    def answer(route: Route) -> None:
        told = route.fetch().json()
        told["connection"]["notices"] = [full]
        route.fulfill(json=told)

    page.route("**/api/v1/health?*", answer)
    for path in ("/settings/", "/archive/", "/connection/"):
        page.goto(watched.app.base_url + path)
        expect(page.get_by_test_id("notice")).to_contain_text(full)
    page.unroute("**/api/v1/health?*")
    expect(page.get_by_test_id("notice")).to_have_count(0)


def test_the_diagnosis_is_copied_without_secrets(watched: Quiet, open_board: OpenBoard) -> None:
    board = open_board(watched.app)
    board.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = go(board)
    page.get_by_test_id("diagnosis-copy").click()
    expect(page.get_by_text("Copied. Paste it where you ask for help.")).to_be_visible()
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert watched.service.url in copied
    for secret in (SECRET, watched.app.token):
        assert secret not in copied
    page.get_by_test_id("diagnosis-show").click()
    expect(page.get_by_test_id("diagnosis")).to_have_value(re.compile(re.escape(watched.service.url)))


def test_where_nothing_can_be_copied_the_text_is_selected(watched: Quiet, open_board: OpenBoard) -> None:
    board = open_board(watched.app)
    board.page.add_init_script(NO_CLIPBOARD)
    page = go(board)
    page.get_by_test_id("diagnosis-copy").click()
    expect(page.get_by_text("copy it by hand")).to_be_visible()
    expect(page.get_by_test_id("diagnosis")).to_be_focused()
    selected = "area => area.selectionEnd - area.selectionStart === area.value.length"
    assert page.get_by_test_id("diagnosis").evaluate(selected)


def test_charts_are_read_out_walked_through_and_read_as_tables(watched: Quiet, open_board: OpenBoard) -> None:
    page = go(open_board(watched.app))
    for name in ("latency", "throughput", "queue", "runs"):
        chart = page.get_by_test_id(f"chart-{name}")
        plot = chart.get_by_role("slider")
        expect(plot).to_have_attribute("aria-valuetext", re.compile(r"\d\d:\d\d:\d\d: "), timeout=ALERT_MS)
        expect(chart.locator("figcaption p")).to_have_text(re.compile("now|highest|never", re.IGNORECASE))
        plot.focus()
        page.keyboard.press("Home")
        expect(plot).to_have_attribute("aria-valuenow", "0")
        expect(chart.locator(".chart-tip")).to_be_visible()
        page.keyboard.press("Escape")
        expect(chart.locator(".chart-tip")).to_have_count(0)
        chart.get_by_text("As a table").click()
        expect(chart.get_by_role("rowheader").first).to_have_text(re.compile(r"\d\d:\d\d:\d\d"))


def test_a_service_that_goes_silent_leads_to_a_line_that_goes_by_itself(watched: Quiet, open_board: OpenBoard) -> None:
    board, page = open_board(watched.app), go(open_board(watched.app))
    with watched.app.client() as client:
        (task_id,) = make_cards(client, 1)
        start(client, task_id)
        wait_status(client, task_id, "running")
    lines = [where.get_by_test_id("notice").filter(has_text="may be out of date") for where in (board.page, page)]
    watched.service.service.manners.mute = True
    try:
        for line in lines:
            # A heartbeat may be without an answer for 30 seconds.
            expect(line).to_contain_text("The board tries again by itself.", timeout=ALERT_MS)
    finally:
        watched.service.service.manners.mute = False
    for line in lines:
        expect(line).to_have_count(0, timeout=ALERT_MS)


def test_without_an_answer_the_last_figures_stay_and_say_so(watched: Quiet, open_board: OpenBoard) -> None:
    page = go(open_board(watched.app))
    answers = {"fail": True}

    def answer(route: Route) -> None:
        if answers["fail"]:
            route.abort()
        else:
            route.continue_()

    page.route("**/api/v1/health?*", answer)
    expect(page.get_by_test_id("status-old")).to_contain_text("What stands here is from")
    expect(page.get_by_test_id("status-grade")).to_be_visible()
    answers["fail"] = False
    expect(page.get_by_test_id("status-old")).to_have_count(0)
    answers["fail"] = True
    page.reload()
    expect(page.get_by_text("The board does not answer")).to_be_visible()
    answers["fail"] = False
    page.get_by_test_id("status-again").click()
    expect(page.get_by_test_id("status-grade")).to_be_visible()


@pytest.mark.parametrize("width", [1440, 390])
def test_it_fits_and_is_open_to_everybody(watched: Quiet, open_board: OpenBoard, width: int) -> None:
    page = go(open_board(watched.app, viewport={"width": width, "height": 900}))
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        expect(page.locator("html")).to_have_class(theme)
        options = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}}
        found = Axe().run(page, options=options).response["violations"]
        assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found] == []
    spare = page.locator(".subpage-main").evaluate("main => main.clientWidth - main.scrollWidth")
    assert spare >= 0


def test_each_project_has_its_own(watched: Quiet, open_board: OpenBoard) -> None:
    board = open_board(watched.app)
    with board.page.expect_response("**/p/default/api/v1/health?*"):
        page = go(board, "/p/default/status/")
    expect(page.get_by_test_id("status-connection")).to_contain_text(watched.service.url)
    page.get_by_role("link", name="Back to the board").click()
    expect(page).to_have_url(re.compile("/p/default/$"))


def test_a_browser_chooses_how_much_the_header_shows(watched: Quiet, open_board: OpenBoard) -> None:
    board = open_board(watched.app)
    word = board.connection.get_by_text("Connected")
    expect(board.connection).to_have_attribute("data-form", "auto")
    for form, width in (("minimal", 1), ("compact", 60), ("normal", 60)):
        board.page.goto(f"{board.base_url}/settings/")
        board.page.get_by_test_id(f"indicator-{form}").check()
        board.go()
        expect(board.connection).to_have_attribute("data-form", form)
        assert word.evaluate("word => word.getBoundingClientRect().width") >= width
        assert (word.evaluate("word => word.getBoundingClientRect().width") == 1) is (form == "minimal")


def test_a_hidden_tab_asks_nothing(watched: Quiet, open_board: OpenBoard) -> None:
    board = open_board(watched.app)
    board.page.clock.install()
    page = go(board)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/v1/health?" in request.url else None)
    with page.expect_request("**/api/v1/health?*"):
        page.clock.run_for(2000)
    hide = """(hidden) => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.evaluate(hide, True)
    before = len(asked)
    page.clock.run_for(30_000)
    assert len(asked) == before
    with page.expect_request("**/api/v1/health?*"):
        page.evaluate(hide, False)
