"""One after the other: work on the branches of a repository, whichever process does it."""

import asyncio
import fcntl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

from kanban_app.trigger_service.git.refusals import Refused
from kanban_app.trigger_service.git.repository import Repository

_STEP_S: Final = 0.05


@asynccontextmanager
async def turn(repository: Repository, patience_s: float, what: str = "merge") -> AsyncGenerator[Repository]:
    """The repository for oneself, also after a kill: until the last git command of the one killed has ended.

    Raises Refused when others do not let go of it in time. Different `what` do not wait for each other.
    """
    path = repository.common_dir / f"kanban-{what}.lock"
    try:
        file = path.open("a")
    except OSError as error:
        raise Refused("busy", f"{path} cannot be written: {error.strerror or error}") from error
    with file:
        if not await _lock(file.fileno(), patience_s):
            raise Refused("busy", f"Another {what} in this repository is under way: try again in a moment")
        yield repository.holding(file.fileno())


async def _lock(descriptor: int, patience_s: float) -> bool:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if loop.time() >= deadline:
                return False
            await asyncio.sleep(_STEP_S)
        else:
            return True
