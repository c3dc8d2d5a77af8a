"""Images of a card: added by browse, drop and paste, looked at, renamed, removed and undone, by any hand."""

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import FilePayload, Locator, Page, Route, expect

from tests.e2e.conftest import Quiet
from tests.e2e.test_looks import Judge, judge, screen, violations
from tests.support.app import AppProcess
from tests.support.board_page import RUN_MS, BoardPage
from tests.support.finger import Finger
from tests.support.images import drawing, picture
from tests.support.waiting import wait_until

__all__ = ["judge"]

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
PHONE: Final[dict[str, Any]] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
RED: Final = picture(320, 200, "PNG")
# What a mouse, or a key, does with files: `name` is drop or paste.
_GIVE: Final = """([target, name, file, data, text]) => {
  const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], file, { type: "image/png" }));
  if (text) transfer.setData("text/plain", text);
  const options = { bubbles: true, cancelable: true };
  const on = document.querySelector(target);
  if (name === "paste") {
    const event = new ClipboardEvent("paste", { ...options, clipboardData: transfer });
    return on.dispatchEvent(event);
  }
  on.dispatchEvent(new DragEvent("dragover", { ...options, dataTransfer: transfer }));
  const marked = document.querySelector("[data-dropping]") !== null;
  on.dispatchEvent(new DragEvent("drop", { ...options, dataTransfer: transfer }));
  return marked;
}"""


def made(app: AppProcess, title: str, *images: str) -> str:
    with app.client() as client:
        task = str(client.post("/api/v1/tasks", json={"title": title}).json()["id"])
        for name in images:
            put_on(app, task, name)
        return task


def put_on(app: AppProcess, task: str, name: str) -> None:
    with app.client() as client:
        path = f"/api/v1/tasks/{task}/attachments"
        client.post(path, content=picture(64, 48, noise=True), params={"name": name}).raise_for_status()


def names(app: AppProcess, task: str) -> list[str]:
    with app.client() as client:
        return [image["name"] for image in client.get(f"/api/v1/tasks/{task}/attachments").json()]


def give(page: Page, target: str, how: str, name: str, text: str = "") -> bool:
    return bool(page.evaluate(_GIVE, [target, how, name, base64.b64encode(RED).decode(), text]))


def file(name: str, content: bytes = RED, kind: str = "image/png") -> FilePayload:
    return {"name": name, "mimeType": kind, "buffer": content}


def shown(board: BoardPage) -> Locator:
    """The images of the open card that the board has, as they are drawn."""
    return board.detail.locator("[data-image] img")


def expect_drawn(images: Locator, count: int) -> None:
    expect(images).to_have_count(count)
    for place in range(count):
        image = images.nth(place)
        wait_until(lambda image=image: image.evaluate("image => image.complete && image.naturalWidth > 0"))


@pytest.fixture(scope="module")
def gallery(app: AppProcess) -> str:
    """A card with images like those that people take of screens; one of them is lost."""
    with app.client() as client:
        card = {"title": "The price editor loses its filter", "type": "bug", "description": "Since Monday, see below."}
        task = str(client.post("/api/v1/tasks", json=card).json()["id"])
        path = f"/api/v1/tasks/{task}/attachments"
        for name, size in (("Before.png", (1280, 800)), ("After.png", (640, 960)), ("Detail.png", (900, 500))):
            client.post(path, content=drawing(*size), params={"name": name}).raise_for_status()
        lost = client.post(path, content=drawing(10, 10), params={"name": "Lost.png"}).json()["id"]
    for file in (app.data_dir / "attachments").glob(f"{lost}.*"):
        file.unlink()
    return task


def look_at_panel(board: BoardPage, task: str) -> None:
    board.go(f"/?card={task}")
    expect_drawn(shown(board), 3)
    expect(board.detail.get_by_text("Cannot be shown")).to_be_visible()
    board.page.get_by_test_id("image-input").set_input_files([file("notes.pdf", b"%PDF", "application/pdf")])
    expect(board.page.get_by_test_id("image-fault")).to_be_visible()


def look_at_viewer(board: BoardPage, task: str) -> None:
    board.go(f"/?card={task}")
    board.page.get_by_test_id("image-open").first.click()
    expect_drawn(board.dialog.locator("img"), 1)


def look_at_form(board: BoardPage, task: str) -> None:
    board.go(f"/?card={task}")
    board.page.get_by_test_id("panel-edit").click()
    expect_drawn(board.dialog.locator("[data-image] img"), 3)
    board.page.get_by_test_id("image-input").last.set_input_files([file("New.png", drawing(800, 600))])
    expect(board.dialog.locator(".image-tile[data-state=done]")).to_have_count(1)
    board.page.get_by_test_id("task-images").scroll_into_view_if_needed()


LOOKS: Final[dict[str, tuple[Callable[[BoardPage, str], None], tuple[int, ...]]]] = {
    "panel": (look_at_panel, (1440, 820, 390)),
    "viewer": (look_at_viewer, (1440, 820, 390)),
    "form": (look_at_form, (390,)),
}


@pytest.mark.parametrize("view", [(name, width) for name, (_, widths) in LOOKS.items() for width in widths], ids=str)
def test_it_looks_as_it_was_judged(
    app: AppProcess, gallery: str, open_board: OpenBoard, judge: Judge, view: tuple[str, int]
) -> None:
    name, width = view
    board = open_board(app, **screen(width))
    LOOKS[name][0](board, gallery)
    board.page.mouse.move(2, 2)
    judge(board.page, f"images-{name}-{width}")


def test_browse_drop_and_paste_into_the_panel_show_in_all_tabs(quiet: Quiet, open_board: OpenBoard) -> None:
    task = made(quiet.app, "Has images")
    board, other = open_board(quiet.app, path=f"/?card={task}"), open_board(quiet.app)
    board.page.get_by_test_id("image-input").set_input_files([file("browsed.png")])
    expect_drawn(shown(board), 1)
    assert give(board.page, "[data-testid=task-detail] h2", "drop", "dropped.png")
    expect_drawn(shown(board), 2)
    give(board.page, "body", "paste", "pasted.png")
    expect_drawn(shown(board), 3)
    assert names(quiet.app, task) == ["browsed.png", "dropped.png", "pasted.png"]
    expect(other.card(task).root.get_by_title("3 images")).to_be_visible()
    other.card(task).title.click()
    expect_drawn(shown(other), 3)
    board.page.reload()
    expect_drawn(shown(board), 3)


def test_a_file_that_misses_the_panel_changes_nothing(quiet: Quiet, open_board: OpenBoard) -> None:
    task = made(quiet.app, "Missed")
    board = open_board(quiet.app, path=f"/?card={task}")
    expect(board.page.get_by_test_id("images")).to_be_visible()
    assert not give(board.page, "[data-testid=column-plan]", "drop", "missed.png")
    assert give(board.page, "[data-testid=task-detail] h2", "drop", "hit.png")
    expect_drawn(shown(board), 1)
    assert names(quiet.app, task) == ["hit.png"]


def test_removed_and_undone_by_its_message_and_by_keys(quiet: Quiet, open_board: OpenBoard) -> None:
    task = made(quiet.app, "Loses images", "a.png", "b.png", "c.png")
    board = open_board(quiet.app, path=f"/?card={task}")
    expect_drawn(shown(board), 3)
    board.page.get_by_role("button", name="Remove b.png").click()
    expect(shown(board)).to_have_count(2)
    expect(board.page.get_by_test_id("toast")).to_contain_text("Image removed")
    board.page.get_by_test_id("undo").click()
    expect_drawn(shown(board), 3)
    assert names(quiet.app, task) == ["a.png", "b.png", "c.png"]
    board.page.get_by_role("button", name="Remove a.png").press("Enter")
    board.page.get_by_role("button", name="Remove c.png").press("Enter")
    expect(shown(board)).to_have_count(1)
    expect(board.page.get_by_test_id("image-open")).to_be_focused()
    board.page.keyboard.press("Control+z")
    expect(shown(board)).to_have_count(2)
    board.page.keyboard.press("Control+z")
    expect_drawn(shown(board), 3)


def test_the_viewer_by_swipes(quiet: Quiet, open_board: OpenBoard) -> None:
    task = made(quiet.app, "Swiped", "a.png", "b.png")
    board = open_board(quiet.app, path=f"/?card={task}", **PHONE)
    board.page.get_by_test_id("image-open").first.click()
    view, finger = board.dialog.get_by_test_id("image-view"), Finger(board.page)
    for right, name in ((-120, "b.png"), (-120, "a.png"), (120, "b.png"), (-20, "b.png")):
        finger.down(view)
        finger.move(finger.x + right, finger.y + 10)
        finger.up()
        expect(view.get_by_role("img", name=name)).to_be_visible()


def test_the_viewer_by_keys(quiet: Quiet, open_board: OpenBoard) -> None:
    task = made(quiet.app, "Looked at", "a.png", "b.png")
    board, other = open_board(quiet.app, path=f"/?card={task}"), open_board(quiet.app, path=f"/?card={task}")
    first = board.page.get_by_test_id("image-open").first
    first.press("Enter")
    expect(board.dialog.get_by_test_id("image-name")).to_have_value("a.png")
    expect(board.page.get_by_test_id("image-close")).to_be_focused()
    for key, name in (("ArrowRight", "b.png"), ("ArrowRight", "a.png"), ("ArrowLeft", "b.png")):
        board.page.keyboard.press(key)
        expect(board.dialog.get_by_test_id("image-view").get_by_role("img", name=name)).to_be_visible()
    name = board.dialog.get_by_test_id("image-name")
    name.fill("The broken page")
    name.press("Enter")
    expect(other.detail.get_by_role("img", name="The broken page")).to_be_visible()
    expect(board.page.get_by_test_id("image-rename")).to_have_count(0)
    assert violations(board.page) == []
    board.page.get_by_test_id("image-close").focus()
    board.page.keyboard.press("Escape")
    expect(board.dialog).to_have_count(0)
    expect(board.detail).to_be_visible()
    expect(first).to_be_focused()
    assert names(quiet.app, task) == ["a.png", "The broken page"]
    board.page.keyboard.press("Control+z")
    expect(other.detail.get_by_role("img", name="b.png")).to_be_visible()


def test_what_is_no_image_is_refused_in_words(quiet: Quiet, open_board: OpenBoard) -> None:
    task = made(quiet.app, "Picky")
    board = open_board(quiet.app, path=f"/?card={task}")
    faults = board.page.get_by_test_id("image-fault")
    board.page.get_by_test_id("image-input").set_input_files(
        [
            file("notes.pdf", b"%PDF", "application/pdf"),
            file("huge.png", b"\0" * (5 * 1024 * 1024 + 1)),
            file("logo.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
            file("half.png", RED[: len(RED) // 2]),
            file("good.png"),
        ]
    )
    expect_drawn(shown(board), 1)
    expect(faults).to_have_count(4)
    for words in (
        "notes.pdf: use png, jpg, gif or webp.",
        "huge.png: it has 5.0 MB, and 5 MB are possible.",
        "logo.png: SVG files can hold programs.",
        "half.png: it is damaged.",
    ):
        expect(faults.filter(has_text=words)).to_have_count(1)
    expect(board.page.get_by_test_id("image-retry")).to_have_count(0)
    assert violations(board.page) == []
    faults.filter(has_text="notes.pdf").get_by_test_id("image-remove").click()
    expect(faults).to_have_count(3)
    assert names(quiet.app, task) == ["good.png"]


def test_an_upload_that_fails_is_tried_again(quiet: Quiet, open_board: OpenBoard) -> None:
    task = made(quiet.app, "Tried again")
    board = open_board(quiet.app, path=f"/?card={task}")
    where = re.compile("/attachments[?]")
    board.page.route(where, lambda route: route.abort())
    board.page.get_by_test_id("image-input").set_input_files([file("a.png")])
    expect(board.page.get_by_test_id("image-fault")).to_contain_text("could not be reached")
    board.page.unroute(where)
    board.page.get_by_test_id("image-retry").click()
    expect_drawn(shown(board), 1)
    assert names(quiet.app, task) == ["a.png"]


def test_an_answer_that_is_lost_makes_no_second_image(quiet: Quiet, open_board: OpenBoard) -> None:
    task = made(quiet.app, "Answer lost")
    board = open_board(quiet.app, path=f"/?card={task}")
    where = re.compile("/attachments[?]")

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    board.page.route(where, lose)
    board.page.get_by_test_id("image-input").set_input_files([file("a.png")])
    expect(board.page.get_by_test_id("image-fault")).to_be_visible()
    board.page.unroute(where)
    board.page.get_by_test_id("image-retry").click()
    expect(board.page.get_by_test_id("image-fault")).to_have_count(0)
    expect_drawn(shown(board), 1)
    assert names(quiet.app, task) == ["a.png"]


def test_a_dead_image_leaves_the_rest_usable(quiet: Quiet, open_board: OpenBoard) -> None:
    task = made(quiet.app, "Dead image", "dead.png", "alive.png")
    folder = quiet.app.data_dir / "attachments"
    with quiet.app.client() as client:
        dead = client.get(f"/api/v1/tasks/{task}/attachments").json()[0]["id"]
    for path in folder.glob(f"{dead}.*"):
        path.unlink()
    board = open_board(quiet.app, path=f"/?card={task}")
    expect(board.detail.get_by_text("Cannot be shown")).to_be_visible()
    expect_drawn(shown(board), 1)
    board.page.get_by_test_id("image-open").first.click()
    expect(board.dialog.get_by_text("Cannot be shown")).to_be_visible()
    board.page.keyboard.press("ArrowRight")
    expect(board.dialog.get_by_role("img", name="alive.png")).to_be_visible()


def test_a_new_card_gets_its_images_when_it_is_saved(quiet: Quiet, open_board: OpenBoard) -> None:
    board = open_board(quiet.app)
    board.page.get_by_test_id("new-task").click()
    board.fill("Born with images")
    expect(board.page.get_by_test_id("task-images")).to_be_visible()
    assert give(board.page, "[data-testid=task-title]", "drop", "dropped.png")
    give(board.page, "[data-testid=task-description]", "paste", "pasted.png")
    # Text is text, also with a picture of it.
    give(board.page, "[data-testid=task-description]", "paste", "text.png", "only text")
    board.page.get_by_test_id("image-input").set_input_files([file("browsed.png")])
    expect(board.dialog.locator(".image-tile[data-state=done]")).to_have_count(3)
    board.dialog.get_by_role("button", name="Remove browsed.png").click()
    assert violations(board.page) == []
    board.save()
    card = board.card_titled("Born with images")
    expect(card.root.get_by_title("2 images")).to_be_visible()
    assert names(quiet.app, card.id) == ["dropped.png", "pasted.png"]


def test_saving_waits_for_images_on_their_way(quiet: Quiet, open_board: OpenBoard) -> None:
    board = open_board(quiet.app)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    board.page.route("**/api/v1/uploads?*", hold)
    board.page.get_by_test_id("new-task").click()
    board.fill("Waits for its image")
    with board.page.expect_request("**/api/v1/uploads?*"):
        board.page.get_by_test_id("image-input").set_input_files([file("slow.png")])
    board.page.get_by_test_id("task-save").click()
    expect(board.dialog).to_contain_text("Saved as soon as the images are there.")
    held[0].continue_()
    expect(board.dialog).to_have_count(0)
    assert names(quiet.app, board.card_titled("Waits for its image").id) == ["slow.png"]


def test_a_form_that_is_cancelled_leaves_no_file(quiet: Quiet, open_board: OpenBoard) -> None:
    board = open_board(quiet.app)
    board.page.get_by_test_id("new-task").click()
    board.page.get_by_test_id("image-input").set_input_files([file("unwanted.png")])
    expect(board.dialog.locator(".image-tile[data-state=done]")).to_have_count(1)
    with board.page.expect_response(re.compile("/api/v1/uploads/")) as gone:
        board.page.keyboard.press("Escape")
    assert gone.value.status == 204
    upload = gone.value.url.rpartition("/")[2]
    assert list((quiet.app.data_dir / "attachments").glob(f"{upload}*")) == []


def test_an_edit_adds_and_removes_with_one_undo(quiet: Quiet, open_board: OpenBoard) -> None:
    task = made(quiet.app, "Edited", "old.png", "stays.png")
    board = open_board(quiet.app)
    board.card(task).choose("edit")
    board.dialog.get_by_role("button", name="Remove old.png").click()
    board.page.get_by_test_id("image-input").set_input_files([file("new.png")])
    expect(board.dialog.locator(".image-tile[data-state=done]")).to_have_count(1)
    board.save()
    expect(board.page.get_by_test_id("undo")).to_be_visible()
    assert names(quiet.app, task) == ["stays.png", "new.png"]
    board.page.get_by_test_id("undo").click()
    expect(board.page.get_by_test_id("redo")).to_be_visible()
    assert names(quiet.app, task) == ["old.png", "stays.png"]


def test_on_a_phone(quiet: Quiet, open_board: OpenBoard) -> None:
    task = made(quiet.app, "In the hand", "a.png", "b.png")
    board = open_board(quiet.app, path=f"/?card={task}", **PHONE)
    expect_drawn(shown(board), 2)
    body = board.detail.locator(".panel-body")
    assert body.evaluate("body => body.scrollWidth === body.clientWidth")
    board.page.get_by_test_id("image-open").first.tap()
    expect(board.dialog).to_be_visible()
    assert board.dialog.evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")
    board.page.get_by_role("button", name="Next image").tap()
    expect(board.dialog.get_by_role("img", name="b.png")).to_be_visible()
    assert violations(board.page) == []
    board.page.get_by_test_id("image-close").tap()
    board.page.get_by_role("button", name="Remove a.png").tap()
    expect(shown(board)).to_have_count(1)
    board.page.get_by_test_id("image-input").set_input_files([file("photo.png")])
    expect_drawn(shown(board), 2)


def test_a_run_of_the_built_in_service_finds_the_files(app: AppProcess, open_board: OpenBoard) -> None:
    task = made(app, "Runs with images", "screen.png")
    card = open_board(app).card(task)
    card.choose("move-to-plan")
    card.wait_for("completed", timeout=RUN_MS)
    told = [json.loads(file.read_text()) for file in app.data_dir.rglob("issue.json")]
    (image,) = next(issue["images"] for issue in told if issue["title"] == "Runs with images")
    assert (image["name"], image["type"]) == ("screen.png", "image/png")
    assert Path(image["path"]).read_bytes() == picture(64, 48, noise=True)
