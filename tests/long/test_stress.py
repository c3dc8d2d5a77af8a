"""Fifteen runs that say a hundred lines a second each, a reconnect a minute: nothing is missed, nothing grows.

It takes ten minutes; `STRESS_S` sets another length: `STRESS_S=60 pytest -m long tests/long/test_stress.py`.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import httpx
import psutil
import pytest

from kanban_app.domain.workflows import Vintage
from tests.support.app import AppProcess
from tests.support.fault_proxy.process import Proxy
from tests.support.fault_service.process import FaultService
from tests.support.fire import (
    expected_lines,
    log_lines,
    new_cards,
    reaches,
    start_card,
    wait_connected,
    wait_for,
    wait_statuses,
)

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]

SECONDS: Final = float(os.environ.get("STRESS_S", "600"))
RUNS: Final = 15
PER_SECOND: Final = 100.0
CUT_EVERY_S: Final = min(60.0, SECONDS / 4)
WARM_UP_S: Final = min(60.0, SECONDS / 3)
GROWTH_LIMIT: Final = 50 * 1024 * 1024
# V1 hands out the log of a stage whole, however long it is: one at a time is in memory.
PER_LINE: Final = 1024
DESCRIPTORS_LIMIT: Final = 20


@dataclass(frozen=True)
class Weight:
    memory: int
    descriptors: int
    threads: int

    @classmethod
    def of(cls, app: AppProcess) -> "Weight":
        process = psutil.Process(app.pid)
        return cls(process.memory_info().rss, process.num_fds(), process.num_threads())


@pytest.mark.parametrize("vintage", [Vintage.OURS, Vintage.V1])
def test_stress(start_board: Callable[..., AppProcess], tmp_path: Path, vintage: Vintage) -> None:
    with FaultService(vintage, lines=10**9, per_second=PER_SECOND) as service, Proxy(service.port) as proxy:
        app = start_board(env=reaches(proxy.url))
        with app.client() as client:
            wait_connected(client)
            ids = new_cards(client, RUNS)
            for card in ids:
                start_card(client, card)
            wait_statuses(client, ids, frozenset({"running"}), 120)
            before, cuts = _under_load(app, proxy)
            after = Weight.of(app)
            wait_connected(client)
            service.set(lines=0)
            said, missed, holes = _compared(client, service, in_order=vintage is Vintage.OURS)
    grown = (after.memory - before.memory) / 1e6
    print(
        f"{vintage.value}: {said} lines in {SECONDS:.0f} s through {cuts} reconnects, missed {missed}; "
        f"memory {before.memory / 1e6:.0f} -> {after.memory / 1e6:.0f} MB ({grown:+.1f}), "
        f"descriptors {before.descriptors} -> {after.descriptors}, threads {before.threads} -> {after.threads}"
    )
    # Without `since`, what was on its way at a cut is gone: one hole for each of them, and no other.
    assert missed == 0 if vintage is Vintage.OURS else holes <= RUNS * cuts
    one_log = 0 if vintage is Vintage.OURS else said / RUNS * PER_LINE
    assert after.memory - before.memory < GROWTH_LIMIT + one_log
    assert after.descriptors - before.descriptors < DESCRIPTORS_LIMIT
    assert after.threads - before.threads < DESCRIPTORS_LIMIT


def _under_load(app: AppProcess, proxy: Proxy) -> tuple[Weight, int]:
    """The weight after warming up, and how often the connection was cut."""
    began, cuts, before = time.monotonic(), 0, None
    while time.monotonic() - began < SECONDS:
        time.sleep(0.5)
        passed = time.monotonic() - began
        if before is None and passed > WARM_UP_S:
            before = Weight.of(app)
        if passed // CUT_EVERY_S > cuts and passed < SECONDS - CUT_EVERY_S / 2:
            cuts += 1
            proxy.do("cut")
    assert before
    return before, cuts


def _compared(client: httpx.Client, service: FaultService, *, in_order: bool) -> tuple[int, int, int]:
    """How many lines the runs have said, how many the board lacks, and in how many holes; each is there once.

    What a service without `since` did not say is fetched from its files afterwards, and stands behind what it said
    meanwhile.
    """
    said = missed = holes = 0
    for run in service.starts()["runs"]:
        service.do("emit", adw_id=run)
        emitted = service.sent(run)["emitted"]
        last = expected_lines(run, emitted)[-1]
        wait_for(lambda run=run, last=last: _newest(client, run) == last, 120)
        arrived = [int(line.split()[1]) for line in log_lines(client, run)]
        numbers = sorted(set(arrived))
        assert arrived == numbers if in_order else len(arrived) == len(numbers)
        said += emitted
        missed += emitted - len(numbers)
        holes += sum(1 for before, after in pairwise([0, *numbers]) if after != before + 1)
    return said, missed, holes


def _newest(client: httpx.Client, run: str) -> str:
    page = {"before": 2**31, "limit": 1}
    entries = client.get(f"/api/v1/runs/{run}/log", params=page).raise_for_status().json()["entries"]
    return entries[-1]["message"] if entries else ""
