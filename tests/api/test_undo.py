"""Undo and redo over HTTP."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from kanban_app.domain.reported import Accepted
from tests.api.desk import Desk, error_of


async def post(desk: Desk, of: str, way: str, **body: Any) -> httpx.Response:
    return await desk.client.post(f"/api/v1/ops/{of}/{way}", json=body)


async def test_a_move_with_its_start(desk: Desk) -> None:
    task, op_id, own_id = await desk.new(), str(uuid4()), str(uuid4())
    await desk.move(task["id"], "plan", op_id=op_id)
    answer = await post(desk, op_id, "undo", op_id=own_id)
    assert answer.status_code == 200
    assert (answer.json()["op_id"], answer.json()["task"]["column"]) == (own_id, "backlog")
    assert (await post(desk, op_id, "undo", op_id=own_id)).json() == answer.json()
    assert (await desk.client.get(f"/api/v1/ops/{own_id}")).json()["outcome"] == "applied"
    again = (await post(desk, op_id, "redo")).json()
    assert (again["task"]["column"], again["task"]["status"]) == ("plan", "queued")


async def test_an_edit_and_a_deletion(desk: Desk) -> None:
    task, edited, deleted = await desk.new("Old"), str(uuid4()), str(uuid4())
    path = f"/api/v1/tasks/{task['id']}"
    await desk.client.patch(path, json={"title": "New", "op_id": edited})
    assert (await desk.client.delete(path, params={"op_id": deleted})).status_code == 204
    assert (await desk.client.post(f"/api/v1/ops/{deleted}/undo")).json()["task"]["title"] == "New"
    assert (await desk.client.post(f"/api/v1/ops/{edited}/undo")).json()["task"]["title"] == "Old"
    assert (await desk.client.post(f"/api/v1/ops/{edited}/redo")).json()["task"]["title"] == "New"


async def test_a_run_that_has_begun_is_stopped_when_that_is_said(desk: Desk) -> None:
    task, op_id = await desk.new(), str(uuid4())
    await desk.move(task["id"], "plan", op_id=op_id)
    await desk.bench.dispatch()
    error_of(await post(desk, op_id, "undo"), 409, "E-WF-2")
    attempt = (await desk.client.get(f"/api/v1/ops/{op_id}")).json()["attempt"]
    await desk.bench.keeper.report([Accepted(attempt["id"])])
    error_of(await post(desk, op_id, "undo"), 409, "E-UNDO-2")
    assert (await post(desk, op_id, "undo", stop=True)).json()["task"]["column"] == "backlog"


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/api/v1/ops/none/undo", {}, 404, "E-SYS-3"),
        ("/api/v1/ops/%00%ed%a0%80/redo", {}, 404, "E-SYS-3"),
        ("/api/v1/ops/none/undo", {"stop": "yes"}, 422, "E-VAL-8"),
        ("/api/v1/ops/none/undo", {"op_id": "1"}, 422, "E-VAL-8"),
        ("/api/v1/ops/none/redo", {"stop": True}, 422, "E-VAL-8"),
    ],
)
async def test_what_cannot_be_asked(desk: Desk, path: str, body: object, status: int, code: str) -> None:
    error_of(await desk.client.post(path, json=body), status, code)


async def test_the_id_of_a_deletion_has_to_be_one(desk: Desk) -> None:
    task = await desk.new()
    error_of(await desk.client.delete(f"/api/v1/tasks/{task['id']}?op_id=1"), 422, "E-VAL-8")
