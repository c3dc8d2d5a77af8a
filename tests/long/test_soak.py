"""The soak of docs/benchmarks.md: `SOAK_MIN=3 pytest -m long tests/long/test_soak.py` for a short one."""

import os
from pathlib import Path
from typing import Final

import pytest

from benchmarks.soak.run import soak

pytestmark = [pytest.mark.long, pytest.mark.timeout(7200)]

MINUTES: Final = float(os.environ.get("SOAK_MIN", "30"))


def test_soak(built_client: Path) -> None:
    outcome = soak(MINUTES)
    print(outcome.table())
    assert outcome.problems() == []
