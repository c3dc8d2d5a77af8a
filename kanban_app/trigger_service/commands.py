"""Commands that people have configured: arguments without a shell, bounded in time and output, nothing left of them."""

import asyncio
import logging
import os
import secrets
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

from kanban_app.trigger_service import processes
from kanban_app.trigger_service.processes import MARK, Identity, Tree

_log: Final = logging.getLogger(__name__)
_OWN: Final = "KANBAN_"
_PIECE: Final = 64 * 1024
_LAST_OUTPUT_S: Final = 1.0


class CommandFailed(Exception):
    """A command that has given no usable output; the text says why."""


async def ask(command: Sequence[str], question: bytes, cwd: Path, *, time_limit_s: float, output_limit: int) -> bytes:
    """What the command prints when it is given `question`; at its end, or ours, all of its processes are ended.

    Raises CommandFailed.
    """
    mark = secrets.token_hex(16)
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=cwd,
            env={**_environment(), MARK: mark},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise CommandFailed(f"it could not be started: {error}") from error
    tree = Tree(mark, _identity_of(process.pid), time.time())
    try:
        async with asyncio.timeout(time_limit_s):
            output = await _exchange(process, tree, question, output_limit)
    except TimeoutError:
        raise CommandFailed(f"it took longer than {time_limit_s:g} s") from None
    finally:
        await asyncio.to_thread(processes.kill_rest, tree)
        # With all of its processes gone this is a matter of the loop's next turns.
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _LAST_OUTPUT_S)
        # There is no other way to let go of a pipe with output that nobody wants, or that a stranger holds.
        process._transport.close()  # noqa: SLF001  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportPrivateUsage]
    if process.returncode != 0:
        raise CommandFailed(f"it ended with exit code {process.returncode}")
    return output


async def _exchange(process: asyncio.subprocess.Process, tree: Tree, question: bytes, limit: int) -> bytes:
    """Talk and listen at once: a command may print before it has read everything, or never read at all."""
    telling = asyncio.create_task(_tell(process, question))
    listening = asyncio.create_task(_listen(process, limit))
    ending = asyncio.create_task(_ended(tree))
    try:
        await asyncio.wait([listening, ending], return_when=asyncio.FIRST_COMPLETED)
        # Where a child of the command holds the pipe, its end is not the end of the output.
        await asyncio.wait([listening], timeout=_LAST_OUTPUT_S if ending.done() else None)
        if not listening.done():
            raise CommandFailed("its output had no end")
        output = listening.result()
        await ending
        return output
    finally:
        for task in (telling, listening, ending):
            task.cancel()
        await asyncio.gather(telling, listening, ending, return_exceptions=True)


async def _tell(process: asyncio.subprocess.Process, question: bytes) -> None:
    stdin = process.stdin
    if stdin is None:
        return
    with suppress(BrokenPipeError, ConnectionResetError):
        stdin.write(question)
        await stdin.drain()
    stdin.close()


async def _listen(process: asyncio.subprocess.Process, limit: int) -> bytes:
    output = bytearray()
    while process.stdout is not None and (piece := await process.stdout.read(_PIECE)):
        output += piece
        if len(output) > limit:
            raise CommandFailed(f"it printed more than {limit} bytes")
    return bytes(output)


async def _ended(tree: Tree) -> None:
    if tree.runner is not None:
        await processes.wait_ended(tree.runner)


def _identity_of(pid: int) -> Identity | None:
    with suppress(psutil.Error):
        return Identity(pid, psutil.Process(pid).create_time())
    return None


class Detached:
    """Starts programs that outlive us, and takes leave of those that have ended. Blocks."""

    def __init__(self) -> None:
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self, command: Sequence[str], cwd: Path) -> None:
        """Raises OSError or ValueError."""
        self._started = [process for process in self._started if process.poll() is None]
        process = subprocess.Popen(
            list(command),
            cwd=cwd,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._started.append(process)

    def let_go(self) -> None:
        """So that nobody warns of children that are meant to outlive us."""
        for process in self._started:
            if process.poll() is None:
                process.returncode = 0


def _environment() -> dict[str, str]:
    """What the person who has configured the command has set up for it, but nothing of ours."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_OWN)}
