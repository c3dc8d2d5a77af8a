"""Merges that are killed: the target is at its old commit or at its new one, and what was begun gets finished."""

import asyncio
import json
import os
import random
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from kanban_app.trigger_service.git.merging import merge, tidy_repository
from kanban_app.trigger_service.programs import PACKAGE_ROOT
from tests.support.git_project import RUN, GitProject
from tests.support.waiting import eventually

KILLS = 14
MODULE = "kanban_app.trigger_service.workflows.merge"
FILES = {f"data/file {number}.txt": f"of the run {number}\n" * 2000 for number in range(150)}


async def begin(project: GitProject, method: str) -> asyncio.subprocess.Process:
    arguments = (f"--repository={project.root}", f"--scratch={project.scratch}", f"--method={method}")
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", MODULE, RUN, *arguments),
        env={"PYTHONPATH": str(PACKAGE_ROOT), "PATH": os.environ["PATH"], "HOME": os.environ["HOME"]},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )


@pytest.fixture
def large(project: GitProject) -> GitProject:
    """A run that changes half of the files, adds the other half, and removes one."""
    project.commit(dict.fromkeys(list(FILES)[::2], "old\n"), "Old files")
    tree = project.run({})
    project.commit({**FILES, "src/app.py": None}, "Much work", cwd=tree)
    return project


def check_whole(project: GitProject, old: str) -> bool:
    """Whether the merge has happened; either way all of it."""
    merged = project.tip() != old
    assert project.status() == ""
    assert (project.root / "src/app.py").exists() is not merged
    before = dict.fromkeys(list(FILES)[::2], "old\n")
    found = {name: (project.root / name).read_text() for name in FILES if (project.root / name).exists()}
    assert found == (FILES if merged else before)
    assert not project.leftovers
    assert len(project.git("worktree", "list").splitlines()) == 2
    return merged


async def test_killed_at_any_moment_the_target_is_whole(large: GitProject) -> None:
    """Whole process groups, as the service kills them, and the Python process alone, as the kernel does."""
    old = large.tip()
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert await (await begin(large, "squash")).wait() == 0
    lasts = loop.time() - began
    assert check_whole(large, old)
    chance, ends = random.Random(7), set[bool]()
    for number in range(KILLS):
        large.git("reset", "--quiet", "--hard", old)
        process = await begin(large, ("squash", "merge", "rebase")[number % 3])
        # Most of the interesting moments are late.
        await asyncio.sleep(lasts * (0.3 + 0.75 * (number + chance.random()) / KILLS))
        with suppress(ProcessLookupError):  # it may end in this very moment
            (os.killpg if number % 2 else os.kill)(process.pid, signal.SIGKILL)
        await process.wait()
        await eventually(lambda: not git_processes(large.root))
        await tidy_repository(large.root, large.scratch)
        ends.add(check_whole(large, old))
    assert False in ends


def git_processes(root: Path) -> list[Any]:
    """What a killed merge has left running, which still holds its turn."""
    running = (process.info for process in psutil.process_iter(["name", "cwd"]))
    return [info for info in running if info["name"] == "git" and str(info["cwd"]).startswith(str(root.parent))]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_told_to_end_it_leaves_nothing_behind(large: GitProject, number: signal.Signals) -> None:
    old = large.tip()
    process = await begin(large, "squash")
    await eventually(lambda: any(large.scratch.glob("*")))
    os.killpg(process.pid, number)
    status = await process.wait()
    assert check_whole(large, old) is (status == 0)
    assert status in {0, 128 + signal.SIGTERM}


@pytest.fixture
async def stopped(project: GitProject) -> tuple[str, str]:
    """A merge as a kill leaves it: the branch has moved, the working tree has not. Old and new commit."""
    project.commit({"kept.txt": "kept\n", "gone.txt": "gone\n"}, "More")
    tree = project.run({})
    files: dict[str, str | bytes | None] = {"README.md": "new readme\n", "new.txt": "a new file\n", "gone.txt": None}
    project.commit(files, "Work", cwd=tree)
    old, new = project.tip(), project.tip(f"adw/{RUN}-dark-mode")
    step = {"branch": "main", "old": old, "new": new, "checkouts": [str(project.root)]}
    (project.root / ".git/kanban-merge.json").write_text(json.dumps(step))
    project.git("update-ref", "refs/heads/main", new)
    return old, new


def check_finished(project: GitProject) -> None:
    assert project.status() == ""
    assert (project.root / "README.md").read_text() == "new readme\n"
    assert (project.root / "new.txt").read_text() == "a new file\n"
    assert not (project.root / "gone.txt").exists()
    assert not project.leftovers


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"README.md": "new readme\n"},
        {"README.md": None},
        {"README.md": "new re", "gone.txt": None},
        {"README.md": "new readme\n", "new.txt": "", "gone.txt": None},
        {"README.md": "new readme\n", "new.txt": "a new file\n", "gone.txt": None},
        {"new.txt": "a new f"},
        {"README.md": None, "new.txt": None, "gone.txt": None},
    ],
)
async def test_what_was_begun_is_finished(
    project: GitProject, stopped: tuple[str, str], files: dict[str, str | None]
) -> None:
    for name, content in files.items():
        if content is None:
            (project.root / name).unlink(missing_ok=True)
        else:
            (project.root / name).write_text(content)
    assert await tidy_repository(project.root, project.scratch) == []
    check_finished(project)


LOCKS = ["index.lock", "HEAD.lock", "refs/heads/main.lock", "kanban-merge.index.lock", "kanban-merge.json.new"]


async def test_the_locks_of_a_killed_git_are_removed(project: GitProject, stopped: tuple[str, str]) -> None:
    (project.root / "README.md").write_text("new re")
    for name in LOCKS:
        (project.root / ".git" / name).touch()
    await tidy_repository(project.root, project.scratch)
    check_finished(project)
    assert not [name for name in LOCKS if (project.root / ".git" / name).exists()]
    project.commit({"more.txt": "x"}, "The user goes on")


async def test_what_somebody_has_changed_since_then_stays(project: GitProject, stopped: tuple[str, str]) -> None:
    (project.root / "README.md").write_text("mine, written after the crash\n")
    (project.root / "gone.txt").unlink()
    assert await tidy_repository(project.root, project.scratch) == ["README.md"]
    assert (project.root / "README.md").read_text() == "mine, written after the crash\n"
    assert project.tip() == stopped[1]
    assert not project.leftovers


async def test_own_changes_elsewhere_survive_the_finishing(project: GitProject, stopped: tuple[str, str]) -> None:
    (project.root / "kept.txt").write_text("mine\n")
    (project.root / "src/app.py").write_text("staged\n")
    project.git("add", "src/app.py")
    (project.root / "README.md").write_text("new r")
    assert await tidy_repository(project.root, project.scratch) == []
    assert project.status() == "M kept.txt\nM  src/app.py"
    assert (project.root / "README.md").read_text() == "new readme\n"


async def test_a_branch_that_never_moved_is_left_alone(project: GitProject, stopped: tuple[str, str]) -> None:
    project.git("update-ref", "refs/heads/main", stopped[0])
    await tidy_repository(project.root, project.scratch)
    assert project.status() == ""
    assert (project.root / "README.md").read_text() == "one\ntwo\nthree\n"
    assert not project.leftovers


async def test_the_next_merge_finishes_the_one_before(project: GitProject, stopped: tuple[str, str]) -> None:
    tree = project.root / "trees" / RUN
    project.commit({"more.txt": "more\n"}, "More", cwd=tree)
    await merge(project.wish(), None, lambda percent, words: None)
    check_finished(project)
    assert (project.root / "more.txt").exists()


async def test_a_signal_to_git_in_the_middle_is_made_good_at_once(
    project: GitProject, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """git is ended after the first file, as by a signal to the whole process group."""
    project.run({"README.md": "new readme\n", "new.txt": "a new file\n"})
    real = project.git("--exec-path") + "/git"
    (tmp_path / "bin").mkdir()
    wrapper = tmp_path / "bin/git"
    flag = tmp_path / "once"
    wrapper.write_text(
        f'#!/bin/sh\ncase "$*" in *"read-tree -m -u"*) if [ ! -e "{flag}" ]; then touch "{flag}"\n'
        f'printf "new re" > README.md; kill -TERM $$; fi;; esac\nexec "{real}" "$@"\n'
    )
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    await merge(project.wish(), None, lambda percent, words: None)
    assert flag.exists()
    assert project.status() == ""
    assert (project.root / "README.md").read_text() == "new readme\n"
    assert not project.leftovers


async def test_a_note_that_nobody_can_read_stops_nothing(project: GitProject) -> None:
    (project.root / ".git/kanban-merge.json").write_text("{")
    project.run()
    await merge(project.wish(), None, lambda percent, words: None)
    assert not project.leftovers
