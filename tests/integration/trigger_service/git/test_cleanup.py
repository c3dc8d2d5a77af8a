"""What a run has left is removed; what somebody may miss is not."""

import shutil
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio

from kanban_app.trigger_service.config import ServiceConfig
from kanban_app.trigger_service.git.cleanup import Removed, remove_run
from kanban_app.trigger_service.service import TriggerService
from tests.support.git_project import RUN, GitProject
from tests.support.service_app import Running, ScriptPrograms, new_config, running
from tests.support.service_memory import MemoryJournal, MemoryLedger
from tests.support.waiting import eventually

BRANCH = f"adw/{RUN}-dark-mode"


@pytest.fixture
def config(project: GitProject, tmp_path: Path) -> ServiceConfig:
    return new_config(tmp_path / "data", project_dir=project.root)


@pytest.fixture
def tree(project: GitProject) -> Path:
    (project.root / "agents" / RUN / "sdlc_planner").mkdir(parents=True)
    return project.run()


async def test_a_clean_worktree_goes_and_its_branch_stays(
    config: ServiceConfig, project: GitProject, tree: Path
) -> None:
    head = project.tip(BRANCH)
    (tree / ".ports.env").write_text("x")
    assert await remove_run(config, RUN) == Removed(worktree=True, agents=True)
    assert not is_there(tree)
    assert not (project.root / "agents" / RUN).exists()
    assert project.tip(BRANCH) == head
    assert len(project.git("worktree", "list").splitlines()) == 1
    assert await remove_run(config, RUN) == Removed()


async def test_work_that_is_not_committed_is_kept_on_the_branch(
    config: ServiceConfig, project: GitProject, tree: Path, home: Path
) -> None:
    (tree / "new file.txt").write_text("new\n")
    (tree / "README.md").write_text("changed\n")
    (tree / "src/dark.py").unlink()
    (tree / ".ports.env").write_text("x")
    hook = project.root / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    removed = await remove_run(config, RUN)
    assert removed == Removed(worktree=True, agents=True, snapshot=project.tip(BRANCH))
    assert project.subjects(BRANCH)[0] == f"adw snapshot of {RUN}"
    assert project.read("new file.txt", BRANCH) == "new"
    assert project.read("README.md", BRANCH) == "changed"
    assert project.git("ls-tree", "-r", "--name-only", BRANCH).splitlines() == [
        "README.md",
        "new file.txt",
        "src/app.py",
    ]


async def test_a_detached_head_gets_a_branch(config: ServiceConfig, project: GitProject, tree: Path) -> None:
    project.git("checkout", "--quiet", "--detach", cwd=tree)
    commit = project.commit({"alone.txt": "x\n"}, "On no branch", cwd=tree)
    assert (await remove_run(config, RUN)).worktree
    assert project.tip(f"adw/{RUN}-snapshot-{commit[:8]}") == commit


@pytest.mark.parametrize("reason", ["", "on a stick"])
async def test_a_locked_worktree_stays(config: ServiceConfig, project: GitProject, tree: Path, reason: str) -> None:
    project.git("worktree", "lock", *(["--reason", reason] if reason else []), str(tree))
    (tree / "new.txt").write_text("x")
    removed = await remove_run(config, RUN)
    assert (removed.worktree, removed.agents, removed.snapshot) == (False, True, None)
    assert "is locked" in removed.errors[0]
    assert reason in removed.errors[0]
    assert (tree / "new.txt").exists()


async def test_a_worktree_that_is_gone_is_forgotten(config: ServiceConfig, project: GitProject, tree: Path) -> None:
    shutil.rmtree(tree)
    assert (await remove_run(config, RUN)).errors == ()
    assert len(project.git("worktree", "list").splitlines()) == 1
    assert project.tip(BRANCH)


async def test_the_lock_of_a_killed_agent_is_no_obstacle(
    config: ServiceConfig, project: GitProject, tree: Path
) -> None:
    (project.root / ".git/worktrees" / RUN / "index.lock").touch()
    (tree / "new.txt").write_text("x")
    removed = await remove_run(config, RUN)
    assert (removed.worktree, removed.errors) == (True, ())
    assert removed.snapshot == project.tip(BRANCH)


@pytest.mark.parametrize("where", ["main", "other"])
async def test_a_folder_that_a_script_has_only_named_stays(
    config: ServiceConfig, project: GitProject, tmp_path: Path, where: str
) -> None:
    other = tmp_path / "other"
    project.git("worktree", "add", "--quiet", "-b", "other", str(other))
    named = project.root if where == "main" else other
    removed = await remove_run(config, RUN, str(named))
    assert not removed.worktree
    assert (named / "README.md").exists()
    assert len(removed.errors) == (where == "other")


async def test_agents_files_that_belong_to_the_repository_stay(config: ServiceConfig, project: GitProject) -> None:
    project.commit({f"agents/{RUN}/kept.txt": "x\n"}, "Keep what the agents did")
    removed = await remove_run(config, RUN)
    assert not removed.agents
    assert "has files of the repository in it" in removed.errors[0]
    assert project.status() == ""


async def test_a_link_is_removed_and_not_followed(config: ServiceConfig, project: GitProject, tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (project.root / "agents").mkdir()
    (project.root / "agents" / RUN).symlink_to(tmp_path / "precious")
    assert (await remove_run(config, RUN)).agents
    assert (tmp_path / "precious").exists()


async def test_what_is_no_id_of_a_run_is_refused(config: ServiceConfig) -> None:
    with pytest.raises(ValueError, match="not the id of a run"):
        await remove_run(config, "../x")


async def test_without_a_repository_nothing_is_removed(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    config = new_config(tmp_path / "data", project_dir=project)
    assert await remove_run(config, RUN) == Removed()
    agents = project / "agents" / RUN
    agents.mkdir(parents=True)
    removed = await remove_run(config, RUN)
    assert (removed.worktree, removed.agents) == (False, False)
    assert "is not a git repository" in removed.errors[0]
    assert agents.exists()


def is_there(tree: Path) -> bool:
    return tree.exists()


@pytest_asyncio.fixture
async def app(config: ServiceConfig, tmp_path: Path) -> AsyncGenerator[Running]:
    script = tmp_path / "flow.py"
    config.data_dir.mkdir()
    script.write_text(f"import os, time\nwhile os.path.exists('{tmp_path}/wait'): time.sleep(0.01)\n")
    ledger = MemoryLedger()
    journal = MemoryJournal(ledger)
    service = TriggerService(config, ledger, journal, programs=ScriptPrograms(script))
    async with running(service, ledger, journal) as found:
        yield found


def restart(stage: str, old: str = RUN) -> dict[str, object]:
    return {"title": "Dark mode", "stage": stage, "metadata": {"adw_id": old}}


async def test_a_restart_clears_up_before_it_starts(app: Running, project: GitProject, tree: Path) -> None:
    (tree / "new.txt").write_text("x")
    async with app.board() as board:
        await board.trigger(adw_id="ffff0000", issue_json=restart("Errored"))
        await board.final("ffff0000")
    started = board.received[0]["data"]
    assert started["status"] == "started"
    assert started["message"].startswith(
        "Starting adw_orchestrator workflow with ID ffff0000 (in place of run abcd1234: "
    )
    assert f"kept in commit {project.tip(BRANCH)[:8]}" in started["message"]
    assert not is_there(tree)


@pytest.mark.parametrize(
    ("issue", "adw_id"),
    [
        (restart("backlog"), "ffff0000"),
        (restart("ready-to-merge"), "ffff0000"),
        (restart("build", "../../etc"), "ffff0000"),
        (restart("build"), RUN),
        ({"title": "t", "stage": 7, "metadata": [RUN]}, "ffff0000"),
        ({"title": "t", "stage": "build"}, "ffff0000"),
    ],
)
async def test_nothing_else_clears_anything_up(app: Running, tree: Path, issue: dict[str, object], adw_id: str) -> None:
    async with app.board() as board:
        answer = await board.trigger(adw_id=adw_id, issue_json=issue)
        await board.final(adw_id)
    assert answer["data"]["status"] == "accepted"
    assert is_there(tree)


async def test_a_run_that_is_active_is_not_cleared_up(app: Running, tree: Path, tmp_path: Path) -> None:
    (tmp_path / "wait").touch()
    async with app.board() as board:
        await board.trigger(adw_id=RUN)
        await board.trigger(adw_id="ffff0000", issue_json=restart("build"))
        (tmp_path / "wait").unlink()
        await board.final(RUN)
        await board.final("ffff0000")
        await eventually(lambda: app.service.active_runs == 0)
    started = next(m["data"] for m in board.received if m.get("data", {}).get("adw_id") == "ffff0000")
    assert "run abcd1234 is still active" in started["message"]
    assert is_there(tree)


async def test_a_ticket_that_gives_up_a_run_is_answered_after_the_clearing_up(app: Running, tree: Path) -> None:
    async with app.board() as board, app.board() as other:
        await board.send("ticket_notification", id="1", title="t", stage="plan", old_adw_id=RUN)
        answer = await board.wait(lambda m: m["type"] == "ticket_notification_response")
        await board.send("ticket_notification", id="2", title="t", stage="backlog", old_adw_id="ffff0000")
        await board.wait(lambda m: m["type"] == "ticket_notification_response" and m["data"]["ticket_id"] == "2")
    assert not is_there(tree)
    (update,) = board.of("status_update")
    assert board.received.index(update) < board.received.index(answer)
    assert (update["data"]["workflow_name"], update["data"]["status"]) == ("restart_cleanup", "completed")
    assert update["data"]["message"] == f"Cleaned up after run {RUN}: worktree and agents' files removed"
    assert not other.received
