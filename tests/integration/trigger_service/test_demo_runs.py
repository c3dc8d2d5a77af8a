"""The demonstration workflow as a real process, over real sockets."""

import os
import subprocess
from collections.abc import AsyncGenerator, Callable, Generator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from kanban_app.domain.launch import LaunchState
from kanban_app.trigger_service.service import TriggerService
from kanban_app.trigger_service.workflows.card import Card
from kanban_app.trigger_service.workflows.repository import Repository
from tests.support.service_app import Running, new_config, running
from tests.support.service_memory import MemoryJournal, MemoryLedger
from tests.support.waiting import eventually

STAGES = ["plan", "build", "test", "review", "document"]
DEMO_AUTHOR = "Agentic Kanban demonstration <demo@kanban.invalid> N"
CARD = {"title": 'Add "dark" mode', "body": "- a switch\n- kept over reloads", "number": 7}


@pytest_asyncio.fixture
async def app(tmp_path: Path) -> AsyncGenerator[Running]:
    ledger = MemoryLedger()
    journal = MemoryJournal(ledger)
    async with running(TriggerService(new_config(tmp_path), ledger, journal), ledger, journal) as found:
        yield found


def git(cwd: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(cwd), *arguments], check=True, capture_output=True, text=True)
    return done.stdout


async def test_all_stages_end_in_ready_to_merge_with_real_commits(app: Running, tmp_path: Path) -> None:
    async with app.board() as board:
        answer = await board.trigger(adw_id="abcd1234", request_id="req-1", stages=STAGES, issue_json=CARD)
        final = await board.final("abcd1234")
        await eventually(lambda: app.service.active_runs == 0)
    assert [m["data"]["status"] for m in board.received[:2]] == ["started", "in_progress"]
    assert board.received[2] is answer
    assert answer["data"]["status"] == "accepted"
    assert {m["request_id"] for m in board.received[:3]} == {"req-1"}
    assert final["data"]["status"] == "completed"
    assert final["data"]["workflow_name"] == "adw_orchestrator"
    assert final["request_id"] == "req-1"
    moves = [m["data"]["to_stage"] for m in board.of("stage_transition", "abcd1234")]
    assert list(dict.fromkeys(moves)) == [*STAGES, "ready-to-merge"]
    assert board.numbers == list(range(1, len(board.numbers) + 1))
    tree = tmp_path / "demo" / "trees" / "abcd1234"
    assert len(git(tree, "log", "--format=%s", "main..HEAD").splitlines()) == 5
    assert git(tree, "status", "--porcelain").strip() == ""
    assert app.ledger.rows["req-1"].state is LaunchState.COMPLETED
    assert app.ledger.rows["req-1"].exit_code == 0
    assert app.ledger.rows["req-1"].branch == "adw/abcd1234-add-dark-mode"


@pytest.fixture
def hook_ran(tmp_path: Path) -> Generator[Callable[[], bool]]:
    """A user whose git signs everything, runs failing hooks and works elsewhere; whether a hook has been run."""
    home, hooks = tmp_path / "home", tmp_path / "home" / "hooks"
    hooks.mkdir(parents=True)
    for name in ("pre-commit", "commit-msg", "prepare-commit-msg", "post-checkout", "reference-transaction"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {home}/a-hook-ran\nexit 1\n")
        (hooks / name).chmod(0o755)
    hostile = home / ".gitconfig"
    hostile.write_text(
        f"[core]\n hooksPath = {hooks}\n[init]\n templateDir = {home}\n defaultBranch = other\n"
        "[user]\n name = Somebody\n email = somebody@example.org\n[gpg]\n program = /bin/false\n"
        "[commit]\n gpgsign = true\n[tag]\n gpgsign = true\n"
    )
    environment = {
        "HOME": home,
        "GIT_CONFIG_GLOBAL": hostile,
        "GIT_CONFIG_SYSTEM": hostile,
        "GIT_AUTHOR_NAME": "Somebody",
        "GIT_DIR": tmp_path / "elsewhere",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, str(value))
        yield (home / "a-hook-ran").exists


def authors(tree: Path) -> list[str]:
    """Author, address and signature of every commit."""
    clean = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null"}
    command = ["git", "-C", str(tree), "log", "--format=%an <%ae> %G?"]
    return subprocess.run(command, env=clean, check=True, capture_output=True, text=True).stdout.splitlines()


async def test_a_run_has_nobodys_git_settings_hooks_or_signing(
    app: Running, tmp_path: Path, hook_ran: Callable[[], bool]
) -> None:
    async with app.board() as board:
        await board.trigger(adw_id="abcd1234", stages=STAGES, issue_json=CARD)
        final = await board.final("abcd1234")
    assert final["data"]["status"] == "completed", final["data"]["message"]
    assert not hook_ran()
    assert authors(tmp_path / "demo" / "trees" / "abcd1234") == [DEMO_AUTHOR] * 6


def test_the_repository_alone_has_nobodys_git_settings_hooks_or_signing(
    tmp_path: Path, hook_ran: Callable[[], bool]
) -> None:
    """Also where the environment has not been cleaned before."""
    repository = Repository(tmp_path / "demo")
    tree = repository.open("abcd1234", Card("7", "Dark mode", ""))
    (tree.path / "file.txt").write_text("text")
    assert repository.commit(tree, ["file.txt"], "Add a file")
    assert not hook_ran()
    assert authors(tree.path) == [DEMO_AUTHOR] * 2


async def test_agents_are_heard_and_the_demo_says_what_it_is(app: Running) -> None:
    async with app.board() as board:
        await board.trigger(adw_id="abcd1234", stages=["plan", "build", "test"], issue_json=CARD)
        await board.final("abcd1234")
    kinds = {m["type"] for m in board.received}
    assert {"thinking_block", "text_block", "tool_use_pre", "tool_use_post", "file_changed"} <= kinds
    snapshot = board.of("agent_updated")[0]["data"]["state_snapshot"]
    assert snapshot["demo"] is True
    assert snapshot["branch_name"] == "adw/abcd1234-add-dark-mode"
    for stage in ("plan", "build", "test"):
        lines = [m for m in board.of("workflow_log") if m["data"]["message"].startswith(f"[{stage}]")]
        assert 15 <= len(lines) <= 45, stage


async def test_progress_of_a_stage_never_falls(app: Running) -> None:
    async with app.board() as board:
        await board.trigger(adw_id="abcd1234", stages=STAGES, issue_json=CARD)
        await board.final("abcd1234")
    told = [m["data"]["progress_percent"] for m in board.of("status_update")]
    percents = [value for value in told if value is not None]
    starts = [index for index, value in enumerate(percents) if value == 0]
    for begin, end in zip(starts, [*starts[1:], len(percents)], strict=True):
        assert percents[begin:end] == sorted(percents[begin:end])
    assert max(percents[:-1]) == 100


@pytest.mark.parametrize("stage", STAGES)
async def test_a_marked_stage_fails_for_a_real_reason(app: Running, stage: str) -> None:
    card = {**CARD, "title": f"Dark mode [fail:{stage}]"}
    async with app.board() as board:
        await board.trigger(adw_id="abcd1234", request_id="r", stages=STAGES, issue_json=card)
        final = await board.final("abcd1234")
        await eventually(lambda: app.service.active_runs == 0)
    assert final["data"]["status"] == "failed"
    moved = board.of("stage_transition", "abcd1234")[-1]["data"]
    assert (moved["from_stage"], moved["to_stage"]) == (stage, "errored")
    assert moved["message"] == final["data"]["message"]
    assert len([m for m in board.of("status_update") if m["data"]["status"] == "failed"]) == 1
    launch = app.ledger.rows["r"]
    assert (launch.state, launch.exit_code) == (LaunchState.FAILED, 1)


async def test_a_run_continues_in_its_worktree(app: Running, tmp_path: Path) -> None:
    async with app.board() as board:
        await board.trigger(adw_id="abcd1234", stages=["plan"], issue_json=CARD)
        await board.final("abcd1234")
        before = len(board.received)
        answer = await board.trigger(workflow_type="adw_build_iso", adw_id="abcd1234", issue_number=None)
        assert answer["data"]["status"] == "accepted"
        await board.wait(lambda m: m["type"] == "status_update" and m["data"]["status"] == "completed", after=before)
    assert len(git(tmp_path / "demo/trees/abcd1234", "log", "--format=%s", "main..HEAD").splitlines()) == 2


async def test_a_dependent_stage_without_worktree_fails_in_words(app: Running) -> None:
    async with app.board() as board:
        await board.trigger(workflow_type="adw_review_iso", adw_id="abcd1234")
        final = await board.final("abcd1234")
    assert final["data"]["message"].startswith("Precondition failed: run abcd1234 has no worktree")


async def test_a_patch_makes_its_own_worktree(app: Running, tmp_path: Path) -> None:
    async with app.board() as board:
        await board.trigger(workflow_type="adw_patch_iso", adw_id="abcd1234", issue_json=CARD)
        assert (await board.final("abcd1234"))["data"]["status"] == "completed"
    assert (tmp_path / "demo/trees/abcd1234/demo_work/add_dark_mode.py").exists()


REQUEST = "Make the switch *round*\n# and `$(touch hacked)` \ud800 loud\x07"


def patch_of(text: str) -> dict[str, object]:
    return {"workflow_type": "adw_patch_iso", "adw_id": "abcd1234", "issue_json": {**CARD, "patch_request": text}}


async def test_a_patch_leaves_its_words_on_the_branch_of_its_run(app: Running, tmp_path: Path) -> None:
    tree = tmp_path / "demo/trees/abcd1234"
    async with app.board() as board:
        await board.trigger(adw_id="abcd1234", stages=STAGES, issue_json=CARD)
        await board.final("abcd1234")
        for number, text in enumerate((REQUEST, "And blue"), 1):
            await eventually(lambda: app.service.active_runs == 0)
            before = len(board.received)
            await board.trigger(**patch_of(text))
            await board.wait(
                lambda m: m["type"] == "status_update" and m["data"]["status"] == "completed", after=before
            )
            told = [m["data"]["file_path"] for m in board.received[before:] if m["type"] == "file_changed"]
            assert f"patches/abcd1234-{number}.md" in told
    subjects = git(tree, "log", "--format=%s", "main..HEAD").splitlines()
    assert subjects[:2] == ["Patch: And blue", "Patch: Make the switch *round* # and `$(touch hacked)` ? loud"]
    assert len(subjects) == 7
    assert git(tree, "show", "--format=", "--name-only", "HEAD").split() == ["patches/abcd1234-2.md"]
    text = (tree / "patches/abcd1234-1.md").read_text()
    assert "    Make the switch *round*\n    # and `$(touch hacked)` ? loud\n" in text
    assert git(tree, "status", "--porcelain").strip() == ""


async def test_a_later_stage_does_not_patch_again(app: Running, tmp_path: Path) -> None:
    async with app.board() as board:
        await board.trigger(**patch_of("Blue"))
        await board.final("abcd1234")
        await eventually(lambda: app.service.active_runs == 0)
        before = len(board.received)
        await board.trigger(workflow_type="adw_build_iso", adw_id="abcd1234", issue_number=None)
        await board.wait(lambda m: m["type"] == "status_update" and m["data"]["status"] == "completed", after=before)
    assert [path.name for path in (tmp_path / "demo/trees/abcd1234/patches").iterdir()] == ["abcd1234-1.md"]


@pytest.mark.parametrize("name", ["adw_ship_iso", "adw_sdlc_ZTE_iso"])
async def test_what_the_demo_cannot_do_is_refused_before_anything_happens(app: Running, name: str) -> None:
    async with app.board() as board:
        answer = await board.trigger(workflow_type=name, adw_id="abcd1234", request_id="r")
    assert answer["type"] == "error"
    assert answer["request_id"] == "r"
    assert "ships nothing" in answer["data"]["message"]
    assert not app.ledger.rows


async def test_fifteen_runs_at_once(app: Running, tmp_path: Path) -> None:
    names = [f"run0000{number:x}" for number in range(15)]
    async with app.board() as board, app.board() as other:
        for name in names:
            answer = await board.trigger(adw_id=name, request_id=name, stages=STAGES, issue_json=CARD)
            assert answer["data"]["status"] == "accepted"
        finals: list[dict[str, Any]] = [await board.final(name, timeout=90) for name in names]
        await eventually(lambda: other.numbers == board.numbers)
    assert {m["data"]["status"] for m in finals} == {"completed"}
    assert board.numbers == list(range(1, len(board.numbers) + 1))
    for name in names:
        assert len(git(tmp_path / "demo/trees" / name, "log", "--format=%s", "main..HEAD").splitlines()) == 5
