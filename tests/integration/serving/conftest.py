"""One running board for the tests of a module that only look at it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.app import AppProcess, running_app


@pytest.fixture(scope="module")
def board(built_client: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppProcess]:
    with running_app(tmp_path_factory.mktemp("board")) as app:
        yield app
