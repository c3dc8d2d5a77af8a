"""That a tab is open: the framework forgets one in whose states nothing has happened for `TAB_KEPT_S`, open or not."""

import asyncio
from typing import Final

import reflex as rx

from kanban_app.config import TAB_KEPT_S

# Often: the framework goes by the clock of the wall, and the machine may have slept since the last time.
TOUCH_S: Final = TAB_KEPT_S / 12


class OpenTabState(rx.State):
    """Nothing to show: it keeps all other states of its tab."""

    @rx.event(background=True, supersedes=True)
    async def stay(self):
        """Touch the states now and then. Only for `on_load`: from there the framework ends it with the tab."""
        while True:
            async with self:
                pass
            await asyncio.sleep(TOUCH_S)
