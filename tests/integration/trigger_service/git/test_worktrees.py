"""Worktrees that the service makes: with real repositories, and runs that begin in them."""

import asyncio
import json
import shutil
import socket
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from kanban_app.trigger_service.git.refusals import Refused
from kanban_app.trigger_service.git.worktrees import Worktree, prepare
from kanban_app.trigger_service.service import TriggerService
from tests.support.git_project import RUN, GitProject
from tests.support.service_app import Running, ScriptPrograms, new_config, running
from tests.support.service_memory import MemoryJournal, MemoryLedger
from tests.support.waiting import eventually

Serve = Callable[..., AbstractAsyncContextManager[Running]]
BRANCH = f"adw/{RUN}-dark-mode"
RANGE = (29200, 29299)


async def made(project: GitProject, adw_id: str = RUN, **changes: Any) -> Worktree:
    given: dict[str, Any] = {"base": None, "port_range": RANGE, **changes}
    return await prepare(project.root, adw_id, "dark-mode", **given)


def state_of(project: GitProject, adw_id: str = RUN) -> dict[str, Any]:
    return json.loads((project.root / "agents" / adw_id / "adw_state.json").read_text())


async def test_a_worktree_with_branch_ports_and_state(project: GitProject) -> None:
    (project.root / "README.md").write_text("not committed\n")
    (project.root / ".git/info/exclude").write_text("*.log")
    before = project.status()
    tree = await made(project)
    assert project.status() == before
    assert project.git("branch", "--show-current", cwd=tree.path) == BRANCH == tree.branch
    assert project.tip(BRANCH) == project.tip()
    assert project.git("status", "--porcelain", cwd=tree.path) == ""
    assert (project.root / ".git/info/exclude").read_text() == "*.log\n/trees/\n/agents/\n/.ports.env\n"
    assert state_of(project) == {
        "adw_id": RUN,
        "worktree_path": str(project.root / "trees" / RUN),
        "branch_name": BRANCH,
        "backend_port": tree.ports.backend,
        "frontend_port": tree.ports.frontend,
    }
    lines = dict(line.split("=") for line in (tree.path / ".ports.env").read_text().splitlines())
    assert lines == {
        "WEBSOCKET_PORT": str(tree.ports.backend),
        "FRONTEND_PORT": str(tree.ports.frontend),
        "ADW_PORT": str(tree.ports.backend),
        "VITE_ADW_PORT": str(tree.ports.backend),
        "VITE_BACKEND_URL": f"http://localhost:{tree.ports.backend}",
    }


async def test_new_files_in_the_projects_own_folder_of_agents_are_seen(project: GitProject) -> None:
    project.commit({"agents/core.py": "x\n"}, "Agents of the project's own")
    tree = await made(project)
    (tree.path / "agents/new.py").write_text("x\n")
    assert project.git("status", "--porcelain", cwd=tree.path) == "?? agents/new.py"


async def test_the_same_again_changes_nothing(project: GitProject) -> None:
    tree = await made(project)
    project.commit({"work.txt": "x\n"}, "Work", cwd=tree.path)
    state = project.root / "agents" / RUN / "adw_state.json"
    state.write_text(json.dumps({**state_of(project), "plan_file": "specs/x.md", "patch_history": [1]}))
    exclude = (project.root / ".git/info/exclude").read_text()
    assert await made(project) == tree
    assert (tree.path / "work.txt").exists()
    assert (state_of(project)["plan_file"], state_of(project)["patch_history"]) == ("specs/x.md", [1])
    assert (project.root / ".git/info/exclude").read_text() == exclude


async def test_fifteen_at_once_get_ports_of_their_own(project: GitProject) -> None:
    trees = await asyncio.gather(*(made(project, f"run0000{number:x}") for number in range(15)))
    ports = [port for tree in trees for port in (tree.ports.backend, tree.ports.frontend)]
    assert len(set(ports)) == 30
    assert all(RANGE[0] <= port <= RANGE[1] for port in ports)


async def test_a_port_that_somebody_listens_on_is_not_given_away(project: GitProject) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", RANGE[0]))
        listener.listen()
        assert (await made(project)).ports.backend == RANGE[0] + 1


async def test_another_repository_gets_other_ports_before_anything_listens(project: GitProject, tmp_path: Path) -> None:
    register = tmp_path / "register"
    tree = await made(project, register=register)
    other = GitProject.make(tmp_path / "other")
    assert (await made(other, register=register)).ports.backend == tree.ports.backend + 2
    assert (await made(project, register=register)).ports == tree.ports
    shutil.rmtree(tree.path)
    assert (await made(other, "aaaa1111", register=register)).ports == tree.ports


async def test_no_ports_left(project: GitProject) -> None:
    await made(project, "aaaa1111", port_range=(29300, 29302))
    with pytest.raises(Refused, match="No two ports from 29300 to 29302 are free"):
        await made(project, port_range=(29300, 29302))
    shutil.rmtree(project.root / "trees/aaaa1111")
    assert (await made(project, port_range=(29300, 29302))).ports.backend == 29300


async def test_a_base_of_ones_own(project: GitProject) -> None:
    project.git("branch", "release")
    project.commit({"x.txt": "x"}, "On main only")
    tree = await made(project, base="release")
    assert project.tip(BRANCH) == project.tip("release")
    assert not (tree.path / "x.txt").exists()


@pytest.mark.parametrize("how", ["deleted", "removed", "half made", "empty folder"])
async def test_a_worktree_that_is_gone_is_made_again_on_its_branch(project: GitProject, how: str) -> None:
    tree = await made(project)
    commit = project.commit({"work.txt": "x\n"}, "Work", cwd=tree.path)
    if how == "removed":
        project.git("worktree", "remove", "--force", str(tree.path))
    elif how == "half made":
        (project.root / ".git/worktrees" / RUN / "locked").write_text("initializing")
        (tree.path / "work.txt").unlink()
    else:
        shutil.rmtree(tree.path)
    if how == "empty folder":
        tree.path.mkdir()
    again = await made(project)
    assert (again.branch, project.tip("HEAD", cwd=again.path)) == (BRANCH, commit)
    assert (again.path / "work.txt").exists()


async def test_a_state_that_nobody_can_read_is_kept_aside(project: GitProject) -> None:
    file = project.root / "agents" / RUN / "adw_state.json"
    file.parent.mkdir(parents=True)
    file.write_text("{ half")
    await made(project)
    assert state_of(project)["branch_name"] == BRANCH
    assert file.with_name("adw_state.json.unreadable").read_text() == "{ half"


async def test_a_folder_in_the_way_is_left_alone(project: GitProject) -> None:
    (project.root / "trees" / RUN).mkdir(parents=True)
    (project.root / "trees" / RUN / "mine.txt").write_text("mine")
    with pytest.raises(Refused, match="is in the way"):
        await made(project)
    assert (project.root / "trees" / RUN / "mine.txt").exists()


async def test_a_branch_that_is_checked_out_elsewhere(project: GitProject) -> None:
    project.git("checkout", "--quiet", "-b", BRANCH)
    with pytest.raises(Refused, match="is checked out in"):
        await made(project)


@pytest.fixture
def serve(tmp_path: Path, project: GitProject) -> Serve:
    @asynccontextmanager
    async def start(script: str = "", **changes: Any) -> AsyncGenerator[Running]:
        path = tmp_path / "flow.py"
        path.write_text(script)
        (tmp_path / "data").mkdir(exist_ok=True)
        ledger = MemoryLedger()
        journal = MemoryJournal(ledger)
        given = {"project_dir": project.root, "prepare_worktrees": True, "port_range": RANGE, **changes}
        service = TriggerService(new_config(tmp_path / "data", **given), ledger, journal, programs=ScriptPrograms(path))
        async with running(service, ledger, journal) as app:
            yield app

    return start


SCRIPT = """
import json, os, sys
sys.path.insert(0, os.getcwd())
print("arguments", *sys.argv[1:])
print("seen", sorted(name for name in os.environ if name.startswith("PYTHONPATH")), flush=True)
"""
CARD = {"title": "Dark mode", "number": 7}


def setup(text: str) -> tuple[str, ...]:
    return (sys.executable, "-c", text)


async def test_a_run_begins_in_its_worktree(serve: Serve, project: GitProject) -> None:
    command = setup("import os; print('in', os.getcwd(), os.environ['FRONTEND_PORT']); open('made.txt', 'w')")
    async with serve(SCRIPT, setup_command=command) as app, app.board() as board:
        await board.trigger(adw_id=RUN, request_id="r", issue_json=CARD)
        final = await board.final(RUN)
        await eventually(lambda: app.service.active_runs == 0)
        launch = app.ledger.rows["r"]
        tree = project.root / "trees" / RUN
        assert final["data"]["last_output"][-2:] == [f"arguments 7 {RUN}", "seen []"]
        assert (launch.branch, launch.worktree) == (BRANCH, str(tree))
        logged = [m["data"]["message"] for m in board.of("workflow_log", RUN)]
        ports = state_of(project)
        assert f"[setup] in {tree} {ports['frontend_port']}" in logged
        assert (tree / "made.txt").exists()
        (tree / "made.txt").unlink()
        board.received.clear()
        await board.trigger(adw_id=RUN, request_id="again", issue_json=CARD)
        await board.final(RUN)
        assert not (tree / "made.txt").exists()


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (setup("print('no such package'); raise SystemExit(3)"), "The setup command ended with 3: "),
        (setup("import os; os.kill(os.getpid(), 9)"), "The setup command was ended by signal 9: "),
        (("/nowhere/npm", "ci"), "The setup command cannot be started: /nowhere/npm: No such file"),
    ],
)
async def test_a_setup_that_fails_fails_the_run(
    serve: Serve, project: GitProject, command: tuple[str, ...], words: str
) -> None:
    async with serve(SCRIPT, setup_command=command) as app, app.board() as board:
        await board.trigger(adw_id=RUN, request_id="r", issue_json=CARD)
        final = await board.final(RUN)
        await board.wait(lambda m: m["type"] == "stage_transition" and m["data"]["to_stage"] == "errored")
        await eventually(lambda: app.service.active_runs == 0)
    assert final["data"]["status"] == "failed"
    assert final["data"]["message"].startswith(words)
    assert not (project.root / ".git/worktrees" / RUN / "kanban-setup-done").exists()


async def test_a_setup_can_be_cancelled(serve: Serve, project: GitProject) -> None:
    command = setup("import time; open('begun', 'w'); time.sleep(300)")
    async with serve(SCRIPT, setup_command=command) as app, app.board() as board:
        await board.trigger(adw_id=RUN, request_id="r", issue_json=CARD)
        await eventually((project.root / "trees" / RUN / "begun").exists)
        await board.send("cancel_workflow", adw_id=RUN)
        assert (await board.final(RUN))["data"]["status"] == "cancelled"


async def test_what_could_have_no_worktree_is_refused_before_it_is_accepted(
    serve: Serve, project: GitProject, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def refused(app: Running) -> str:
        async with app.board() as board:
            answer = await board.trigger(adw_id=RUN, issue_json=CARD)
        assert answer["type"] == "error"
        return answer["data"]["message"]

    async with serve(SCRIPT, base_branch="nowhere") as app:
        assert f"There is no branch nowhere in {project.root}" in await refused(app)
    project.git("checkout", "--quiet", "--detach")
    async with serve(SCRIPT) as app:
        assert "No branch is checked out" in await refused(app)
        assert "KANBAN_BASE_BRANCH" in await refused(app)
    async with serve(SCRIPT, base_branch="main") as app, app.board() as board:
        assert (await board.trigger(adw_id="ffff0000"))["data"]["status"] == "accepted"
        await board.final("ffff0000")
    async with serve(SCRIPT) as app:
        shutil.rmtree(project.root / ".git/refs")
        assert "git cannot work in" in await refused(app)
        shutil.rmtree(project.root / ".git")
        assert "is not a git repository" in await refused(app)
        project.git("init", "--quiet")
        assert "has no commits yet" in await refused(app)
        monkeypatch.setenv("PATH", str(tmp_path))
        assert "git is not installed" in await refused(app)
        assert not app.ledger.rows
