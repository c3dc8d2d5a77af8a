"""Walks the OpenAPI document with requests that fit it, almost fit it and do not: always an answer of the one shape."""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kanban_app.api.app import build_api
from kanban_app.catalogue import CATALOGUE
from tests.api.desk import Desk, open_desk
from tests.support.openapi import Call, Document

DOCUMENT: Final = Document(build_api(lambda: None).openapi())
# Answers without end, and those that take in files.
LEFT_OUT: Final = frozenset({"/api/v1/events", "/api/v1/import"})
OPERATIONS: Final = [entry for entry in DOCUMENT.operations() if entry[1] not in LEFT_OUT]
# All in all a few seconds.
EXAMPLES: Final = 15


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda part: part)
def test_every_operation_answers_in_the_one_shape(tmp_path: Path, migrated: Path, method: str, path: str) -> None:
    shutil.copy(migrated, tmp_path)
    with asyncio.Runner() as runner:
        opened = open_desk(tmp_path)
        desk = runner.run(opened.__aenter__())
        try:
            card = runner.run(desk.new("A card"))
            calls = DOCUMENT.calls(method, path, [card["id"], "backlog"])

            @settings(
                max_examples=EXAMPLES,
                deadline=None,
                phases=[Phase.generate],
                derandomize=True,
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
            )
            @given(st.data())
            def walk(data: Any) -> None:
                call = data.draw(calls)
                judge(call, runner.run(sent(desk, call)))

            walk()
        finally:
            runner.run(opened.__aexit__(None, None, None))


async def sent(desk: Desk, call: Call) -> httpx.Response:
    headers = {"content-type": "application/json"} if call.has_body else {}
    body = json.dumps(call.body).encode() if call.has_body else b""
    return await desk.client.request(call.method, call.path, params=call.query, content=body, headers=headers)


def judge(call: Call, answer: httpx.Response) -> None:
    assert answer.status_code < 500 or answer.status_code == 503, (call, answer.text)
    if answer.status_code < 400:
        return
    error = answer.json()["error"]
    assert set(error) == {"code", "title", "message", "actions", "details"}, call
    assert error["code"] in CATALOGUE
    assert "Traceback" not in answer.text
    assert len(answer.content) < 20_000, call
