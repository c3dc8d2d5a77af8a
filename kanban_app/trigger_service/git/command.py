"""The one way in which git is run: arguments only, nobody's hooks, nobody asked for anything, all of it bounded."""

import asyncio
import os
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LIMIT_S: Final = 120.0
_OUTPUT_LIMIT: Final = 64 * 1024 * 1024
_ERRORS_KEPT: Final = 16 * 1024
_CHUNK: Final = 64 * 1024
_GRACE_S: Final = 2.0
_INHERITED: Final = ("PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "XDG_CONFIG_HOME", "SYSTEMROOT", "KANBAN_LAUNCH")
# The settings of the user hold, but for those that would run something, ask something or change what we rely on.
_OPTIONS: Final = (
    *("core.hooksPath=/dev/null", "core.fsmonitor=false", "core.editor=:", "sequence.editor=:", "core.pager=cat"),
    *("commit.gpgSign=false", "tag.gpgSign=false", "merge.verifySignatures=false", "log.showSignature=false"),
    *("gc.auto=0", "maintenance.auto=false", "rerere.enabled=false", "submodule.recurse=false", "color.ui=false"),
    *("rebase.autoStash=false", "rebase.autoSquash=false", "rebase.updateRefs=false", "merge.autoStash=false"),
    *("merge.ff=true", "merge.log=false"),
    *(
        "rebase.missingCommitsCheck=ignore",
        "rebase.rebaseMerges=false",
        "commit.verbose=false",
        "advice.detachedHead=false",
    ),
)
_ALONE: Final = {
    "LC_ALL": "C.UTF-8",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "true",
    "SSH_ASKPASS": "true",
    "GIT_SSH_COMMAND": "ssh -o BatchMode=yes",
    "GIT_EDITOR": ":",
    "GIT_SEQUENCE_EDITOR": ":",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_LITERAL_PATHSPECS": "1",
}


class GitFailed(Exception):
    """A git command that did not succeed; the text is what git said. `code` is negative where a signal ended it."""

    def __init__(self, text: str, code: int = 1) -> None:
        super().__init__(text)
        self.code = code


class GitMissing(GitFailed):
    """There is no git on PATH."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How a command ended and what it printed."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return os.fsdecode(self.out).strip()

    @property
    def names(self) -> list[str]:
        """The output of a command with `-z`."""
        return [os.fsdecode(name) for name in self.out.split(b"\0") if name]


@dataclass(frozen=True, slots=True)
class Git:
    """git in one folder, which is a repository's or nothing's: no folder above it counts.

    `options` are settings for every command. `held` is an open file that every command keeps open until its end.
    """

    cwd: Path
    options: tuple[str, ...] = ()
    held: int | None = None
    index: Path | None = None

    async def ask(self, *arguments: str, given: bytes | None = None, limit_s: float = LIMIT_S) -> Answer:
        """Run a command, however it ends. Raises GitMissing, and GitFailed when it takes too long or says too much."""
        process = await self._spawn(arguments, asks=given is not None)
        try:
            async with asyncio.timeout(limit_s):
                return await _communicate(process, given)
        except TimeoutError:
            raise GitFailed(f"git {arguments[0]} took longer than {limit_s:g} seconds") from None
        finally:
            await _end(process)

    async def run(self, *arguments: str, given: bytes | None = None, limit_s: float = LIMIT_S) -> str:
        """What a command prints. Raises GitFailed with git's own words unless it succeeds."""
        return (await self.answer(*arguments, given=given, limit_s=limit_s)).text

    async def answer(self, *arguments: str, given: bytes | None = None, limit_s: float = LIMIT_S) -> Answer:
        """The same, with all that it printed."""
        answer = await self.ask(*arguments, given=given, limit_s=limit_s)
        if answer.code != 0:
            words = answer.err.strip() or answer.text or f"git {arguments[0]} ended with {answer.code}"
            raise GitFailed(words[-2000:], answer.code)
        return answer

    async def says_yes(self, *arguments: str) -> bool:
        return (await self.ask(*arguments)).code == 0

    async def _spawn(self, arguments: Sequence[str], *, asks: bool) -> Process:
        settings = (part for option in (*_OPTIONS, *self.options) for part in ("-c", option))
        try:
            return await asyncio.create_subprocess_exec(
                "git",
                *settings,
                *arguments,
                cwd=self.cwd,
                env=self._environment(),
                stdin=PIPE if asks else DEVNULL,
                stdout=PIPE,
                stderr=PIPE,
                pass_fds=() if self.held is None else (self.held,),
            )
        except FileNotFoundError:
            if not self.cwd.is_dir():
                raise GitFailed(f"{self.cwd} does not exist") from None
            raise GitMissing("git is not installed, or not on PATH") from None
        except OSError as error:
            raise GitFailed(f"git could not be started: {error.strerror or error}") from error

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        own = {"GIT_CEILING_DIRECTORIES": str(self.cwd.parent)}
        if self.index is not None:
            own["GIT_INDEX_FILE"] = str(self.index)
        return {**kept, **_ALONE, **own}


def shown(path: str) -> str:
    """A path as text that can be sent, whatever bytes it is made of."""
    return os.fsencode(path).decode("utf-8", "replace")


async def _communicate(process: Process, given: bytes | None) -> Answer:
    if process.stdout is None or process.stderr is None:
        raise GitFailed("git has no output")
    writing = asyncio.create_task(_give(process, given))
    try:
        out, err = await asyncio.gather(_read_all(process.stdout), _read_end(process.stderr))
        code = await process.wait()
    finally:
        writing.cancel()
    return Answer(code, out, err.decode("utf-8", "replace"))


async def _give(process: Process, given: bytes | None) -> None:
    if process.stdin is None or given is None:
        return
    with suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(given)
        await process.stdin.drain()
    process.stdin.close()


async def _read_all(stream: asyncio.StreamReader) -> bytes:
    parts = bytearray()
    while chunk := await stream.read(_CHUNK):
        parts += chunk
        if len(parts) > _OUTPUT_LIMIT:
            raise GitFailed(f"git printed more than {_OUTPUT_LIMIT} bytes")
    return bytes(parts)


async def _read_end(stream: asyncio.StreamReader) -> bytes:
    kept = b""
    while chunk := await stream.read(_CHUNK):
        kept = (kept + chunk)[-_ERRORS_KEPT:]
    return kept


async def _end(process: Process) -> None:
    """A git that is told to end removes its lock files; one that does not is killed."""
    for stop in (process.terminate, process.kill):
        if process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            stop()
        with suppress(TimeoutError):
            async with asyncio.timeout(_GRACE_S):
                await process.wait()
