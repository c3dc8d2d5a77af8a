"""Processes by identity (pid and creation time): whether they live, waiting for their end, ending whole trees."""

import asyncio
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

MARK: Final = "KANBAN_LAUNCH"
"""Environment variable with the mark of the launch that a process belongs to."""

RUNNER_MODULE: Final = "kanban_app.trigger_service.runner"
_SAME_MOMENT_S: Final = 1.5
"""Creation times are reckoned from the moment of boot in whole seconds: it jumps by one when the clock is corrected."""
_POLL_S: Final = 0.5
_ROUNDS: Final = 10


@dataclass(frozen=True, slots=True)
class Identity:
    """A process that cannot be mistaken for a later one with the same pid."""

    pid: int
    created: float


def identify(pid: int) -> Identity | None:
    """The process that has this pid now; None when there is none, or only its corpse."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else Identity(pid, process.create_time())
    except psutil.Error:
        return None


def is_alive(identity: Identity) -> bool:
    now = identify(identity.pid)
    return now is not None and abs(now.created - identity.created) <= _SAME_MOMENT_S


def age_of(identity: Identity) -> float:
    """For how many seconds a process has been there, also where the clock was set meanwhile."""
    try:
        after_name = Path(f"/proc/{identity.pid}/stat").read_text().rpartition(")")[2].split()
        return time.clock_gettime(time.CLOCK_BOOTTIME) - int(after_name[19]) / os.sysconf("SC_CLK_TCK")
    except (AttributeError, OSError, IndexError):
        return time.time() - identity.created


def find_runner(identity: Identity | None, mark: str) -> Identity | None:
    """The living runner of a launch: the one of that identity, or one that carries the launch's mark.

    The mark decides where the clock was set since (creation times are reckoned from it) and where the service died
    before it could write down whom it had started. Others carry it, too: a runner is known by its program.
    """
    if identity is not None and is_alive(identity):
        return identity
    found = (p.pid for p in psutil.process_iter() if is_runner(p) and mark_of(p) == mark)
    return next((living for living in map(identify, found) if living is not None), None)


def is_runner(process: psutil.Process) -> bool:
    try:
        return RUNNER_MODULE in process.cmdline()[:-1]
    except psutil.Error:
        return False


def mark_of(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(MARK)
    except (psutil.Error, OSError):
        return None


async def wait_ended(identity: Identity) -> None:
    """Return once the process is gone. It need not be a child of ours; a child of ours gets reaped by its owner."""
    if not is_alive(identity):
        return
    try:
        handle = os.pidfd_open(identity.pid)
    except (AttributeError, OSError):
        await _poll_ended(identity)
        return
    try:
        if is_alive(identity):  # the pid may have changed hands before the handle was taken
            await _readable(handle)
    finally:
        os.close(handle)


async def _readable(handle: int) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(handle, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(handle)


async def _poll_ended(identity: Identity) -> None:
    while is_alive(identity):  # noqa: ASYNC110 - nobody tells where there are no pidfds
        await asyncio.sleep(_POLL_S)


@dataclass(frozen=True, slots=True)
class Tree:
    """Whom a launch has brought into the world: its runner, which leads the session, its mark and its worktree.

    The worktree is what a script says that it is; it counts only below one of `trees`.
    """

    mark: str
    runner: Identity | None
    started_at: float
    worktree: Path | None = None
    trees: tuple[Path, ...] = ()


def terminate(tree: Tree) -> None:
    """Have the runner end its workflow, which it does step by step, and tell of it. Without a runner, ask everybody."""
    runner = _living_runner(tree)
    for process in members(tree) if runner is None else [runner]:
        with suppress(psutil.Error):
            process.terminate()


def end_tree(tree: Tree, grace_s: float) -> list[int]:
    """Ask, wait up to `grace_s`, kill who is left. Blocks; returns who had to be killed."""
    terminate(tree)
    deadline = time.monotonic() + grace_s
    while (left := members(tree)) and time.monotonic() < deadline:
        psutil.wait_procs(left, timeout=min(0.1, max(0.0, deadline - time.monotonic())))
    return kill_rest(tree)


def kill_rest(tree: Tree) -> list[int]:
    """Kill what is left of a launch, again until nothing new appears. Blocks for a moment at most.

    The runner comes last: as long as it lives, none of its descendants can get out of sight.
    """
    killed: list[int] = []
    for _ in range(_ROUNDS):
        left = members(tree)
        if not left:
            break
        others = [process for process in left if tree.runner is None or process.pid != tree.runner.pid]
        for process in others or left:
            with suppress(psutil.Error):
                process.kill()  # psutil refuses when the pid has changed hands
            killed.append(process.pid)
        psutil.wait_procs(others or left, timeout=1.0)
    return killed


def members(tree: Tree) -> list[psutil.Process]:
    """Living processes of a launch: the runner, its session and descendants, who carries the mark, and orphans that sit
    in the worktree.
    """
    spared = _ourselves()
    session, family = _trusted_session(tree), _family_of(tree)
    worktree, reapers = _own_worktree(tree), _reapers()
    return [
        process
        for process in psutil.process_iter()
        if process.pid not in spared
        and (process.pid in family or _belongs(process, tree, session, worktree, reapers))
        and _lives(process)
    ]


def _own_worktree(tree: Tree) -> Path | None:
    """Never a folder that others may work in, like `/`, the home directory or that of the project."""
    if tree.worktree is None:
        return None
    try:
        path = tree.worktree.resolve()
    except (OSError, ValueError, RuntimeError):
        return None
    return path if any(trees in path.parents for trees in tree.trees) else None


def _belongs(
    process: psutil.Process, tree: Tree, session: int | None, worktree: Path | None, reapers: set[int]
) -> bool:
    if session is not None and _session(process.pid) == session:
        return True
    mark = mark_of(process)
    if mark is not None:
        return mark == tree.mark
    return worktree is not None and _is_stray_in(process, worktree, tree.started_at, reapers)


def _living_runner(tree: Tree) -> psutil.Process | None:
    if tree.runner is None or not is_alive(tree.runner):
        return None
    try:
        return psutil.Process(tree.runner.pid)
    except psutil.Error:
        return None


def _family_of(tree: Tree) -> set[int]:
    """Descendants of the runner. While it lives, orphans among them become its children (where the kernel can)."""
    runner = _living_runner(tree)
    try:
        return {child.pid for child in runner.children(recursive=True)} if runner else set()
    except psutil.Error:
        return set()


def _is_stray_in(process: psutil.Process, worktree: Path, since: float, reapers: set[int]) -> bool:
    """Whether nobody else can own it: an orphan without terminal, made after the launch, working in its worktree."""
    try:
        if process.create_time() < since - _SAME_MOMENT_S or process.ppid() not in reapers or process.terminal():
            return False
        if process.uids().real != os.getuid():
            return False
        return Path(process.cwd()).is_relative_to(worktree)
    except (psutil.Error, OSError):
        return False


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _trusted_session(tree: Tree) -> int | None:
    """The session's number, as long as the runner leads it or a marked member proves that it is still the same one."""
    runner = tree.runner
    if runner is None:
        return None
    if is_alive(runner):
        return runner.pid
    if identify(runner.pid) is not None:
        return None
    proven = (p for p in psutil.process_iter() if _session(p.pid) == runner.pid and mark_of(p) == tree.mark)
    return runner.pid if any(proven) else None


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None


def _reapers() -> set[int]:
    """Who may get our orphans: the first process, and those above us that supervise (they have no terminal)."""
    found = {1}
    for process in psutil.Process().parents():
        with suppress(psutil.Error):
            if not process.terminal():
                found.add(process.pid)
    return found


def _ourselves() -> set[int]:
    own: Iterable[psutil.Process] = psutil.Process().parents()
    return {os.getpid(), 1, *(process.pid for process in own)}
