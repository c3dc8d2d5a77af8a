"""A launch that is under way, as the service holds it in memory."""

import asyncio
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from kanban_app.domain.launch import Launch
from kanban_app.trigger_service.outcome import Progress
from kanban_app.trigger_service.processes import Identity, Tree
from kanban_app.trigger_service.spool import RunEnd


class LiveRun:
    """An active launch. Its record changes only under `lock`; `opened` lets its reports out, `ended` is its end.

    `told_end` is how its runner says that the workflow ended, for when it could not write that down. Worktrees of runs
    are below `trees`.
    """

    def __init__(
        self, launch: Launch, progress: Progress, runner: Identity | None, trees: tuple[Path, ...] = ()
    ) -> None:
        self.launch = launch
        self.progress = progress
        self.runner = runner
        self._trees = trees
        self.process: subprocess.Popen[bytes] | None = None
        self.told_end: RunEnd | None = None
        self.watched = True
        self.lock = asyncio.Lock()
        self.opened = asyncio.Event()
        self.ended = asyncio.Event()
        self.stopping: asyncio.Task[None] | None = None

    @property
    def has_spoken(self) -> bool:
        """Whether it has said its last word and only has to go."""
        return self.progress.status is not None

    def tree(self) -> Tree:
        worktree = Path(self.launch.worktree) if self.launch.worktree else None
        return Tree(self.launch.mark, self.runner, self.launch.created_at.timestamp(), worktree, self._trees)

    def reap(self) -> None:
        """Take leave of a runner that was a child of ours."""
        if self.process is not None:
            self.process.poll()

    def let_go(self) -> None:
        """So that nobody warns of a child that is meant to outlive us."""
        if self.process is not None and self.process.returncode is None:
            self.process.returncode = 0


async def ends_within(runs: Sequence[LiveRun], seconds: float) -> bool:
    """Whether all of them have ended within so many seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            for run in runs:
                await run.ended.wait()
            return True
    return False
