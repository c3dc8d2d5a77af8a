"""Moving a branch on, together with the working trees that it is checked out in; never over anybody's own changes.

The branch moves at one instant. What is to be done before and after is written down first (`kanban-merge.json`), so
that whoever comes next can finish what a killed process has begun.
"""

import asyncio
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from kanban_app.trigger_service.git.command import Git, GitFailed
from kanban_app.trigger_service.git.refusals import Refused, listed
from kanban_app.trigger_service.git.repository import Checkout, Repository, remove_stale_locks, write_atomically

_COMPARED_BYTES: Final = 64 * 1024 * 1024


class Moved(Exception):
    """Somebody else has moved the branch meanwhile; nothing has been changed."""


@dataclass(frozen=True, slots=True)
class Step:
    """A branch that goes from one commit to another, and the working trees that go with it."""

    branch: str
    old: str
    new: str
    checkouts: tuple[str, ...]


Changes = Mapping[str, str]
"""Paths with the letter of what happens to them: A, M, D or T."""


async def changes_between(git: Git, old: str, new: str) -> dict[str, str]:
    printed = await git.answer("diff-tree", "-r", "-z", "--no-renames", "--name-status", old, new)
    fields = printed.names
    return dict(zip(fields[1::2], fields[::2], strict=True))


async def check_free(repository: Repository, branch: str, changes: Changes) -> list[Checkout]:
    """The working trees that have the branch checked out. Raises Refused where they cannot go along."""
    checkouts = await repository.checkouts()
    holders = [checkout for checkout in checkouts if checkout.branch == branch]
    for checkout in checkouts:
        begun = checkout.under_way if checkout in holders else ("rebase" if checkout.rebases(branch) else None)
        if begun is not None:
            raise Refused("busy", f"A {begun} of {branch} is under way in {checkout.path}: end it there first")
    for checkout in holders:
        in_the_way = await _own_changes(repository.at(checkout.path), checkout.path, changes)
        if in_the_way:
            raise Refused("dirty", _dirty(branch, checkout.path, in_the_way), in_the_way)
    return holders


def _dirty(branch: str, path: Path, names: Sequence[str]) -> str:
    return (
        f"{branch} is checked out in {path}, with changes of your own in files that the merge would write: "
        f"{listed(names)}. Commit or move them first"
    )


async def _own_changes(git: Git, root: Path, changes: Changes) -> list[str]:
    """The files of the merge that somebody has changed, staged or put there, and that git would have to write over."""
    status = ("status", "--porcelain=v2", "-z", "--untracked-files=no", "--no-renames", "--ignore-submodules=none")
    changed = {path for line in (await git.answer(*status)).names if (path := _path_of(line)) is not None}
    overlapping = changed & set(changes)
    untracked = await asyncio.to_thread(lambda: set(_in_the_way(root, changes)))
    return sorted(overlapping | untracked)


def _path_of(line: str) -> str | None:
    fields = {"1": 8, "u": 10}.get(line[:1])
    return line.split(" ", fields)[fields] if fields else None


def _in_the_way(root: Path, changes: Changes) -> list[str]:
    """What is there already of the files that are to be added; also files that git ignores."""
    found: list[str] = []
    for name, kind in changes.items():
        if kind != "A":
            continue
        path = root / name
        if path.is_dir() and not path.is_symlink():
            inside = (Path(folder) / file for folder, _, files in os.walk(path) for file in files)
            found.extend(str(rest) for file in inside if str(rest := file.relative_to(root)) not in changes)
        elif os.path.lexists(path):
            found.append(name)
        else:
            found.extend(_blocking_parents(root, name, changes))
    return found


def _blocking_parents(root: Path, name: str, changes: Changes) -> list[str]:
    parents = [str(parent) for parent in Path(name).parents if str(parent) != "."]
    blocking = (parent for parent in parents if os.path.lexists(root / parent) and parent not in changes)
    return [parent for parent in blocking if not (root / parent).is_dir() or (root / parent).is_symlink()]


async def advance(repository: Repository, branch: str, old: str, new: str, note: str) -> None:
    """Move the branch from `old` to `new`, with its working trees. To be called in one's turn, and seen through.

    Raises Refused or Moved, and has changed nothing then.
    """
    holders = await check_free(repository, branch, await changes_between(repository.git, old, new))
    step = Step(branch, old, new, tuple(os.fspath(holder.path) for holder in holders))
    for holder in holders:
        await _rehearse(repository.at(holder.path), holder.path, step)
    _write(repository, step)
    try:
        await repository.git.run("update-ref", "-m", note, f"refs/heads/{branch}", new, old)
    except GitFailed:
        if await repository.tip(branch) == new:
            return await _bring_along(repository, step)
        _forget(repository)
        if await repository.tip(branch) != old:
            raise Moved from None
        raise
    await _bring_along(repository, step)
    return None


async def _rehearse(git: Git, path: Path, step: Step) -> None:
    await _refresh(git)
    answer = await git.ask("read-tree", "-n", "-m", "-u", step.old, step.new)
    if answer.code != 0:
        raise _refusal(path, step.branch, answer.err)


def _refusal(path: Path, branch: str, words: str) -> Refused:
    if "index.lock" in words:
        return Refused("busy", f"Another git command is at work in {path}: try again in a moment")
    said = " ".join(words.split())[:300]
    return Refused("dirty", f"{branch} is checked out in {path} and cannot be brought up to date there: {said}")


async def _refresh(git: Git) -> None:
    """Look at the files anew, so that one that was only touched does not count as changed."""
    await git.ask("update-index", "-q", "--refresh", "--really-refresh")


async def _bring_along(repository: Repository, step: Step) -> None:
    refusal = None
    for path in map(Path, step.checkouts):
        answer = await repository.at(path).ask("read-tree", "-m", "-u", step.old, step.new)
        if answer.code < 0:  # a signal to the whole group has ended it in the middle
            await _finish_checkout(repository, path, step)
        elif answer.code != 0:
            refusal = _refusal(path, step.branch, answer.err)
            break
    if refusal is None:
        return _forget(repository)
    await _take_back(repository, step)
    raise refusal


async def _take_back(repository: Repository, step: Step) -> None:
    """Somebody has changed a file in the moment between look and leap: let everything be as it was."""
    await repository.git.run("update-ref", f"refs/heads/{step.branch}", step.old, step.new)
    for path in map(Path, step.checkouts):
        git = repository.at(path)
        if await _index_is_at(git, step.new, await changes_between(git, step.old, step.new)):
            await git.ask("read-tree", "-m", "-u", step.new, step.old)
    _forget(repository)


async def recover(repository: Repository) -> list[str]:
    """Finish what a killed process has begun; call in one's turn.

    Returns the files that have been changed by somebody since then and are left as they are.
    """
    step = _read(repository)
    if step is None:
        _forget(repository)
        return []
    try:
        left = await _finish(repository, step)
    except GitFailed:  # told once; it must not stand in the way of every merge from now on
        _forget(repository)
        raise
    _forget(repository)
    return left


async def _finish(repository: Repository, step: Step) -> list[str]:
    checkouts = [one for one in await repository.checkouts() if one.branch == step.branch]
    locks = [lock for checkout in checkouts for lock in checkout.locks]
    await remove_stale_locks([repository.common_dir / "refs" / "heads" / f"{step.branch}.lock", *locks])
    left: list[str] = []
    reached = await repository.tip(step.branch) == step.new
    for checkout in checkouts if reached else ():
        if os.fspath(checkout.path) in step.checkouts:
            left += await _finish_checkout(repository, checkout.path, step)
    return left


async def _finish_checkout(repository: Repository, path: Path, step: Step) -> list[str]:
    git = repository.at(path)
    changes = await changes_between(git, step.old, step.new)
    await remove_stale_locks(Checkout(path, step.branch).locks)
    if await _index_is_at(git, step.new, changes):
        return []
    await _refresh(git)
    if await git.says_yes("read-tree", "-m", "-u", step.old, step.new):
        return []
    half, foreign = await _half_written(repository, path, step, changes)
    for name in half:
        if changes[name] == "A":
            (path / name).unlink(missing_ok=True)
    old = b"".join(os.fsencode(name) + b"\0" for name in half if changes[name] != "A")
    await git.ask("checkout-index", "--force", "-u", "-z", "--stdin", given=old)
    await _refresh(git)
    await git.ask("read-tree", "-m", "-u", step.old, step.new)
    return foreign


async def _index_is_at(git: Git, commit: str, changes: Changes) -> bool:
    """As far as these files go. The index is the last that git writes."""
    differing = await git.answer("diff-index", "--cached", "--name-only", "-z", commit)
    return changes.keys().isdisjoint(differing.names)


async def _half_written(
    repository: Repository, path: Path, step: Step, changes: Changes
) -> tuple[list[str], list[str]]:
    """The files that git had begun to write, and those that somebody has changed since."""
    not_old = await _differing(repository, path, step.old)
    not_new = await _differing(repository, path, step.new)
    half: list[str] = []
    foreign: list[str] = []
    for name, kind in changes.items():
        is_there = _is_there(path / name)
        is_old = not is_there if kind == "A" else name not in not_old
        is_new = not is_there if kind == "D" else name not in not_new
        if is_old:
            continue
        begun = is_new or not is_there or await _is_beginning(repository.at(path), name, step.new)
        (half if begun else foreign).append(name)
    return half, foreign


def _is_there(file: Path) -> bool:
    return os.path.lexists(file)


async def _differing(repository: Repository, path: Path, commit: str) -> set[str]:
    """The files of a commit that look different in the working tree, or are missing there."""
    index = repository.common_dir / "kanban-merge.index"
    git = Git(path, repository.git.options, repository.git.held, index)
    index.with_name(f"{index.name}.lock").unlink(missing_ok=True)  # ours alone, and it is our turn
    try:
        await git.run("read-tree", commit)
        await git.ask("update-index", "-q", "--refresh")
        return set((await git.answer("diff-files", "--name-only", "-z")).names)
    finally:
        index.unlink(missing_ok=True)


async def _is_beginning(git: Git, name: str, commit: str) -> bool:
    file = git.cwd / name
    if file.is_symlink() or not file.is_file() or file.stat().st_size > _COMPARED_BYTES:
        return False
    whole = await git.ask("cat-file", "--filters", f"{commit}:{name}")
    return whole.code == 0 and whole.out.startswith(await asyncio.to_thread(file.read_bytes))


def _intent(repository: Repository) -> Path:
    return repository.common_dir / "kanban-merge.json"


def _write(repository: Repository, step: Step) -> None:
    write_atomically(_intent(repository), json.dumps(asdict(step)))


def _read(repository: Repository) -> Step | None:
    try:
        value: Any = json.loads(_intent(repository).read_text("utf-8"))
        return Step(value["branch"], value["old"], value["new"], tuple(value["checkouts"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _forget(repository: Repository) -> None:
    intent = _intent(repository)
    intent.unlink(missing_ok=True)
    intent.with_name(f"{intent.name}.new").unlink(missing_ok=True)
