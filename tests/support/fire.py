"""Boards under fire: the app, a fault-injecting service and a proxy between them, each a process of its own."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import httpx

from tests.support.app import AppProcess
from tests.support.fault_proxy.process import Proxy
from tests.support.fault_service.process import FaultService
from tests.support.waiting import wait_until

FINAL: Final = frozenset({"completed", "failed", "refused", "cancelled"})
EXPLAINED: Final = frozenset({"uncertain"})
"""The card says what is not known, and offers the decisions."""


@dataclass
class Front:
    """A board and the way to its service."""

    app: AppProcess
    service: FaultService
    proxy: Proxy

    def client(self) -> httpx.Client:
        return self.app.client()


def reaches(url: str, **settings: str) -> dict[str, str]:
    """The environment of a board that uses the service at `url`, without the pauses made for people."""
    return {"KANBAN_TAC7_URL": url, "KANBAN_TRIGGER_GRACE_S": "0", "KANBAN_LOG_LEVEL": "info", **settings}


def new_cards(client: httpx.Client, count: int, stages: tuple[str, ...] = ("plan",)) -> list[str]:
    ids: list[str] = []
    for number in range(count):
        body = {"title": f"card {number}", "stages": list(stages)}
        ids.append(str(client.post("/api/v1/tasks", json=body).raise_for_status().json()["id"]))
    return ids


def start_card(client: httpx.Client, task_id: str) -> None:
    client.post(f"/api/v1/tasks/{task_id}/trigger", json={}).raise_for_status()


def cards(client: httpx.Client) -> dict[str, dict[str, Any]]:
    """Every card of the board by its id."""
    columns = client.get("/api/v1/board").raise_for_status().json()["columns"]
    return {task["id"]: task for column in columns for task in column["tasks"]}


def wait_connected(client: httpx.Client, limit_s: float = 60.0) -> None:
    wait_for(lambda: connection(client)["state"] == "connected", limit_s)


def connection(client: httpx.Client) -> dict[str, Any]:
    return client.get("/readyz").json()["tac7"]


def wait_for(predicate: Callable[[], object], limit_s: float) -> float:
    """Seconds until it held, looked at a hundred times a second."""
    began = time.monotonic()
    while not predicate():
        assert time.monotonic() - began < limit_s, f"did not come true within {limit_s:g} s"
        time.sleep(0.01)
    return time.monotonic() - began


def wait_statuses(client: httpx.Client, ids: list[str], statuses: frozenset[str], limit_s: float = 60.0) -> None:
    wait_until(lambda: all(cards(client)[one]["status"] in statuses for one in ids), timeout=limit_s)


def log_lines(client: httpx.Client, adw_id: str) -> list[str]:
    """The numbered lines of a run, as the board has them."""
    found: list[str] = []
    since = 0
    while True:
        page = (
            client.get(f"/api/v1/runs/{adw_id}/log", params={"since": since, "limit": 1000}).raise_for_status().json()
        )
        if not page["entries"]:
            return [text for text in found if text.startswith("line ")]
        found += [entry["message"] for entry in page["entries"]]
        since = page["entries"][-1]["seq"]


def expected_lines(adw_id: str, count: int) -> list[str]:
    return [f"line {number} of {adw_id}" for number in range(1, count + 1)]
