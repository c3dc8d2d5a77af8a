"""Fixtures that tests of every kind use."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kanban_app.serving.frontend import current_build
from tests.support.app import ROOT, AppProcess, end, start_app


@pytest.fixture(scope="session")
def built_client() -> Iterator[Path]:
    """The production build of this checkout, made once and shared with `make run`."""
    with current_build(ROOT, print) as folder:
        yield folder


@pytest.fixture
def start_board(built_client: Path, tmp_path: Path) -> Iterator[Callable[..., AppProcess]]:
    """Starts boards (`start_board(name="a", port=0, env={…})`), each name with its data folder; ends them all."""
    started: list[AppProcess] = []

    def start(name: str = "data", port: int = 0, env: dict[str, str] | None = None) -> AppProcess:
        app = start_app(tmp_path / name, port, env)
        started.append(app)
        return app

    yield start
    for app in started:
        end(app)
