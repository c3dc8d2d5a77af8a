"""The audit log over HTTP: what leads to an entry, how it is paged, narrowed and exported."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from kanban_app.api.acting import OF_THE_SERVICE
from kanban_app.api.scopes import ROUTES
from kanban_app.api.who import Who, with_who
from kanban_app.domain.audit import Act, Action, Actor, Entry, Target, Way
from kanban_app.store.auditing import AuditTable
from tests.api.desk import Desk, error_of

ANNA = Who("Anna", "person", "10.0.0.7")


@pytest.fixture
def client_of(desk: Desk) -> Any:
    """A client whom the gate has found out to be somebody."""

    def make(who: Who) -> httpx.AsyncClient:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await desk.app(with_who(scope, who), receive, send)

        return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://board")

    return make


async def get(desk: Desk, **query: Any) -> dict[str, Any]:
    answer = await desk.client.get("/api/v1/audit", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_who_when_from_where_what(desk: Desk, client_of: Any) -> None:
    began = datetime.now(UTC) - timedelta(milliseconds=1)
    async with client_of(ANNA) as anna:
        card = (await anna.post("/api/v1/tasks", json={"title": "Fix login", "stages": ["plan"]})).json()
        await anna.post(f"/api/v1/tasks/{card['id']}/move", json={"column": "errored"})
    async with client_of(Who("ci", "token", "10.0.0.9")) as program:
        await program.post(f"/api/v1/tasks/{card['id']}/move", json={"column": "plan"})
    await desk.audit()
    entries = (await get(desk, target=card["id"]))["entries"]
    moved = next(entry for entry in entries if entry["action"] == "task.moved" and entry["outcome"] == "done")
    refused = next(entry for entry in entries if entry["outcome"] == "refused")
    (created,) = [entry for entry in entries if entry["action"] == "task.created"]
    assert (created["name"], created["kind"], created["address"], created["way"]) == (
        "Anna", "person", "10.0.0.7", "board",
    )  # fmt: skip
    assert began <= datetime.fromisoformat(created["at"]) <= datetime.now(UTC)
    assert (moved["name"], moved["way"], moved["who"]) == ("ci", "api", "The program “ci”")
    assert moved["what"].startswith("moved “Fix login” from Backlog to Plan, which started run ")
    assert moved["target"] == {"kind": "task", "id": card["id"], "title": "Fix login"}
    assert moved["card"] == card["id"]
    assert (refused["code"], refused["what"]) == ("E-MOVE-2", "wanted to move “Fix login” from Backlog to Errored")


async def test_an_operation_that_comes_twice_is_recorded_once(desk: Desk) -> None:
    card, op_id = await desk.new("A card", stages=["plan"]), str(uuid4())
    for _ in range(3):
        await desk.move(card["id"], "plan", op_id=op_id)
    assert [entry["action"] for entry in await desk.audit()].count("task.moved") == 1


async def test_what_cannot_be_taken_back_is_recorded_as_refused(desk: Desk) -> None:
    await desk.client.post(f"/api/v1/ops/{uuid4()}/undo", json={})
    (entry,) = await desk.audit()
    assert (entry["action"], entry["code"], entry["what"]) == (
        "operation.undone", "E-SYS-3", "wanted to undo a change of a card",
    )  # fmt: skip


CARD = "/api/v1/tasks/{card}"
BODIES: dict[str, tuple[str, Any, str]] = {
    "POST /api/v1/tasks": ("/api/v1/tasks", {"title": "New"}, "task.created"),
    "POST /api/v1/tasks/bulk": ("/api/v1/tasks/bulk", {"act": "archive", "ids": ["{card}"]}, "task.archived"),
    "PATCH /api/v1/tasks/{}": (CARD, {"title": "Other"}, "task.edited"),
    "DELETE /api/v1/tasks/{}": (CARD, None, "task.deleted"),
    "POST /api/v1/tasks/{}/archive": (f"{CARD}/archive", None, "task.archived"),
    "POST /api/v1/tasks/{}/duplicate": (f"{CARD}/duplicate", None, "task.duplicated"),
    "POST /api/v1/tasks/{}/restore": (f"{CARD}/restore", None, "task.restored"),
    "POST /api/v1/tasks/{}/move": (f"{CARD}/move", {"column": "plan"}, "task.moved"),
    "POST /api/v1/tasks/{}/trigger": (f"{CARD}/trigger", {}, "run.started"),
    "POST /api/v1/tasks/{}/patch": (f"{CARD}/patch", {"text": "Change it"}, "run.patched"),
    "POST /api/v1/tasks/{}/resume": (f"{CARD}/resume", {"stage": "plan"}, "run.resumed"),
    "POST /api/v1/tasks/{}/restart": (f"{CARD}/restart", {}, "run.restarted"),
    "POST /api/v1/tasks/{}/attachments": (f"{CARD}/attachments", b"PNG", "image.added"),
    "PATCH /api/v1/tasks/{}/attachments/{}": (f"{CARD}/attachments/none", {"name": "x"}, "image.renamed"),
    "DELETE /api/v1/tasks/{}/attachments/{}": (f"{CARD}/attachments/none", None, "image.removed"),
    "POST /api/v1/uploads": ("/api/v1/uploads", b"PNG", "image.uploaded"),
    "DELETE /api/v1/uploads/{}": ("/api/v1/uploads/0123", None, "image.discarded"),
    "PUT /api/v1/columns/{}/limit": ("/api/v1/columns/plan/limit", {"limit": 3}, "column.limited"),
    "POST /api/v1/templates": ("/api/v1/templates", {"name": "Usual"}, "template.saved"),
    "PATCH /api/v1/templates/{}": ("/api/v1/templates/none", {"name": "Other"}, "template.renamed"),
    "DELETE /api/v1/templates/{}": ("/api/v1/templates/none", None, "template.deleted"),
    "POST /api/v1/import": ("/api/v1/import", b"EXPORT", "data.imported"),
    "POST /api/v1/ops/{}/undo": ("/api/v1/ops/{op}/undo", {}, "operation.undone"),
    "POST /api/v1/ops/{}/redo": ("/api/v1/ops/{undone}/redo", {}, "operation.redone"),
    "POST /api/v1/attempts/{}/withdraw": ("/api/v1/attempts/{attempt}/withdraw", None, "run.withdrawn"),
    "POST /api/v1/attempts/{}/start-again": ("/api/v1/attempts/{attempt}/start-again", None, "run.started-again"),
    "POST /api/v1/attempts/{}/not-running": ("/api/v1/attempts/{attempt}/not-running", None, "run.not-running"),
    "POST /api/v1/attempts/{}/stage-done": ("/api/v1/attempts/{attempt}/stage-done", None, "run.stage-done"),
    "POST /api/v1/attempts/{}/release": ("/api/v1/attempts/{attempt}/release", None, "run.place-freed"),
    "POST /api/v1/attempts/{}/start-anyway": ("/api/v1/attempts/{attempt}/start-anyway", None, "run.started-anyway"),
    "POST /api/v1/attempts/{}/requeue": ("/api/v1/attempts/{attempt}/requeue", {"place": 1}, "run.requeued"),
    "POST /api/v1/runs/{}/cancel": ("/api/v1/runs/{run}/cancel", None, "run.cancelled"),
}
# Where these are recorded: by the service of the whole app (`tests/integration/serving/test_audit.py`).
BY_THE_WHOLE_APP = {
    "POST /api/v1/attempts/{}/check",
    "POST /api/v1/health/alerts/{}/acknowledge",
    "POST /api/v1/projects",
    "PATCH /api/v1/projects/{}",
    "POST /api/v1/backups",
}
# Reports of runs are in the logs of runs.
REPORTS = {
    f"POST /api/{name}"
    for name in ("workflow-updates", "stage-event", "agent-state-update", "workflow-phase-transition",
                 "agent-output-chunk", "screenshot-available", "spec-created")
}  # fmt: skip


def test_every_route_that_changes_something_is_accounted_for() -> None:
    changing = {route for route in ROUTES if not route.startswith(("GET ", "WS "))}
    known = BODIES.keys() | BY_THE_WHOLE_APP | REPORTS | OF_THE_SERVICE
    assert changing - known == set(), "say here which entry this leaves in the audit log"
    assert known - changing == set()


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


@pytest.mark.parametrize("route", BODIES)
async def test_each_route_leaves_an_entry(desk: Desk, client_of: Any, route: str) -> None:
    path, body, action = BODIES[route]
    card = await desk.new("A card", stages=["plan"])
    op, undone = str(uuid4()), str(uuid4())
    await desk.client.patch(f"/api/v1/tasks/{card['id']}", json={"title": "A card with a past", "op_id": op})
    if "{undone}" in path:
        await desk.client.post(f"/api/v1/ops/{op}/undo", json={})
        path = path.replace("{undone}", op)
    attempt = run = ""
    if "attempt" in path or "{run}" in path:
        moved = (await desk.move(card["id"], "plan")).json()
        attempt, run = moved["attempt"]["id"], moved["attempt"]["adw_id"]
    if route.endswith("restore"):
        await desk.client.delete(f"/api/v1/tasks/{card['id']}")
    sent: dict[str, Any] = {"json": body}
    if isinstance(body, bytes):
        sent = {"content": PNG if body == b"PNG" else (await desk.client.get("/api/v1/export")).content}
    elif body and "ids" in body:
        sent = {"json": {**body, "ids": [card["id"]]}}
    before = len(await desk.audit())
    del undone
    async with client_of(ANNA) as anna:
        answer = await anna.request(
            route.partition(" ")[0], path.format(card=card["id"], op=op, attempt=attempt, run=run), **sent
        )
    entries = await desk.audit()
    fresh = entries[: len(entries) - before]
    assert action in {entry["action"] for entry in fresh}, f"{answer.status_code}: {answer.text[:300]}"
    mine = next(entry for entry in fresh if entry["action"] == action)
    assert (mine["name"], mine["kind"], mine["address"], mine["project"]) == ("Anna", "person", "10.0.0.7", "default")
    assert (mine["outcome"] == "done") is (answer.status_code < 400)


@pytest.mark.parametrize(
    ("method", "path", "action"),
    [("GET", "/api/v1/export", "data.exported"), ("GET", "/api/v1/audit/export", "audit.exported")],
)
async def test_who_takes_all_away_is_recorded(desk: Desk, method: str, path: str, action: str) -> None:
    await desk.client.request(method, path)
    assert [entry["action"] for entry in await desk.audit()] == [action]


async def fill(desk: Desk, *titles: str, code: str = "") -> None:
    actor = Actor("Anna", "person", "10.0.0.7", Way.BOARD)
    await AuditTable(desk.bench.store).append(
        [
            Entry(datetime.now(UTC), actor, Act(Action.TASK_EDITED, Target("task", title, title), code=code), "default")
            for title in titles
        ]
    )


async def test_pages_have_no_gaps_and_no_doubles_while_new_entries_come(desk: Desk) -> None:
    await fill(desk, *(f"card {n}" for n in range(25)))
    seen: list[str] = []
    before = ""
    while True:
        page = await get(desk, limit=7, before=before)
        seen += [entry["target"]["title"] for entry in page["entries"]]
        await fill(desk, f"new {len(seen)}", f"newer {len(seen)}")
        before = page["next"]
        if not before:
            break
    assert seen == [f"card {n}" for n in reversed(range(25))]


@pytest.mark.parametrize(
    "query",
    [{"limit": "0"}, {"limit": "201"}, {"before": "x"}, {"before": "1.2"}, {"outcome": "maybe"},
     {"action": "task.eaten"}, {"from": "yesterday"}, {"from": "0001-01-01T00:00:00+14:00"}, {"q": "x" * 300}],
)  # fmt: skip
async def test_what_is_not_understood_is_refused(desk: Desk, query: dict[str, str]) -> None:
    answer = await desk.client.get("/api/v1/audit", params=query)
    assert answer.status_code in {400, 422}, answer.text
    error_of(answer, answer.status_code, answer.json()["error"]["code"])


async def test_filters_go_together(desk: Desk) -> None:
    await fill(desk, "Login page", "Other")
    await fill(desk, "Login again", code="E-EDIT-1")
    found = await get(desk, q="login", outcome="done", group="cards", who="ann", kind="person")
    assert [entry["target"]["title"] for entry in found["entries"]] == ["Login page"]
    assert (await get(desk, to="2000-01-01"))["entries"] == []
    assert len((await get(desk, **{"from": "2000-01-01T00:00:00Z"}))["entries"]) == 3


async def test_an_export_as_csv_holds_no_formulas(desk: Desk) -> None:
    titles = ["=1+1", "+1", "-1", "@SUM(A1)", 'a "quoted", cell', "plain"]
    await fill(desk, *titles)
    answer = await desk.client.get("/api/v1/audit/export", params={"format": "csv", "group": "cards"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    name = f"audit-{datetime.now(UTC):%Y-%m-%d}.csv"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert "no-store" in answer.headers["cache-control"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["title"] for row in rows] == ["plain", 'a "quoted", cell', "'@SUM(A1)", "'-1", "'+1", "'=1+1"]
    assert rows[0]["sentence"] == "Anna edited “plain”"
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


async def test_an_export_as_json_lines_has_all_of_many(desk: Desk) -> None:
    await fill(desk, *(str(n) for n in range(450)))
    answer = await desk.client.get("/api/v1/audit/export", params={"format": "jsonl"})
    entries = [json.loads(line) for line in answer.text.splitlines()]
    assert [entry["target"]["title"] for entry in entries] == [str(n) for n in reversed(range(450))]


async def test_secrets_that_are_typed_somewhere_are_in_no_entry(desk: Desk) -> None:
    secret = "sk-" + "a1b2c3d4" * 4
    card = await desk.new(f"Use token={secret}")
    await desk.client.patch(f"/api/v1/tasks/{card['id']}", json={"labels": [secret], "description": secret})
    bulk = {"act": "label", "ids": [card["id"]], "label": f"password: {secret}"}
    await desk.client.post("/api/v1/tasks/bulk", json=bulk)
    settings = desk.services.settings
    await settings.save(await settings.draft({"tac7_url": f"ws://x.example/{secret}", "tac7_token": secret}))
    said = json.dumps(await desk.audit())
    assert "settings.connection" in said
    assert "KANBAN_TAC7_TOKEN" in said
    assert secret not in said


async def test_other_programs_asking_the_built_in_service_are_recorded(desk: Desk, client_of: Any) -> None:
    async with client_of(Who("ci", "token", "10.0.0.9")) as program:
        await program.delete("/api/adws/a1b2c3d4")
        await program.post("/api/workflow-updates", json={})
    (entry,) = await desk.audit()
    assert (entry["action"], entry["target"]["id"], entry["outcome"]) == ("service.asked", "a1b2c3d4", "refused")
    assert entry["name"] == "ci"
