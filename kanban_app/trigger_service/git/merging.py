"""Bringing the work of a run into a branch: looked at first, tried in a scratch working tree, then all at once."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from kanban_app.trigger_service.git import advancing, scratch
from kanban_app.trigger_service.git.command import Git, GitFailed, shown
from kanban_app.trigger_service.git.refusals import Refused, listed
from kanban_app.trigger_service.git.repository import Repository
from kanban_app.trigger_service.git.run_branch import RunPlace, branch_of
from kanban_app.trigger_service.git.turn import turn

SHOWN_COMMITS: Final = 50
SHOWN_FILES: Final = 500
_TRIES: Final = 5
_PREVIEW_PATIENCE_S: Final = 5.0
_MERGE_PATIENCE_S: Final = 300.0
# What scripts put into their worktree for themselves; a project may have folders of these names, too.
_PORTS: Final = (".ports.env", ".ports.env.new")
_SHARED: Final = ("agents", "logs")
_PLACEHOLDERS: Final = (".gitkeep", ".gitignore", ".keep")

Tell = Callable[[int, str], None]


class Method(StrEnum):
    SQUASH = "squash"
    MERGE = "merge"
    REBASE = "rebase"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be merged, how and where to. `target` None: `base`, and where that is None what is checked out.

    `scratch_dir` belongs to merging alone. `title` names the work in the history.
    """

    root: Path
    scratch_dir: Path
    place: RunPlace
    method: Method = Method.SQUASH
    target: str | None = None
    base: str | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class Commit:
    sha: str
    subject: str
    at: str


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file with the lines added and removed, None where it is not text."""

    path: str
    added: int | None
    removed: int | None


@dataclass(frozen=True, slots=True)
class Trial:
    """What trying has given: the commit that the target would move to, or the files in conflict."""

    commit: str | None
    conflicts: tuple[str, ...] = ()
    files: tuple[FileChange, ...] = ()
    changes: advancing.Changes = field(default_factory=dict[str, str])


@dataclass(slots=True)
class Survey:
    """What is known of a merge so far; as much as could be found out before something stood in the way."""

    branch: str | None = None
    target: str | None = None
    head: str | None = None
    tip: str | None = None
    ahead: int = 0
    behind: int = 0
    commits: tuple[Commit, ...] = ()
    trial: Trial | None = None


class TrialMemory:
    """The newest trials, so that looking again costs nothing until a branch has moved; none of very many files."""

    _KEPT: Final = 64
    _FILES: Final = 10_000

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, Method], Trial] = {}

    def get(self, head: str, tip: str, method: Method) -> Trial | None:
        return self._known.get((head, tip, method))

    def keep(self, head: str, tip: str, method: Method, trial: Trial) -> None:
        if len(trial.changes) + len(trial.conflicts) > self._FILES:
            return
        self._known[head, tip, method] = trial
        while len(self._known) > self._KEPT:
            del self._known[next(iter(self._known))]


async def preview(wish: Wish, memory: TrialMemory) -> dict[str, Any]:
    """What merging would do now, in the form in which it is sent. Raises GitFailed when git cannot tell."""
    survey = Survey()
    refusal = None
    try:
        repository = await Repository.open(wish.root)
        await _survey(repository, wish, survey)
        await _foresee(repository, wish, survey, memory)
    except Refused as error:
        refusal = error
    return _as_sent(wish, survey, refusal)


async def _foresee(repository: Repository, wish: Wish, survey: Survey, memory: TrialMemory) -> None:
    head, tip = survey.head or "", survey.tip or ""
    survey.trial = memory.get(head, tip, wish.method)
    if survey.trial is None:
        async with turn(repository, _PREVIEW_PATIENCE_S) as own:
            await tidy(own, wish.scratch_dir)
            survey.trial = await _try(own, wish, survey)
        memory.keep(head, tip, wish.method, survey.trial)
    _check_trial(survey)
    await _check_finished(repository, wish, survey)
    await advancing.check_free(repository, survey.target or "", survey.trial.changes)


async def merge(wish: Wish, expect: str | None, tell: Tell) -> Survey:
    """Do it, or raise Refused (or GitFailed) and have changed nothing. `expect`: where the run's branch must still be.

    `tell` gets percent and words. From the moment at which the target moves the rest must be seen through.
    """
    tell(10, "Looking at the branches")
    repository = await Repository.open(wish.root)
    async with turn(repository, _MERGE_PATIENCE_S) as own:
        await tidy(own, wish.scratch_dir)
        for _ in range(_TRIES):
            survey = Survey()
            await _survey(own, wish, survey)
            _check_expected(survey, expect)
            await _check_finished(own, wish, survey)
            tell(30, f"Trying to {wish.method} {survey.branch} into {survey.target}")
            survey.trial = await _try(own, wish, survey)
            _check_trial(survey)
            tell(80, f"Moving {survey.target} on")
            try:
                await _see_through(_advance(own, wish, survey))
            except advancing.Moved:
                continue
            return survey
    raise Refused("busy", f"{wish.target or 'The target branch'} was moved by others at each of {_TRIES} tries")


async def _see_through(work: Coroutine[None, None, None]) -> None:
    """Also when whoever waits is told to end meanwhile: then it is done all the same."""
    task = asyncio.create_task(work)
    while not task.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait([task])
    task.result()


async def _advance(repository: Repository, wish: Wish, survey: Survey) -> None:
    new = survey.trial.commit if survey.trial else None
    if survey.target and survey.tip and new:
        note = f"kanban: {wish.method} of run {wish.place.adw_id}"
        await advancing.advance(repository, survey.target, survey.tip, new, note)


async def tidy(repository: Repository, scratch_dir: Path) -> list[str]:
    """Finish and clear away what a killed merge has left; in one's turn. Returns what was left as somebody has it."""
    left = await advancing.recover(repository)
    await scratch.clean(repository, scratch_dir)
    return left


async def tidy_repository(root: Path, scratch_dir: Path) -> list[str]:
    """The same for a service that starts. Nothing where there is no repository, or others work on it now."""
    try:
        repository = await Repository.open(root)
        async with turn(repository, 0.0) as own:
            return await tidy(own, scratch_dir)
    except Refused:
        return []


async def _survey(repository: Repository, wish: Wish, survey: Survey) -> None:
    survey.branch = await branch_of(repository, wish.place)
    survey.target = await repository.base(wish.target or wish.base)
    survey.tip = await repository.tip(survey.target)
    if survey.branch is None:
        raise Refused("no-branch", f"Run {wish.place.adw_id} has no branch in {repository.root}")
    survey.head = await repository.tip(survey.branch)
    counted = await repository.git.run("rev-list", "--left-right", "--count", f"{survey.tip}...{survey.head}")
    survey.behind, survey.ahead = map(int, counted.split())
    survey.commits = await _commits(repository.git, survey)
    if survey.branch == survey.target:
        raise Refused("nothing", f"The run has worked on {survey.target} itself: there is nothing to merge")
    if survey.ahead == 0:
        raise Refused("nothing", f"{survey.target} has everything of {survey.branch} already")


async def _commits(git: Git, survey: Survey) -> tuple[Commit, ...]:
    form = ("--format=%H%x00%s%x00%cI", f"--max-count={SHOWN_COMMITS}")
    printed = await git.run("log", *form, f"{survey.tip}..{survey.head}", "--")
    # Subjects may have characters that count as ends of lines elsewhere.
    lines = (line.split("\0") for line in printed.split("\n") if line)
    return tuple(Commit(sha, shown(subject), at) for sha, subject, at in lines)


def _check_expected(survey: Survey, expect: str | None) -> None:
    if expect and survey.head != expect:
        now = (survey.head or "")[:8]
        raise Refused("busy", f"{survey.branch} has moved since you looked ({expect[:8]} is now {now}): look again")


def _check_trial(survey: Survey) -> None:
    trial = survey.trial
    if trial is None:
        return
    if trial.conflicts:
        raise Refused("conflict", f"Merge conflict in {listed(trial.conflicts)}", trial.conflicts)
    if not trial.changes:
        raise Refused("nothing", f"{survey.target} has everything of {survey.branch} already")


async def _check_finished(repository: Repository, wish: Wish, survey: Survey) -> None:
    """Work that is not committed would be left behind; whether it belongs to the run a person must say."""
    for checkout in await repository.checkouts():
        if checkout.branch != survey.branch:
            continue
        names = await uncommitted(repository.at(checkout.path), wish.place.adw_id)
        if names:
            reason = (
                f"The run has left work in {checkout.path} that is not committed and would not be merged: "
                f"{listed(names)}. Commit it there, or remove it"
            )
            raise Refused("unfinished", reason, names)


async def uncommitted(git: Git, adw_id: str) -> list[str]:
    """The files of a run's worktree that are changed or new, without new ones that scripts write for themselves.

    A repository in the worktree is one name, with a slash at its end.
    """
    form = ("--porcelain", "-z", "--untracked-files=all", "--no-renames", "--ignore-submodules=none")
    lines = (await git.answer("status", *form)).names
    foreign = (f"agents/{adw_id}/", *(await _folders_of_scripts(git) if any(map(_is_shared, lines)) else ()))
    return [line[3:] for line in lines if not _is_new(line) or not _is_foreign(line[3:], foreign)]


def _is_new(line: str) -> bool:
    return line.startswith("?? ")


def _is_shared(line: str) -> bool:
    return _is_new(line) and line[3:].startswith(tuple(f"{folder}/" for folder in _SHARED))


def _is_foreign(name: str, folders: tuple[str, ...]) -> bool:
    return name in _PORTS or name.startswith(folders)


async def _folders_of_scripts(git: Git) -> list[str]:
    """Those in which the project has no files of its own."""
    tracked = (await git.answer("ls-files", "-z", "--", *_SHARED)).names
    own = {name.partition("/")[0] for name in tracked if Path(name).name not in _PLACEHOLDERS}
    return [f"{folder}/" for folder in _SHARED if folder not in own]


async def _try(repository: Repository, wish: Wish, survey: Survey) -> Trial:
    head, tip = survey.head or "", survey.tip or ""
    identity = await repository.identity()
    start = head if wish.method is Method.REBASE else tip
    async with scratch.scratch(repository, wish.scratch_dir, start) as plain:
        git = repository.at(plain.cwd, *plain.options, *identity)
        conflicts = await _combine(git, wish, survey)
        if conflicts:
            return Trial(None, conflicts)
        commit = await git.run("rev-parse", "HEAD")
    changes = await advancing.changes_between(repository.git, tip, commit)
    return Trial(commit, (), await _files(repository.git, tip, commit), changes)


async def _combine(git: Git, wish: Wish, survey: Survey) -> tuple[str, ...]:
    """Make the commit; returns the files in conflict."""
    head, tip = survey.head or "", survey.tip or ""
    match wish.method:
        case Method.REBASE:
            command = ("rebase", "--merge", "--no-keep-empty", tip)
        case Method.MERGE:
            command = (
                "merge",
                "--no-ff",
                "--no-edit",
                "--no-stat",
                "--cleanup=whitespace",
                "-m",
                _message(wish, survey),
                head,
            )
        case Method.SQUASH:
            command = ("merge", "--squash", "--no-stat", head)
    answer = await git.ask(*command)
    if answer.code != 0:
        conflicts = (await git.answer("diff", "--name-only", "--diff-filter=U", "-z")).names
        if not conflicts:
            raise GitFailed(answer.err.strip() or answer.text or f"git {command[0]} ended with {answer.code}")
        return tuple(dict.fromkeys(shown(name) for name in conflicts))
    if wish.method is Method.SQUASH and not await git.says_yes("diff-index", "--cached", "--quiet", "HEAD"):
        await git.run(
            "commit",
            "--quiet",
            "--no-verify",
            "--cleanup=whitespace",
            "-F",
            "-",
            given=os.fsencode(_message(wish, survey)),
        )
    return ()


def _message(wish: Wish, survey: Survey) -> str:
    title = wish.title or f"Work of run {wish.place.adw_id}"
    if wish.method is Method.MERGE:
        return f"Merge {survey.branch}: {title}\n\nRun: {wish.place.adw_id}"
    subjects = "\n".join(f"* {commit.subject}" for commit in reversed(survey.commits))
    more = survey.ahead - len(survey.commits)
    rest = f"\n* and {more} more" if more > 0 else ""
    return f"{title}\n\n{subjects}{rest}\n\nRun: {wish.place.adw_id}\nBranch: {survey.branch}"


async def _files(git: Git, old: str, new: str) -> tuple[FileChange, ...]:
    printed = await git.answer("diff-tree", "-r", "-z", "--no-renames", "--numstat", old, new)
    return tuple(_file_change(line) for line in printed.names[:SHOWN_FILES])


def _file_change(line: str) -> FileChange:
    added, removed, path = line.split("\t", 2)
    return FileChange(shown(path), _number(added), _number(removed))


def _number(text: str) -> int | None:
    return None if text == "-" else int(text)


def _as_sent(wish: Wish, survey: Survey, refusal: Refused | None) -> dict[str, Any]:
    trial = survey.trial or Trial(None)
    return {
        "adw_id": wish.place.adw_id,
        "possible": refusal is None,
        "code": refusal.code if refusal else None,
        "reason": str(refusal) if refusal else None,
        "method": wish.method.value,
        "branch": shown(survey.branch) if survey.branch else None,
        "target": shown(survey.target) if survey.target else None,
        "head": survey.head,
        "ahead": survey.ahead,
        "behind": survey.behind,
        "commits": [{"sha": commit.sha, "subject": commit.subject, "at": commit.at} for commit in survey.commits],
        "files": [{"path": file.path, "added": file.added, "removed": file.removed} for file in trial.files],
        "conflicts": list(trial.conflicts[:SHOWN_FILES]),
    }
