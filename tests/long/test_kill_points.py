"""`kill -9` at fifty random points around a trigger: doubled 0, lost 0."""

import os
from collections.abc import Callable

import pytest

from kanban_app.domain.workflows import Vintage
from tests.support.app import AppProcess
from tests.support.kill_points import shoot

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]

SHOTS = int(os.environ.get("KILL_POINTS", "50"))


@pytest.mark.parametrize("vintage", [Vintage.OURS, Vintage.V1, Vintage.V0])
def test_fifty_kills(start_board: Callable[..., AppProcess], vintage: Vintage) -> None:
    verdict = shoot(start_board, vintage, SHOTS, seed=2026)
    print(f"{vintage.value}: {verdict}")
    assert (verdict.doubled, verdict.lost) == ([], [])
