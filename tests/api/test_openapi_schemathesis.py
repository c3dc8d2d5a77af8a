"""Schemathesis at every operation of the OpenAPI document: requests that fit it, requests that do not, and strangers.

The examples are the same at each run and few: a net under the tests of the single operations. Where nothing but a text
in the path is asked for, there is nothing that does not fit.
"""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, cast

import httpx
import pytest
import requests
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis.strategies import SearchStrategy
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.openapi import from_dict

from kanban_app.api.app import build_api
from kanban_app.api.gate import Gate
from kanban_app.api.origins import HostRules
from kanban_app.catalogue import CATALOGUE
from tests.api.desk import Desk, open_desk

BASE: Final = "http://127.0.0.1"
# Answers without end, and those that take in files.
LEFT_OUT: Final = frozenset({"GET /api/v1/events", "POST /api/v1/import"})
OPEN: Final = frozenset({"GET /healthz", "GET /readyz"})
EXAMPLES: Final = 6
OF_BODIES: Final = 24
HOSTILE: Final = ("..", "../../etc/passwd", "%2e%2e", "\x00", "<script>", "' OR 1=1 --", "x" * 300, "\u202e", "%ff")
LONGEST_URL: Final = 8000
load_all_checks()
CHECKED: Final[Any] = CHECKS.get_by_names(
    ["response_schema_conformance", "content_type_conformance", "negative_data_rejection"]
)
FOUND: Final[list[Any]] = list(from_dict(build_api(lambda: None).openapi()).get_all_operations())
OPERATIONS: Final = [entry.ok() for entry in FOUND if entry.ok().label not in LEFT_OUT]


class Always(dict[str, dict[str, object]]):
    """Something, if nothing telling, for whatever the service is asked."""

    def get(self, _key: str, _default: object = None) -> dict[str, object]:  # pyright: ignore[reportIncompatibleMethodOverride]
        return {}

    def __missing__(self, key: str) -> dict[str, object]:
        return {}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_an_operation(tmp_path: Path, migrated: Path, operation: Any) -> None:
    shutil.copy(migrated, tmp_path)
    with asyncio.Runner() as runner:
        opened = open_desk(tmp_path)
        desk = runner.run(opened.__aenter__())
        gate = Gate(desk.app, HostRules.of("127.0.0.1", ()), "the-token", "internal")
        try:
            known = runner.run(_known(desk))

            def fits(case: Case) -> None:
                _lead_somewhere(case, known)
                if operation.label not in OPEN:
                    assert runner.run(_from_a_stranger(gate, case)).status_code == 401
                _judge(case, runner.run(_sent(desk.client, case)))

            def fits_not(case: Case) -> None:
                _judge(case, runner.run(_sent(desk.client, case)))

            _try(fits, operation.as_strategy(generation_mode=GenerationMode.POSITIVE), EXAMPLES)
            if operation.query or operation.body:
                many = OF_BODIES if operation.body else EXAMPLES
                _try(fits_not, operation.as_strategy(generation_mode=GenerationMode.NEGATIVE), many)
        finally:
            runner.run(opened.__aexit__(None, None, None))


def _try(walk: Callable[[Case], None], cases: SearchStrategy[Case], count: int) -> None:
    limits = settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    limits(given(cases)(walk))()


async def _known(desk: Desk) -> dict[str, str]:
    """Values of path parameters that lead to something."""
    desk.bench.sender.previews = desk.bench.sender.work = Always()
    card = await desk.new("A card")
    run = await desk.bench.running()
    return {"task_id": card["id"], "adw_id": str(run.run_id), "column": "backlog", "project_id": "default"}


def _lead_somewhere(case: Case, known: dict[str, str]) -> None:
    """Of three requests one is for what is there, and one tries the path itself."""
    turn = len(repr(case)) % 3
    if turn == 0:
        here = {name: known.get(name, value) for name, value in case.path_parameters.items()}
    elif turn == 1:
        here = dict.fromkeys(case.path_parameters, HOSTILE[len(repr(case)) % len(HOSTILE)])
    else:
        return
    case.path_parameters = here


async def _sent(client: httpx.AsyncClient, case: Case) -> httpx.Response:
    """Sent as `requests` would write it."""
    ready = requests.Request(**_kwargs(case)).prepare()
    assume(len(str(ready.url)) < LONGEST_URL)
    body = ready.body.encode() if isinstance(ready.body, str) else cast("bytes | None", ready.body)
    headers = {name: str(value) for name, value in ready.headers.items()}
    return await client.request(str(ready.method), str(ready.url), headers=headers, content=body)


def _kwargs(case: Case) -> dict[str, Any]:
    kwargs = case.as_transport_kwargs(base_url=BASE)
    return {name: value for name, value in kwargs.items() if name not in {"timeout", "verify", "cert", "proxies"}}


async def _from_a_stranger(gate: Gate, case: Case) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(gate), base_url=BASE) as client:
        return await _sent(client, case)


def _judge(case: Case, answer: httpx.Response) -> None:
    assert answer.status_code < 500 or answer.status_code == 503, (case, answer.text)
    case.validate_response(answer, checks=CHECKED)
    if answer.status_code < 400:
        return
    error = answer.json()["error"]
    assert set(error) == {"code", "title", "message", "actions", "details"}, case
    assert error["code"] in CATALOGUE
    assert "Traceback" not in answer.text
    assert len(answer.content) < 20_000, case
