"""Merging, patching and starting anew, from the wish to the end, over a real store and a scripted service."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from kanban_app.domain import commands as c
from kanban_app.domain import reported as r
from kanban_app.domain.commands import Command, MoveTask, PatchTask, RestartTask, ResumeTask, RetryTask
from kanban_app.domain.connection import ConnectionState
from kanban_app.domain.model import AttemptKind, RunStatus, Task
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import Vintage
from kanban_app.errors import BoardError
from kanban_app.services.merging import MergePreviews
from kanban_app.services.views import card_view, run_view
from kanban_app.tac7.client_session import NotSent
from kanban_app.tac7.trouble import Unanswered
from tests.support.board_bench import Bench, RemoteRun, bench, connected
from tests.support.builders import COMMIT

STAGES = (Stage.PLAN, Stage.BUILD)
TEXT = "Make the title larger"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "kanban.db"


def told(adw_id: str, status: str, name: str = "adw_merge_iso", **data: object) -> str:
    said: dict[str, object] = {"adw_id": adw_id, "workflow_name": name, "status": status, "message": "", **data}
    return json.dumps({"type": "status_update", "data": said})


async def do(b: Bench, command: Command) -> None:
    outcome = await b.board.execute(command, author="test")
    assert outcome.ok, outcome.error


async def ready(b: Bench) -> Task:
    task = await b.running(stages=STAGES)
    await b.hear(told(task.run_id or "", "completed", "adw_orchestrator"), request_id=task.attempt_id)
    assert b.task(task.id).column is Column.READY
    return b.task(task.id)


async def merging(b: Bench, task: Task, **wish: str | None) -> str:
    """The id of a merge that the service has accepted."""
    await do(b, MoveTask(task.id, Column.COMPLETED, action="merge", **wish))  # type: ignore[arg-type]
    await b.dispatch()
    attempt_id = b.sender.triggers[-1].attempt_id
    await b.answer(attempt_id)
    return attempt_id


async def test_a_card_is_merged_by_a_run_of_its_own(database: Path) -> None:
    async with bench(database) as b:
        task = await ready(b)
        run = task.run_id or ""
        merge = await merging(b, task, method="rebase", target="main", expect=COMMIT)
        request = b.sender.triggers[-1]
        assert (request.workflow_type, request.adw_id, request.stages) == ("adw_merge_iso", run, ())
        assert request.options == {"method": "rebase", "target": "main", "expect": COMMIT}
        await b.hear(told(run, "in_progress", progress_percent=30, current_step="Trying"), request_id=merge)
        assert (b.attempt(task).progress, b.attempt(task).step) == (30, "Trying")
        assert b.task(task.id).column is Column.READY
        await b.hear(told(run, "completed", progress_percent=100, current_step="Complete"), request_id=merge)
        assert (b.task(task.id).column, b.attempt(task).status) == (Column.COMPLETED, RunStatus.COMPLETED)


async def test_a_late_end_of_the_run_itself_merges_nothing(database: Path) -> None:
    async with bench(database) as b:
        task = await ready(b)
        run, first = task.run_id or "", task.attempt_id
        await merging(b, task)
        for request_id in (first, None):
            await b.hear(
                told(run, "completed", "adw_orchestrator"),
                told(run, "completed", "dynamic_plan_build"),
                json.dumps({"type": "stage_transition", "data": {"adw_id": run, "to_stage": "completed"}}),
                request_id=request_id,
            )
        await b.hear(told(run, "completed"), request_id=first)
        assert (b.task(task.id).column, b.attempt(task).status) == (Column.READY, RunStatus.RUNNING)


async def test_a_conflict_names_its_files_survives_a_restart_and_can_be_tried_again(database: Path) -> None:
    async with bench(database) as b:
        task = await ready(b)
        merge = await merging(b, task, method="merge", expect=COMMIT)
        text = "Merge conflict in a.py, b.py"
        failed = told(task.run_id or "", "failed", message=text, conflicts=["a.py", "b.py"])
        await b.hear(failed, failed, request_id=merge)
    async with bench(database) as b:
        view = card_view(b.keeper.board, b.task(task.id), can_cancel=True, line={})
        assert (view["column"], view["status"], view["kind"]) == ("ready-to-merge", "failed", "merge")
        assert view["failure"]
        assert (view["failure"]["code"], view["failure"]["details"]["files"]) == ("E-WF-8", "a.py\nb.py")
        await do(b, RetryTask(task.id))
        await b.dispatch()
        assert b.sender.triggers[-1].options == {"method": "merge"}


async def test_a_merge_that_was_being_sent_at_a_restart_is_asked_for_again_with_its_wish(database: Path) -> None:
    async with bench(database) as b:
        task = await ready(b)
        await do(b, MoveTask(task.id, Column.COMPLETED, action="merge", method="rebase"))
        await b.dispatch()
        first = b.sender.triggers[-1]
    async with bench(database) as b:
        assert b.attempt(task).status is RunStatus.UNCERTAIN
        await b.dispatch()
        assert b.sender.triggers == [first]
        await b.answer(first.attempt_id)
        await b.hear(told(task.run_id or "", "completed"), request_id=first.attempt_id)
        assert b.task(task.id).column is Column.COMPLETED


async def test_plain_v1_merges_in_its_own_way(database: Path) -> None:
    async with bench(database, vintage=Vintage.V1) as b:
        task = await b.running(stages=STAGES)
        run = task.run_id or ""
        await b.hear(json.dumps({"type": "stage_transition", "data": {"adw_id": run, "to_stage": "ready-to-merge"}}))
        await merging(b, task, method="squash")
        await b.hear(told(run, "in_progress", progress_percent=10))
        await b.hear(told(run, "completed", progress_percent=100))
        assert b.task(task.id).column is Column.COMPLETED


@pytest.mark.parametrize(
    ("vintage", "method", "what"),
    [(Vintage.V0, "squash", "Merging"), (Vintage.V1, "rebase", "Merging by rebase")],
)
async def test_a_merge_that_turns_out_not_to_be_offered_is_refused_on_the_card(
    database: Path, vintage: Vintage, method: str, what: str
) -> None:
    """It was asked for while nothing was connected; the service that then came is another one."""
    async with bench(database) as b:
        task = await ready(b)
        b.sender.connection = replace(b.sender.connection, state=ConnectionState.RECONNECTING, vintage=None)
        await do(b, MoveTask(task.id, Column.COMPLETED, action="merge", method=method))
        b.sender.connection = connected(vintage)
        await b.dispatch()
        attempt = b.attempt(task)
        assert attempt.failure
        assert (attempt.status, attempt.failure.code, attempt.failure.params) == (
            RunStatus.REFUSED,
            "E-SYS-4",
            {"what": what},
        )
        assert b.task(task.id).column is Column.READY


async def test_a_merge_is_withdrawn_stopped_and_outlives_nothing(database: Path) -> None:
    async with bench(database) as b:
        task = await ready(b)
        before = b.task(task.id)
        await do(b, MoveTask(task.id, Column.COMPLETED, action="merge"))
        await do(b, c.Withdraw(b.attempt(task).id))
        assert replace(b.task(task.id), updated_at=before.updated_at) == before
        merge = await merging(b, task)
        await do(b, c.CancelRun(task.run_id or ""))
        await b.dispatch()
        assert b.sender.cancels == [task.run_id]
        await b.hear(told(task.run_id or "", "cancelled", message="stopped"), request_id=merge)
        assert (b.task(task.id).column, b.attempt(task).status) == (Column.READY, RunStatus.CANCELLED)


async def test_a_patch_goes_out_with_its_text_and_leaves_a_history(database: Path) -> None:
    async with bench(database) as b:
        task = await ready(b)
        run = task.run_id or ""
        await do(b, PatchTask(task.id, TEXT))
        await b.dispatch()
        request = b.sender.triggers[-1]
        assert (request.workflow_type, request.adw_id, request.options) == ("adw_patch_iso", run, {"patch": TEXT})
        await b.answer(request.attempt_id)
        assert b.task(task.id).column is Column.BUILD
        await b.hear(told(run, "completed", "adw_patch_iso"), request_id=request.attempt_id)
        assert b.task(task.id).column is Column.READY
    async with bench(database) as b:
        view = run_view(b.keeper.board, b.keeper.board.runs[run], "")
        history = [(a["kind"], a["options"], a["status"]) for a in view["attempts"]]
        assert history == [("start", {}, "completed"), ("patch", {"patch": TEXT}, "completed")]
        assert [stage["state"] for stage in view["stages"]] == ["completed", "completed"]


async def test_going_on_from_a_stage_continues_the_run(database: Path) -> None:
    async with bench(database) as b:
        task = await ready(b)
        await do(b, ResumeTask(task.id, Stage.BUILD))
        await b.dispatch()
        request = b.sender.triggers[-1]
        assert (request.adw_id, request.stages, request.options) == (task.run_id, (Stage.BUILD,), {})


@pytest.mark.parametrize("remove_old", [False, True])
async def test_starting_anew_names_the_old_run_only_where_it_is_to_go(database: Path, *, remove_old: bool) -> None:
    async with bench(database) as b:
        task = await ready(b)
        await do(b, RestartTask(task.id, remove_old))
        await b.dispatch()
        request = b.sender.triggers[-1]
        assert request.adw_id != task.run_id
        assert request.options == ({"replaces": task.run_id} if remove_old else {})
        assert (request.left, request.stages) == ("ready-to-merge", STAGES)


async def test_models_of_stages_go_out_with_the_request(database: Path) -> None:
    async with bench(database) as b:
        task = await b.create()
        await do(b, c.EditTask(task.id, {"stage_models": {"plan": "opus", "test": "haiku"}}))
        await b.move(task, Column.PLAN)
        await b.dispatch()
        assert b.sender.triggers[-1].stage_models == {"plan": "opus", "test": "haiku"}


async def test_a_run_that_waits_is_stopped_like_one_that_runs(database: Path) -> None:
    async with bench(database) as b:
        task = await b.running(stages=STAGES)
        await b.hear(told(task.run_id or "", "awaiting_approval", "adw_plan_iso", message="Approve the plan"))
        assert (b.attempt(task).status, b.attempt(task).step) == (RunStatus.WAITING, "Approve the plan")
        assert card_view(b.keeper.board, b.task(task.id), can_cancel=True, line={})["can_cancel"]
        await do(b, c.CancelRun(task.run_id or ""))
        await b.dispatch()
        assert b.sender.cancels == [task.run_id]


# Previews.


def previews(b: Bench) -> MergePreviews:
    return MergePreviews(lambda: b.keeper.board, b.sender)


async def test_a_preview_is_what_the_service_says(database: Path) -> None:
    async with bench(database) as b:
        task = await ready(b)
        run = task.run_id or ""
        b.sender.previews[run] = {
            "possible": False,
            "code": "conflict",
            "reason": "The same lines were changed.",
            "method": "merge",
            "branch": "adw/x",
            "target": "main",
            "head": COMMIT,
            "ahead": 2,
            "behind": 1,
            "commits": [{"sha": COMMIT, "subject": "Do it", "at": "2026-01-01T00:00:00Z"}],
            "files": [{"path": "a.py", "added": 1, "removed": 0}, {"path": "b.png", "added": None, "removed": None}],
            "conflicts": ["a.py"],
        }
        view = await previews(b).of(run, "merge", "main")
        assert b.sender.asked == [f"{run} merge main"]
        assert (view["supported"], view["possible"], view["code"]) == (True, False, "conflict")
        assert view["methods"] == ["squash", "merge", "rebase"]
        assert (view["head"], view["ahead"], view["behind"], view["conflicts"]) == (COMMIT, 2, 1, ["a.py"])
        assert view["commits"] == [{"sha": COMMIT, "subject": "Do it", "at": 1767225600000}]
        assert view["files"][1] == {"path": "b.png", "added": None, "removed": None}


@pytest.mark.parametrize(("vintage", "possible", "methods"), [(Vintage.V1, True, ["squash"]), (Vintage.V0, False, [])])
async def test_services_without_previews_are_not_asked(
    database: Path, vintage: Vintage, possible: bool, methods: list[str]
) -> None:
    async with bench(database) as b:
        task = await ready(b)
        b.sender.connection = connected(vintage)
        view = await previews(b).of(task.run_id or "")
        assert b.sender.asked == []
        assert (view["supported"], view["possible"], view["methods"]) == (False, possible, methods)


async def test_what_keeps_a_preview_from_being_shown(database: Path) -> None:
    async with bench(database) as b:
        run = (await ready(b)).run_id or ""
        for wish, code in ((("nobody00", None), "E-WF-11"), ((run, "octopus"), "E-VAL-8")):
            with pytest.raises(BoardError) as refused:
                await previews(b).of(*wish)
            assert refused.value.code == code
        for problem, code in (
            (Unanswered("E-SYS-3"), "E-WF-11"),
            (Unanswered("E-SYS-7", {"error": "no"}), "E-SYS-7"),
            (NotSent(), "E-CONN-7"),
        ):
            b.sender.fetch_problem = problem
            with pytest.raises(BoardError) as failed:
                await previews(b).of(run)
            assert failed.value.code == code
        b.sender.fetch_problem = Unanswered("E-SYS-4")
        assert (await previews(b).of(run))["supported"] is False
        b.sender.connection = replace(b.sender.connection, state=ConnectionState.RECONNECTING)
        with pytest.raises(BoardError) as away:
            await previews(b).of(run)
        assert away.value.code == "E-CONN-7"


async def test_the_record_of_a_run_does_not_tell_how_its_merge_has_ended(database: Path) -> None:
    """What the record says is about the run that is merged (Q18): nothing is concluded from it."""
    async with bench(database, vintage=Vintage.V1) as b:
        task = await b.running(stages=STAGES)
        run = task.run_id or ""
        await b.hear(json.dumps({"type": "stage_transition", "data": {"adw_id": run, "to_stage": "ready-to-merge"}}))
        merge = await merging(b, task)
        await b.keeper.report([r.SignOfLife(run, silent=True)])
        sent_at = b.attempt(task).sent_at
        assert sent_at
        b.sender.runs[run] = RemoteRun("completed", sent_at)
        await b.inquiry.check(merge)
        assert b.attempt(task).kind is AttemptKind.MERGE
        assert (b.attempt(task).status, b.task(task.id).column) == (RunStatus.RUNNING, Column.READY)
