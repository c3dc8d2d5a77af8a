"""Several projects on the screen: made on their page, switched in the header, each with its own tabs and columns."""

from collections.abc import Callable

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support.app import AppProcess
from tests.support.board_page import RUN_MS, BoardPage

OpenBoard = Callable[..., BoardPage]

WIDTHS = (1440, 820, 360)


def create(app: AppProcess, title: str) -> str:
    with app.client() as client:
        return client.post("/api/v1/projects", json={"title": title}).raise_for_status().json()["id"]


def screen(width: int) -> dict[str, object]:
    return {"viewport": {"width": width, "height": 900}, "has_touch": width < 900, "is_mobile": width < 900}


def to_page(board: BoardPage, path: str) -> Page:
    """From the board to a page beside it."""
    board.page.goto(board.base_url + path)
    expect(board.page.get_by_role("heading", level=2).first).to_be_visible()
    return board.page


def add_card(client: httpx.Client, project: str, title: str) -> str:
    wanted = {"title": title, "stages": ["plan"]}
    return client.post(f"/p/{project}/api/v1/tasks", json=wanted).raise_for_status().json()["id"]


@pytest.mark.parametrize("width", WIDTHS)
def test_from_a_new_project_to_a_finished_card_and_back(app: AppProcess, open_board: OpenBoard, width: int) -> None:
    board = open_board(app, **screen(width))
    page, title = board.page, f"Lamps {width}"
    here = f"{app.base_url}/p/lamps-{width}/"
    page.goto(f"{app.base_url}/projects/")
    page.get_by_test_id("new-project-title").fill(title)
    page.get_by_test_id("project-create").click()
    page.get_by_role("link", name=title).click()
    expect(page).to_have_url(here)
    board.wait_ready()
    expect(page.get_by_test_id("project-switcher")).to_contain_text(title)

    card = board.create("A new shade", stages=("plan",))
    card.choose("start")
    card.wait_for("completed", timeout=RUN_MS)
    if width < 640:
        page.locator(".switcher [data-column=ready-to-merge]").click()
    card.title.click()
    expect(page).to_have_url(f"{here}?card={card.id}")
    page.get_by_test_id("tab-log").click()
    expect(board.log_lines.first).to_be_visible()
    page.reload()
    expect(board.detail).to_be_visible()
    page.get_by_test_id("panel-close").click()
    expect(page).to_have_url(here)

    page.get_by_test_id("project-switcher").click()
    page.get_by_test_id("to-project-default").click()
    expect(page).to_have_url(f"{app.base_url}/p/default/")
    board.wait_ready()
    expect(page.get_by_role("link", name="A new shade")).to_have_count(0)
    page.goto(f"{app.base_url}/")
    expect(page).to_have_url(f"{app.base_url}/p/default/")


def test_tabs_of_two_projects_show_their_own_at_the_same_time(app: AppProcess, open_board: OpenBoard) -> None:
    east, west = create(app, "East"), create(app, "West")
    boards = {project: open_board(app, path=f"/p/{project}/") for project in (east, west)}
    with app.client() as client:
        ids = {project: add_card(client, project, f"Seen in {project}") for project in boards}
    for project, board in boards.items():
        expect(board.card(ids[project]).root).to_be_visible()
        expect(board.page.locator("[data-testid=column-backlog]")).to_have_attribute("data-count", "1")
        board.drag(board.card(ids[project]), "plan")
    for project, board in boards.items():
        board.card(ids[project]).wait_for("completed", timeout=RUN_MS)
        board.page.context.set_offline(True)
        expect(board.page.locator(".notice.lost")).to_be_visible()
        board.page.context.set_offline(False)
        expect(board.page.locator(".notice.lost")).to_have_count(0, timeout=RUN_MS)
        expect(board.card(ids[project]).root).to_be_visible()


def test_columns_are_renamed_in_all_tabs_of_their_project(app: AppProcess, open_board: OpenBoard) -> None:
    project = create(app, "Colours")
    board, other = (
        open_board(app, path=f"/p/{project}/"),
        to_page(open_board(app), f"/p/{project}/settings/"),
    )
    other.get_by_test_id("column-title-plan").fill("Think first")
    other.get_by_test_id("column-colour-plan").select_option("violet")
    other.get_by_test_id("columns-save").click()
    expect(other.get_by_test_id("columns-saved")).to_have_text("Saved.")
    expect(board.column("plan").get_by_role("heading")).to_have_text("Think first")
    expect(board.column("plan")).to_have_attribute("data-colour", "violet")
    card = board.create("Named", stages=("plan",))
    card.part("-menu").click()
    expect(board.page.get_by_test_id("move-to-plan")).to_have_text("Think first")
    board.page.keyboard.press("Escape")
    other.get_by_test_id("column-title-build").fill("think FIRST")
    other.get_by_test_id("columns-save").click()
    expect(other.get_by_role("alert")).to_contain_text("another column is called")
    expect(other.get_by_test_id("column-title-build")).to_have_value("think FIRST")


def test_an_archived_project_says_so_in_its_tabs_and_comes_back(app: AppProcess, open_board: OpenBoard) -> None:
    project = create(app, "Winter")
    board, page = open_board(app, path=f"/p/{project}/"), to_page(open_board(app), "/projects/")
    row = page.get_by_test_id(f"project-{project}")
    row.get_by_test_id("project-archive").press("Enter")
    expect(row).to_have_attribute("data-state", "archived")
    expect(board.page.get_by_role("alert")).to_contain_text("It has been archived.")
    row.get_by_test_id("project-restore").press("Enter")
    expect(row).to_have_attribute("data-state", "open")
    row.get_by_test_id("project-rename").first.press("Enter")
    name = page.get_by_label("Name of the project")
    name.fill("Winter sale")
    name.press("Enter")
    expect(row.get_by_role("link", name="Winter sale")).to_be_visible()


def test_what_is_not_acceptable_is_said_and_the_form_stays(app: AppProcess, open_board: OpenBoard) -> None:
    page = to_page(open_board(app), "/projects/")
    page.get_by_test_id("new-project-title").fill("<b>Odd</b>")
    page.get_by_test_id("new-project-repository").fill("/nowhere/at/all")
    page.get_by_test_id("project-create").click()
    expect(page.get_by_test_id("project-error")).to_contain_text("names no folder")
    expect(page.get_by_test_id("new-project-title")).to_have_value("<b>Odd</b>")
    page.get_by_test_id("new-project-repository").fill("")
    page.get_by_test_id("project-create").click()
    expect(page.get_by_role("link", name="<b>Odd</b>")).to_be_visible()
    expect(page.get_by_test_id("new-project-title")).to_have_value("")
    page.get_by_test_id("new-project-title").fill("Even")
    page.get_by_test_id("project-create").click()
    expect(page.get_by_role("link", name="Even")).to_be_visible()
    expect(page.get_by_role("link", name="<b>Odd</b>")).to_have_count(1)


@pytest.mark.parametrize("width", [1440, 360])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nobody_is_kept_out(app: AppProcess, open_board: OpenBoard, width: int, theme: str) -> None:
    project = create(app, "A project with quite a long name to be shown on a small screen")
    board = open_board(app, path=f"/p/{project}/", color_scheme=theme, **screen(width))
    header = board.page.locator(".header")
    assert header.evaluate("header => header.clientWidth - header.scrollWidth") >= 0
    board.page.get_by_test_id("project-switcher").click()
    expect(board.page.get_by_role("link", name="All projects")).to_be_visible()
    assert violations(board.page) == []
    for path in ("/projects/", f"/p/{project}/settings/"):
        board.page.goto(app.base_url + path)
        expect(board.page.get_by_role("heading", level=2).first).to_be_visible()
        assert board.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert violations(board.page) == []


def violations(page: Page) -> list[str]:
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag22aa"]}})
    return [rule["id"] for rule in found.response["violations"]]
