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
from tests.support.pictures import compare, wait_for_fonts
from tests.support.staged import NOBODY_IS_SILENT, WRITTEN, fill_board, staged_service
from tests.support.staged_work import show_work

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
        env = {"KANBAN_TAC7_URL": service.url, "KANBAN_MAX_CONCURRENT_RUNS": "5", **NOBODY_IS_SILENT}
        with running_app(tmp_path_factory.mktemp("staged"), env=env) as app, app.client() as client:
            roles = fill_board(client, service)
            show_work(service, client.get(f"/api/v1/tasks/{roles['done']}").json()["run_id"])
            yield Staged(app, roles)


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


def look_at_markdown(board: BoardPage, roles: dict[str, str]) -> None:
    board.go(f"/?card={roles['written']}")
    expect(board.detail.locator(".markdown table")).to_be_visible()


def look_at_preview(board: BoardPage, _roles: dict[str, str]) -> None:
    board.page.get_by_test_id("new-task").click()
    board.fill("", WRITTEN)
    board.page.get_by_test_id("task-description-preview").click()
    expect(board.page.get_by_test_id("task-description-shown").locator("table")).to_be_attached()


def look_at_versions(board: BoardPage, roles: dict[str, str]) -> None:
    """Two versions of a card, in what other pictures do not show of it."""
    task = roles["waiting"]
    board.go(f"/?card={task}")
    _describe(board, task, "The text as it was.")
    board.page.get_by_test_id("panel-edit").click()
    expect(board.page.get_by_test_id("task-description")).to_have_value("The text as it was.")
    _describe(board, task, "What somebody else has written.\n\n- First\n- Second")
    board.fill("Another title", "What was written here.")
    board.page.get_by_test_id("task-save").click()
    expect(board.page.get_by_test_id("task-conflict")).to_be_visible()


def _describe(board: BoardPage, task_id: str, text: str) -> None:
    saved = board.page.evaluate(
        "async ([id, description]) => (await fetch(`/api/v1/tasks/${id}`, {method: 'PATCH',"
        " headers: {'content-type': 'application/json'}, body: JSON.stringify({description})})).ok",
        [task_id, text],
    )
    assert saved


def look_at_menu(board: BoardPage, roles: dict[str, str]) -> None:
    show_column(board, "plan")
    board.card(roles["planning"]).part("-menu").click()
    expect(board.page.get_by_role("menu")).to_be_visible()


def look_at_question(board: BoardPage, roles: dict[str, str]) -> None:
    show_column(board, "build")
    board.card(roles["building"]).choose("move-to-backlog")
    expect(board.dialog).to_contain_text("Stop the run and park the card?")


def look_at_merge(board: BoardPage, roles: dict[str, str]) -> None:
    show_column(board, "ready-to-merge")
    board.card(roles["done"]).choose("merge")
    expect(board.page.get_by_test_id("merge-confirm")).to_be_enabled()


def look_at_conflict(board: BoardPage, roles: dict[str, str]) -> None:
    show_column(board, "ready-to-merge")
    board.card(roles["done too"]).choose("merge")
    expect(board.page.get_by_test_id("merge-again")).to_be_visible()


def look_at_patch(board: BoardPage, roles: dict[str, str]) -> None:
    show_column(board, "ready-to-merge")
    board.card(roles["done"]).choose("patch")
    board.page.get_by_test_id("patch-text").fill("Use the green of the logo for all buttons")


def look_at_starting_over(board: BoardPage, roles: dict[str, str]) -> None:
    show_column(board, "ready-to-merge")
    board.card(roles["done"]).choose("restart")
    expect(board.page.get_by_test_id("question-option")).to_be_visible()


def look_at_history(board: BoardPage, roles: dict[str, str]) -> None:
    board.go(f"/?card={roles['done too']}&tab=history")
    expect(board.page.get_by_test_id("history").get_by_text("Created")).to_be_visible()


def look_at_attempts(board: BoardPage, roles: dict[str, str]) -> None:
    board.go(f"/?card={roles['done too']}&tab=attempts")
    board.page.get_by_test_id("attempts").get_by_text("Keep the old ranking").click()


def look_at_agent(board: BoardPage, roles: dict[str, str]) -> None:
    board.go(f"/?card={roles['building']}&tab=agent")
    expect(board.log_lines.filter(has_text="catalog/index.py").first).to_be_visible()


def look_at_plan(board: BoardPage, roles: dict[str, str]) -> None:
    board.go(f"/?card={roles['done']}&tab=plan")
    expect(board.page.get_by_test_id("plan").get_by_text("Done when")).to_be_visible()


def look_at_changes(board: BoardPage, roles: dict[str, str]) -> None:
    board.go(f"/?card={roles['done']}&tab=changes")
    board.page.get_by_test_id("changes-file").first.click()
    expect(board.page.get_by_test_id("diff").locator("table")).to_be_visible()


def look_at_both_sides(board: BoardPage, roles: dict[str, str]) -> None:
    look_at_changes(board, roles)
    board.page.get_by_text("Side by side").click()
    expect(board.page.locator(".diff[data-view=split]")).to_be_visible()


def look_at_finding(board: BoardPage, _roles: dict[str, str]) -> None:
    board.go("/?q=passed&sort=title")
    expect(board.page.get_by_test_id("found")).to_have_attribute("data-state", "done")
    show_column(board, "build")


def look_at_finder(board: BoardPage, _roles: dict[str, str]) -> None:
    board.go("/?type=bug")
    board.page.get_by_test_id("filter").click()


def look_at_selecting(board: BoardPage, _roles: dict[str, str]) -> None:
    show_column(board, "backlog")
    board.column_card("backlog", 0).choose("select")
    board.column_card("backlog", 2).title.click()
    expect(board.page.get_by_test_id("selection")).to_contain_text("2 selected")


def audited(  # noqa: PLR0917 - a line each
    number: int, who: str, what: str, how: str, address: str = "", code: str = ""
) -> dict[str, Any]:
    """An entry of the audit log, as the API tells it."""
    return {
        "log": "own", "number": number, "at": "2026-05-01T12:30:15.123Z", "who": who, "what": what, "how": how,
        "address": address, "action": "task.moved", "outcome": "refused" if code else "done", "code": code,
        "target": {"kind": "task", "id": "c1", "title": "Fix login"}, "card": "c1" if number % 2 else "",
    }  # fmt: skip


LAID_OUT_ANEW = "form => { form.style.display = 'none'; form.getBoundingClientRect(); form.style.display = ''; }"
AUDITED = [
    audited(1, "Somebody", "moved “Fix login” from Backlog to Plan, which started run c4d19e07", "on the board",
            "10.0.0.7"),
    audited(2, "The board itself", "sent the trigger of “Fix login” to the service: adw_sdlc_iso, run c4d19e07",
            "by itself"),
    audited(3, "The program “nightly”", "wanted to move “Fix login” from Plan to Errored", "over the API", "10.0.0.9",
            "E-MOVE-2"),
    audited(4, "A stranger", "wanted to sign in with a wrong token (tries within ten minutes: 10)", "over the API",
            "2001:db8::17", "E-AUTH-1"),
    audited(5, "Root", "made the API token “nightly” (read, run)", "on the command line"),
    audited(6, "Somebody", "changed settings of the connection: KANBAN_TAC7_URL, KANBAN_TAC7_TOKEN", "on the board",
            "10.0.0.7"),
]  # fmt: skip


def look_at_audit(board: BoardPage, _roles: dict[str, str]) -> None:
    board.page.route("**/api/v1/audit?*", lambda route: route.fulfill(json={"entries": AUDITED, "next": "1"}))
    board.page.goto(f"{board.base_url}/audit/")
    expect(board.page.get_by_test_id("audit-entry")).to_have_count(len(AUDITED))
    # Chromium leaves the words of a choice where the fonts that stood in had them, a pixel lower.
    wait_for_fonts(board.page)
    board.page.locator(".audit-filters").evaluate(LAID_OUT_ANEW)


def look_at_archive(board: BoardPage, _roles: dict[str, str]) -> None:
    """What is in it was never on the board that the other pictures show."""
    path = f"{board.base_url}/api/v1/tasks"
    if board.page.request.get(f"{path}?archived=true").json()["count"] == 0:
        for title, kind in (("Print receipts on A5", "chore"), ("The cart forgets its last article", "bug")):
            ours = {"Origin": board.base_url}
            card = board.page.request.post(path, data={"title": title, "type": kind}, headers=ours).json()["id"]
            board.page.request.post(f"{path}/{card}/archive", headers=ours)
    board.page.goto(f"{board.base_url}/archive/")
    expect(board.page.get_by_test_id("removed-card")).to_have_count(2)


def look_at_palette(board: BoardPage, roles: dict[str, str]) -> None:
    show_column(board, "build")
    board.card(roles["building"]).title.focus()
    board.page.keyboard.press("Control+k")
    board.page.get_by_test_id("palette-words").fill("re")
    expect(board.page.get_by_test_id("palette-option").first).to_be_visible()


def look_at_actions(board: BoardPage, roles: dict[str, str]) -> None:
    """The palette before anything is typed."""
    show_column(board, "build")
    board.card(roles["building"]).title.focus()
    board.page.keyboard.press("Control+k")
    expect(board.page.get_by_test_id("palette-option").first).to_be_visible()


def look_at_shortcuts(board: BoardPage, _roles: dict[str, str]) -> None:
    board.page.keyboard.press("?")
    expect(board.page.get_by_test_id("shortcuts")).to_be_visible()


def look_at_missing_card(board: BoardPage, _roles: dict[str, str]) -> None:
    board.go("/?card=gone")
    expect(board.page.get_by_test_id("card-missing")).to_be_visible()


def look_at_refusal(board: BoardPage, _roles: dict[str, str]) -> None:
    board.column_card("backlog", 1).choose("move-to-build")
    expect(board.alert).to_be_visible()
    expect(board.page.locator("[data-saving=true]")).to_have_count(0)


def look_at_undo(board: BoardPage, _roles: dict[str, str]) -> None:
    """The message after a change that was taken back: the board is as before."""
    show_column(board, "backlog")
    board.column_card("backlog", 1).choose("move-up")
    board.page.get_by_test_id("undo").click()
    # In use, it stays.
    board.page.get_by_test_id("redo").focus()
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
    "markdown": (look_at_markdown, (1440, 820, 390)),
    "preview": (look_at_preview, (1440, 820, 390)),
    "versions": (look_at_versions, (1440, 820, 390)),
    "menu": (look_at_menu, (390,)),
    "question": (look_at_question, (390,)),
    "merge": (look_at_merge, (1440, 820, 390)),
    "conflict": (look_at_conflict, (1440, 820, 390)),
    "patch": (look_at_patch, (1440, 820, 390)),
    "restart": (look_at_starting_over, (390,)),
    "history": (look_at_history, (1440, 820, 390)),
    "attempts": (look_at_attempts, (1440, 820, 390)),
    "agent": (look_at_agent, (1440, 820, 390)),
    "plan": (look_at_plan, (1440, 820, 390)),
    "changes": (look_at_changes, (1440, 820, 390)),
    "sides": (look_at_both_sides, (1440,)),
    "finding": (look_at_finding, (1440, 820, 390)),
    "finder": (look_at_finder, (1440, 820, 390)),
    "selecting": (look_at_selecting, (1440, 820, 390)),
    "archive": (look_at_archive, (1440, 820, 390)),
    "audit": (look_at_audit, (1440, 390)),
    "palette": (look_at_palette, (1440, 820, 390)),
    "actions": (look_at_actions, (1440, 820, 390)),
    "shortcuts": (look_at_shortcuts, (1440, 820, 390)),
    "missing-card": (look_at_missing_card, (1440, 820, 390)),
    "refusal": (look_at_refusal, (1440,)),
    "undo": (look_at_undo, (1440, 390)),
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
    # What is in view depends on how wide words are.
    wait_for_fonts(board.page)
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
