"""The address that a workflow reports to: what it keeps, and what it refuses."""

import http.client
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kanban_app.trigger_service.runner.relay import MAX_REPORT_BYTES, Relay
from kanban_app.trigger_service.runner.spool import SpoolWriter
from kanban_app.trigger_service.spool import read_spool

TOKEN = "a-token_of_this-run"
PATH = f"/r/{TOKEN}/api/workflow-updates"


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Relay]:
    spool = SpoolWriter(tmp_path / "spool.jsonl", 10 * MAX_REPORT_BYTES)
    server = Relay(spool, TOKEN, "abcd1234")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
    spool.close()


def post(relay: Relay, body: bytes, length: str | None = None, path: str = PATH) -> int:
    link = http.client.HTTPConnection("127.0.0.1", relay.port, timeout=20)
    link.putrequest("POST", path)
    link.putheader("Content-Length", str(len(body)) if length is None else length)
    link.endheaders(body)
    status = link.getresponse().status
    link.close()
    return status


def kept(tmp_path: Path) -> list[Any]:
    return [report.body for report in read_spool(tmp_path)]


def test_a_workflow_that_tells_its_own_address_gives_away_no_token(relay: Relay, tmp_path: Path) -> None:
    assert post(relay, json.dumps({"message": f"I report to {relay.url}"}).encode()) == 200
    assert kept(tmp_path) == [{"message": f"I report to http://127.0.0.1:{relay.port}/r/…"}]
    assert TOKEN not in (tmp_path / "spool.jsonl").read_text()


@pytest.mark.parametrize("length", ["-1", "", "x", "1_0", str(MAX_REPORT_BYTES + 1)])
def test_a_length_that_cannot_be_is_refused_unread(relay: Relay, tmp_path: Path, length: str) -> None:
    assert post(relay, b"{}", length) in {411, 413}
    assert kept(tmp_path) == []


@pytest.mark.parametrize("path", ["/api/workflow-updates", "/r/wrong/api/workflow-updates", f"/r/{TOKEN}x/api", "/"])
def test_another_address_leads_nowhere(relay: Relay, tmp_path: Path, path: str) -> None:
    assert post(relay, b"{}", path=path) == 404
    assert kept(tmp_path) == []
