"""What a run of the embedded service has left on disk, and which of its processes are alive."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import psutil

UPDATES = "/api/workflow-updates"


def spooled(data_dir: Path, adw_id: str) -> list[dict[str, Any]]:
    """The reports of all launches of a run, in the order in which its runner wrote them down."""
    files = sorted((data_dir / "service" / "runs" / adw_id).glob("*/spool.jsonl"), key=lambda file: file.stat().st_ino)
    # What is being written at this moment has no end yet.
    lines = [line for file in files for line in file.read_text("utf-8").splitlines(keepends=True) if line[-1] == "\n"]
    return sorted((json.loads(line) for line in lines), key=lambda report: datetime.fromisoformat(report["at"]))


def spooled_log(data_dir: Path, adw_id: str) -> list[str]:
    """The text of every log line that the runner has taken from the workflow."""
    bodies = [report["body"] for report in spooled(data_dir, adw_id) if report["path"] == UPDATES]
    return [body["data"]["message"] for body in bodies if body["type"] == "workflow_log"]


def board_log(client: httpx.Client, adw_id: str, page: int = 7) -> list[dict[str, Any]]:
    """The whole log of a run as the API pages it; the numbers have no holes."""
    entries: list[dict[str, Any]] = []
    since = 0
    while True:
        answer = client.get(f"/api/v1/runs/{adw_id}/log", params={"since": since, "limit": page}).raise_for_status()
        part = answer.json()
        entries += part["entries"]
        if part["next"] >= part["last"] or not part["entries"]:
            break
        since = part["next"]
    assert [entry["seq"] for entry in entries] == list(range(1, len(entries) + 1))
    return entries


def board_log_text(client: httpx.Client, adw_id: str) -> list[str]:
    """The text of the log lines proper: no thoughts, tools, stages or states."""
    return [entry["message"] for entry in board_log(client, adw_id, page=200) if entry["kind"] == "log"]


def task(client: httpx.Client, task_id: str) -> dict[str, Any]:
    answer = client.get(f"/api/v1/tasks/{task_id}").raise_for_status()
    return dict(answer.json())


def run(client: httpx.Client, adw_id: str) -> dict[str, Any]:
    answer = client.get(f"/api/v1/runs/{adw_id}").raise_for_status()
    return dict(answer.json())


def run_processes(data_dir: Path, adw_id: str) -> list[psutil.Process]:
    """Runner, workflow and whatever they have started for this run."""
    return list(_run_processes(data_dir, adw_id))


def _run_processes(data_dir: Path, adw_id: str) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                continue
            words = [*process.cmdline(), process.cwd(), *process.environ().values()]
        except psutil.Error:
            continue
        of_data = any(str(data_dir) in word for word in words)
        if of_data and any(adw_id in word for word in words):
            yield process
