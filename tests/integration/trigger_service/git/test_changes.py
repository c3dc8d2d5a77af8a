"""What a run has changed, as git and the service tell it."""

import os
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from kanban_app.trigger_service.git import changes
from kanban_app.trigger_service.git.changes import Look, file_changes, list_changes
from kanban_app.trigger_service.git.command import Git
from kanban_app.trigger_service.git.merging import merge
from kanban_app.trigger_service.git.run_branch import RunPlace
from kanban_app.trigger_service.service import TriggerService
from tests.support.git_project import RUN, GitProject
from tests.support.service_app import Running, ScriptPrograms, new_config, running
from tests.support.service_memory import MemoryJournal, MemoryLedger
from tests.support.waiting import eventually

BRANCH = f"adw/{RUN}-dark-mode"
LINES = "".join(f"line {number}\n" for number in range(40))


def look(project: GitProject, base: str | None = None) -> Look:
    return Look(project.root, RunPlace(RUN), base)


async def listed(project: GitProject) -> dict[str, Any]:
    found = await list_changes(look(project))
    assert found["code"] is None, found
    return found


async def states(project: GitProject) -> dict[str, str]:
    return {file["path"]: file["status"] for file in (await listed(project))["files"]}


async def diff(project: GitProject, path: str, old_path: str | None = None) -> dict[str, Any]:
    found = await file_changes(look(project), path, old_path)
    assert found is not None
    return found


def traces(project: GitProject, tree: Path) -> tuple[object, ...]:
    """All that must be the same after a look, but for what asking git itself may write: indexes and files."""
    git_dir = Path((tree / ".git").read_text().removeprefix("gitdir:").strip())
    indexes = [
        (file.read_bytes(), file.stat().st_mtime_ns) for file in (git_dir / "index", project.root / ".git/index")
    ]
    return indexes, sorted(os.walk(tree)), sorted(os.walk(git_dir))


async def test_added_changed_renamed_and_removed_files(project: GitProject) -> None:
    project.commit({"src/old name.py": LINES, "gone.txt": "gone\n"}, "More")
    tree = project.run({"README.md": "one\ntwo and a half\nthree\nfour\n", "ünï/ne w.py": "print('new')\n"})
    project.git("mv", "src/old name.py", "src/new name.py", cwd=tree)
    project.git("rm", "--quiet", "gone.txt", cwd=tree)
    project.git("commit", "--quiet", "-m", "Move and remove", cwd=tree)
    found = await listed(project)
    assert {
        file["path"]: (file["status"], file["old_path"], file["added"], file["removed"]) for file in found["files"]
    } == {
        "README.md": ("M", None, 2, 1),
        "gone.txt": ("D", None, 0, 1),
        "src/new name.py": ("R", "src/old name.py", 0, 0),
        "ünï/ne w.py": ("A", None, 1, 0),
    }
    assert (found["total"], found["added"], found["removed"]) == (4, 3, 2)
    assert (found["branch"], found["base"], found["merge"]) == (BRANCH, "main", None)
    assert (found["old"], found["new"]) == (project.tip(), project.tip(BRANCH))
    changed = await diff(project, "README.md")
    assert "\n-two\n+two and a half\n three\n+four\n" in changed["diff"]
    assert not changed["truncated"]
    assert "+print('new')" in (await diff(project, "ünï/ne w.py"))["diff"]
    renamed = await diff(project, "src/new name.py", "src/old name.py")
    assert "rename from src/old name.py\n" in renamed["diff"]
    assert await file_changes(look(project), "src/app.py", None) is None


async def test_what_the_base_has_got_meanwhile_is_no_change_of_the_run(project: GitProject) -> None:
    project.run()
    project.commit({"src/app.py": "print('meanwhile')\n"}, "Meanwhile")
    assert await states(project) == {"src/dark.py": "A"}


async def test_work_that_is_not_committed_is_told_apart_and_left_alone(project: GitProject) -> None:
    tree = project.run()
    project.git("status", cwd=tree)
    (tree / "README.md").write_text("one\n")
    (tree / "src/fresh.py").write_text("fresh = 1\n")
    (tree / "staged.py").write_text("staged = 1\n")
    project.git("add", "staged.py", cwd=tree)
    (tree / ".gitignore").write_text("*.log\n")
    (tree / "noise.log").write_text("noise\n")
    branches, before = project.everything(), traces(project, tree)
    found = await listed(project)
    assert {file["path"]: (file["status"], file["uncommitted"]) for file in found["files"]} == {
        ".gitignore": ("A", True),
        "README.md": ("M", True),
        "src/dark.py": ("A", False),
        "src/fresh.py": ("A", True),
        "staged.py": ("A", True),
    }
    assert found["worktree"]
    assert "+fresh = 1" in (await diff(project, "src/fresh.py"))["diff"]
    assert "-two" in (await diff(project, "README.md"))["diff"]
    assert "+dark = True" in (await diff(project, "src/dark.py"))["diff"]
    assert traces(project, tree) == before
    assert project.everything() == branches


async def test_a_file_where_a_folder_was_and_a_folder_where_a_file_was(project: GitProject) -> None:
    tree = project.run({})
    (tree / "src/app.py").unlink()
    (tree / "src").rmdir()
    (tree / "src").write_text("a file\n")
    (tree / "README.md").unlink()
    (tree / "README.md").mkdir()
    (tree / "README.md/inside").write_text("inside\n")
    found = await states(project)
    assert found == {"README.md": "D", "README.md/inside": "A", "src": "A", "src/app.py": "D"}


async def test_links_repositories_and_conflicts_in_the_worktree(project: GitProject, tmp_path: Path) -> None:
    project.commit({"mine.txt": "mine\n"}, "Mine")
    tree = project.run({"README.md": "run\n"})
    project.commit({"README.md": "main\n"}, "Meanwhile")
    (tmp_path / "secret").write_text("secret\n")
    (tree / "link").symlink_to(tmp_path / "secret")
    (tree / "folder").symlink_to(tmp_path)
    project.git("init", "--quiet", str(tree / "nested"))
    (tree / "nested" / "file").write_text("inside\n")
    project.git("config", "merge.conflictStyle", "merge")
    with pytest.raises(AssertionError):
        project.git("merge", "main", cwd=tree)
    found = {file["path"]: file["status"] for file in (await listed(project))["files"]}
    assert found == {"README.md": "M", "folder": "A", "link": "A"}
    assert "secret" not in (await diff(project, "link"))["diff"].replace("/secret", "")
    assert await file_changes(look(project), "folder/secret", None) is None
    assert "+<<<<<<< HEAD" in (await diff(project, "README.md"))["diff"]


async def test_a_file_that_vanishes_while_it_is_looked_at(project: GitProject, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = project.run()
    (tree / "here.txt").write_text("here\n")
    (tree / "gone.txt").write_text("gone\n")
    make_known = changes._make_known

    async def and_then_gone(git: Git, names: Sequence[str]) -> None:
        await make_known(git, names)
        (tree / "gone.txt").unlink()

    monkeypatch.setattr(changes, "_make_known", and_then_gone)
    assert await states(project) == {"here.txt": "A", "src/dark.py": "A"}


async def test_a_worktree_that_is_gone_leaves_the_branch(project: GitProject) -> None:
    tree = project.run()
    project.git("worktree", "remove", "--force", str(tree))
    found = await listed(project)
    assert [file["path"] for file in found["files"]] == ["src/dark.py"]
    assert not found["worktree"]
    assert "+dark = True" in (await diff(project, "src/dark.py"))["diff"]


async def test_a_folder_that_was_deleted_by_hand_leaves_the_branch(project: GitProject) -> None:
    tree = project.run()
    tree.rename(tree.with_name("elsewhere"))
    assert await states(project) == {"src/dark.py": "A"}


@pytest.mark.parametrize("method", ["squash", "merge", "rebase"])
@pytest.mark.parametrize("meanwhile", [False, True])
@pytest.mark.parametrize("keeps_branch", [False, True])
async def test_after_a_merge_what_it_has_brought(
    project: GitProject, method: str, *, meanwhile: bool, keeps_branch: bool
) -> None:
    tree = project.run({"src/dark.py": "dark = True\n", "README.md": "one\ntwo\nfour\n"})
    if meanwhile:
        project.commit({"src/other.py": "other\n"}, "Meanwhile")
    await merge(project.wish(method), None, lambda _percent, _words: None)
    project.commit({"src/later.py": "later\n"}, "Later")
    if not keeps_branch:
        project.git("worktree", "remove", "--force", str(tree))
        project.git("branch", "-D", BRANCH)
    assert await states(project) == {"README.md": "M", "src/dark.py": "A"}
    assert "+dark = True" in (await diff(project, "src/dark.py"))["diff"]
    assert keeps_branch or (await listed(project))["merge"] is not None


async def test_a_merge_that_somebody_did_by_hand(project: GitProject) -> None:
    project.run()
    project.commit({"src/other.py": "other\n"}, "Meanwhile")
    project.git("merge", "--quiet", "--no-edit", BRANCH)
    found = await listed(project)
    assert [file["path"] for file in found["files"]] == ["src/dark.py"]
    assert found["merge"] == project.tip()


async def test_a_squash_without_the_log_of_the_branch_is_known_by_its_message(project: GitProject) -> None:
    tree = project.run()
    await merge(project.wish("squash"), None, lambda _percent, _words: None)
    project.git("worktree", "remove", "--force", str(tree))
    project.git("branch", "-D", BRANCH)
    project.git("reflog", "expire", "--expire=all", "--all")
    assert await states(project) == {"src/dark.py": "A"}


async def test_a_run_that_has_changed_nothing_yet(project: GitProject) -> None:
    project.run({})
    found = await listed(project)
    assert (found["files"], found["total"]) == ([], 0)


async def test_what_cannot_be_compared_says_why(project: GitProject, tmp_path: Path) -> None:
    found = await list_changes(look(project))
    assert (found["code"], found["files"]) == ("no-branch", [])
    assert found["reason"] == f"Run {RUN} has no branch in {project.root}"
    elsewhere = await list_changes(Look(tmp_path, RunPlace(RUN)))
    assert elsewhere["code"] == "no-repository"
    own = await list_changes(Look(project.root, RunPlace(RUN, "main")))
    assert own["code"] == "nothing"


async def test_binary_and_very_large_files(project: GitProject) -> None:
    project.run({"logo.png": b"\x89PNG\0\1\2", "huge.txt": b"x" * (17 * 1024 * 1024)})
    found = await listed(project)
    assert {file["path"]: (file["added"], file["removed"]) for file in found["files"]} == {
        "huge.txt": (None, None),
        "logo.png": (None, None),
    }
    for name in ("logo.png", "huge.txt"):
        changed = await diff(project, name)
        assert changed["binary"]


async def test_a_long_diff_is_cut_at_the_end_of_a_line(project: GitProject) -> None:
    project.run({"many.txt": LINES * 200, "wide.txt": ("x" * 999 + "\n") * 1000})
    many = await diff(project, "many.txt")
    assert many["truncated"]
    assert many["diff"].count("\n") == changes.MOST_LINES - 1
    wide = await diff(project, "wide.txt")
    assert wide["truncated"]
    assert changes.MOST_BYTES - 1000 <= len(wide["diff"]) <= changes.MOST_BYTES
    assert wide["diff"].endswith("x" * 999)


async def test_very_many_files_are_counted_and_not_all_named(project: GitProject) -> None:
    tree = project.run({})
    for number in range(changes.MOST_FILES + 5):
        (tree / f"{number:05}.txt").write_text(f"{number}\n")
    project.git("add", "--all", cwd=tree)
    project.git("commit", "--quiet", "-m", "Many", cwd=tree)
    found = await listed(project)
    assert (len(found["files"]), found["total"], found["added"]) == (changes.MOST_FILES, 2005, 2005)


async def test_settings_of_the_user_change_nothing(project: GitProject) -> None:
    project.run({"README.md": "one\n\ntwo\nthree\n"})
    for name, value in {
        "diff.external": "false",
        "diff.noprefix": "true",
        "diff.context": "0",
        "diff.renames": "false",
        "diff.suppressBlankEmpty": "true",
        "color.ui": "always",
        "diff.orderFile": "/nowhere",
    }.items():
        project.git("config", name, value)
    assert await states(project) == {"README.md": "M"}
    assert "\n one\n+\n two\n three" in (await diff(project, "README.md"))["diff"]


async def test_a_name_that_looks_like_an_option_or_a_pattern(project: GitProject) -> None:
    tree = project.run({})
    names = ["--output=x", ":(top)src", "*.py", "<script>alert(1)</script>.js", "a\tb\nc"]
    for name in names:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text("inert\n")
    assert sorted(await states(project)) == sorted(names)
    for name in names:
        assert "+inert" in (await diff(project, name))["diff"]
    assert not (tree / "x").exists()


Serve = Callable[..., AbstractAsyncContextManager[Running]]


@pytest.fixture
def serve(tmp_path: Path, project: GitProject) -> Serve:
    """A service for the project, which knows of the run."""

    @asynccontextmanager
    async def start() -> AsyncGenerator[Running]:
        script = tmp_path / "flow.py"
        script.write_text("")
        (tmp_path / "data").mkdir()
        ledger = MemoryLedger()
        journal = MemoryJournal(ledger)
        config = new_config(tmp_path / "data", project_dir=project.root)
        service = TriggerService(config, ledger, journal, programs=ScriptPrograms(script))
        async with running(service, ledger, journal) as app:
            async with app.board() as board:
                await board.trigger(adw_id=RUN, issue_json={"title": "Dark mode", "number": 7})
                await board.final(RUN)
            await eventually(lambda: app.service.active_runs == 0)
            yield app

    return start


async def test_over_http(serve: Serve, project: GitProject) -> None:
    project.run()
    async with serve() as app, app.http() as http:
        found = (await http.get(f"/api/adws/{RUN}/changes")).json()
        assert [file["path"] for file in found["files"]] == ["src/dark.py"]
        path = f"/api/adws/{RUN}/changes/file"
        changed = await http.get(path, params={"path": "src/dark.py"})
        assert "+dark = True" in changed.json()["diff"]
        assert (await http.get(path, params={"path": "src/app.py"})).status_code == 404
        for wrong in ("", "/etc/passwd", "../outside", "src/../../outside", ".git/config", "a\0b", "x" * 5000):
            assert (await http.get(path, params={"path": wrong})).status_code == 400, wrong
            assert (await http.get(path, params={"path": "a", "from": wrong})).status_code == (400 if wrong else 404)
        assert (await http.get("/api/adws/ffffffff/changes")).status_code == 404
        assert (await http.get("/api/adws/--help/changes")).status_code == 404
