"""A trigger service in a process of its own, to be killed: `python -m tests.support.service_process DATA_DIR SPEED`.

A third argument is the number of triggers a minute.

Prints its port once it serves. What it has kept is in `ledger.jsonl` and `journal.jsonl` of the data directory.
"""

import asyncio
import sys
from pathlib import Path

from kanban_app.trigger_service.service import TriggerService
from tests.support.service_app import new_config, running
from tests.support.service_memory import FileJournal, FileLedger, MemoryRecords


async def main() -> None:
    data_dir = Path(sys.argv[1])
    ledger = FileLedger(data_dir / "ledger.jsonl")
    journal = FileJournal(data_dir / "journal.jsonl", ledger)
    limit = {"triggers_per_minute": int(sys.argv[3])} if len(sys.argv) > 3 else {}
    service = TriggerService(
        new_config(data_dir, demo_speed=float(sys.argv[2]), **limit), ledger, journal, records=MemoryRecords(ledger)
    )
    async with running(service, ledger, journal) as app:
        print(app.port, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
