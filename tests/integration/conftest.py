"""What tests with real processes leave behind, above all when they fail."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.leftovers import end_runs_below


@pytest.fixture(autouse=True)
def no_run_outlives_its_test(request: pytest.FixtureRequest) -> Iterator[None]:
    """Runs outlive their service on purpose; a test that fails does not get to end them."""
    folder: Path | None = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else None
    yield
    if folder is not None:
        end_runs_below(folder)
