"""What a run has left is removed while others start, wait, end and look."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio

from kanban_app.domain.launch import Launch
from kanban_app.trigger_service import merge_http
from kanban_app.trigger_service.git.repository import Repository
from kanban_app.trigger_service.git.turn import turn
from kanban_app.trigger_service.service import TriggerService
from tests.support.git_project import RUN, GitProject
from tests.support.service_app import Running, ScriptPrograms, new_config, running
from tests.support.service_memory import MemoryJournal, MemoryLedger
from tests.support.waiting import eventually

CARD = {"title": "Dark mode"}


class WatchedLedger(MemoryLedger):
    """Says who was asked about."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    async def latest_for(self, adw_id: str) -> Launch | None:
        self.asked.append(adw_id)
        return await super().latest_for(adw_id)


@pytest_asyncio.fixture
async def app(project: GitProject, tmp_path: Path) -> AsyncGenerator[Running]:
    """Runs that go on while there is a file `wait`."""
    script = tmp_path / "flow.py"
    script.write_text(f"import os, time\nwhile os.path.exists('{tmp_path}/wait'): time.sleep(0.01)\n")
    (tmp_path / "data").mkdir()
    config = new_config(tmp_path / "data", project_dir=project.root, max_runs=1)
    ledger = WatchedLedger()
    journal = MemoryJournal(ledger)
    service = TriggerService(config, ledger, journal, programs=ScriptPrograms(script))
    async with running(service, ledger, journal) as found:
        yield found


async def test_no_run_starts_while_a_ticket_gives_it_up(app: Running, project: GitProject, tmp_path: Path) -> None:
    tree = project.run()
    (tmp_path / "wait").touch()
    # A lock is looked at for two seconds before it counts as left behind.
    (project.root / ".git/worktrees" / RUN / "index.lock").touch()
    assert isinstance(app.ledger, WatchedLedger)
    asked = app.ledger.asked
    async with app.board() as board, app.board() as other:
        await board.send("ticket_notification", id="1", title="t", stage="plan", old_adw_id=RUN)
        await eventually(lambda: RUN in asked)
        answer = await other.trigger(adw_id=RUN)
        await board.wait(lambda m: m["type"] == "ticket_notification_response")
    (tmp_path / "wait").unlink()
    assert answer["data"]["status"] == "ignored"
    assert not tree.exists()
    assert app.service.active_runs == 0


FAILS = """
import json, os, time, urllib.request
data = {"adw_id": "abcd1234", "workflow_name": "w", "status": "failed", "message": "no", "timestamp": "t"}
body = json.dumps({"type": "status_update", "data": data}).encode()
headers = {"Content-Type": "application/json"}
urllib.request.urlopen(urllib.request.Request(os.environ["WEBSOCKET_URL"] + "/api/workflow-updates", body, headers))
time.sleep(0.5)
"""


async def test_a_restart_waits_for_the_last_moment_of_the_run(
    app: Running, project: GitProject, tmp_path: Path
) -> None:
    tree = project.run()
    whole = (tmp_path / "flow.py").read_text()
    (tmp_path / "flow.py").write_text(FAILS)
    async with app.board() as board:
        await board.trigger(adw_id=RUN)
        await board.final(RUN)
        assert app.service.active_runs == 1
        (tmp_path / "flow.py").write_text(whole)
        issue = {**CARD, "stage": "errored", "metadata": {"adw_id": RUN}}
        answer = await board.trigger(adw_id="ffff0000", issue_json=issue)
        await board.final("ffff0000")
    assert answer["data"]["status"] == "accepted"
    assert not tree.exists()


async def test_a_run_that_waits_is_not_merged(app: Running, project: GitProject, tmp_path: Path) -> None:
    project.run()
    (tmp_path / "wait").touch()
    async with app.board() as board, app.http() as http:
        await board.trigger(adw_id="ffff0000")
        await board.trigger(adw_id=RUN, issue_json=CARD)
        found = (await http.get(f"/api/adws/{RUN}/merge")).json()
        (tmp_path / "wait").unlink()
        await board.final(RUN)
        await eventually(lambda: app.service.active_runs == 0)
        assert (found["possible"], found["code"]) == (False, "busy")
        assert "waits" in found["reason"]
        assert (await http.get(f"/api/adws/{RUN}/merge")).json()["possible"] is True


async def test_who_looks_at_merges_waits_in_a_line_that_has_an_end(
    app: Running, project: GitProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merge_http, "_LIMIT_S", 0.5)
    project.run()
    repository = await Repository.open(project.root)
    async with app.board() as board, app.http() as http:
        await board.trigger(adw_id=RUN, issue_json=CARD)
        await board.final(RUN)
        await eventually(lambda: app.service.active_runs == 0)
        async with turn(repository, 5.0):
            looks = [http.get(f"/api/adws/{RUN}/merge", timeout=30) for _ in range(40)]
            answers = await asyncio.gather(*looks)
    assert {answer.status_code for answer in answers} == {503}
    assert sum("Too many" in answer.json()["error"] for answer in answers) == 24
    assert all(answer.json()["detail"] == answer.json()["error"] for answer in answers)
