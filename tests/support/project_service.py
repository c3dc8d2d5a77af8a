"""A trigger service for a project, with a real store, in a process of its own, to be killed:
`python -m tests.support.project_service DATA_DIR PROJECT FLOOD_LINES`. Prints its port once it serves.
"""

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from kanban_app.domain.stages import Stage
from kanban_app.store.database import Store
from kanban_app.store.journal import ServiceJournal
from kanban_app.store.ledger import ServiceLedger
from kanban_app.store.migrate import prepare_database
from kanban_app.tac7.client_messages import TriggerWorkflowData
from kanban_app.trigger_service.programs import Program
from kanban_app.trigger_service.service import TriggerService
from tests.support.service_app import Running, new_config, running


@dataclass
class ProjectPrograms:
    """The scripts of a project as they are called; `lines` is how many those write that flood."""

    root: Path
    lines: int = 0

    def choose(self, request: TriggerWorkflowData, adw_id: str) -> Program:
        script = self.root / "adws" / f"{request.workflow_type}.py"
        argv = (sys.executable, "-u", str(script), request.issue_number or "0", adw_id)
        return Program(argv, self.root, (Stage.PLAN,), {"FLOOD_LINES": str(self.lines)})


@asynccontextmanager
async def stored(data: Path) -> AsyncGenerator[Store]:
    url = f"sqlite:///{data / 'kanban.db'}"
    await asyncio.to_thread(prepare_database, url, data / "backups")
    async with await Store.open(url) as store:
        yield store


@asynccontextmanager
async def project_service(data: Path, project: Path, lines: int) -> AsyncGenerator[tuple[Running, Store]]:
    """It listens; what it has kept is in the store."""
    async with stored(data) as store:
        ledger, journal = ServiceLedger(store), ServiceJournal(store)
        config = new_config(data, project_dir=project)
        service = TriggerService(config, ledger, journal, programs=ProjectPrograms(project, lines))
        async with running(service, cast(Any, ledger), cast(Any, journal)) as app:
            yield app, store


async def main() -> None:
    async with project_service(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])) as (app, _):
        print(app.port, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
