"""Bad requests: a clear error of the one shape, and nothing changed."""

import json
from typing import Any

import pytest

from tests.api.desk import Desk, error_of

JSON = {"content-type": "application/json"}

CREATE: list[tuple[Any, str, str]] = [
    ({}, "E-VAL-17", ""),
    ({"title": " \u200b "}, "E-VAL-17", ""),
    ({"title": "x" * 10_000}, "E-VAL-17", "10000"),
    ({"description": "x" * 100_000}, "E-VAL-17", "100000"),
    ({"title": 5}, "E-VAL-8", "title: must be text."),
    ({"title": None}, "E-VAL-8", "title: must be text."),
    ({"title": ["a"]}, "E-VAL-8", "title: must be text."),
    ({"title": "a", "type": "epic"}, "E-VAL-3", ""),
    ({"title": "a", "type": 1}, "E-VAL-3", ""),
    ({"title": "a", "stages": []}, "E-VAL-17", "stage"),
    ({"title": "a", "stages": "plan"}, "E-VAL-7", ""),
    ({"title": "a", "stages": None}, "E-VAL-7", ""),
    ({"title": "a", "stages": [1]}, "E-VAL-7", ""),
    ({"title": "a", "stages": ["plan", "deploy"]}, "E-VAL-13", "deploy"),
    ({"title": "a", "stages": ["ready-to-merge"]}, "E-VAL-13", "ready-to-merge"),
    ({"title": "a", "priority": "high"}, "E-VAL-8", "priority: must be a whole number."),
    ({"title": "a", "priority": True}, "E-VAL-8", "priority"),
    ({"title": "a", "priority": 1.5}, "E-VAL-8", "priority"),
    ({"title": "a", "priority": 10**30}, "E-VAL-8", "priority: must be at most 4."),
    ({"title": "a", "labels": "x"}, "E-VAL-8", "labels: must be a list."),
    ({"title": "a", "labels": [1]}, "E-VAL-8", "labels.0: must be text."),
    ({"title": "a", "labels": [f"x{n}" for n in range(1000)]}, "E-VAL-17", "labels"),
    ({"title": "a", "model_set": "enormous"}, "E-VAL-2", ""),
    ({"title": "a", "stage_models": []}, "E-VAL-8", "stage_models: must be an object."),
    ({"title": "a", "stage_models": {"deploy": "x"}}, "E-VAL-13", "deploy"),
    ({"title": "a", "issue_number": True}, "E-VAL-8", "issue_number: must be text."),
    ({"title": "a", "colour": "red"}, "E-VAL-8", "colour: is not known here."),
    ({"title": "a", "x" * 5000: 1}, "E-VAL-8", ""),
    ({"title": "\ud800"}, "E-VAL-8", "UTF-8"),
    ({"description": "a\ud800"}, "E-VAL-8", "UTF-8"),
    ({"title": "a", "labels": ["\ud800"]}, "E-VAL-8", "UTF-8"),
    ({"title": "a", "model_set": "\ud800"}, "E-VAL-8", "UTF-8"),
    ({"title": "a", "issue_number": "\ud800"}, "E-VAL-8", "UTF-8"),
    ({"title": "a", "stages": ["\ud800"]}, "E-VAL-7", ""),
    ({"title": "a", "stage_models": {"plan": "\ud800"}}, "E-VAL-8", "UTF-8"),
    ({"title": "a", "stage_models": {"\ud800": "x"}}, "E-VAL-8", ""),
    ({"\ud800": 1}, "E-VAL-8", ""),
    ([], "E-VAL-8", "body: must be a JSON object"),
    ("text", "E-VAL-8", "body"),
    (None, "E-VAL-8", "body"),
    (17, "E-VAL-8", "body"),
]


async def test_cards_that_cannot_be_made(desk: Desk, subtests: pytest.Subtests) -> None:
    for body, code, words in CREATE:
        with subtests.test(json.dumps(body)[:80]):
            answer = await desk.client.post("/api/v1/tasks", content=json.dumps(body), headers=JSON)
            error = error_of(answer, 422, code)
            assert words in error["message"]
            assert len(answer.content) < 5000
    assert desk.services.last_seq() == 0


NO_JSON = [
    b"{",
    b"{'title': 1}",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"priority": ' + b"9" * 5000 + b"}",
    b'{"title": "a"} x',
]


async def test_bodies_that_are_no_json(desk: Desk, subtests: pytest.Subtests) -> None:
    for text in NO_JSON:
        with subtests.test(repr(text[:20])):
            error_of(await desk.client.post("/api/v1/tasks", content=text, headers=JSON), 400, "E-PROTO-1")


async def test_a_body_of_another_type_is_not_read(desk: Desk) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        answer = await desk.client.post("/api/v1/tasks", content=b'{"title": "a"}', headers={"content-type": kind})
        assert "application/json" in error_of(answer, 422, "E-VAL-8")["message"]


async def test_all_faults_are_listed(desk: Desk) -> None:
    answer = await desk.client.post("/api/v1/tasks", json={"title": 1, "colour": "red", "labels": 3})
    fields = error_of(answer, 422, "E-VAL-8")["details"]["fields"]
    assert {fault["field"] for fault in fields} == {"title", "colour", "labels"}


CHANGES: list[tuple[dict[str, Any], str]] = [
    ({"title": None}, "E-VAL-8"),
    ({"title": "x" * 10_000}, "E-VAL-17"),
    ({"title": "", "description": ""}, "E-VAL-17"),
    ({"stages": ["deploy"]}, "E-VAL-13"),
    ({"stages": []}, "E-VAL-17"),
    ({"type": "epic"}, "E-VAL-3"),
    ({"model_set": "x"}, "E-VAL-2"),
    ({"version": "1"}, "E-VAL-8"),
    ({"column": "plan"}, "E-VAL-8"),
    ({"id": "x"}, "E-VAL-8"),
]


async def test_changes_that_cannot_be_made(desk: Desk, subtests: pytest.Subtests) -> None:
    task = await desk.new()
    for body, code in CHANGES:
        with subtests.test(str(body)[:80]):
            error_of(await desk.client.patch(f"/api/v1/tasks/{task['id']}", json=body), 422, code)
    assert (await desk.client.get(f"/api/v1/tasks/{task['id']}")).json() == task


MOVES: list[dict[str, Any]] = [
    {},
    {"column": "nowhere"},
    {"column": 1},
    {"column": "plan", "after": 7},
    {"column": "plan", "index": "first"},
    {"column": "plan", "action": "explode"},
    {"column": "plan", "op_id": "not-a-uuid"},
    {"column": "plan", "op_id": 1},
    {"column": "plan", "extra": 1},
]


async def test_moves_that_make_no_sense(desk: Desk, subtests: pytest.Subtests) -> None:
    task = await desk.new()
    for body in MOVES:
        with subtests.test(str(body)):
            error_of(await desk.client.post(f"/api/v1/tasks/{task['id']}/move", json=body), 422, "E-VAL-8")
    assert (await desk.client.get(f"/api/v1/tasks/{task['id']}")).json() == task


WORDS: list[tuple[str, dict[str, Any], str]] = [
    ("move", {"column": "plan", "after": "x" * 65}, "after: is longer than 64 characters."),
    ("trigger", {"workflow_type": "x" * 201}, "workflow_type: is longer than 200 characters."),
    ("trigger", {"stages": []}, "body: stages must not be empty."),
]


async def test_faults_are_told_in_words_that_help(desk: Desk, subtests: pytest.Subtests) -> None:
    task = await desk.new()
    for action, body, words in WORDS:
        with subtests.test(words):
            answer = await desk.client.post(f"/api/v1/tasks/{task['id']}/{action}", json=body)
            assert error_of(answer, 422, "E-VAL-8")["message"] == words


UNKNOWN: list[tuple[str, str, object, str]] = [
    ("GET", "/api/v1/tasks/none", None, "E-SYS-3"),
    ("PATCH", "/api/v1/tasks/none", {"title": "a"}, "E-SYS-3"),
    ("DELETE", "/api/v1/tasks/none", None, "E-SYS-3"),
    ("POST", "/api/v1/tasks/none/restore", None, "E-SYS-3"),
    ("POST", "/api/v1/tasks/none/move", {"column": "plan"}, "E-SYS-3"),
    ("POST", "/api/v1/tasks/none/trigger", {}, "E-SYS-3"),
    ("GET", "/api/v1/ops/none", None, "E-SYS-3"),
    ("POST", "/api/v1/attempts/none/withdraw", None, "E-SYS-3"),
    ("POST", "/api/v1/attempts/none/check", None, "E-SYS-3"),
    ("POST", "/api/v1/attempts/none/start-again", None, "E-SYS-3"),
    ("POST", "/api/v1/attempts/none/not-running", None, "E-SYS-3"),
    ("POST", "/api/v1/attempts/none/stage-done", None, "E-SYS-3"),
    ("GET", "/api/v1/runs/00000000", None, "E-WF-11"),
    ("POST", "/api/v1/runs/00000000/cancel", None, "E-WF-11"),
    ("GET", "/api/v1/runs/00000000/log", None, "E-WF-11"),
    ("GET", "/api/v1/runs/" + "x" * 5000, None, "E-WF-11"),
    ("GET", "/api/v1/tasks/%00%ff", None, "E-SYS-3"),
    ("GET", "/api/v1/ops/%00%ed%a0%80", None, "E-SYS-3"),
]


async def test_unknown_ids(desk: Desk, subtests: pytest.Subtests) -> None:
    for method, path, body, code in UNKNOWN:
        with subtests.test(f"{method} {path[:60]}"):
            sent: dict[str, Any] = {} if body is None else {"json": body}
            error_of(await desk.client.request(method, path, **sent), 404, code)


LOG_QUERIES = [
    "since=-1",
    "since=x",
    "since=99999999999999999999",
    "limit=0",
    "limit=1001",
    "kind=x",
    "level=x",
    "q=" + "x" * 201,
]


async def test_log_queries_that_make_no_sense(desk: Desk, subtests: pytest.Subtests) -> None:
    task = await desk.bench.running()
    for query in LOG_QUERIES:
        with subtests.test(query[:40]):
            error_of(await desk.client.get(f"/api/v1/runs/{task.run_id}/log?{query}"), 422, "E-VAL-8")


async def test_event_queries_that_make_no_sense(desk: Desk) -> None:
    error_of(await desk.client.get("/api/v1/events?since=x"), 422, "E-VAL-8")
    for number in (b"x", b"-1", b"9" * 30, b"\xb2"):
        answer = await desk.client.get("/api/v1/events", headers=[(b"last-event-id", number)])
        error_of(answer, 422, "E-VAL-8")
