from collections.abc import Callable
from typing import Any

import pytest

from kanban_app.domain.commands import ArchiveTask, Command, DeleteTask, EditTask
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


async def in_conflict(tab: Tab, board: FakeBoard, theirs: dict[str, Any], **mine: Any) -> str:
    """A card that somebody else has changed while it was edited here, after the attempt to save it."""
    task = await board.add("Before", description="Text")
    await tab.send(EditorState.edit(task))
    await board.services.board.execute(EditTask(task, theirs), author="other")
    await tab.send(EditorState.save(await opened(tab, **{"title": "Before", "description": "Text", **mine})))
    return task


async def test_a_change_by_somebody_else_shows_both_versions_and_is_saved_over(tab: Tab, board: FakeBoard):
    task = await in_conflict(tab, board, {"title": "Theirs"}, title="Mine")
    state = await tab.state(EditorState)
    assert (state.error["code"], state.seen, state.opened) == ("E-EDIT-1", 2, True)
    (row,) = state.conflict
    assert (row["name"], row["theirs"], row["mine"], row["keep"]) == ("title", "Theirs", "Mine", "mine")
    assert board.keeper.board.tasks[task].title == "Theirs"
    await tab.send(EditorState.save(await opened(tab, title="Mine", description="Text", seen="2")))
    assert board.keeper.board.tasks[task].title == "Mine"
    assert not (await tab.state(EditorState)).opened


@pytest.mark.parametrize("unacceptable", [{"images": "no list"}, {"labels": "no list"}, {"seen": "x"}])
async def test_a_save_that_is_refused_before_the_card_is_known_leaves_the_conflict_as_it_is(
    tab: Tab, board: FakeBoard, unacceptable: dict[str, str]
):
    task = await in_conflict(tab, board, {"title": "Theirs"}, title="Mine")
    await tab.send(EditorState.save(await opened(tab, **{"title": "Mine", "seen": "2", **unacceptable})))
    state = await tab.state(EditorState)
    assert (state.error["code"], state.disputed, len(state.conflict)) == ("E-VAL-8", task, 1)
    await tab.send(EditorState.edit(state.disputed))
    assert (await tab.state(EditorState)).title == "Theirs"


async def test_what_was_not_touched_here_gives_way_to_theirs(tab: Tab, board: FakeBoard):
    await in_conflict(tab, board, {"description": "Their text", "labels": ["ui"]}, title="Mine", labels="[]")
    rows = (await tab.state(EditorState)).conflict
    assert [(row["name"], row["keep"]) for row in rows] == [
        ("title", "mine"),
        ("description", "theirs"),
        ("labels", "theirs"),
    ]
    assert (rows[2]["theirs"], rows[2]["theirs_value"], rows[2]["mine"]) == ("ui", '["ui"]', "None")


async def test_it_is_saved_over_no_later_version_than_was_seen(tab: Tab, board: FakeBoard):
    task = await in_conflict(tab, board, {"title": "Theirs"}, title="Mine")
    await board.services.board.execute(EditTask(task, {"title": "Once more"}), author="other")
    await tab.send(EditorState.save(await opened(tab, title="Mine", description="Text", seen="2")))
    state = await tab.state(EditorState)
    assert (state.conflict[0]["theirs"], state.seen) == ("Once more", 3)
    assert board.keeper.board.tasks[task].title == "Once more"


async def test_a_save_that_comes_again_is_made_over_what_was_seen_since_and_nothing_later(tab: Tab, board: FakeBoard):
    """Its first answer was lost, somebody else has changed the card, and the conflict that follows is decided."""
    task = await board.add("Before")
    await tab.send(EditorState.edit(task))
    filled = await opened(tab, title="Mine", description="Text")
    await tab.send(EditorState.save(filled))
    await board.services.board.execute(EditTask(task, {"title": "Theirs"}), author="other")
    await tab.send(EditorState.save({**filled, "title": "Mine again"}))
    assert board.keeper.board.tasks[task].title == "Theirs"
    seen = str(board.keeper.board.tasks[task].version)
    await board.services.board.execute(EditTask(task, {"title": "Later"}), author="other")
    await tab.send(EditorState.save({**filled, "title": "Mine again", "seen": seen}))
    assert board.keeper.board.tasks[task].title == "Later"
    seen = str(board.keeper.board.tasks[task].version)
    await tab.send(EditorState.save({**filled, "title": "Mine again", "seen": seen}))
    assert board.keeper.board.tasks[task].title == "Mine again"


async def test_cards_that_are_waited_for_are_named_in_both_versions(tab: Tab, board: FakeBoard):
    other = await board.add("Other")
    await in_conflict(tab, board, {"blocked_by": [other]}, title="Mine", blocked_by="[]")
    row = (await tab.state(EditorState)).conflict[1]
    assert (row["label"], row["theirs"], row["mine"], row["keep"]) == ("Waits for", "#1 Other", "None", "theirs")


@pytest.mark.parametrize("way", ["restore", "anew"])
async def test_a_card_that_was_deleted_meanwhile_can_be_saved_all_the_same(tab: Tab, board: FakeBoard, way: str):
    task = await board.add("Before")
    await tab.send(EditorState.edit(task))
    await board.services.board.execute(DeleteTask(task), author="other")
    filled = await opened(tab, title="Mine", priority="3")
    await tab.send(EditorState.save(filled))
    state = await tab.state(EditorState)
    assert (state.error["code"], state.gone, state.opened) == ("E-SYS-3", True, True)
    await tab.send(EditorState.save({**filled, "labels": "no list"}))
    assert ((await tab.state(EditorState)).gone, state.disputed) == (True, task), "the ways are still offered"
    await tab.send(EditorState.take_way(way))
    await tab.send(EditorState.save(filled))
    shown = [t for t in board.keeper.board.tasks.values() if t.deleted_at is None]
    assert [(t.title, t.priority, t.id == task) for t in shown] == [("Mine", 3, way == "restore")]
    assert not (await tab.state(EditorState)).opened


async def test_all_that_a_card_has_is_saved_and_shown_again(tab: Tab, board: FakeBoard):
    other = await board.add("Other")
    await tab.send(EditorState.create())
    assert (await tab.state(EditorState)).known_cards == [{"id": other, "text": "#1 Other"}]
    fields = {
        "priority": "4",
        "due_on": "2026-12-31",
        "issue_number": " 77 ",
        "labels": '["ui", "  two  words ", "UI"]',
        "blocked_by": f'["{other}"]',
        "model_set": "",
        "model-plan": "opus",
        "model-build": "",
    }
    await tab.send(EditorState.save(form(title="All of it", **fields)))
    (task,) = (t for t in board.keeper.board.tasks.values() if t.id != other)
    assert (task.priority, task.due_on, task.issue_number) == (4, "2026-12-31", "77")
    assert (task.labels, task.blocked_by) == (("ui", "two words"), (other,))
    assert (task.model_set, task.stage_models) == ("heavy", {"plan": "opus"})
    await tab.send(EditorState.edit(task.id))
    state = await tab.state(EditorState)
    assert (state.priority, state.due_on, state.issue_number, state.model_set) == (4, "2026-12-31", "77", "heavy")
    assert (state.labels, state.known_labels) == (["ui", "two words"], ["two words", "ui"])
    assert state.blocked_by == [{"id": other, "text": "#1 Other"}]
    assert state.stage_models["plan"] == "opus"
    emptied = await opened(tab, title="All of it", due_on="", issue_number="", labels="[]", blocked_by="[]")
    await tab.send(EditorState.save(emptied))
    task = board.keeper.board.tasks[task.id]
    assert (task.due_on, task.issue_number, task.labels, task.blocked_by) == (None, None, (), ())
    assert (task.priority, task.stage_models) == (4, {"plan": "opus"}), "what the form does not have stays"


async def test_a_circle_is_told_at_the_form(tab: Tab, board: FakeBoard):
    task = await board.add("Waits for itself")
    await tab.send(EditorState.edit(task))
    await tab.send(EditorState.save(await opened(tab, title="Waits for itself", blocked_by=f'["{task}"]')))
    state = await tab.state(EditorState)
    assert (state.opened, state.error["code"]) == (True, "E-DEP-1")


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
        {"title": "x", "labels": "no list"},
        {"title": "x", "labels": "[" * 50_000},
        {"title": "x", "labels": "[1]"},
        {"title": "x", "labels": '["' + "y" * 61 + '"]'},
        {"title": "x", "blocked_by": '{"a": 1}'},
        {"title": "x", "blocked_by": '["nobody"]'},
        {"title": "x", "priority": "urgent"},
        {"title": "x", "priority": "9" * 400},
        {"title": "x", "due_on": "tomorrow"},
        {"title": "x", "issue_number": "7" * 200},
        {"title": "x", "model_set": "opus"},
        {"title": "x", "model-plan": ["opus"]},
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


async def _made_and_forgotten(tab: Tab, board: FakeBoard) -> tuple[dict[str, Any], str]:
    """The form of a new card whose first save went unanswered because the app was started anew, and the card."""
    async with Tab("before") as first:
        await first.send(EditorState.create())
        filled = await opened(first, title="Once")
        await first.send(EditorState.save(filled))
    await tab.send(EditorState.resume(filled["op_id"], "", 3, 0))
    (task,) = board.keeper.board.tasks
    return filled, task


async def test_a_new_card_that_was_changed_before_its_save_was_answered_shows_both_versions(tab: Tab, board: FakeBoard):
    filled, task = await _made_and_forgotten(tab, board)
    await board.services.board.execute(EditTask(task, {"title": "Theirs"}), author="other")
    await tab.send(EditorState.save({**filled, "title": "Mine"}))
    state = await tab.state(EditorState)
    (row,) = state.conflict
    assert (row["theirs"], row["mine"], state.seen, state.disputed, state.opened) == ("Theirs", "Mine", 2, task, True)
    await tab.send(EditorState.save({**filled, "title": "Mine", "seen": "2"}))
    assert [one.title for one in board.keeper.board.tasks.values()] == ["Mine"]
    assert not (await tab.state(EditorState)).opened


@pytest.mark.parametrize("way", ["restore", "anew"])
async def test_a_new_card_that_was_deleted_before_its_save_was_answered_can_be_saved_all_the_same(
    tab: Tab, board: FakeBoard, way: str
):
    filled, task = await _made_and_forgotten(tab, board)
    await board.services.board.execute(DeleteTask(task), author="other")
    await tab.send(EditorState.save({**filled, "title": "Mine"}))
    state = await tab.state(EditorState)
    assert (state.error["code"], state.gone, state.disputed) == ("E-SYS-3", True, task)
    for _ in range(1 if way == "restore" else 2):
        await tab.send(EditorState.take_way(way))
        await tab.send(EditorState.save({**filled, "title": "Mine"}))
    shown = [one for one in board.keeper.board.tasks.values() if one.deleted_at is None]
    assert [(one.title, one.id == task) for one in shown] == [("Mine", way == "restore")]


async def test_a_form_that_is_saved_as_a_new_card_offers_no_undo_of_what_it_did_to_the_deleted_one(
    tab: Tab, board: FakeBoard
):
    task = await board.add("Before")
    async with Tab("before") as first:
        await first.send(EditorState.edit(task))
        filled = await opened(first, title="Mine")
        await first.send(EditorState.save(filled))
    await tab.send(EditorState.resume(filled["op_id"], task, 3, 1))
    await board.services.board.execute(DeleteTask(task), author="other")
    await tab.send(EditorState.take_way("anew"))
    await tab.send(EditorState.save(filled))
    assert [one.title for one in board.keeper.board.tasks.values() if one.deleted_at is None] == ["Mine"]
    toasts = await tab.state(ToastState)
    assert (toasts.toasts, toasts.saved) == ([], [])


async def test_an_edit_that_comes_twice_is_no_conflict_with_itself(tab: Tab, board: FakeBoard):
    task = await board.add("Before")
    await tab.send(EditorState.edit(task))
    filled = await opened(tab, title="After")
    for _ in range(2):
        await tab.send(EditorState.save(filled))
    assert [toast["title"] for toast in (await tab.state(ToastState)).toasts] == ["Card saved"]
    assert [entry["id"] for entry in (await tab.state(ToastState)).saved] == [task]
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


@pytest.mark.parametrize("leave", [ArchiveTask, DeleteTask])
async def test_a_save_leaves_it_that_the_card_waits_for_those_that_are_off_the_board(
    tab: Tab, board: FakeBoard, leave: Callable[[str], Command]
):
    off, shown, removed, added = [await board.add(title) for title in ("Off", "Shown", "Removed", "Added")]
    task = await board.add("Before", blocked_by=(off, removed, shown))
    await board.services.board.execute(leave(off), author="other")
    await tab.send(EditorState.edit(task))
    assert [choice["id"] for choice in (await tab.state(EditorState)).blocked_by] == [removed, shown]
    await tab.send(EditorState.save(await opened(tab, title="Renamed", blocked_by=f'["{shown}", "{added}"]')))
    edited = board.keeper.board.tasks[task]
    assert (edited.title, edited.blocked_by) == ("Renamed", (off, shown, added))


async def test_a_form_that_the_browser_has_open_is_taken_up_by_a_new_state(tab: Tab, board: FakeBoard):
    task = await board.add("As it was")
    await tab.send(EditorState.resume(OP.format(7), task, 3, 1))
    state = await tab.state(EditorState)
    assert (state.opened, state.op_id, state.task_id, state.version, state.edition) == (True, OP.format(7), task, 1, 3)
    await tab.send(EditorState.save(await opened(tab, title="")))
    assert (await tab.state(EditorState)).error["code"] == "E-VAL-17"
    await tab.send(EditorState.save(await opened(tab, title="As I want it")))
    assert not (await tab.state(EditorState)).opened
    assert board.keeper.board.tasks[task].title == "As I want it"


async def test_a_form_that_was_saved_meanwhile_is_not_opened_again(tab: Tab):
    await tab.send(EditorState.save(form(title="Sent while the app was away")))
    await tab.send(EditorState.resume(OP.format(1), "", 3, 0))
    assert not (await tab.state(EditorState)).opened


async def test_a_form_that_is_open_stays_that_of_its_state(tab: Tab):
    await tab.send(EditorState.create())
    before = (await tab.state(EditorState)).op_id
    await tab.send(EditorState.resume(OP.format(1), "", 3, 0))
    state = await tab.state(EditorState)
    assert (state.op_id, state.edition) == (before, 1)
