"""A trigger service over the real store, in a process of its own, to be killed.

`python -m tests.support.stored_service DATA_DIR SCRIPT` runs SCRIPT as every workflow and prints its port once it
serves. Whatever it has kept is in `kanban.db` of the data directory.
"""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kanban_app.domain.launch import Launch
from kanban_app.domain.stages import Stage
from kanban_app.store.database import Store
from kanban_app.store.journal import ServiceJournal
from kanban_app.store.ledger import ServiceLedger
from kanban_app.store.migrate import prepare_database
from kanban_app.trigger_service.service import TriggerService
from tests.support.service_app import ScriptPrograms, new_config, running
from tests.support.whole_journal import whole_journal

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def stored_service(data_dir: Path, script: Path) -> Generator[tuple["subprocess.Popen[str]", int]]:
    """The process and its port; it is killed at the end of the block at the latest."""
    command = [sys.executable, "-m", "tests.support.stored_service", str(data_dir), str(script)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        with process.stdout:
            yield process, int(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


async def kept(data_dir: Path, request_ids: list[str]) -> tuple[dict[str, Launch], list[dict[str, Any]]]:
    """What a service that is gone has in its ledger and in its journal."""
    async with await Store.open(f"sqlite:///{data_dir / 'kanban.db'}") as store:
        ledger, journal = ServiceLedger(store), ServiceJournal(store)
        found = [await ledger.find_request(request_id) for request_id in request_ids]
        messages = await whole_journal(journal)
    return {launch.adw_id: launch for launch in found if launch}, messages


async def main() -> None:
    data_dir = Path(sys.argv[1])
    url = f"sqlite:///{data_dir / 'kanban.db'}"
    prepare_database(url, data_dir / "backups")
    programs = ScriptPrograms(Path(sys.argv[2]), (Stage.PLAN, Stage.BUILD))
    async with await Store.open(url) as store:
        ledger, journal = ServiceLedger(store), ServiceJournal(store)
        service = TriggerService(new_config(data_dir, max_runs=10), ledger, journal, programs=programs)
        async with running(service, ledger, journal) as app:  # pyright: ignore[reportArgumentType] - only passed on
            print(app.port, flush=True)
            await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
