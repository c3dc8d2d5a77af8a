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


OP = "00000000-0000-4000-8000-{:012x}"


def form(**fields: Any) -> dict[str, Any]:
    """A form as a browser sends it, for a new card where it does not say otherwise."""
    about = {"op_id": OP.format(1), "task_id": "", "version": "0"}
    return {**about, "title": "", "description": "", "type": "feature", **STAGES, **fields}


async def opened(tab: Tab, **fields: Any) -> dict[str, Any]:
    """The form that is open now, filled in."""
    state = await tab.state(EditorState)
    return form(op_id=state.op_id, task_id=state.task_id, version=str(state.version), **fields)


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
    about = {"op_id": OP.format(1), "version": "0"}
    filled = {**about, "title": "", "description": "What to do", "type": "bug", "stage-plan": "on"}
    await tab.send(EditorState.save(filled))
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
    await tab.send(EditorState.save(await opened(tab, title="After", description="Text", type="patch")))
    edited = board.keeper.board.tasks[task]
    assert (edited.title, edited.type, edited.stages) == ("After", TaskType.PATCH, (Stage.BUILD,))


async def test_a_change_by_somebody_else_is_told_and_can_be_overwritten(tab: Tab, board: FakeBoard):
    task = await board.add("Before")
    await tab.send(EditorState.edit(task))
    await board.services.board.execute(EditTask(task, {"title": "Theirs"}), author="other")
    await tab.send(EditorState.save(await opened(tab, title="Mine")))
    assert (await tab.state(EditorState)).error["code"] == "E-EDIT-1"
    assert board.keeper.board.tasks[task].title == "Theirs"
    await tab.send(EditorState.save_over())
    await tab.send(EditorState.save(await opened(tab, title="Mine")))
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


async def test_saving_twice_makes_one_card(tab: Tab, board: FakeBoard):
    await tab.send(EditorState.create())
    filled = await opened(tab, title="Once")
    for _ in range(2):
        await tab.send(EditorState.save(filled))
    assert [task.title for task in board.keeper.board.tasks.values()] == ["Once"]
    assert not (await tab.state(EditorState)).opened


async def test_a_server_that_has_forgotten_the_form_makes_no_second_card(board: FakeBoard):
    async with Tab("first") as tab:
        await tab.send(EditorState.create())
        filled = await opened(tab, title="Once")
        await tab.send(EditorState.save(filled))
    async with Tab("second") as tab:
        await tab.send(EditorState.save(filled))
        assert tab.errors == []
    assert len(board.keeper.board.tasks) == 1


async def test_a_forgotten_form_changes_the_card_that_it_is_about(tab: Tab, board: FakeBoard):
    task = await board.add("Before")
    await tab.send(EditorState.save(form(task_id=task, version="1", title="After")))
    assert [task.title for task in board.keeper.board.tasks.values()] == ["After"]


async def test_what_was_typed_between_two_saves_is_not_lost(tab: Tab, board: FakeBoard):
    await tab.send(EditorState.create())
    filled = await opened(tab, title="Once")
    await tab.send(EditorState.save(filled))
    await tab.send(EditorState.save({**filled, "title": "Once more"}))
    assert [task.title for task in board.keeper.board.tasks.values()] == ["Once more"]


async def test_a_change_by_somebody_else_between_two_saves_stays(tab: Tab, board: FakeBoard):
    await tab.send(EditorState.create())
    filled = await opened(tab, title="Once")
    await tab.send(EditorState.save(filled))
    (task,) = board.keeper.board.tasks
    await board.services.board.execute(EditTask(task, {"title": "Theirs"}), author="other")
    await tab.send(EditorState.save({**filled, "title": "Once more"}))
    assert board.keeper.board.tasks[task].title == "Theirs"
    assert [toast["title"] for toast in (await tab.state(ToastState)).toasts] == ["Changed meanwhile"]


async def test_an_edit_that_comes_twice_is_no_conflict_with_itself(tab: Tab, board: FakeBoard):
    task = await board.add("Before")
    await tab.send(EditorState.edit(task))
    filled = await opened(tab, title="After")
    for _ in range(2):
        await tab.send(EditorState.save(filled))
    assert (await tab.state(ToastState)).toasts == []
    assert (board.keeper.board.tasks[task].title, board.keeper.board.tasks[task].version) == ("After", 2)


async def test_a_refused_form_can_be_corrected_and_still_makes_one_card(tab: Tab, board: FakeBoard):
    await tab.send(EditorState.create())
    empty = await opened(tab)
    for _ in range(3):
        await tab.send(EditorState.save(empty))
    for _ in range(2):
        await tab.send(EditorState.save({**empty, "title": "Corrected"}))
    assert [task.title for task in board.keeper.board.tasks.values()] == ["Corrected"]


@pytest.mark.parametrize("fields", [{"op_id": None}, {"op_id": "1"}, {"task_id": "../x"}, {"version": "x"}])
async def test_a_form_without_a_proper_identity_is_refused(tab: Tab, board: FakeBoard, fields: dict[str, Any]):
    await tab.send(EditorState.create())
    await tab.send(EditorState.save(form(title="x", **fields)))
    assert board.keeper.board.tasks == {}
    assert (await tab.state(EditorState)).error["code"] == "E-VAL-8"
