"""Everybody who descends from the runner, and their end.

Where the kernel can (Linux), whoever loses its parent becomes a child of the runner: neither a new session nor another
directory nor an empty environment hides it. Elsewhere only the workflow's process group is known.
"""

import ctypes
import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

_SET_CHILD_SUBREAPER: Final = 36
_STEPS: Final = ((signal.SIGINT, 0.6), (signal.SIGTERM, 0.4))
"""What they are asked with, and the share of the grace that they get for it."""
_LOOK_AGAIN_S: Final = 0.05
_AFTER_TERM_S: Final = 1.0
_KILLING_S: Final = 5.0


class Process(NamedTuple):
    pid: int
    parent: int
    group: int
    born: int
    is_dead: bool


class Family:
    """`group` is the process group of the workflow, once there is one."""

    def __init__(self) -> None:
        self.group: int | None = None
        _adopt_orphans()

    def members(self) -> list[Process]:
        """All who are alive, but for the runner itself."""
        everybody = list(_processes())
        if not everybody:
            return self._known_by_group()
        children: dict[int, list[Process]] = {}
        for process in everybody:
            children.setdefault(process.parent, []).append(process)
        found: list[Process] = []
        parents = [os.getpid()]
        while parents:
            of_one = children.get(parents.pop(), [])
            found += of_one
            parents += [child.pid for child in of_one]
        return [process for process in found if not process.is_dead]

    def end(self, grace_s: float) -> None:
        """Interrupt, ask, and after `grace_s` altogether kill: nobody is left when this returns."""
        for signum, share in _STEPS:
            self._signal(signum)
            if self._is_gone_within(grace_s * share):
                return
        self._kill()

    def end_leftovers(self, grace_s: float) -> int:
        """After the workflow itself: how many had to be ended because they did not go within `grace_s`."""
        if self._is_gone_within(grace_s):
            return 0
        left = self.members()
        self._signal(signal.SIGTERM)
        if not self._is_gone_within(min(grace_s, _AFTER_TERM_S)):
            self._kill()
        return len(left)

    def _signal(self, signum: int) -> None:
        """Once to each. The group gets it in one go, so that nobody can slip through by multiplying."""
        if self.group is not None:
            with suppress(OSError):
                os.killpg(self.group, signum)
        for process in self.members():
            if process.group != self.group:
                self._signal_one(process, signum)

    def _signal_one(self, process: Process, signum: int) -> None:
        try:
            handle = os.pidfd_open(process.pid)
        except (AttributeError, OSError):
            return
        try:
            now = _process(process.pid)
            if now is not None and now.born == process.born:  # the pid may have changed hands
                signal.pidfd_send_signal(handle, signum)
        except OSError:
            return
        finally:
            os.close(handle)

    def _kill(self) -> None:
        """Again until nobody new appears; who cannot die (in a system call) is left to the service."""
        until = time.monotonic() + _KILLING_S
        quiet = 0
        while quiet <= 1 and time.monotonic() < until:
            self._signal(signal.SIGKILL)
            quiet = 0 if self.members() else quiet + 1
            time.sleep(_LOOK_AGAIN_S / 5)

    def _is_gone_within(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while self.members():
            left = until - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(_LOOK_AGAIN_S, left))
        return True

    def _known_by_group(self) -> list[Process]:
        if self.group is None:
            return []
        try:
            os.killpg(self.group, 0)
        except OSError:
            return []
        return [Process(self.group, os.getpid(), self.group, 0, is_dead=False)]


def reap_until(pid: int) -> None:
    """Return once this child has ended; it stays a zombie, so that nobody else gets its number. Others are buried."""
    if not hasattr(os, "waitid"):
        return
    while (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)) is not None and ended.si_pid != pid:
        with suppress(ChildProcessError):
            os.waitpid(ended.si_pid, 0)


def _adopt_orphans() -> None:
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, ctypes.c_ulong(1), *[ctypes.c_ulong(0)] * 3)


def _processes() -> Iterator[Process]:
    try:
        names = [path.name for path in Path("/proc").iterdir()]
    except OSError:
        return
    for name in names:
        process = _process(int(name)) if name.isdigit() else None
        if process is not None:
            yield process


def _process(pid: int) -> Process | None:
    try:
        facts = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        return Process(pid, int(facts[1]), int(facts[2]), int(facts[19]), is_dead=facts[0] in {b"Z", b"X"})
    except (OSError, ValueError, IndexError):
        return None
