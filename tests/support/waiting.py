"""Waiting for a condition instead of for a time."""

import asyncio
import time
from collections.abc import Callable

STEP_S = 0.005


async def eventually(predicate: Callable[[], object], timeout: float = 20.0) -> None:  # noqa: ASYNC109 - it fails by itself, with words
    """Return once the predicate holds; AssertionError when it does not within `timeout` seconds."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout
    while not predicate():
        if loop.time() > deadline:
            msg = f"did not come true within {timeout:g} s"
            raise AssertionError(msg)
        await asyncio.sleep(STEP_S)


def wait_until(predicate: Callable[[], object], timeout: float = 5.0) -> None:
    """The same for tests that run no event loop; looks ten times a second, since their conditions cost a request."""
    deadline = time.monotonic() + timeout
    while not predicate():
        if time.monotonic() > deadline:
            msg = f"did not come true within {timeout:g} s"
            raise AssertionError(msg)
        time.sleep(0.1)
