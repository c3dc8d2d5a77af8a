from dataclasses import replace
from typing import Any, Final

import pytest

from kanban_app.domain.connection import ConnectionState
from kanban_app.domain.model import AttemptKind, RunStatus
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import Vintage
from kanban_app.tac7.trouble import Unanswered
from kanban_app.web.states.cards import CardState
from kanban_app.web.states.merging import NO_LOOK, REFUSALS, MergeLook, MergeState
from kanban_app.web.states.toasts import ToastState
from tests.support.fake_services import CONNECTED, FakeBoard
from tests.support.headless import Tab

OP: Final = "00000000-0000-4000-8000-{:012x}"
COMMIT: Final = "4be1d0c2" * 5
ASKED: Final = OP.format(1)
ACT: Final[Any] = CardState.act  # Reflex types calls with up to four arguments
MERGES: Final = replace(CONNECTED, extensions=CONNECTED.extensions | {"merge"})


async def ready(board: FakeBoard) -> tuple[str, str]:
    """A card that is ready to merge, on a service that previews; its id and its run's."""
    board.set_connection(MERGES)
    task = await board.add("Ready", stages=(Stage.PLAN,))
    await board.move(task, Column.PLAN)
    adw_id = await board.run(task, Stage.PLAN, 90)
    await board.report(board.status(adw_id, "completed", percent=100))
    assert board.keeper.board.tasks[task].column is Column.READY
    return task, adw_id


async def look(tab: Tab, task: str, method: str = "squash") -> MergeLook:
    await tab.send(MergeState.preview(ASKED, task, method))
    return (await tab.state(MergeState)).look


async def merge(tab: Tab, board: FakeBoard, task: str, wish: dict[str, Any] | None, op: str = OP.format(9)) -> None:
    card = board.services.reader.card(task)
    await tab.send(ACT(op, "merge", task, card["attempt_id"] if card else "", wish))


async def test_a_preview_answers_what_was_asked(tab: Tab, board: FakeBoard):
    task, adw_id = await ready(board)
    board.preview |= {"files": [{"path": "a.py", "added": 3, "removed": 1}]}
    shown = await look(tab, task, "rebase")
    assert board.previewed == [(adw_id, "rebase", None)]
    assert (shown["asked"], shown["possible"], shown["target"], shown["title"]) == (ASKED, True, "main", "")
    assert shown["files"] == [{"path": "a.py", "added": 3, "removed": 1}]


async def test_a_conflict_names_its_files_once(tab: Tab, board: FakeBoard):
    task, _ = await ready(board)
    conflict = {"possible": False, "code": "conflict", "reason": "Merge conflict in a.py", "conflicts": ["a.py"]}
    board.preview |= conflict
    shown = await look(tab, task)
    assert (shown["title"], shown["reason"]) == ("Merge conflict", "The same lines were changed on main.")
    assert shown["conflicts"] == ["a.py"]
    assert "Bring main into" in shown["advice"]


@pytest.mark.parametrize("code", [*sorted(REFUSALS), "of tomorrow"])
async def test_whatever_stands_in_the_way_has_words(tab: Tab, board: FakeBoard, code: str):
    task, _ = await ready(board)
    board.preview = {"possible": False, "code": code, "reason": "So it is"}
    shown = await look(tab, task)
    assert (bool(shown["title"]), shown["reason"], shown["possible"]) == (True, "So it is.", False)
    assert "{" not in shown["advice"]


async def test_v1_shows_nothing_and_merges(tab: Tab, board: FakeBoard):
    task, _ = await ready(board)
    board.set_connection(replace(CONNECTED, vintage=Vintage.V1, extensions=frozenset()))
    shown = await look(tab, task)
    assert (shown["supported"], shown["possible"], shown["methods"]) == (False, True, ["squash"])


async def test_without_a_connection_the_answer_is_an_error(tab: Tab, board: FakeBoard):
    task, _ = await ready(board)
    board.set_connection(replace(MERGES, state=ConnectionState.RECONNECTING))
    shown = await look(tab, task)
    assert (shown["asked"], shown["possible"], bool(shown["error"]["code"])) == (ASKED, False, True)


async def test_what_is_not_there_is_an_error(tab: Tab, board: FakeBoard):
    idle = await board.add("Never ran")
    assert (await look(tab, idle))["error"]["code"] == "E-SYS-3"
    assert (await look(tab, "nobody"))["error"]["code"] == "E-SYS-3"
    task, _ = await ready(board)
    assert (await look(tab, task, "octopus"))["error"]["code"] == "E-VAL-8"
    assert board.previewed == []


async def test_a_closed_dialog_leaves_nothing_behind(tab: Tab, board: FakeBoard):
    task, _ = await ready(board)
    await look(tab, task)
    await tab.send(MergeState.forget())
    assert (await tab.state(MergeState)).look == NO_LOOK


async def test_a_merge_is_done_as_it_was_shown(tab: Tab, board: FakeBoard):
    task, adw_id = await ready(board)
    await merge(tab, board, task, {"method": "rebase", "target": "main", "expect": COMMIT})
    attempt = board.keeper.board.attempt_of(board.keeper.board.tasks[task])
    assert attempt
    assert (attempt.kind, attempt.adw_id, attempt.status) == (AttemptKind.MERGE, adw_id, RunStatus.QUEUED)
    assert attempt.options == {"method": "rebase", "target": "main", "expect": COMMIT}
    assert board.keeper.board.tasks[task].column is Column.READY


async def test_a_merge_without_a_preview_is_the_services_own(tab: Tab, board: FakeBoard):
    task, _ = await ready(board)
    await merge(tab, board, task, {})
    attempt = board.keeper.board.attempt_of(board.keeper.board.tasks[task])
    assert attempt
    assert (attempt.kind, attempt.options) == (AttemptKind.MERGE, {})


async def test_the_same_merge_twice_is_one(tab: Tab, board: FakeBoard):
    task, _ = await ready(board)
    await merge(tab, board, task, {"method": "squash"})
    await merge(tab, board, task, {"method": "squash"})
    merges = [a for a in board.keeper.board.attempts.values() if a.kind is AttemptKind.MERGE]
    assert len(merges) == 1


@pytest.mark.parametrize(
    "wish",
    [{"method": 7}, {"method": "octopus"}, {"expect": "x"}, {"target": "-x"}, {"target": ["main"]}, 7, ["a"],
     {str(n): "x" for n in range(20)}],
)  # fmt: skip
async def test_a_wish_that_makes_no_sense_is_refused(tab: Tab, board: FakeBoard, wish: Any):
    task, _ = await ready(board)
    before = board.keeper.board.attempts
    await merge(tab, board, task, wish)
    assert tab.errors == []
    assert board.keeper.board.attempts == before
    assert len((await tab.state(ToastState)).toasts) == 1


async def test_starting_over_removes_the_old_run_only_when_asked(tab: Tab, board: FakeBoard):
    task, adw_id = await ready(board)
    for number, wish in enumerate(({}, {"remove_old": "true"})):
        card = board.services.reader.card(task)
        assert card
        await tab.send(ACT(OP.format(number), "restart", task, card["attempt_id"], wish))
        attempt = board.keeper.board.attempt_of(board.keeper.board.tasks[task])
        assert attempt
        assert attempt.options == ({"replaces": adw_id} if wish else {})
        assert attempt.adw_id != adw_id
        adw_id = await board.run(task, Stage.PLAN, 50)
        await board.report(board.status(adw_id, "failed", message="no"))


async def test_a_service_that_could_not_look_is_not_said_to_have_no_database(
    tab: Tab, board: FakeBoard, monkeypatch: pytest.MonkeyPatch
):
    task, _ = await ready(board)

    async def unavailable(*_: object) -> Any:
        raise Unanswered("E-SYS-7", {"error": "git could not look at this merge"})

    monkeypatch.setattr(board, "fetch_merge_preview", unavailable)
    error = (await look(tab, task))["error"]
    assert (error["code"], "git could not look" in error["message"]) == ("E-SYS-7", True)
