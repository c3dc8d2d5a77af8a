"""A trigger service whose workflows are a script of the test, and a look at the processes that it starts."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil

from kanban_app.domain.stages import Stage
from kanban_app.trigger_service.processes import MARK
from kanban_app.trigger_service.service import TriggerService
from tests.support.service_app import Running, ScriptPrograms, new_config, running
from tests.support.service_memory import MemoryJournal, MemoryLedger

POST = """
import json, os, sys, time, urllib.request
def post(path, body):
    url = os.environ["WEBSOCKET_URL"] + path
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    return urllib.request.urlopen(request, timeout=5).read()
def status(status, message="m", **more):
    data = {"adw_id": sys.argv[2], "workflow_name": "adw_orchestrator", "status": status, "message": message}
    post("/api/workflow-updates", {"type": "status_update", "data": {**data, "timestamp": "t", **more}})
def log(message):
    data = {"adw_id": sys.argv[2], "workflow_name": "w", "message": message, "level": "INFO", "timestamp": "t"}
    post("/api/workflow-updates", {"type": "workflow_log", "data": data})
"""
UNTIL_TOLD = "import pathlib\nwhile not pathlib.Path(sys.argv[2] + '.go').exists():\n    time.sleep(0.01)\n"
"""Wait until the test makes the file `<adw_id>.go` beside the script."""


@asynccontextmanager
async def scripted(
    folder: Path,
    script: str,
    ledger: MemoryLedger | None = None,
    journal: MemoryJournal | None = None,
    **changes: Any,
) -> AsyncGenerator[Running]:
    """Serve with `script` as every workflow; `changes` are those of the configuration."""
    path = folder / "flow.py"
    path.write_text(script)
    ledger = ledger or MemoryLedger()
    journal = journal or MemoryJournal(ledger)
    programs = ScriptPrograms(path, (Stage.PLAN, Stage.BUILD))
    service = TriggerService(new_config(folder, **changes), ledger, journal, programs=programs)
    async with running(service, ledger, journal) as app:
        yield app


def lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def marked(marks: set[str]) -> list[str]:
    """Living processes that carry one of these marks, as text for a failure's message."""
    found: list[str] = []
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK) in marks:
                found.append(f"{process.pid} {' '.join(process.cmdline())}")
        except psutil.Error:
            continue
    return found
