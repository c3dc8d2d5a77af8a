"""Merging through the service: the preview over HTTP, the merge as a run."""

import asyncio
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from kanban_app.domain.launch import LaunchState
from kanban_app.trigger_service import merge_http
from kanban_app.trigger_service.git import merging
from kanban_app.trigger_service.service import TriggerService
from tests.support.git_project import RUN, GitProject
from tests.support.service_app import Board, Message, Running, ScriptPrograms, new_config, running
from tests.support.service_memory import MemoryJournal, MemoryLedger
from tests.support.waiting import eventually

Serve = Callable[..., AbstractAsyncContextManager[Running]]
CARD = {"title": "Dark mode", "body": "a switch", "number": 7}
BRANCH = f"adw/{RUN}-dark-mode"


@pytest.fixture
def serve(tmp_path: Path, project: GitProject) -> Serve:
    """A service for the project (or for the demonstration); scripts do nothing but end."""

    @asynccontextmanager
    async def start(script: str = "", **changes: Any) -> AsyncGenerator[Running]:
        path = tmp_path / "flow.py"
        path.write_text(script)
        (tmp_path / "data").mkdir(exist_ok=True)
        ledger = MemoryLedger()
        journal = MemoryJournal(ledger)
        given = {"project_dir": project.root, **changes}
        programs = ScriptPrograms(path) if given["project_dir"] else None
        service = TriggerService(new_config(tmp_path / "data", **given), ledger, journal, programs=programs)
        async with running(service, ledger, journal) as app:
            yield app

    return start


async def work(app: Running, board: Board) -> None:
    """The run that is going to be merged; its script does nothing, its branch is there."""
    await board.trigger(adw_id=RUN, issue_json=CARD)
    await board.final(RUN)
    await eventually(lambda: app.service.active_runs == 0)
    board.received.clear()


async def merge(app: Running, board: Board, **wish: Any) -> Message:
    config = {"config": {"merge": wish}} if wish else {}
    answer = await board.trigger(workflow_type="adw_merge_iso", adw_id=RUN, request_id="m", **config)
    assert answer["data"]["status"] == "accepted", answer
    final = await board.final(RUN)
    await eventually(lambda: app.service.active_runs == 0)
    return final


async def preview(app: Running, **query: str) -> Any:
    async with app.http() as http:
        response = await http.get(f"/api/adws/{RUN}/merge", params=query, timeout=30)
    assert response.status_code == 200, response.text
    return response.json()


async def test_a_merge_reports_itself_and_ends_without_moving_the_card(serve: Serve, project: GitProject) -> None:
    project.run()
    async with serve() as app, app.board() as board:
        await work(app, board)
        final = await merge(app, board, method="squash", target=None, expect=project.tip(BRANCH))
    updates = [m["data"] for m in board.of("status_update", RUN)][2:]
    assert [data["progress_percent"] for data in updates] == [10, 30, 80, 100]
    assert {data["workflow_name"] for data in updates} == {"adw_merge_iso"}
    assert final["data"]["status"] == "completed"
    assert final["data"]["current_step"] == "Complete"
    assert final["data"]["message"] == f"Merged {BRANCH} into main: 1 file changed"
    assert final["data"]["commit"] == project.tip()
    assert not board.of("stage_transition")
    assert app.ledger.rows["m"].state is LaunchState.COMPLETED
    assert project.subjects() == ["Dark mode (#7)", "Begin"]
    assert not project.leftovers


async def test_an_id_that_looks_like_an_option(serve: Serve, project: GitProject) -> None:
    async with serve() as app, app.board() as board:
        await board.trigger(workflow_type="adw_merge_iso", adw_id="--help", request_id="m")
        final = await board.final("--help")
    assert final["data"]["message"] == f"Run --help has no branch in {project.root}"


async def test_conflicts_are_named_and_the_card_stays(serve: Serve, project: GitProject) -> None:
    project.run({"README.md": "theirs\n", "src/app.py": "theirs\n"})
    project.commit({"README.md": "ours\n", "src/app.py": "ours\n"}, "Meanwhile")
    before = project.everything()
    async with serve() as app, app.board() as board:
        await work(app, board)
        final = await merge(app, board, method="merge")
    assert final["data"]["status"] == "failed"
    assert final["data"]["message"] == "Merge conflict in README.md, src/app.py"
    assert final["data"]["conflicts"] == ["README.md", "src/app.py"]
    assert app.ledger.rows["m"].state is LaunchState.FAILED
    assert not board.of("stage_transition")
    assert project.everything() == before


async def test_a_merge_that_cannot_begin_says_why(serve: Serve, project: GitProject) -> None:
    project.run()
    (project.root / ".git/kanban-merge.lock").mkdir()
    async with serve() as app, app.board() as board:
        await work(app, board)
        final = await merge(app, board)
        assert final["data"]["status"] == "failed"
        assert "kanban-merge.lock cannot be written" in final["data"]["message"]
    assert not board.of("stage_transition")


async def test_the_preview_tells_what_the_merge_then_does(serve: Serve, project: GitProject) -> None:
    project.run({"README.md": "one\ntwo\nthree\nfour\n", "ü b.bin": b"\0\1", "src/dark.py": "1\n2\n"})
    project.commit({"other.txt": "x\n"}, "Meanwhile")
    async with serve() as app, app.board() as board:
        await work(app, board)
        before = project.everything()
        found = await preview(app, method="rebase")
        assert project.everything() == before
        commits = found.pop("commits")
        assert [commit["subject"] for commit in commits] == [
            "Work on src/dark.py",
            "Work on ü b.bin",
            "Work on README.md",
        ]
        assert commits[0]["sha"] == project.tip(BRANCH)
        assert found == {
            "adw_id": RUN,
            "possible": True,
            "code": None,
            "reason": None,
            "method": "rebase",
            "branch": BRANCH,
            "target": "main",
            "head": project.tip(BRANCH),
            "ahead": 3,
            "behind": 1,
            "files": [
                {"path": "README.md", "added": 1, "removed": 0},
                {"path": "src/dark.py", "added": 2, "removed": 0},
                {"path": "ü b.bin", "added": None, "removed": None},
            ],
            "conflicts": [],
        }
        assert (await preview(app))["method"] == "squash"
        assert (await merge(app, board, method="rebase", expect=found["head"]))["data"]["status"] == "completed"
        assert ((await preview(app))["code"], (await preview(app))["ahead"]) == ("nothing", 3)
    assert not project.leftovers


async def test_the_preview_names_what_stands_in_the_way(serve: Serve, project: GitProject) -> None:
    async with serve() as app, app.board() as board:
        await work(app, board)
        assert (await preview(app))["code"] == "no-branch"
        tree = project.run({"README.md": "theirs\n"})
        assert (await preview(app))["possible"]
        (project.root / "README.md").write_text("mine\n")
        found = await preview(app)
        assert (found["possible"], found["code"]) == (False, "dirty")
        assert "README.md" in found["reason"]
        (tree / "forgotten.txt").write_text("x")
        assert (await preview(app))["code"] == "unfinished"
        project.git("checkout", "--quiet", "--", "README.md")
        project.commit({"README.md": "ours\n"}, "Meanwhile")
        found = await preview(app)
        assert (found["code"], found["conflicts"]) == ("conflict", ["README.md"])
        assert (await preview(app, target="nowhere"))["code"] == "no-target"
        project.git("checkout", "--quiet", "--detach")
        assert (await preview(app))["code"] == "detached"


async def test_wrong_questions(serve: Serve, project: GitProject) -> None:
    async with serve() as app, app.board() as board, app.http() as http:
        await work(app, board)
        answers = [
            await http.get("/api/adws/ffffffff/merge"),
            await http.get("/api/adws/..%2f..%2fetc/merge"),
            await http.get(f"/api/adws/{RUN}/merge?method=octopus"),
        ]
        assert [answer.status_code for answer in answers] == [404, 404, 400]
        assert (await preview(app, target="--output=x"))["code"] == "no-target"


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ("squash", "config.merge must be an object"),
        ({"method": "octopus"}, "method must be one of squash, merge, rebase"),
        ({"method": ["squash"]}, "method must be one of"),
        ({"target": "--force"}, "target must be the name of a branch"),
        ({"target": 7}, "target must be the name of a branch"),
        ({"expect": "abc"}, "expect must be the whole id of a commit"),
    ],
)
async def test_wrong_wishes_are_refused_before_anything_happens(serve: Serve, wish: object, words: str) -> None:
    async with serve() as app, app.board() as board:
        answer = await board.trigger(workflow_type="adw_merge_iso", adw_id=RUN, config={"merge": wish})
        assert answer["type"] == "error"
        assert words in answer["data"]["message"]
        assert not app.ledger.rows


async def test_a_run_at_work_is_not_merged(serve: Serve, project: GitProject) -> None:
    project.run()
    async with serve("import time; time.sleep(300)") as app, app.board() as board:
        await board.trigger(adw_id=RUN, issue_json=CARD)
        found = await preview(app)
        assert (found["possible"], found["code"]) == (False, "busy")
        answer = await board.trigger(workflow_type="adw_merge_iso", adw_id=RUN)
        assert answer["data"]["status"] == "ignored"
        await board.send("cancel_workflow", adw_id=RUN)
        await board.final(RUN)


async def test_the_projects_own_script_runs_where_no_way_is_given(serve: Serve, project: GitProject) -> None:
    project.run()
    project.commit({"adws/adw_merge_iso.py": "print('mine')\n"}, "My own way of merging")
    before = project.tip()
    async with serve() as app, app.board() as board:
        await work(app, board)
        await board.trigger(workflow_type="adw_merge_iso", adw_id=RUN, request_id="own")
        await board.final(RUN)
        await eventually(lambda: app.service.active_runs == 0)
        assert project.tip() == before
        board.received.clear()
        assert (await merge(app, board, method="squash"))["data"]["status"] == "completed"
    assert project.tip() != before


async def test_the_demonstration_is_merged_in_its_own_repository(serve: Serve, tmp_path: Path) -> None:
    async with serve(project_dir=None) as app, app.board() as board:
        await board.trigger(adw_id=RUN, stages=["plan", "build"], issue_json=CARD)
        assert (await board.final(RUN))["data"]["status"] == "completed"
        await eventually(lambda: app.service.active_runs == 0)
        board.received.clear()
        assert (await preview(app))["possible"]
        assert (await merge(app, board, method="merge"))["data"]["status"] == "completed"
    assert (tmp_path / "data/demo/repository/demo_work/dark_mode.py").exists()


async def test_looking_again_costs_no_second_trial(
    serve: Serve, project: GitProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.run()
    tried: list[str] = []
    trial = merging._try

    async def counted(repository: Any, wish: Any, survey: Any) -> Any:
        tried.append(wish.method)
        return await trial(repository, wish, survey)

    monkeypatch.setattr(merging, "_try", counted)
    async with serve() as app, app.board() as board:
        await work(app, board)
        found = await asyncio.gather(*(preview(app) for _ in range(5)))
        assert {one["possible"] for one in found} == {True}
        assert tried == ["squash"]
        await preview(app, method="merge")
        project.commit({"other.txt": "x"}, "Meanwhile")
        await preview(app)
        assert tried == ["squash", "merge", "squash"]


async def test_a_git_that_takes_too_long_holds_up_nobody(
    serve: Serve, project: GitProject, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    project.run()
    real = project.git("--exec-path") + "/git"
    wrapper = tmp_path / "bin" / "git"
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\ncase "$*" in *"merge --squash"*) exec sleep 300;; esac\nexec "{real}" "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setattr(merge_http, "_LIMIT_S", 2.0)
    async with serve() as app, app.board() as board, app.http() as http:
        await work(app, board)
        with monkeypatch.context() as slow:
            slow.setenv("PATH", f"{wrapper.parent}:{os.environ['PATH']}")
            looking = asyncio.create_task(http.get(f"/api/adws/{RUN}/merge", timeout=30))
            await eventually(lambda: any(project.scratch.glob("*")))
            await board.send("ping")
            await board.wait(lambda m: m["type"] == "pong")
            assert not looking.done()
            answer = await looking
        assert (answer.status_code, "more than 2 seconds" in answer.json()["error"]) == (503, True)
        assert not project.leftovers
        monkeypatch.setattr(merge_http, "_LIMIT_S", 20.0)
        assert (await preview(app))["possible"]


async def test_a_killed_merge_is_finished_when_the_service_starts(serve: Serve, project: GitProject) -> None:
    (project.scratch / "left").mkdir(parents=True)
    (project.root / ".git/kanban-merge.json").write_text('{"branch": "main", "old": "a", "new": "b", "checkouts": []}')
    async with serve():
        await eventually(lambda: not project.leftovers)
