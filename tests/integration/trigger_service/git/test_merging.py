"""Merging with real repositories: what comes in, what stays as it was."""

import asyncio
from pathlib import Path

import pytest

from kanban_app.trigger_service.git import advancing, merging
from kanban_app.trigger_service.git.merging import Survey, Wish, merge
from kanban_app.trigger_service.git.refusals import Refused
from kanban_app.trigger_service.git.repository import Repository
from tests.support.git_project import RUN, GitProject

METHODS = ["squash", "merge", "rebase"]


async def do(wish: Wish, expect: str | None = None) -> Survey:
    return await merge(wish, expect, lambda percent, words: None)


async def refusal(wish: Wish, expect: str | None = None) -> Refused:
    with pytest.raises(Refused) as caught:
        await do(wish, expect)
    return caught.value


@pytest.mark.parametrize("method", METHODS)
async def test_the_work_comes_in_and_the_checkout_goes_along(project: GitProject, method: str) -> None:
    project.run({"src/dark.py": "dark\n", "README.md": "one\ntwo\nthree\nfour\n", "src/app.py": None})
    old = project.commit({"other.txt": "meanwhile\n"}, "Meanwhile")
    head = project.tip(f"adw/{RUN}-dark-mode")
    survey = await do(project.wish(method))
    assert project.tip() == project.tip("HEAD") == (survey.trial.commit if survey.trial else None)
    assert project.git("merge-base", old, "main") == old
    assert project.status() == ""
    assert (project.root / "src/dark.py").read_text() == "dark\n"
    assert not (project.root / "src/app.py").exists()
    assert (project.root / "other.txt").exists()
    assert project.tip(f"adw/{RUN}-dark-mode") == head
    assert not project.leftovers


async def test_a_squash_is_one_commit_that_says_what_it_is(project: GitProject) -> None:
    project.run({"a.txt": "a\n", "b.txt": "b\n"})
    await do(project.wish())
    assert project.subjects() == ["Dark mode (#7)", "Begin"]
    message = project.git("log", "-1", "--format=%B|%an")
    assert message == (
        f"Dark mode (#7)\n\n* Work on a.txt\n* Work on b.txt\n\nRun: {RUN}\nBranch: adw/{RUN}-dark-mode\n|Ada"
    )


async def test_a_merge_keeps_the_commits_and_both_parents(project: GitProject) -> None:
    project.run({"a.txt": "a\n", "b.txt": "b\n"})
    await do(project.wish("merge"))
    assert project.subjects()[0] == f"Merge adw/{RUN}-dark-mode: Dark mode (#7)"
    assert project.tip("main^2") == project.tip(f"adw/{RUN}-dark-mode")


async def test_a_rebase_makes_a_straight_line(project: GitProject) -> None:
    project.run({"a.txt": "a\n", "b.txt": "b\n"})
    project.commit({"c.txt": "c\n"}, "Meanwhile")
    await do(project.wish("rebase"))
    assert project.subjects() == ["Work on b.txt", "Work on a.txt", "Meanwhile", "Begin"]


@pytest.mark.parametrize("method", METHODS)
async def test_a_conflict_names_the_files_and_changes_nothing(project: GitProject, method: str) -> None:
    project.run({"README.md": "one\nTWO\nthree\n", "src/größe neu.py": "a\n", "fine.txt": "fine\n"})
    project.commit({"README.md": "one\nzwei\nthree\n", "src/größe neu.py": "b\n"}, "Meanwhile")
    before = project.everything()
    refused = await refusal(project.wish(method))
    assert refused.code == "conflict"
    expected = ["README.md"] if method == "rebase" else ["README.md", "src/größe neu.py"]
    assert sorted(refused.files) == expected
    assert str(refused) == f"Merge conflict in {', '.join(refused.files)}"
    assert project.everything() == before
    assert not project.leftovers


@pytest.mark.parametrize("method", METHODS)
async def test_a_file_that_one_side_has_deleted_is_a_conflict(project: GitProject, method: str) -> None:
    project.run({"README.md": None})
    project.commit({"README.md": "changed\n"}, "Meanwhile")
    assert (await refusal(project.wish(method))).files == ("README.md",)


@pytest.mark.parametrize("method", METHODS)
async def test_binary_files_and_odd_names(project: GitProject, method: str) -> None:
    names = ["a b.bin", "ü/ß.bin", "-dash.bin", 'quo"te.bin', "new\nline.bin", "tab\t.bin"]
    project.run({name: bytes(range(256)) for name in names})
    before = await merging.preview(project.wish(method), merging.TrialMemory())
    assert [file["path"] for file in before["files"]] == sorted(names)
    assert {(file["added"], file["removed"]) for file in before["files"]} == {(None, None)}
    await do(project.wish(method))
    assert all((project.root / name).read_bytes() == bytes(range(256)) for name in names)


@pytest.mark.parametrize("method", METHODS)
async def test_own_changes_elsewhere_stay_as_they_are(project: GitProject, method: str) -> None:
    project.run()
    (project.root / "README.md").write_text("not committed\n")
    (project.root / "src/app.py").write_text("staged\n")
    project.git("add", "src/app.py")
    (project.root / "note.txt").write_text("untracked\n")
    before = project.status()
    await do(project.wish(method))
    assert project.status() == before
    assert (project.root / "README.md").read_text() == "not committed\n"
    assert (project.root / "src/dark.py").read_text() == "dark = True\n"


@pytest.mark.parametrize("kind", ["changed", "staged", "deleted", "untracked", "ignored", "folder", "parent"])
async def test_own_changes_in_the_way_are_named_and_nothing_is_changed(project: GitProject, kind: str) -> None:
    project.run({"README.md": "of the run\n", "src/dark.py": "of the run\n", "deep/er/x.txt": "of the run\n"})
    file = {"untracked": "src/dark.py", "ignored": "src/dark.py", "folder": "src/dark.py/mine", "parent": "deep"}
    name = file.get(kind, "README.md")
    path = project.root / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine\n")
    if kind == "staged":
        project.git("add", name)
    if kind == "deleted":
        path.unlink()
    if kind == "ignored":
        (project.root / ".git/info/exclude").write_text("/trees/\ndark.py\n")
    before = project.everything()
    refused = await refusal(project.wish())
    assert (refused.code, refused.files) == ("dirty", (name,))
    assert name in str(refused)
    assert project.everything() == before
    assert kind == "deleted" or path.read_text() == "mine\n"
    assert not project.leftovers


async def test_a_file_that_was_only_touched_is_no_change(project: GitProject) -> None:
    project.run({"README.md": "of the run\n"})
    text = (project.root / "README.md").read_text()
    (project.root / "README.md").unlink()
    (project.root / "README.md").write_text(text)
    await do(project.wish())
    assert (project.root / "README.md").read_text() == "of the run\n"


async def test_a_file_becomes_a_folder_and_a_folder_a_file(project: GitProject) -> None:
    tree = project.run({})
    project.git("rm", "-r", "--quiet", "src", "README.md", cwd=tree)
    project.commit({"src": "a file now\n", "README.md/inside.txt": "a folder now\n"}, "Swap", cwd=tree)
    await do(project.wish())
    assert (project.root / "src").read_text() == "a file now\n"
    assert (project.root / "README.md/inside.txt").exists()
    assert project.status() == ""


async def test_a_target_that_is_not_checked_out_moves_without_anybody_noticing(project: GitProject) -> None:
    project.git("branch", "release")
    project.run()
    (project.root / "src").rename(project.root / "moved away")
    before = project.status()
    await do(project.wish(target="release"))
    assert project.read("src/dark.py", "release") == "dark = True"
    assert project.subjects("main") == ["Begin"]
    assert project.status() == before


async def test_a_target_in_another_worktree_goes_along_there(project: GitProject, tmp_path: Path) -> None:
    project.git("worktree", "add", "--quiet", "-b", "release", str(tmp_path / "release"))
    project.run()
    (tmp_path / "release" / "src/dark.py").write_text("mine\n")
    refused = await refusal(project.wish(target="release"))
    assert refused.code == "dirty"
    (tmp_path / "release" / "src/dark.py").unlink()
    await do(project.wish(target="release"))
    assert (tmp_path / "release" / "src/dark.py").read_text() == "dark = True\n"
    assert project.git("status", "--porcelain", cwd=tmp_path / "release") == ""


async def test_a_linked_worktree_as_project(project: GitProject, tmp_path: Path) -> None:
    project.run()
    linked = GitProject(tmp_path / "linked", project.scratch)
    project.git("worktree", "add", "--quiet", "-b", "topic", str(linked.root))
    await do(linked.wish())
    assert project.subjects("topic")[0] == "Dark mode (#7)"
    assert project.subjects("main") == ["Begin"]
    assert (linked.root / "src/dark.py").exists()


async def test_with_a_submodule(project: GitProject, tmp_path: Path) -> None:
    library = GitProject.make(tmp_path / "library")
    project.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library.root), "lib")
    project.git("commit", "--quiet", "-m", "Add a library")
    project.run()
    (project.root / "lib/README.md").write_text("my own change\n")
    await do(project.wish())
    assert (project.root / "src/dark.py").exists()
    assert (project.root / "lib/README.md").read_text() == "my own change\n"
    assert project.status() == "M lib"


async def test_the_users_hooks_and_signing_stop_nothing(project: GitProject, home: Path) -> None:
    for name in (
        "pre-commit",
        "commit-msg",
        "pre-merge-commit",
        "post-checkout",
        "reference-transaction",
        "pre-rebase",
    ):
        hook = project.root / ".git/hooks" / name
        hook.write_text(f"#!/bin/sh\ntouch '{home}/a-hook-ran'\nexit 1\n")
    tree = project.run({})
    (tree / "x.txt").write_text("x\n")
    project.git("-c", "core.hooksPath=/dev/null", "add", "x.txt", cwd=tree)
    project.git("-c", "core.hooksPath=/dev/null", "commit", "--quiet", "-m", "x", cwd=tree)
    for path in (project.root / ".git/hooks").iterdir():
        path.chmod(0o755)
    (home / ".gitconfig").write_text(
        "[commit]\n gpgsign = true\n[gpg]\n program = /bin/false\n[merge]\n ff = only\n"
        "[status]\n showUntrackedFiles = no\n[core]\n editor = /bin/false\n[rebase]\n autoStash = true\n"
        "[alias]\n merge = !false\n"
    )
    for method in METHODS:
        old = project.tip()
        await do(project.wish(method))
        project.git("-c", "core.hooksPath=/dev/null", "reset", "--quiet", "--hard", old)
    assert not (home / "a-hook-ran").exists()


async def test_a_user_without_a_name_gets_ours(project: GitProject) -> None:
    project.run()
    project.git("config", "--unset", "user.name")
    await do(project.wish())
    assert project.git("log", "-1", "--format=%an <%ae>|%cn") == "Agentic Kanban <kanban@localhost>|Agentic Kanban"


async def test_what_has_been_merged_is_nothing_new(project: GitProject) -> None:
    project.run()
    await do(project.wish())
    for method in METHODS:
        refused = await refusal(project.wish(method))
        assert (refused.code, str(refused)) == ("nothing", f"main has everything of adw/{RUN}-dark-mode already")
    project.git("merge", "--quiet", "--no-edit", f"adw/{RUN}-dark-mode")
    assert (await refusal(project.wish())).code == "nothing"


async def test_the_branch_has_moved_since_somebody_looked(project: GitProject) -> None:
    tree = project.run()
    seen = project.tip(f"adw/{RUN}-dark-mode")
    project.commit({"more.txt": "more\n"}, "More", cwd=tree)
    before = project.everything()
    refused = await refusal(project.wish(), expect=seen)
    assert refused.code == "busy"
    assert "has moved since you looked" in str(refused)
    assert project.everything() == before
    await do(project.wish(), expect=project.tip(f"adw/{RUN}-dark-mode"))


async def test_work_that_is_not_committed_is_left_to_a_person(project: GitProject) -> None:
    tree = project.run()
    (tree / "forgotten.txt").write_text("x\n")
    (tree / ".ports.env").write_text("FRONTEND_PORT=9200\n")
    refused = await refusal(project.wish())
    assert (refused.code, refused.files) == ("unfinished", ("forgotten.txt",))
    (tree / "forgotten.txt").unlink()
    await do(project.wish())


@pytest.mark.parametrize("times", [1, 100])
async def test_somebody_moves_the_target_meanwhile(
    project: GitProject, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """At the very last moment: after everything has been looked at."""
    project.git("branch", "release")
    project.run()
    look, moves = advancing.check_free, iter(range(times))

    async def and_then_it_moves(*given: object) -> object:
        holders = await look(*given)  # pyright: ignore[reportArgumentType]
        if (number := next(moves, None)) is not None:
            tree = project.git("rev-parse", "release^{tree}")
            commit = project.git("commit-tree", "-p", "release", "-m", f"Theirs {number}", tree)
            project.git("update-ref", "refs/heads/release", commit)
        return holders

    monkeypatch.setattr(advancing, "check_free", and_then_it_moves)
    if times == 1:
        await do(project.wish(target="release"))
        assert project.subjects("release") == ["Dark mode (#7)", "Theirs 0", "Begin"]
    else:
        assert "was moved by others at each of 5 tries" in str(await refusal(project.wish(target="release")))
        assert "Dark mode (#7)" not in project.subjects("release")
    assert not project.leftovers


async def test_a_file_changed_between_look_and_leap_takes_the_branch_back(
    project: GitProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.run({"README.md": "of the run\n"})
    rehearse = advancing._rehearse

    async def and_then_it_changes(*given: object) -> None:
        await rehearse(*given)  # pyright: ignore[reportArgumentType]
        (project.root / "README.md").write_text("mine\n")

    monkeypatch.setattr(advancing, "_rehearse", and_then_it_changes)
    before = project.tip()
    assert (await refusal(project.wish())).code == "dirty"
    assert project.tip() == before
    assert project.status() == "M README.md"
    assert (project.root / "README.md").read_text() == "mine\n"
    assert not project.leftovers


async def test_something_under_way_in_the_checkout_is_not_disturbed(project: GitProject) -> None:
    project.git("checkout", "--quiet", "-b", "topic")
    project.commit({"README.md": "topic\n"}, "Topic")
    project.git("checkout", "--quiet", "main")
    project.commit({"README.md": "main\n"}, "Main")
    project.run()
    project.begin("merge", "topic")
    refused = await refusal(project.wish())
    assert refused.code == "busy"
    assert "A merge of main is under way" in str(refused)
    project.git("merge", "--abort")
    project.begin("rebase", "topic")
    assert "A rebase of main is under way" in str(await refusal(project.wish(target="main")))


async def test_two_at_once_come_in_one_after_the_other(project: GitProject) -> None:
    project.run({"a.txt": "a\n"}, "aaaa1111")
    project.run({"b.txt": "b\n"}, "bbbb2222")
    wishes = [Wish(project.root, project.scratch, merging.RunPlace(name)) for name in ("aaaa1111", "bbbb2222")]
    await asyncio.gather(*(do(wish) for wish in wishes))
    assert (project.root / "a.txt").exists()
    assert (project.root / "b.txt").exists()
    assert len(project.subjects()) == 3
    assert project.status() == ""


class TestRefusals:
    async def test_no_branch(self, project: GitProject) -> None:
        refused = await refusal(project.wish())
        assert (refused.code, str(refused)) == ("no-branch", f"Run {RUN} has no branch in {project.root}")

    async def test_not_a_repository(self, tmp_path: Path) -> None:
        refused = await refusal(GitProject(tmp_path, tmp_path / "scratch").wish())
        assert (refused.code, str(refused)) == ("no-repository", f"{tmp_path} is not a git repository")

    async def test_a_folder_in_somebody_elses_repository_is_none(self, project: GitProject) -> None:
        inner = project.root / "src"
        (inner / ".git").write_text("gitdir: nowhere")
        assert (await refusal(GitProject(inner, project.scratch).wish())).code == "no-repository"

    async def test_no_git(self, project: GitProject, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        refused = await refusal(project.wish())
        assert refused.code == "no-git"
        assert "git is not installed" in str(refused)

    async def test_git_too_old(self, project: GitProject, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "git").write_text("#!/bin/sh\necho git version 2.11.0\n")
        (tmp_path / "git").chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        refused = await refusal(project.wish())
        assert (refused.code, "git 2.11 is too old" in str(refused)) == ("no-git", True)

    async def test_detached(self, project: GitProject) -> None:
        project.run()
        project.git("checkout", "--quiet", "--detach")
        assert (await refusal(project.wish())).code == "detached"
        await do(project.wish(base="main"))

    async def test_no_target(self, project: GitProject) -> None:
        project.run()
        refused = await refusal(project.wish(target="nowhere"))
        assert (refused.code, str(refused)) == ("no-target", f"There is no branch nowhere in {project.root}")
        assert (await refusal(project.wish(target="../main"))).code == "no-target"

    async def test_no_commits(self, tmp_path: Path) -> None:
        project = GitProject(tmp_path / "empty", tmp_path / "scratch")
        project.root.mkdir()
        project.git("init", "--quiet")
        assert "has no commits yet" in str(await refusal(project.wish()))

    async def test_the_run_worked_on_the_target_itself(self, project: GitProject) -> None:
        project.git("branch", "-m", f"fix-{RUN}")
        assert (await refusal(project.wish())).code == "nothing"


@pytest.mark.parametrize(
    ("branch", "found"),
    [
        (f"feature-issue-7-adw-{RUN}-dark-mode", True),
        (f"adw/{RUN}-x", True),
        (f"x/{RUN}", True),
        (f"adw/{RUN}0-x", False),
        (f"adw-x{RUN}", False),
    ],
)
async def test_the_branch_of_a_run_by_its_name(project: GitProject, branch: str, found: bool) -> None:
    project.git("branch", branch)
    repository = await Repository.open(project.root)
    assert await merging.branch_of(repository, merging.RunPlace(RUN)) == (branch if found else None)


async def test_the_branch_of_a_run_by_what_is_known_of_it(project: GitProject, tmp_path: Path) -> None:
    for name in ("reported", "in-state", "in-worktree", f"adw/{RUN}-x"):
        project.git("branch", name)
    repository = await Repository.open(project.root)
    place = merging.RunPlace(RUN, "gone", str(tmp_path / "tree"))
    assert await merging.branch_of(repository, place) == f"adw/{RUN}-x"
    project.git("worktree", "add", "--quiet", str(tmp_path / "tree"), "in-worktree")
    assert await merging.branch_of(repository, place) == "in-worktree"
    state = project.root / "agents" / RUN / "adw_state.json"
    state.parent.mkdir(parents=True)
    state.write_text('{"branch_name": "in-state"}')
    assert await merging.branch_of(repository, place) == "in-state"
    assert await merging.branch_of(repository, merging.RunPlace(RUN, "reported")) == "reported"


async def test_a_git_command_of_the_user_under_way_is_not_disturbed(project: GitProject) -> None:
    project.run()
    (project.root / ".git/index.lock").touch()
    before = project.everything()
    refused = await refusal(project.wish())
    assert refused.code == "busy"
    assert "Another git command is at work" in str(refused)
    assert project.everything() == before
    (project.root / ".git/index.lock").unlink()
    await do(project.wish())
