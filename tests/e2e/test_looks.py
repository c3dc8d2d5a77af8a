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
Judge = Callable[[Page, str], None]

SIZES = {1440: (1440, 900), 820: (820, 1180), 390: (390, 844), 320: (320, 700)}
TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
CHANGING = ".elapsed, .facts code, .log-line time"


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
    """Compares a page with the picture of a name."""

    def compare_with(page: Page, name: str) -> None:
        compare(browser, page, name, [page.locator(CHANGING)], tmp_path)

    return compare_with


def look_at_board(_board: BoardPage, _roles: dict[str, str]) -> None:
    """As it opens."""


def look_at_build(board: BoardPage, _roles: dict[str, str]) -> None:
    board.page.locator(".switcher [data-column=build]").click()
    expect(board.column("build")).to_be_visible()


def look_at_failure(board: BoardPage, roles: dict[str, str]) -> None:
    board.page.get_by_test_id("to-errored").click()
    expect(board.card(roles["failed"]).root).to_be_in_viewport()
    board.page.mouse.move(700, 700)


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
    board.card(roles["planning"]).part("-menu").click()
    expect(board.page.get_by_role("menu")).to_be_visible()


def look_at_drag(board: BoardPage, roles: dict[str, str]) -> None:
    if board.page.viewport_size == {"width": 390, "height": 844}:
        look_at_build(board, roles)
        finger = Finger(board.page)
        finger.press(board.card(roles["building too"]).title)
        finger.move(120, 500)
        finger.move_to(board.page.get_by_test_id("target-test"))
        expect(board.page.get_by_test_id("target-test")).to_have_attribute("data-aimed", "true")
    else:
        board.lift(board.column_card("backlog", 1), "test")
        board.page.mouse.move(1030, 420)
        board.page.mouse.move(1030, 424)
        expect(board.column("test").locator("[data-over=true]")).to_have_count(1)
    board.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


VIEWS: dict[str, Callable[[BoardPage, dict[str, str]], None]] = {
    "board": look_at_board,
    "build": look_at_build,
    "failure": look_at_failure,
    "panel": look_at_panel,
    "log": look_at_log,
    "dialog": look_at_dialog,
    "menu": look_at_menu,
    "drag": look_at_drag,
}
PICTURES = [
    *(("board", width, theme) for width in (1440, 820) for theme in ("light", "dark")),
    *(("build", width, theme) for width in (390, 320) for theme in ("light", "dark")),
    ("drag", 1440, "light"),
    ("drag", 390, "dark"),
    ("failure", 1440, "light"),
    ("failure", 390, "dark"),
    *(("panel", width, theme) for width in (1440, 390) for theme in ("light", "dark")),
    *(("log", width, theme) for width in (1440, 390) for theme in ("light", "dark")),
    ("log", 820, "light"),
    ("dialog", 1440, "dark"),
    ("dialog", 390, "light"),
]


def screen(width: int, theme: str) -> dict[str, Any]:
    touch = width < 900
    size = dict(zip(("width", "height"), SIZES[width], strict=True))
    return {"viewport": size, "color_scheme": theme, "has_touch": touch, "is_mobile": touch, "locale": "en-GB"}


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: "-".join(map(str, picture)))
def test_it_looks_as_it_was_judged(
    staged: Staged, open_board: OpenBoard, judge: Judge, picture: tuple[str, int, str]
) -> None:
    view, width, theme = picture
    board = open_board(staged.app, **screen(width, theme))
    VIEWS[view](board, staged.roles)
    judge(board.page, f"{view}-{width}-{theme}")


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_an_empty_board_teaches(app: AppProcess, open_board: OpenBoard, judge: Judge, width: int, theme: str) -> None:
    board = open_board(app, **screen(width, theme))
    expect(board.column("backlog")).to_contain_text("Create a card")
    judge(board.page, f"empty-{width}-{theme}")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_way_in_looks_as_it_was_judged(staged: Staged, new_profile: NewProfile, judge: Judge, theme: str) -> None:
    page = new_profile(**screen(390, theme)).new_page()
    page.goto(staged.app.base_url)
    expect(page.get_by_label("Access token")).to_be_visible()
    assert violations(page) == []
    judge(page, f"login-390-{theme}")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    ("view", "width"),
    [
        ("board", 1440),
        ("build", 390),
        ("panel", 1440),
        ("panel", 390),
        ("log", 1440),
        ("log", 390),
        ("dialog", 1440),
        ("menu", 390),
    ],
)
def test_nobody_is_kept_out(staged: Staged, open_board: OpenBoard, view: str, width: int, theme: str) -> None:
    board = open_board(staged.app, **screen(width, theme))
    if view == "menu" and width == 390:
        board.page.locator(".switcher [data-column=plan]").click()
    VIEWS[view](board, staged.roles)
    assert violations(board.page) == []


def violations(page: Page) -> list[str]:
    """What axe finds, a line each: the rule and the first elements that break it."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}}).response["violations"]
    return [f"{rule['id']}: {', '.join(str(node['target']) for node in rule['nodes'][:3])}" for rule in found]
