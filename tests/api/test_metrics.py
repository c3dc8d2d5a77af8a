"""`GET /metrics`: what it tells, and that the dashboard and the document ask for nothing else."""

import json
import re
from pathlib import Path
from typing import Any, Final

import httpx
from prometheus_client.parser import text_string_to_metric_families

from kanban_app.api.gate import Gate
from kanban_app.api.origins import HostRules
from kanban_app.observing.areas import AREAS, OTHER
from kanban_app.observing.requests import Observed
from tests.api.desk import Desk

ROOT: Final = Path(__file__).resolve().parents[2]
DASHBOARD: Final = ROOT / "docs" / "grafana" / "agentic-kanban.json"
DOCUMENT: Final = ROOT / "docs" / "metrics.md"
LABELS: Final = frozenset(
    {"project", "state", "status", "column", "area", "method", "code", "type", "kind", "outcome", "level", "what", "le"}
    | {"version", "generation", "implementation", "major", "minor", "patchlevel"}
)
# What a query is made of beside the names of metrics and labels.
WORDS: Final = frozenset(
    {"sum", "max", "min", "by", "rate", "increase", "histogram_quantile", "label_values", "__rate_interval"}
)
UNITS: Final = ("_seconds", "_bytes", "_total", "_info", "_ratio")
# Counts of things are without a unit.
COUNTS: Final = {
    "kanban_http_requests_in_progress",
    "kanban_websockets_open",
    "kanban_asyncio_tasks",
    "kanban_connection_up",
    "kanban_connection_state",
    "kanban_attempts",
    "kanban_runs_active",
    "kanban_queue_length",
    "kanban_cards",
    "kanban_board_viewers",
    "kanban_event_readers",
    "kanban_live_viewers",
}


async def families(desk: Desk) -> dict[str, Any]:
    answer = await desk.client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["cache-control"] == "no-store"
    return {family.name: family for family in text_string_to_metric_families(answer.text)}


def value(found: dict[str, Any], name: str, **labels: str) -> float:
    samples = [sample for family in found.values() for sample in family.samples if sample.name == name]
    return next(sample.value for sample in samples if labels.items() <= sample.labels.items())


async def test_the_state_of_the_board(desk: Desk) -> None:
    before = await families(desk)
    await desk.move((await desk.new())["id"], "plan")
    found = await families(desk)
    assert value(found, "kanban_connection_up", project="default") == 1
    assert value(found, "kanban_connection_state", project="default", state="connected") == 1
    assert value(found, "kanban_connection_state", project="default", state="offline") == 0
    assert value(found, "kanban_cards", project="default", column="plan") == 1
    assert value(found, "kanban_queue_length", project="default") == 1
    assert value(found, "kanban_attempts", project="default", status="queued") == 1
    assert value(found, "kanban_queue_oldest_age_seconds", project="default") >= 0
    counted = "kanban_store_write_duration_seconds"
    assert value(found, f"{counted}_count") > value(before, f"{counted}_count")
    assert value(found, "process_resident_memory_bytes") > 0
    assert value(found, "kanban_asyncio_tasks") >= 1
    assert value(found, "kanban_build_info") == 1


async def test_names_follow_the_conventions(desk: Desk) -> None:
    for name, family in (await families(desk)).items():
        assert family.documentation, name
        assert family.type != "unknown", name
        for sample in family.samples:
            assert set(sample.labels) <= LABELS, sample
        if name.startswith("kanban_") and family.type == "gauge" and not name.endswith(UNITS):
            assert name in COUNTS, f"{name} has no unit"


async def test_there_are_no_ids_and_few_series(desk: Desk) -> None:
    for number in range(20):
        await desk.new(f"Card {number}")
    task = await desk.bench.running()
    text = (await desk.client.get("/metrics")).text
    assert task.id not in text
    assert str(task.run_id) not in text
    assert len(text.splitlines()) < 2000


async def test_openmetrics_for_those_who_ask(desk: Desk) -> None:
    answer = await desk.client.get("/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


async def test_it_is_behind_the_gate(desk: Desk) -> None:
    gate = Observed(Gate(desk.app, HostRules.of("127.0.0.1", ()), "the-token", "internal"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(gate), base_url="http://127.0.0.1") as client:
        assert (await client.get("/metrics")).status_code == 401
        assert (await client.get("/metrics", headers={"authorization": "Bearer wrong"})).status_code == 401
        answer = await client.get("/metrics", headers={"authorization": "Bearer the-token"})
        assert answer.status_code == 200
    refused = re.search(r'kanban_http_requests_total\{area="metrics",code="401",method="GET"\} (\S+)', answer.text)
    assert refused is not None
    assert float(refused[1]) >= 2


async def test_the_areas_are_those_of_the_routes(desk: Desk) -> None:
    for path in desk.app.openapi()["paths"]:
        assert AREAS.of(path) != OTHER, path
    assert AREAS.of("/api/v1/whatever-a-stranger-asks") == OTHER


def asked(query: str) -> set[str]:
    """The names of metrics in a query."""
    plain = re.sub(r'"[^"]*"', "", query)
    plain = re.sub(r"\b(by|without)\s*\([^)]*\)", "", plain)
    plain = re.sub(r"\{[^}]*\}", "", plain)
    plain = re.sub(r"label_values\((\w+),[^)]*\)", r"\1", plain)
    return set(re.findall(r"[a-zA-Z_]\w+", plain)) - WORDS


def queries() -> list[str]:
    board = json.loads(DASHBOARD.read_text())
    found = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    return [*found, *(entry["definition"] for entry in board["templating"]["list"] if entry["type"] == "query")]


async def test_every_query_of_the_dashboard_finds_something(desk: Desk) -> None:
    found = await families(desk)
    exposed = {sample.name for family in found.values() for sample in family.samples}
    # What has labels has no sample before the first count.
    exposed |= set(found)
    exposed |= {f"{name}_total" for name, family in found.items() if family.type == "counter"}
    histograms = {name for name, family in found.items() if family.type == "histogram"}
    exposed |= {f"{name}{end}" for name in histograms for end in ("_bucket", "_sum", "_count")}
    for query in queries():
        names = asked(query)
        assert names, query
        assert names <= exposed, query


async def test_the_dashboard_shows_all_that_is_measured(desk: Desk) -> None:
    shown = {name for query in queries() for name in asked(query)}
    for name, family in (await families(desk)).items():
        if name.startswith("kanban_") and name != "kanban_build_info":
            ends = {"counter": "_total", "histogram": "_bucket"}
            assert name + ends.get(family.type, "") in shown, name


async def test_the_document_lists_every_metric(desk: Desk) -> None:
    listed = re.findall(r"^\| `(kanban_\w+)` \| (\w+) \|", DOCUMENT.read_text(), re.MULTILINE)
    found = {
        (f"{name}_total" if family.type == "counter" else name, family.type)
        for name, family in (await families(desk)).items()
        if name.startswith("kanban_")
    }
    assert set(listed) == found
