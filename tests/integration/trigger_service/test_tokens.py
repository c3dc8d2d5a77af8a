"""The token of a run: it reports for its own run, and dies with it."""

import json
import sys
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from kanban_app.trigger_service.reports import REPORT_PATHS
from kanban_app.trigger_service.service import TriggerService
from tests.support.service_app import Running, ScriptPrograms, new_config, running
from tests.support.service_memory import MemoryJournal, MemoryLedger
from tests.support.waiting import eventually

RUN = "abcd1234"
SCRIPT = """
import json, os, sys, time, urllib.error, urllib.request
from pathlib import Path

def post(adw_id, text):
    data = {"adw_id": adw_id, "workflow_name": "w", "message": text, "level": "INFO", "timestamp": "t"}
    body = json.dumps({"type": "workflow_log", "data": data}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(os.environ["WEBSOCKET_URL"] + "/api/workflow-updates", body, headers)
    try:
        return urllib.request.urlopen(request).status
    except urllib.error.HTTPError as error:
        return error.code

statuses = [post(sys.argv[2], "mine"), post("ffffffff", "another's")]
out = Path(__file__).with_suffix(".json")
out.with_suffix(".new").write_text(json.dumps(statuses))
out.with_suffix(".new").replace(out)
while not Path(__file__).with_suffix(".go").exists():
    time.sleep(0.02)
"""
BODIES: dict[str, dict[str, Any]] = {
    "/api/workflow-updates": {
        "type": "workflow_log",
        "data": {"workflow_name": "w", "message": "m", "level": "INFO", "timestamp": "t"},
    },
    "/api/stage-event": {"to_stage": "plan"},
    "/api/agent-state-update": {"event_type": "thinking", "data": {"content": "hm"}},
    "/api/workflow-phase-transition": {"phase_to": "b"},
    "/api/agent-output-chunk": {"agent_role": "planner", "content": "c"},
    "/api/screenshot-available": {"screenshot_path": "a.png"},
    "/api/spec-created": {"spec_path": "specs/a.md"},
}


class Clock:
    """The service's, to be put forward."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def app(tmp_path: Path, clock: Clock) -> AsyncGenerator[Running]:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    ledger = MemoryLedger()
    journal = MemoryJournal(ledger)
    config = new_config(tmp_path, python=sys.executable, end_runs_on_stop=True)
    service = TriggerService(config, ledger, journal, clock, ScriptPrograms(script))
    async with running(service, ledger, journal) as found:
        yield found


async def start(app: Running) -> str:
    """The run's token."""
    async with app.board() as board:
        assert (await board.trigger(adw_id=RUN))["data"]["status"] == "accepted"
    launch = next(iter(app.ledger.rows.values()))
    return json.loads((Path(launch.run_dir) / "launch.json").read_text())["token"]


def about(path: str, adw_id: str) -> dict[str, Any]:
    body = BODIES[path]
    return {**body, "data": {**body["data"], "adw_id": adw_id}} if "type" in body else {**body, "adw_id": adw_id}


async def post(app: Running, path: str, body: Any) -> int:
    async with app.http() as http:
        return (await http.post(path, json=body)).status_code


async def test_all_reports_are_taken_under_a_token_and_only_for_its_run(app: Running) -> None:
    token = await start(app)
    before = len(app.journal.entries)
    for path in REPORT_PATHS:
        assert await post(app, f"/r/{token}{path}", about(path, "ffffffff")) == 403
    assert not [entry for entry in app.journal.entries if entry[0] == "ffffffff"]
    for path in REPORT_PATHS:
        assert await post(app, f"/r/{token}{path}", about(path, RUN)) == 200
    assert len(app.journal.entries) >= before + len(REPORT_PATHS)
    for path in REPORT_PATHS:
        assert await post(app, path, about(path, "ffffffff")) == 200


async def test_the_relay_refuses_reports_for_another_run(app: Running, tmp_path: Path) -> None:
    await start(app)
    await eventually((tmp_path / "script.json").exists)
    assert json.loads((tmp_path / "script.json").read_text()) == [200, 403]
    await eventually(lambda: any(m["data"].get("message") == "mine" for m in app.journal.messages()))
    assert all(m["data"].get("message") != "another's" for m in app.journal.messages())


async def test_a_spooled_report_for_another_run_is_left_out_and_holds_up_nobody(app: Running) -> None:
    token = await start(app)
    path, at = "/api/workflow-updates", "2026-01-02T03:04:05Z"
    reports = [
        {"id": number, "at": at, "path": path, "body": about(path, adw_id)}
        for number, adw_id in enumerate(("ffffffff", RUN), 101)
    ]
    async with app.http() as http:
        answer = await http.post(f"/r/{token}/api/reports", json={"reports": reports})
    assert answer.json() == {"acknowledged": 102}
    assert [m["data"]["adw_id"] for m in app.journal.messages() if m["data"].get("message") == "m"] == [RUN]


async def test_a_token_outlives_its_run_by_a_minute(app: Running, clock: Clock, tmp_path: Path) -> None:
    token = await start(app)
    path = "/api/stage-event"
    (tmp_path / "script.go").touch()
    await eventually(lambda: app.service.active_runs == 0)
    assert await post(app, f"/r/{token}{path}", about(path, RUN)) == 200
    clock.ahead = timedelta(seconds=50)
    assert await post(app, f"/r/{token}{path}", about(path, RUN)) == 200
    clock.ahead = timedelta(seconds=70)
    assert await post(app, f"/r/{token}{path}", about(path, RUN)) == 404
    assert await post(app, f"/r/{token}/api/reports", {"reports": []}) == 404


async def test_a_token_opens_nothing_else(app: Running) -> None:
    token = await start(app)
    async with app.http() as http:
        for method, path in (("GET", "adws"), ("GET", "adws/list"), ("DELETE", f"adws/{RUN}"), ("POST", "clarify")):
            assert (await http.request(method, f"/r/{token}/api/{path}")).status_code in {404, 405}
