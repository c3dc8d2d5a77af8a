"""Removing what a run has left behind: its worktree and its agents' folder; never a branch, never uncommitted work."""

import asyncio
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from kanban_app.trigger_service.config import ServiceConfig
from kanban_app.trigger_service.git.command import GitFailed
from kanban_app.trigger_service.git.merging import uncommitted
from kanban_app.trigger_service.git.refusals import Refused, listed
from kanban_app.trigger_service.git.repository import Checkout, Repository, remove_stale_locks
from kanban_app.trigger_service.git.run_branch import RunPlace, is_named_for, read_state, worktree_of
from kanban_app.trigger_service.layout import ProjectLayout


@dataclass(frozen=True, slots=True)
class Removed:
    """What is gone. `snapshot` is the commit in which work that had not been committed is kept."""

    worktree: bool = False
    agents: bool = False
    snapshot: str | None = None
    errors: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """All of it in one sentence without a full stop."""
        gone = [name for name, is_gone in (("worktree", self.worktree), ("agents' files", self.agents)) if is_gone]
        parts = [f"{' and '.join(gone)} removed" if gone else "nothing removed"]
        if self.snapshot:
            parts.append(f"uncommitted work kept in commit {self.snapshot[:8]}")
        return "; ".join([*parts, *self.errors])


async def remove_run(config: ServiceConfig, adw_id: str, worktree: str | None = None) -> Removed:
    """Remove what a run that is not active has left; `worktree` is where the service knows it to have worked.

    Raises ValueError where `adw_id` is none. What could not be removed is in the `errors` of the answer.
    """
    layout = ProjectLayout(config.repository)
    agents = layout.agents(adw_id)
    try:
        repository = await Repository.open(config.repository)
    except Refused as refusal:
        left = await asyncio.to_thread(lambda: agents.exists() or layout.worktree(adw_id).exists())
        return Removed(errors=(str(refusal),)) if left else Removed()
    try:
        state = await asyncio.to_thread(read_state, layout.root, adw_id)
        place = RunPlace(adw_id, None, worktree)
        checkout = worktree_of(layout.root, place, state, await repository.registered())
        removed = await _try_worktree(repository, checkout, adw_id) if checkout else Removed()
        return await _remove_agents(repository, agents, removed)
    except (GitFailed, OSError) as failure:
        return Removed(errors=(str(failure),))


async def _try_worktree(repository: Repository, checkout: Checkout, adw_id: str) -> Removed:
    try:
        return await _remove_worktree(repository, checkout, adw_id)
    except GitFailed as failure:
        return Removed(errors=(f"The worktree {checkout.path} cannot be removed: {failure}",))


async def _remove_worktree(repository: Repository, checkout: Checkout, adw_id: str) -> Removed:
    if not _may_go(repository, checkout, adw_id):
        return Removed(errors=(f"{checkout.path} was not made for this run and is left as it is",))
    if checkout.locked is not None:
        why = f" ({checkout.locked})" if checkout.locked else ""
        return Removed(errors=(f"The worktree {checkout.path} is locked{why} and is left as it is",))
    snapshot = None
    if checkout.is_there:
        try:
            snapshot = await _keep_work(repository, checkout, adw_id)
        except GitFailed as failure:
            return Removed(errors=(f"The work in {checkout.path} cannot be kept, so it is left as it is: {failure}",))
    await repository.git.run("worktree", "remove", "--force", str(checkout.path))
    return Removed(worktree=True, snapshot=snapshot)


def _may_go(repository: Repository, checkout: Checkout, adw_id: str) -> bool:
    """Reports of scripts may name any folder, that of another run included.

    Only a linked worktree with the run's name goes, or one in `trees` on a branch with that name in it.
    """
    path, root = checkout.path.resolve(), repository.root.resolve()
    if root.is_relative_to(path):
        return False
    return path.name == adw_id or (path.is_relative_to(root / "trees") and is_named_for(checkout.branch, adw_id))


async def _keep_work(repository: Repository, checkout: Checkout, adw_id: str) -> str | None:
    """Commit what has not been committed, and give a branch to what is on none. Returns the new commit."""
    git = repository.at(checkout.path, *await repository.identity())
    await remove_stale_locks(checkout.locks)
    snapshot = None
    names = await uncommitted(git, adw_id)
    within = [name for name in names if name.endswith("/")]
    if within:
        raise GitFailed(f"there are other repositories in it: {listed(within)}")
    if names:
        given = b"".join(os.fsencode(name) + b"\0" for name in names)
        await git.run("add", "--all", "--force", "--pathspec-from-file=-", "--pathspec-file-nul", given=given)
        await git.run("commit", "--quiet", "--no-verify", "-m", f"adw snapshot of {adw_id}")
        snapshot = await git.run("rev-parse", "HEAD")
        left = await uncommitted(git, adw_id)
        if left:
            raise GitFailed(f"not everything could be committed: {listed(left)}")
    if checkout.branch is None and not await git.run("for-each-ref", "--contains=HEAD", "--count=1", "refs/heads"):
        await git.run("branch", f"adw/{adw_id}-snapshot-{await git.run('rev-parse', '--short=8', 'HEAD')}")
    return snapshot


async def _remove_agents(repository: Repository, folder: Path, removed: Removed) -> Removed:
    if not await asyncio.to_thread(os.path.lexists, folder):
        return removed
    if await repository.git.run("ls-files", "-z", "--", str(folder.relative_to(repository.root))):
        return _with_error(removed, f"{folder} has files of the repository in it and is left as it is")
    if not await asyncio.to_thread(_is_in, repository.root, folder.parent):
        return _with_error(removed, f"{folder} is not in the repository and is left as it is")
    try:
        await asyncio.to_thread(_remove_folder, folder)
    except OSError as error:
        return _with_error(removed, f"{folder} cannot be removed: {error.strerror or error}")
    return Removed(removed.worktree, agents=True, snapshot=removed.snapshot, errors=removed.errors)


def _is_in(root: Path, folder: Path) -> bool:
    return folder.resolve().is_relative_to(root.resolve())


def _remove_folder(folder: Path) -> None:
    if folder.is_symlink():
        folder.unlink()
    else:
        shutil.rmtree(folder)


def _with_error(removed: Removed, words: str) -> Removed:
    return Removed(removed.worktree, removed.agents, removed.snapshot, (*removed.errors, words))
