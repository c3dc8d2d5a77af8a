from typing import Any

import pytest

from kanban_app.domain.commands import EditTask
from kanban_app.domain.stages import Stage
from kanban_app.domain.workflows import TaskType
from kanban_app.web.states.editor import EditorState
from kanban_app.web.states.toasts import ToastState
from tests.support.fake_services import FakeBoard
from tests.support.headless import Tab

STAGES = {f"stage-{stage.value}": "on" for stage in Stage}


def form(**fields: Any) -> dict[str, Any]:
    return {"title": "", "description": "", "type": "feature", **STAGES, **fields}


async def test_create_opens_a_fresh_form_each_time(tab: Tab):
    await tab.send(EditorState.create())
    await tab.send(EditorState.close())
    await tab.send(EditorState.create())
    state = await tab.state(EditorState)
    assert (state.opened, state.edition, state.task_id) == (True, 2, "")
    assert list(state.stages) == [stage.value for stage in Stage]


async def test_a_title_is_enough(tab: Tab, board: FakeBoard):
    await tab.send(EditorState.create())
    await tab.send(EditorState.save(form(title="Only a title")))
    (task,) = board.keeper.board.tasks.values()
    assert (task.title, task.stages) == ("Only a title", tuple(Stage))
    assert not (await tab.state(EditorState)).opened


async def test_a_description_is_enough_and_stages_can_be_left_out(tab: Tab, board: FakeBoard):
    await tab.send(EditorState.create())
    await tab.send(EditorState.save({"title": "", "description": "What to do", "type": "bug", "stage-plan": "on"}))
    (task,) = board.keeper.board.tasks.values()
    assert (task.description, task.type, task.stages) == ("What to do", TaskType.BUG, (Stage.PLAN,))


async def test_a_refusal_stays_at_the_form(tab: Tab, board: FakeBoard):
    await tab.send(EditorState.create())
    await tab.send(EditorState.save(form()))
    state = await tab.state(EditorState)
    assert (state.opened, state.error["code"], state.edition) == (True, "E-VAL-17", 1)
    assert board.keeper.board.tasks == {}


async def test_edit_changes_the_card(tab: Tab, board: FakeBoard):
    task = await board.add("Before", description="Text")
    await tab.send(EditorState.edit(task))
    assert (await tab.state(EditorState)).description == "Text"
    await tab.send(EditorState.save(form(title="After", description="Text", type="patch")))
    edited = board.keeper.board.tasks[task]
    assert (edited.title, edited.type, edited.stages) == ("After", TaskType.PATCH, (Stage.BUILD,))


async def test_a_change_by_somebody_else_is_told_and_can_be_overwritten(tab: Tab, board: FakeBoard):
    task = await board.add("Before")
    await tab.send(EditorState.edit(task))
    await board.services.board.execute(EditTask(task, {"title": "Theirs"}), author="other")
    await tab.send(EditorState.save(form(title="Mine")))
    assert (await tab.state(EditorState)).error["code"] == "E-EDIT-1"
    assert board.keeper.board.tasks[task].title == "Theirs"
    await tab.send(EditorState.save_over())
    await tab.send(EditorState.save(form(title="Mine")))
    assert board.keeper.board.tasks[task].title == "Mine"
    assert not (await tab.state(EditorState)).opened


async def test_reload_after_a_conflict_shows_their_version(tab: Tab, board: FakeBoard):
    task = await board.add("Before")
    await tab.send(EditorState.edit(task))
    await board.services.board.execute(EditTask(task, {"title": "Theirs"}), author="other")
    await tab.send(EditorState.edit(task))
    state = await tab.state(EditorState)
    assert (state.title, state.version, state.edition) == ("Theirs", 2, 2)


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "x" * 10_000},
        {"title": 7},
        {"title": "x", "description": ["a"]},
        {"title": "x", "type": "epic"},
        {"title": "x", "type": None},
        {"description": "x" * 200_000},
    ],
)
async def test_hostile_forms_are_refused_at_the_form(tab: Tab, board: FakeBoard, fields: dict[str, Any]):
    await tab.send(EditorState.create())
    await tab.send(EditorState.save(form(**fields)))
    assert tab.errors == []
    assert board.keeper.board.tasks == {}
    assert (await tab.state(EditorState)).error["code"] != ""


@pytest.mark.parametrize("value", [None, 7, "text", ["a"]])
async def test_what_is_no_form_is_refused(tab: Tab, board: FakeBoard, value: Any):
    await tab.send(EditorState.save(value))
    assert board.keeper.board.tasks == {}


@pytest.mark.parametrize("value", [None, 7, "unknown", "x" * 10_000, {"a": 1}])
async def test_editing_what_is_not_there_opens_nothing(tab: Tab, value: Any):
    await tab.send(EditorState.edit(value))
    assert tab.errors == []
    assert not (await tab.state(EditorState)).opened
    assert len((await tab.state(ToastState)).toasts) == 1


async def test_markup_in_a_title_is_kept_as_text(tab: Tab, board: FakeBoard):
    await tab.send(EditorState.save(form(title="<img src=x onerror=alert(1)>")))
    assert [task.title for task in board.keeper.board.tasks.values()] == ["<img src=x onerror=alert(1)>"]
