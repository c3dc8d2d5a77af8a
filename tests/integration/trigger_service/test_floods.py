"""A run that floods its output and its reports: what is kept is bounded, what was accepted is told."""

import asyncio
import os
import time
from pathlib import Path

import httpx
import psutil
import pytest

from kanban_app.domain.launch import LaunchState
from tests.support.flood import SCRIPT
from tests.support.scripted import scripted
from tests.support.waiting import eventually

MB = 1024 * 1024


async def asking(http: httpx.AsyncClient, until: asyncio.Event) -> list[float]:
    """How long the service takes to answer meanwhile."""
    took: list[float] = []
    while not until.is_set():
        sent = time.monotonic()
        (await http.get("/health")).raise_for_status()
        took.append(time.monotonic() - sent)
        await asyncio.sleep(0.05)
    return sorted(took)


async def largest(pid: int, until: asyncio.Event) -> int:
    """The most memory that a process has had."""
    peak = 0
    while not until.is_set():
        try:
            peak = max(peak, psutil.Process(pid).memory_info().rss)
        except psutil.Error:
            break
        await asyncio.sleep(0.05)
    return peak


@pytest.mark.parametrize(
    ("megabytes", "lines", "spool"),
    [
        pytest.param(20, 3000, 64 * MB, id="some"),
        pytest.param(5, 3000, MB // 64, id="more than the spool takes"),
        pytest.param(200, 100_000, 64 * MB, id="200 MB and 100,000 lines", marks=[pytest.mark.long]),
    ],
)
@pytest.mark.timeout(900)
async def test_a_flood_is_bounded_and_loses_nothing_that_was_accepted(
    tmp_path: Path, megabytes: int, lines: int, spool: int
) -> None:
    flood = f"import os\nos.environ.update(FLOOD_MB='{megabytes}', FLOOD_LINES='{lines}')\n{SCRIPT}"
    over = asyncio.Event()
    async with scripted(tmp_path, flood, spool_limit_bytes=spool) as app:
        began = time.monotonic()
        async with app.board() as board:
            await board.trigger(adw_id="abcd1234", request_id="r")
        run_dir = Path(app.ledger.rows["r"].run_dir)
        async with app.http() as http:
            answers = asyncio.create_task(asking(http, over))
            watching = asyncio.create_task(largest(app.ledger.rows["r"].pid or 0, over))
            await eventually(lambda: app.service.active_runs == 0, 800)
            seconds = time.monotonic() - began
            over.set()
            took, peak = await answers, await watching
    logs = [m["data"] for m in app.journal.messages() if m["type"] == "workflow_log"]
    told = [data["message"].split(" y")[0] for data in logs if "dropped" not in data]
    dropped = [data["dropped"] for data in logs if "dropped" in data]
    kept = int(app.ledger.rows["r"].message.removeprefix("kept "))
    assert len(told) == kept
    assert told == sorted(told, key=lambda text: int(text.split()[1]))
    assert sum(dropped) == lines - kept
    assert app.ledger.rows["r"].state is LaunchState.COMPLETED
    assert (run_dir / "output.log").stat().st_size <= 9 * MB + 1024
    assert (run_dir / "spool.jsonl").stat().st_size <= 3 * spool + MB
    assert peak < 64 * MB + 4 * spool
    middle, late = took[len(took) // 2], took[int(len(took) * 0.95)]
    print(
        f"\n{megabytes} MB, {lines} lines in {seconds:.1f} s ({os.cpu_count()} cores), {lines - kept} dropped; "
        f"runner at most {peak / MB:.0f} MB; answers in {middle * 1000:.1f} ms, p95 {late * 1000:.1f} ms, "
        f"longest {took[-1] * 1000:.0f} ms"
    )
