"""What users have set, and what agents may have done, that neither merging nor clearing up may stumble over."""

import os
import re
from pathlib import Path

import pytest

from kanban_app.trigger_service.config import ServiceConfig
from kanban_app.trigger_service.git.cleanup import remove_run
from kanban_app.trigger_service.git.merging import Method, Trial, TrialMemory, merge, preview
from kanban_app.trigger_service.git.refusals import Refused
from kanban_app.trigger_service.git.repository import Repository
from kanban_app.trigger_service.git.run_branch import read_state
from tests.support.git_project import RUN, GitProject
from tests.support.service_app import new_config

METHODS = ["squash", "merge", "rebase"]
BRANCH = f"adw/{RUN}-dark-mode"


@pytest.fixture
def config(project: GitProject, tmp_path: Path) -> ServiceConfig:
    return new_config(tmp_path / "data", project_dir=project.root)


@pytest.mark.parametrize("setting", ["false", "only"])
@pytest.mark.parametrize("method", METHODS)
async def test_how_the_user_merges_by_hand_does_not_matter(
    project: GitProject, home: Path, method: str, setting: str
) -> None:
    (home / ".gitconfig").write_text(f"[merge]\n ff = {setting}\n")
    project.run()
    project.commit({"other.txt": "meanwhile\n"}, "Meanwhile")
    assert (await preview(project.wish(method), TrialMemory()))["possible"] is True
    await merge(project.wish(method), None, lambda percent, words: None)
    assert (project.root / "src/dark.py").exists()


@pytest.mark.parametrize("odd", ["\u2028", "\x85", "\x0b", "\x1e"])
async def test_subjects_with_odd_characters(project: GitProject, odd: str) -> None:
    tree = project.run()
    project.commit({"more.txt": "x"}, f"Two{odd}parts", cwd=tree)
    found = await preview(project.wish(), TrialMemory())
    assert [commit["sha"] for commit in found["commits"]] == project.git("rev-list", f"main..{BRANCH}").split()
    await merge(project.wish(), None, lambda percent, words: None)
    assert (project.root / "more.txt").exists()


@pytest.mark.parametrize("target", ["main@{0}", "main@{1}", "main@{u}"])
async def test_a_target_is_the_name_of_a_branch_and_nothing_else(project: GitProject, target: str) -> None:
    project.run()
    project.commit({"other.txt": "meanwhile\n"}, "Meanwhile")
    found = await preview(project.wish(target=target), TrialMemory())
    assert (found["possible"], found["code"]) == (False, "no-target")


@pytest.mark.parametrize("name", ["agents/core.py", "logs/format.py", ".ports.env.example"])
async def test_work_in_folders_that_scripts_use_as_well_is_work(
    config: ServiceConfig, project: GitProject, name: str
) -> None:
    project.commit({name: "old\n"}, "The project's own")
    tree = project.run()
    (tree / name).write_text("changed\n")
    with pytest.raises(Refused) as refused:
        await merge(project.wish(), None, lambda percent, words: None)
    assert (refused.value.code, refused.value.files) == ("unfinished", (name,))
    removed = await remove_run(config, RUN)
    assert removed.worktree
    assert project.read(name, BRANCH) == "changed"


@pytest.mark.parametrize("name", ["agents/new.py", ".ports.env.local"])
async def test_new_files_beside_those_of_the_project_are_work(
    config: ServiceConfig, project: GitProject, name: str
) -> None:
    project.commit({"agents/core.py": "old\n"}, "The project's own")
    tree = project.run()
    (project.root / ".git/info/exclude").write_text("/trees/\n")
    (tree / name).write_text("new\n")
    assert (await remove_run(config, RUN)).worktree
    assert project.read(name, BRANCH) == "new"


async def test_what_scripts_write_for_themselves_is_none(config: ServiceConfig, project: GitProject) -> None:
    project.commit({"logs/.gitkeep": "", "agents/core.py": "old\n"}, "Empty folder, and the project's own agents")
    tree = project.run()
    for name in ("logs/adw.log", f"agents/{RUN}/planner/raw_output.jsonl", ".ports.env"):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text("x")
    head = project.tip(BRANCH)
    assert (await preview(project.wish(), TrialMemory()))["possible"] is True
    assert (await remove_run(config, RUN)).worktree
    assert project.tip(BRANCH) == head


async def test_a_repository_within_the_worktree_stays(config: ServiceConfig, project: GitProject) -> None:
    tree = project.run()
    inner = tree / "vendored"
    inner.mkdir()
    project.git("init", "--quiet", cwd=inner)
    project.git("config", "user.name", "Ada", cwd=inner)
    project.git("config", "user.email", "ada@example.org", cwd=inner)
    project.commit({"precious.txt": "x"}, "Alone", cwd=inner)
    removed = await remove_run(config, RUN)
    assert not removed.worktree
    assert "vendored" in removed.errors[0]
    assert (inner / "precious.txt").exists()


async def test_the_worktree_of_another_run_stays(config: ServiceConfig, project: GitProject) -> None:
    project.run()
    other = project.run(adw_id="other123")
    removed = await remove_run(config, "fresh567", str(other))
    assert not removed.worktree
    assert other.is_dir()


@pytest.mark.parametrize("odd", ["a\0b", "x" * 5000, "~nobody/x", "\ud800"])
async def test_places_that_cannot_be(config: ServiceConfig, project: GitProject, odd: str) -> None:
    project.run()
    assert (await remove_run(config, RUN, odd)).worktree


def test_a_state_that_is_a_pipe_is_none(project: GitProject) -> None:
    folder = project.root / "agents" / RUN
    folder.mkdir(parents=True)
    os.mkfifo(folder / "adw_state.json")
    assert read_state(project.root, RUN) == {}


async def test_agents_that_lie_elsewhere_stay(config: ServiceConfig, project: GitProject, tmp_path: Path) -> None:
    outside = tmp_path / "elsewhere"
    (outside / RUN).mkdir(parents=True)
    (project.root / "agents").symlink_to(outside)
    removed = await remove_run(config, RUN)
    assert not removed.agents
    assert removed.errors
    assert (outside / RUN).is_dir()


async def test_an_answer_names_some_of_many_conflicts(project: GitProject) -> None:
    names = [f"many/{number}.txt" for number in range(600)]
    tree = project.run({})
    for place, text in ((tree, "ours\n"), (project.root, "theirs\n")):
        for name in names:
            (place / name).parent.mkdir(exist_ok=True)
            (place / name).write_text(text)
        project.git("add", "many", cwd=place)
        project.git("commit", "--quiet", "-m", "Many", cwd=place)
    found = await preview(project.wish(), TrialMemory())
    assert found["code"] == "conflict"
    assert len(found["conflicts"]) == 500
    assert re.search(r"and 595 more$", found["reason"])


async def test_a_branch_whose_name_is_no_text_can_be_shown(project: GitProject) -> None:
    project.run()
    name = os.fsdecode(b"adw/abcd1234-\xff")
    project.git("branch", "-m", BRANCH, name)
    found = await preview(project.wish(), TrialMemory())
    assert str(found).encode()
    assert (await Repository.open(project.root)).root == project.root


@pytest.mark.parametrize("mark", ["--assume-unchanged", "--skip-worktree"])
@pytest.mark.parametrize("method", METHODS)
async def test_changes_that_the_user_hides_from_git_are_not_written_over(
    project: GitProject, method: str, mark: str
) -> None:
    project.run({"README.md": "one\ntwo\nthree\nfour\n"})
    project.git("update-index", mark, "README.md")
    (project.root / "README.md").write_text("my own\n")
    before = project.tip()
    with pytest.raises(Refused) as refused:
        await merge(project.wish(method), None, lambda percent, words: None)
    assert refused.value.code == "dirty"
    assert (project.root / "README.md").read_text() == "my own\n"
    assert project.tip() == before
    assert not project.leftovers


def test_trials_of_many_files_are_not_remembered() -> None:
    memory = TrialMemory()
    small, large = (Trial("c", changes=dict.fromkeys(map(str, range(size)), "M")) for size in (10, 20_000))
    memory.keep("a", "b", Method.SQUASH, small)
    memory.keep("c", "d", Method.SQUASH, large)
    assert memory.get("a", "b", Method.SQUASH) is small
    assert memory.get("c", "d", Method.SQUASH) is None
