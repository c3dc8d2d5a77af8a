"""What the main views look like, and that they are open to everybody (axe, WCAG 2.2 AA), in both themes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.app import AppProcess, running_app
from tests.support.board_page import BoardPage
from tests.support.finger import Finger
from tests.support.pictures import compare
from tests.support.staged import fill_board, staged_service

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
NewProfile = Callable[..., BrowserContext]
Judge = Callable[..., None]

SIZES = {1440: (1440, 900), 820: (820, 1180), 390: (390, 844), 320: (320, 700)}
TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
_TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
# Has the page its colours of this theme? They come with a class, a moment after the browser's wish.
_HAS_THEME = "theme => document.documentElement.classList.contains(theme)"


@dataclass(frozen=True)
class Staged:
    app: AppProcess
    roles: dict[str, str]


@pytest.fixture(scope="module")
def staged(built_client: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staged]:
    """Forty cards with runs in every state, on a service that has nothing more to say."""
    with staged_service() as service:
        env = {"KANBAN_TAC7_URL": service.url, "KANBAN_MAX_CONCURRENT_RUNS": "5"}
        with running_app(tmp_path_factory.mktemp("staged"), env=env) as app, app.client() as client:
            yield Staged(app, fill_board(client, service))


@pytest.fixture
def judge(browser: Browser, tmp_path: Path) -> Judge:
    """Compares a page in both themes with the pictures of a name, and has axe look at it where it `stands`."""

    def judge_page(page: Page, name: str, *, stands: bool = True) -> None:
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            if page.locator(".page").count():
                page.wait_for_function(_HAS_THEME, arg=theme)
            page.evaluate(_TWO_FRAMES)
            compare(browser, page, f"{name}-{theme}", tmp_path)
            if stands:
                assert violations(page) == [], theme

    return judge_page


def look_at_board(_board: BoardPage, _roles: dict[str, str]) -> None:
    """As it opens."""


def show_column(board: BoardPage, column: str) -> None:
    """On a narrow screen, which shows one; the others show it already."""
    chip = board.page.locator(f".switcher [data-column={column}]")
    if chip.is_visible():
        chip.click()
    expect(board.column(column)).to_be_visible()


def look_at_build(board: BoardPage, _roles: dict[str, str]) -> None:
    show_column(board, "build")


def look_at_failure(board: BoardPage, roles: dict[str, str]) -> None:
    board.page.get_by_test_id("to-errored").click()
    expect(board.card(roles["failed"]).root).to_be_in_viewport()


def look_at_panel(board: BoardPage, roles: dict[str, str]) -> None:
    board.go(f"/?card={roles['building']}")
    expect(board.detail).to_be_visible()


def look_at_log(board: BoardPage, roles: dict[str, str]) -> None:
    board.go(f"/?card={roles['building']}&tab=log")
    expect(board.log_lines.filter(has_text="38 passed")).to_be_visible()


def look_at_dialog(board: BoardPage, _roles: dict[str, str]) -> None:
    board.page.get_by_test_id("new-task").click()
    expect(board.page.get_by_test_id("task-title")).to_be_focused()


def look_at_menu(board: BoardPage, roles: dict[str, str]) -> None:
    show_column(board, "plan")
    board.card(roles["planning"]).part("-menu").click()
    expect(board.page.get_by_role("menu")).to_be_visible()


def look_at_question(board: BoardPage, roles: dict[str, str]) -> None:
    show_column(board, "build")
    board.card(roles["building"]).choose("move-to-backlog")
    expect(board.dialog).to_contain_text("Stop the run and park the card?")


def look_at_refusal(board: BoardPage, _roles: dict[str, str]) -> None:
    board.column_card("backlog", 1).choose("move-to-build")
    expect(board.alert).to_be_visible()
    expect(board.page.locator("[data-saving=true]")).to_have_count(0)


def look_offline(board: BoardPage, _roles: dict[str, str]) -> None:
    board.page.context.set_offline(True)
    expect(board.page.locator(".notice.lost")).to_be_visible()


def look_at_drag(board: BoardPage, roles: dict[str, str]) -> None:
    width = (board.page.viewport_size or {"width": 0})["width"]
    if width == 1440:
        board.lift(board.column_card("backlog", 1), "test")
        board.page.mouse.move(1030, 420)
        board.page.mouse.move(1030, 424)
        expect(board.column("test").locator("[data-over=true]")).to_have_count(1)
        return
    finger = Finger(board.page)
    if width == 820:
        finger.press(board.column_card("backlog", 1).title)
        finger.move(300, 300)
        finger.move(440, 470)
        expect(board.column("plan").locator("[data-over=true]")).to_have_count(1)
        return
    show_column(board, "build")
    finger.press(board.card(roles["building too"]).title)
    finger.move(120, 500)
    finger.move_to(board.page.get_by_test_id("target-test"))
    expect(board.page.get_by_test_id("target-test")).to_have_attribute("data-aimed", "true")


LOOKS: dict[str, tuple[Callable[[BoardPage, dict[str, str]], None], tuple[int, ...]]] = {
    "board": (look_at_board, (1440, 820, 390)),
    "build": (look_at_build, (320,)),
    "failure": (look_at_failure, (1440, 820, 390)),
    "panel": (look_at_panel, (1440, 820, 390)),
    "log": (look_at_log, (1440, 820, 390)),
    "drag": (look_at_drag, (1440, 820, 390)),
    "dialog": (look_at_dialog, (1440, 390)),
    "menu": (look_at_menu, (390,)),
    "question": (look_at_question, (390,)),
    "refusal": (look_at_refusal, (1440,)),
    "offline": (look_offline, (1440,)),
}


def screen(width: int) -> dict[str, Any]:
    touch = width < 900
    size = dict(zip(("width", "height"), SIZES[width], strict=True))
    return {"viewport": size, "has_touch": touch, "is_mobile": touch, "locale": "en-GB"}


@pytest.mark.parametrize(
    "view",
    [(name, width) for name, (_, widths) in LOOKS.items() for width in widths],
    ids=lambda view: "-".join(map(str, view)),
)
def test_it_looks_as_it_was_judged(staged: Staged, open_board: OpenBoard, judge: Judge, view: tuple[str, int]) -> None:
    name, width = view
    board = open_board(staged.app, **screen(width))
    look, _ = LOOKS[name]
    look(board, staged.roles)
    if name != "drag":
        board.page.mouse.move(2, 2)
    judge(board.page, f"{name}-{width}", stands=name != "drag" and width != 820)


@pytest.mark.parametrize("width", [1440, 820, 390])
def test_an_empty_board_teaches(app: AppProcess, open_board: OpenBoard, judge: Judge, width: int) -> None:
    board = open_board(app, **screen(width))
    expect(board.column("backlog")).to_contain_text("Create a card")
    judge(board.page, f"empty-{width}")


def test_before_its_data_there_is_a_skeleton(staged: Staged, new_profile: NewProfile, judge: Judge) -> None:
    context = new_profile(**screen(1440))
    context.route_web_socket("**/_event/**", lambda _socket: None)
    page = context.new_page()
    page.goto(f"{staged.app.base_url}/?token={staged.app.token}")
    expect(page.get_by_role("status", name="Loading the board")).to_be_visible()
    judge(page, "skeleton-1440")


def test_the_way_in_looks_as_it_was_judged(staged: Staged, new_profile: NewProfile, judge: Judge) -> None:
    page = new_profile(**screen(390)).new_page()
    page.goto(staged.app.base_url)
    expect(page.get_by_label("Access token")).to_be_visible()
    judge(page, "login-390")


@pytest.mark.parametrize("width", [820, 390, 320])
def test_the_header_has_room_for_its_longest_words(staged: Staged, open_board: OpenBoard, width: int) -> None:
    board = open_board(staged.app, **screen(width))
    board.connection.evaluate(
        """button => {
          button.dataset.state = "reconnecting";
          button.lastElementChild.textContent = "Reconnecting, try 128";
        }"""
    )
    spare = board.page.locator(".header").evaluate("header => header.clientWidth - header.scrollWidth")
    assert spare >= 0
    expect(board.connection).to_be_in_viewport(ratio=1)


def violations(page: Page) -> list[str]:
    """What axe finds, a line each: the rule and the first elements that break it."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}}).response["violations"]
    return [f"{rule['id']}: {', '.join(str(node['target']) for node in rule['nodes'][:3])}" for rule in found]
