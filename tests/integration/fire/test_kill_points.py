"""`kill -9` around a trigger, a few times; tests/long has the fifty."""

from collections.abc import Callable

import pytest

from kanban_app.domain.workflows import Vintage
from tests.support.app import AppProcess
from tests.support.kill_points import shoot

pytestmark = pytest.mark.timeout(600)


@pytest.mark.parametrize("vintage", [Vintage.OURS, Vintage.V1])
def test_three_kills(start_board: Callable[..., AppProcess], vintage: Vintage) -> None:
    verdict = shoot(start_board, vintage, shots=3, seed=7)
    print(f"{vintage.value}: {verdict}")
    assert (verdict.doubled, verdict.lost) == ([], [])
