"""What the screen does about images: buttons of the panel, the field of the form, and what is sent to tabs."""

import json
import uuid
from typing import Any, cast

import pytest

from kanban_app.domain.image import Image, ImageKind, on_card
from kanban_app.domain.stages import Stage
from kanban_app.web.states.board import BoardState
from kanban_app.web.states.cards import CardState
from kanban_app.web.states.editor import EditorState
from kanban_app.web.states.panel import PanelState
from kanban_app.web.states.toasts import ToastState
from tests.support.fake_services import FakeBoard
from tests.support.headless import Tab

A, B = (Image(number * 32, f"{number}.png", ImageKind.PNG, 10, 4, 3) for number in ("a", "b"))


def names(board: FakeBoard, task: str) -> list[str]:
    return [image.name for image in on_card(board.keeper.board.tasks[task].images)]


async def act(tab: Tab, act: str, task: str, **wish: Any) -> str:
    op_id, press = str(uuid.uuid4()), cast("Any", CardState.act)
    await tab.send(press(op_id, act, task, "", wish))
    return op_id


async def saved(tab: Tab, images: object) -> None:
    state = await tab.state(EditorState)
    about = {"op_id": state.op_id, "task_id": state.task_id, "version": str(state.version)}
    stages = {f"stage-{stage.value}": "on" for stage in Stage}
    await tab.send(EditorState.save({**about, "title": "Saved", "type": "bug", **stages, "images": images}))


async def test_a_removal_tells_of_its_way_back_and_is_taken_back(tab: Tab, board: FakeBoard):
    task = await board.add("Has two", images=(A, B))
    op_id = await act(tab, "remove-image", task, image=A.id)
    assert names(board, task) == ["b.png"]
    (toast,) = (await tab.state(ToastState)).toasts
    assert (toast["title"], toast["undo"], toast["way_back"]) == ("Image removed", op_id, "Undo")
    await tab.send(CardState.take_back(str(uuid.uuid4()), "undo", task, {"of": op_id}))
    assert names(board, task) == ["a.png", "b.png"]


async def test_a_new_name(tab: Tab, board: FakeBoard):
    task = await board.add("Has one", images=(A,))
    await act(tab, "rename-image", task, image=A.id, name="The error")
    assert names(board, task) == ["The error"]
    (toast,) = (await tab.state(ToastState)).toasts
    assert toast["title"] == "Image renamed"


async def test_only_counts_and_names_reach_a_tab(tab: Tab, board: FakeBoard):
    task = await board.add("Has one", images=(A,))
    state = await tab.state(BoardState)
    state.show_all()
    card: Any = next(getattr(state, name)[task] for name in state.shards_with(task))
    assert card["images"] == 1
    panel = await tab.state(PanelState)
    panel.show_detail(task)
    assert panel.detail["images"] == [
        {"id": A.id, "name": "a.png", "type": "image/png", "size": 10, "width": 4, "height": 3}
    ]


async def test_a_form_starts_from_the_cards_images_and_removes_one(tab: Tab, board: FakeBoard):
    task = await board.add("Edited", images=(A, B))
    await tab.send(EditorState.edit(task))
    assert [image["id"] for image in (await tab.state(EditorState)).images] == [A.id, B.id]
    await saved(tab, json.dumps({"add": [], "remove": [A.id]}))
    assert (names(board, task), board.keeper.board.tasks[task].title) == (["b.png"], "Saved")


async def test_an_upload_that_is_gone_is_told_at_the_form(tab: Tab, board: FakeBoard):
    await tab.send(EditorState.create())
    await saved(tab, json.dumps({"add": [{"id": "c" * 32, "name": "c.png"}], "remove": []}))
    state = await tab.state(EditorState)
    assert (state.opened, state.error["code"]) == (True, "E-VAL-18")
    assert state.error["message"] == "c.png: it is not there any more, add it again."
    assert board.keeper.board.tasks == {}


@pytest.mark.parametrize(
    "images",
    [
        7,
        "{",
        "[" * 10_000,
        "[]",
        '{"add": {}}',
        '{"add": [7]}',
        '{"add": [{"id": "../../etc"}]}',
        '{"add": [{"id": null, "name": "x"}]}',
        '{"remove": [7]}',
        json.dumps({"remove": ["a"] * 100}),
    ],
)
async def test_what_is_no_list_of_images_is_refused_at_the_form(tab: Tab, board: FakeBoard, images: object):
    await tab.send(EditorState.create())
    await saved(tab, images)
    assert tab.errors == []
    assert (await tab.state(EditorState)).error["code"] == "E-VAL-8"
    assert board.keeper.board.tasks == {}


@pytest.mark.parametrize("wish", [{}, {"image": "../x"}, {"image": 7}, {"image": "none", "name": "x"}])
async def test_images_that_are_none_are_refused(tab: Tab, board: FakeBoard, wish: dict[str, Any]):
    task = await board.add("Has one", images=(A,))
    for name in ("remove-image", "rename-image"):
        await act(tab, name, task, **wish)
    assert tab.errors == []
    assert names(board, task) == ["a.png"]
