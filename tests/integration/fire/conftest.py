"""Boards, services and proxies as processes of their own, all ended with the test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from kanban_app.domain.workflows import Vintage
from tests.support.app import AppProcess
from tests.support.fault_proxy.process import Proxy
from tests.support.fault_service.process import FaultService
from tests.support.fire import Front, reaches


@pytest.fixture
def front(start_board: Callable[..., AppProcess], tmp_path: Path) -> Iterator[Callable[..., Front]]:
    """`front(vintage, **faults)`: a board that reaches its fault-injecting service through a fault-injecting proxy."""
    with ExitStack() as helpers:

        def make(vintage: Vintage, env: dict[str, str] | None = None, **faults: Any) -> Front:
            state = tmp_path / "service.jsonl" if vintage is Vintage.OURS else None
            service = helpers.enter_context(FaultService(vintage, state=state, **faults))
            proxy = helpers.enter_context(Proxy(service.port))
            app = start_board(env=reaches(proxy.url, **(env or {})))
            return Front(app, service, proxy)

        yield make
