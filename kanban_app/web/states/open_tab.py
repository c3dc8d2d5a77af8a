"""That a tab is open: the framework forgets one in whose states nothing has happened for `TAB_KEPT_S`, open or not."""

import asyncio
from typing import Final

import reflex as rx

from kanban_app.config import TAB_KEPT_S

TOUCH_S: Final = TAB_KEPT_S / 3


class OpenTabState(rx.State):
    """Nothing to show: it keeps all other states of its tab."""

    @rx.event(background=True, supersedes=True)
    async def stay(self):
        """Touch the states now and then. Only for `on_load`: from there the framework ends it with the tab."""
        while True:
            async with self:
                pass
            await asyncio.sleep(TOUCH_S)
