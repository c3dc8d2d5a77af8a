"""Fixtures of the end-to-end tests: one Chromium and one board a module, a fresh browser profile a tab."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.support.app import AppProcess, running_app
from tests.support.board_page import SOON_MS, BoardPage
from tests.support.browser import blocking_chromium
from tests.support.staged import NOBODY_IS_SILENT, StagedService, staged_service

# All columns side by side, so that every drop is within the mouse's reach.
WIDE = {"width": 2700, "height": 1000}
_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[_FAILED] = report.failed
    return report


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """By module, not by session: its event loop would be in the way of asynchronous tests."""
    expect.set_options(timeout=SOON_MS)
    with blocking_chromium() as found:
        yield found


@pytest.fixture(scope="module")
def app(
    built_client: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[AppProcess]:
    """The module's board; its settings are the module's `ENV`."""
    env = {"KANBAN_DEMO_SPEED": "0", **getattr(request.module, "ENV", {})}
    with running_app(tmp_path_factory.mktemp("board"), env=env) as started:
        yield started


@dataclass(frozen=True)
class Quiet:
    """A board on a service that says only what the test makes it say: a started run stays where it is."""

    app: AppProcess
    service: StagedService


@pytest.fixture(scope="module")
def quiet(built_client: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Quiet]:
    with staged_service() as service:
        env = {"KANBAN_TAC7_URL": service.url, "KANBAN_TRIGGERS_PER_MINUTE": "28", **NOBODY_IS_SILENT}
        with running_app(tmp_path_factory.mktemp("quiet"), env=env) as app:
            yield Quiet(app, service)


@pytest.fixture
def new_profile(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Browser profiles, with the options of `Browser.new_context`."""
    made: list[BrowserContext] = []

    def new(**options: object) -> BrowserContext:
        made.append(browser.new_context(**{"viewport": WIDE, **options}))  # pyright: ignore[reportArgumentType]
        return made[-1]

    yield new
    for context in made:
        context.close()


@pytest.fixture
def open_board(
    new_profile: Callable[..., BrowserContext], tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[..., BoardPage]]:
    """Opens a board in a profile of its own, signed in: `open_board(app, path="/", viewport=…)`.

    `connected`: waits until the board has its service.

    No script may fail on any page; of a failed test the screens and the board's output are kept.
    """
    opened: list[tuple[BoardPage, AppProcess]] = []

    def open_(app: AppProcess, path: str = "/", *, connected: bool = True, **options: object) -> BoardPage:
        context = new_profile(**options)
        context.set_default_timeout(SOON_MS)
        board = BoardPage(context.new_page(), app.base_url)
        opened.append((board, app))
        board.go(f"{path}{'&' if '?' in path else '?'}token={app.token}", connected=connected)
        return board

    yield open_
    if request.node.stash.get(_FAILED, False):
        for number, (board, app) in enumerate(opened):
            board.page.screenshot(path=tmp_path / f"screen-{number}.png")
            print(f"screen {number}: {tmp_path}; the board said:\n{app.logs[-4000:]}")
    assert [fault for board, _ in opened for fault in board.faults] == []
