"""A working tree to try things in: no file of it is written unless there is a conflict in it."""

import asyncio
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from uuid import uuid4

from kanban_app.trigger_service.git.command import Git
from kanban_app.trigger_service.git.repository import Repository

# Nothing is checked out: merging is as fast in a large repository as in a small one, and no filter fetches anything.
_OPTIONS: Final = ("core.sparseCheckout=true", "core.sparseCheckoutCone=false", "index.sparse=false")
_NOTHING: Final = "/.nothing-is-checked-out-here\n"


@asynccontextmanager
async def scratch(repository: Repository, folder: Path, commit: str) -> AsyncGenerator[Git]:
    """git in a fresh detached working tree in `folder`, at that commit. It goes with the block; call in one's turn."""
    path = folder / uuid4().hex[:12]
    try:
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        await repository.git.run("worktree", "add", "--quiet", "--no-checkout", "--detach", str(path), commit)
        git = repository.at(path, *_OPTIONS)
        git_dir = Path(await git.run("rev-parse", "--absolute-git-dir"))
        await asyncio.to_thread(_check_nothing_out, git_dir)
        await git.run("reset", "--hard", "--quiet")
        yield git
    finally:
        await discard(repository, path)


async def clean(repository: Repository, folder: Path) -> None:
    """Remove what a killed merge has left, on the disk and in git's list; call in one's turn."""
    folder = await asyncio.to_thread(folder.resolve)
    left = await asyncio.to_thread(_content, folder)
    listed = [checkout.path for checkout in await repository.registered() if checkout.path.parent == folder]
    for path in {*left, *listed}:
        await discard(repository, path)


def _content(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _check_nothing_out(git_dir: Path) -> None:
    patterns = git_dir / "info" / "sparse-checkout"
    patterns.parent.mkdir(exist_ok=True)
    patterns.write_text(_NOTHING)


async def discard(repository: Repository, path: Path) -> None:
    """Remove a working tree with all that is in it; first as a folder, for git refuses one that it had only begun."""
    await asyncio.to_thread(shutil.rmtree, path, ignore_errors=True)
    await repository.git.ask("worktree", "remove", "--force", "--force", str(path))
