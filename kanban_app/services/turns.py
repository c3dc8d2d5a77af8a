"""Doing what is due, and sleeping until something else is."""

import asyncio
from collections.abc import Awaitable, Callable


async def turn_by_turn(wake: asyncio.Event, step: Callable[[], Awaitable[float | None]]) -> None:
    """Until cancelled. `step` gives the seconds until it is due again, None when only `wake` can bring something."""
    while True:
        wake.clear()
        pause = await step()
        try:
            async with asyncio.timeout(pause):
                await wake.wait()
        except TimeoutError:
            continue
