"""What a repository has: its branches, and where they are checked out."""

import asyncio
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

from kanban_app.trigger_service.git.command import Git, GitMissing
from kanban_app.trigger_service.git.refusals import Refused

OLDEST_GIT: Final = (2, 30)
_OWN_IDENTITY: Final = ("user.name=Agentic Kanban", "user.email=kanban@localhost")
_BRANCH: Final = re.compile(r"(?![-/.])(?!.*@\{)[^\x00-\x20~^:?*\[\\\x7f]{1,200}")
_STALE_LOCK_S: Final = 2.0
_UNDER_WAY: Final = {
    "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
}


@dataclass(frozen=True, slots=True)
class Checkout:
    """A working tree of the repository; `branch` is None where its HEAD is detached."""

    path: Path
    branch: str | None
    locked: str | None = None
    """Why nobody may remove it; empty where nobody has said why."""

    @property
    def is_there(self) -> bool:
        return (self.path / ".git").exists()

    @property
    def locks(self) -> list[Path]:
        """What git commands in it lock one another out with."""
        folder = self.git_dir
        return [folder / "index.lock", folder / "HEAD.lock"] if folder else []

    @property
    def git_dir(self) -> Path | None:
        """Where its HEAD and index are; None when that cannot be found."""
        place = self.path / ".git"
        try:
            if place.is_dir():
                return place
            named = place.read_text("utf-8", "surrogateescape").removeprefix("gitdir:").strip()
        except OSError:
            return None
        return (self.path / named).resolve()

    @property
    def under_way(self) -> str | None:
        """What somebody has begun there with git and not ended."""
        folder = self.git_dir
        if folder is None:
            return None
        return next((word for name, word in _UNDER_WAY.items() if (folder / name).exists()), None)

    def rebases(self, branch: str) -> bool:
        """Whether that branch, which is not checked out meanwhile, will be moved at the end of a rebase."""
        folder = self.git_dir
        if folder is None:
            return False
        names = (folder / kind / "head-name" for kind in ("rebase-merge", "rebase-apply"))
        return any(
            name.is_file() and name.read_text("utf-8", "surrogateescape").strip() == f"refs/heads/{branch}"
            for name in names
        )


@dataclass(frozen=True, slots=True)
class Repository:
    """The repository with the main checkout in `root`, which may itself be a linked worktree."""

    root: Path
    common_dir: Path
    git: Git

    @classmethod
    async def open(cls, root: Path) -> Self:
        """Raises Refused where there is none, or no git that could work with it."""
        if not (root / ".git").exists():
            raise Refused("no-repository", f"{root} is not a git repository")
        git = Git(root)
        await _check_version(git)
        answer = await git.ask("rev-parse", "--git-common-dir")
        if answer.code != 0:
            raise Refused("no-repository", f"git cannot work in {root}: {_first_line(answer.err)}")
        return cls(root, (root / answer.text).resolve(), git)

    def holding(self, descriptor: int) -> Self:
        """The same, whose commands keep an open file open."""
        return replace(self, git=replace(self.git, held=descriptor))

    def at(self, folder: Path, *options: str) -> Git:
        """git in another folder of the repository."""
        return replace(self.git, cwd=folder, options=(*self.git.options, *options))

    async def head_branch(self) -> str | None:
        """What is checked out in `root`; None for a detached HEAD."""
        answer = await self.git.ask("symbolic-ref", "--quiet", "--short", "HEAD")
        return answer.text if answer.code == 0 else None

    async def tip(self, branch: str) -> str | None:
        """The commit of a local branch; None where there is no such branch."""
        if not _BRANCH.fullmatch(branch):
            return None
        answer = await self.git.ask("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}^{{commit}}")
        return answer.text if answer.code == 0 else None

    async def branches(self) -> list[str]:
        """The local branches, those with the newest commits first; none whose name could be taken for an option."""
        printed = await self.git.run("for-each-ref", "refs/heads", "--sort=-committerdate", "--format=%(refname)")
        names = (line.removeprefix("refs/heads/") for line in printed.split("\n"))
        return [name for name in names if _BRANCH.fullmatch(name)]

    async def checkouts(self) -> list[Checkout]:
        """Every working tree that is there, `root` included."""
        return [checkout for checkout in await self.registered() if checkout.is_there]

    async def registered(self) -> list[Checkout]:
        """Every working tree that git knows of, the repository's first one before the others."""
        return list(_parse(await self.git.run("worktree", "list", "--porcelain")))

    async def base(self, wanted: str | None) -> str:
        """The branch where worktrees begin and merges go: the wanted one, else what is checked out."""
        branch = wanted or await self.head_branch()
        if branch is None:
            advice = "check a branch out there, or set KANBAN_BASE_BRANCH"
            raise Refused("detached", f"No branch is checked out in {self.root}: {advice}")
        if await self.tip(branch) is None:
            if not await self.branches():
                raise Refused("no-target", f"The repository in {self.root} has no commits yet")
            raise Refused("no-target", f"There is no branch {branch} in {self.root}")
        return branch

    async def identity(self) -> tuple[str, ...]:
        """Options for commands that commit: none where the user has a name and an address of his own."""
        for name in ("user.name", "user.email"):
            if not (await self.git.ask("config", "--get", name)).text:
                return _OWN_IDENTITY
        return ()


def write_atomically(path: Path, text: str) -> None:
    """A reader, also one after a crash, sees the whole file or the one before."""
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


async def remove_stale_locks(files: Iterable[Path]) -> None:
    """Remove the locks that a killed git has left; one that changes meanwhile is that of a living command."""
    before = {file: _changed_at(file) for file in files}
    found = [file for file, at in before.items() if at is not None]
    if not found:
        return
    await asyncio.sleep(_STALE_LOCK_S)
    for file in found:
        if _changed_at(file) == before[file]:
            await asyncio.to_thread(file.unlink, missing_ok=True)


def _changed_at(file: Path) -> int | None:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return None


async def _check_version(git: Git) -> None:
    try:
        printed = await git.run("version")
    except GitMissing as error:
        raise Refused("no-git", f"{error}: install it on the service's machine") from None
    match = re.search(r"(\d+)\.(\d+)", printed)
    if match and (int(match[1]), int(match[2])) < OLDEST_GIT:
        needed = ".".join(map(str, OLDEST_GIT))
        raise Refused("no-git", f"git {match[0]} is too old: {needed} or newer is needed on the service's machine")


def _parse(printed: str) -> Iterator[Checkout]:
    for block in printed.split("\n\n"):
        fields: dict[str, str] = {}
        for line in block.split("\n"):
            name, _, value = line.partition(" ")
            fields[name] = value
        if "worktree" in fields and "bare" not in fields:
            branch = fields.get("branch")
            short = branch.removeprefix("refs/heads/") if branch else None
            yield Checkout(Path(fields["worktree"]), short, fields.get("locked"))


def _first_line(words: str) -> str:
    return next(iter(words.strip().splitlines()), "no reason given").removeprefix("fatal: ")[:300]
