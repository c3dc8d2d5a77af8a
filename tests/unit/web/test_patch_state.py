from typing import Any

import pytest

from kanban_app.domain.model import AttemptKind
from kanban_app.domain.stages import Column, Stage
from kanban_app.web.states.patching import PatchState
from kanban_app.web.states.toasts import ToastState
from tests.support.fake_services import FakeBoard
from tests.support.headless import Tab

TEXT = "Make the button green instead of blue"


async def has_run(board: FakeBoard) -> str:
    task = await board.add("Has run", stages=(Stage.PLAN,))
    await board.move(task, Column.PLAN)
    adw_id = await board.run(task, Stage.PLAN, 90)
    await board.report(board.status(adw_id, "completed", percent=100))
    return task


async def opened(tab: Tab, task: str, text: str) -> dict[str, Any]:
    """The form of a freshly opened dialog, filled in."""
    await tab.send(PatchState.open(task))
    state = await tab.state(PatchState)
    return {"op_id": state.op_id, "task_id": state.task_id, "text": text}


def patches(board: FakeBoard) -> list[str]:
    return [a.options["patch"] for a in board.keeper.board.attempts.values() if a.kind is AttemptKind.PATCH]


async def test_a_patch_is_put_in_line_and_the_dialog_closes(tab: Tab, board: FakeBoard):
    form = await opened(tab, await has_run(board), f"  {TEXT}\n")
    state = await tab.state(PatchState)
    assert (state.opened, state.title) == (True, "#1 Has run")
    await tab.send(PatchState.save(form))
    assert patches(board) == [TEXT]
    assert not (await tab.state(PatchState)).opened


@pytest.mark.parametrize("text", ["", "too short", "x" * 10_001])
async def test_a_refusal_stays_at_the_form_and_the_next_save_counts(tab: Tab, board: FakeBoard, text: str):
    form = await opened(tab, await has_run(board), text)
    await tab.send(PatchState.save(form))
    state = await tab.state(PatchState)
    assert (state.opened, state.error["code"], state.edition) == (True, "E-VAL-15", 1)
    await tab.send(PatchState.save({**form, "text": TEXT}))
    assert patches(board) == [TEXT]


async def test_a_form_that_comes_twice_starts_one_patch(tab: Tab, board: FakeBoard):
    form = await opened(tab, await has_run(board), TEXT)
    for _ in range(2):
        await tab.send(PatchState.save(form))
    assert patches(board) == [TEXT]
    assert (await tab.state(ToastState)).toasts == []


async def test_a_form_that_the_state_has_forgotten_is_saved_or_told_of(tab: Tab, board: FakeBoard):
    task = await has_run(board)
    form = await opened(tab, task, "short")
    await tab.send(PatchState.close())
    await tab.send(PatchState.save(form))
    assert [toast["title"] for toast in (await tab.state(ToastState)).toasts] == ["Describe the change"]
    await tab.send(PatchState.save({**form, "text": TEXT}))
    assert patches(board) == [TEXT]


async def test_a_card_that_has_not_run_opens_nothing(tab: Tab, board: FakeBoard):
    for task in (await board.add("Idle"), "nobody"):
        await tab.send(PatchState.open(task))
    assert not (await tab.state(PatchState)).opened
    titles = {toast["title"] for toast in (await tab.state(ToastState)).toasts}
    assert len(titles) == 2


async def test_a_form_that_the_browser_has_open_is_taken_up_by_a_new_state(tab: Tab, board: FakeBoard):
    task, op_id = await has_run(board), "00000000-0000-4000-8000-000000000001"
    await tab.send(PatchState.resume(op_id, task, 3))
    state = await tab.state(PatchState)
    assert (state.opened, state.op_id, state.task_id, state.edition) == (True, op_id, task, 3)
    await tab.send(PatchState.save({"op_id": op_id, "task_id": task, "text": TEXT}))
    await tab.send(PatchState.resume(op_id, task, 3))
    assert patches(board) == [TEXT]
    assert not (await tab.state(PatchState)).opened
