"""The runs that one may ask about: launches, what boards wrote about them, and what their scripts keep of them."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

from kanban_app.trigger_service.config import ServiceConfig
from kanban_app.trigger_service.layout import ProjectLayout
from kanban_app.trigger_service.project_files import read_state
from kanban_app.trigger_service.protocols import RunLedger, RunRecords
from kanban_app.trigger_service.reports import ADW_ID
from kanban_app.trigger_service.run_rows import KnownRun, Row, row_of
from kanban_app.trigger_service.supervisor import Supervisor

MOST_LISTED: Final = 1000
_PAGE: Final = 50


class KnownRuns:
    """Reads; without `records` (a service that nothing is written to) runs are known by their launches alone.

    Whoever changes a record reads it and writes it within `writing`, so that no change undoes another.
    """

    def __init__(
        self, config: ServiceConfig, ledger: RunLedger, supervisor: Supervisor, records: RunRecords | None
    ) -> None:
        self.writing = asyncio.Lock()
        self._ledger = ledger
        self._supervisor = supervisor
        self._records = records
        self._layout = ProjectLayout(config.project_dir) if config.project_dir else None

    async def find(self, adw_id: str) -> KnownRun | None:
        """None for an id that nobody has used, or that is none; deleted runs are found."""
        if not ADW_ID.fullmatch(adw_id):
            return None
        live = self._supervisor.run_of(adw_id)
        launch = live.launch if live else await self._ledger.latest_for(adw_id)
        record = await self._records.find(adw_id) if self._records else None
        return KnownRun(adw_id, launch, record) if launch or record else None

    async def row(self, run: KnownRun) -> Row:
        return row_of(run, await self.state(run.adw_id))

    async def state(self, adw_id: str) -> Mapping[str, Any]:
        """The scripts' own state of the run; empty where there is none."""
        return (await asyncio.to_thread(self._states, [adw_id]))[0] if self._layout else {}

    async def newest(self) -> AsyncIterator[list[Row]]:
        """The rows of the newest runs, page by page: made in one go they would hold up the loop."""
        seen: set[str] = set()
        for offset in range(0, MOST_LISTED, _PAGE):
            page = await self._records.newest(_PAGE, offset) if self._records else []
            runs = [_known(launch, record) for launch, record in page]
            # A start that comes meanwhile shifts the pages.
            fresh = [run for run in runs if run.adw_id not in seen]
            seen |= {run.adw_id for run in fresh}
            states = await asyncio.to_thread(self._states, [run.adw_id for run in fresh]) if self._layout else None
            yield [row_of(run, states[place] if states else {}) for place, run in enumerate(fresh)]
            if len(page) < _PAGE:
                return

    def _states(self, adw_ids: Sequence[str]) -> list[Mapping[str, Any]]:
        return [read_state(self._layout, adw_id) if self._layout else {} for adw_id in adw_ids]


def _known(launch: Any, record: Any) -> KnownRun:
    return KnownRun((launch or record).adw_id, launch, record)
