"""Processes by identity (pid and creation time): whether they live, waiting for their end, ending whole trees."""

import asyncio
import os
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

MARK: Final = "KANBAN_LAUNCH"
"""Environment variable with the mark of the launch that a process belongs to."""

_SAME_MOMENT_S: Final = 1.5
"""Creation times are reckoned from the moment of boot in whole seconds: it jumps by one when the clock is corrected."""
_POLL_S: Final = 0.5


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


def find_launch(identity: Identity | None, mark: str) -> Identity | None:
    """The living runner of a launch: the one of that identity, or one that carries the launch's mark.

    The mark decides where the clock was set since (creation times are reckoned from it) and where the service died
    before it could write down whom it had started.
    """
    if identity is not None and is_alive(identity):
        return identity
    marked = [process for process in psutil.process_iter() if mark_of(process) == mark]
    leaders = [process.pid for process in marked if _group(process.pid) == process.pid]
    return identify(leaders[0]) if leaders else None


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
    """Whom a launch has brought into the world: its runner, which leads the group, its mark and its worktree."""

    mark: str
    runner: Identity | None
    started_at: float
    worktree: Path | None = None


def terminate(tree: Tree) -> None:
    """Ask the whole group to end. The runner survives this and tells of the end of its workflow."""
    _signal_group(tree, signal.SIGTERM)


def end_tree(tree: Tree, grace_s: float) -> list[int]:
    """Ask, wait up to `grace_s`, kill, sweep for those who left the group. Blocks; returns who had to be killed."""
    terminate(tree)
    deadline = time.monotonic() + grace_s
    while (left := members(tree)) and time.monotonic() < deadline:
        psutil.wait_procs(left, timeout=min(0.1, max(0.0, deadline - time.monotonic())))
    return kill_rest(tree)


def kill_rest(tree: Tree) -> list[int]:
    """Kill what is left of a launch, again until nothing new appears. Blocks for a moment at most."""
    killed: list[int] = []
    for _ in range(5):
        left = members(tree)
        if not left:
            break
        for process in left:
            _kill(process)
            killed.append(process.pid)
        psutil.wait_procs(left, timeout=1.0)
    return killed


def members(tree: Tree) -> list[psutil.Process]:
    """Living processes of a launch: its runner's group, those with its mark, orphans that sit in its worktree."""
    spared = _ourselves()
    group = _trusted_group(tree)
    return [
        process
        for process in psutil.process_iter()
        if process.pid not in spared and _belongs(process, tree, group) and _lives(process)
    ]


def _belongs(process: psutil.Process, tree: Tree, group: int | None) -> bool:
    if group is not None and _group(process.pid) == group:
        return True
    mark = mark_of(process)
    if mark is not None:
        return mark == tree.mark
    return tree.worktree is not None and _is_stray_in(process, tree.worktree, tree.started_at)


def _is_stray_in(process: psutil.Process, worktree: Path, since: float) -> bool:
    """Whether nobody else can own it: an orphan without terminal, made after the launch, working in its worktree."""
    try:
        if process.create_time() < since or process.ppid() != 1 or process.terminal():
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


def _trusted_group(tree: Tree) -> int | None:
    """The group's number, as long as the runner leads it or a marked member proves that it is still the same one."""
    runner = tree.runner
    if runner is None:
        return None
    if is_alive(runner):
        return runner.pid
    if identify(runner.pid) is not None:
        return None
    proven = (p for p in psutil.process_iter() if _group(p.pid) == runner.pid and mark_of(p) == tree.mark)
    return runner.pid if any(proven) else None


def _signal_group(tree: Tree, signum: int) -> None:
    group = _trusted_group(tree)
    if group is None or group in {0, 1, os.getpgrp()}:
        return
    try:
        os.killpg(group, signum)
    except (ProcessLookupError, PermissionError):
        return


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()  # psutil refuses when the pid has changed hands
    except psutil.Error:
        return


def _group(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except OSError:
        return None


def _ourselves() -> set[int]:
    own: Iterable[psutil.Process] = psutil.Process().parents()
    return {os.getpid(), 1, *(process.pid for process in own)}
