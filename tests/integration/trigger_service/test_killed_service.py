"""The service dies again and again in the middle of fifteen runs: none is lost or doubled, and no report is missing."""

import asyncio
import random
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from kanban_app.domain.launch import Launch, LaunchState
from tests.support.run_files import spooled_log
from tests.support.scripted import POST, marked
from tests.support.service_app import Board, is_final
from tests.support.stored_service import kept, stored_service
from tests.support.waiting import eventually

RUNS = [f"run{number:02d}" for number in range(15)]
ENDS = {"run10": "exit", "run11": "exit", "run12": "kill", "run13": "fail", "run14": "quiet"}
# Each run keeps a list of its starts; a second one would be seen.
SCRIPT = POST + (
    f"ends = {ENDS!r}.get(sys.argv[2])\n"
    "import signal, subprocess\n"
    "with open(sys.argv[2] + '.starts', 'a') as file: file.write(str(os.getpid()) + '\\n')\n"
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)'], start_new_session=True)\n"
    "for number in range(60):\n"
    "    log(f'{sys.argv[2]} line {number}')\n"
    "    time.sleep(0.05)\n"
    "if ends == 'exit': sys.exit(3)\n"
    "if ends == 'kill': os.kill(os.getpid(), signal.SIGKILL)\n"
    "if ends == 'fail': status('failed', 'it broke')\n"
    "if ends is None: status('completed', 'it is done')\n"
)


class Listener:
    """A client that comes back with `since` after every death of the service."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []

    @property
    def last(self) -> int:
        return max((message["seq"] for message in self.heard), default=0)

    async def listen(self, board: Board) -> None:
        await board.send("register_session", session_id="s", since=self.last)

    def leave(self, board: Board) -> None:
        """What came before the answer to the registration comes again after it."""
        kinds = [message["type"] for message in board.received]
        begin = kinds.index("session_registered") if "session_registered" in kinds else len(kinds)
        self.heard += [message for message in board.received[begin:] if "seq" in message]


async def heard_until(board: Board, number: int) -> None:
    await eventually(lambda: max(board.numbers, default=0) >= number, 60)


async def start_all(board: Board, enough: int) -> None:
    """As our board does it: whatever got no answer is asked again, under the same id."""
    for number, adw_id in enumerate(RUNS):
        if number >= enough:
            return
        answer = await board.trigger(adw_id=adw_id, request_id=f"r-{adw_id}")
        assert answer["data"]["status"] == "accepted"


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [1, 2])
async def test_fifteen_runs_survive_any_death_of_the_service(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    (tmp_path / "flow.py").write_text(SCRIPT)
    one, other = Listener(), Listener()
    for enough in (chance.randint(3, 12), *[len(RUNS)] * 3):
        with stored_service(tmp_path, tmp_path / "flow.py") as (process, port):
            url = f"ws://127.0.0.1:{port}/ws/trigger"
            async with Board(url) as board, Board(url) as first, Board(url) as second:
                await one.listen(first)
                await other.listen(second)
                await start_all(board, enough)
                await heard_until(first, one.last + chance.randint(1, 150))
                process.kill()
                await asyncio.to_thread(process.wait)
            one.leave(first)
            other.leave(second)
    with stored_service(tmp_path, tmp_path / "flow.py") as (_, port):
        url = f"ws://127.0.0.1:{port}/ws/trigger"
        async with Board(url) as first, Board(url) as second:
            await one.listen(first)
            await other.listen(second)
            told = one.heard
            await eventually(
                lambda: all(any(is_final(m, adw_id) for m in [*told, *first.received]) for adw_id in RUNS), 120
            )
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
                await eventually_idle(http)
                over_http = {adw_id: (await http.get(f"/api/adws/{adw_id}")).json()["status"] for adw_id in RUNS}
                last = (await http.get("/health")).json()["health_check"]["details"]["journal_last"]
            await eventually(lambda: {max(first.numbers), max(second.numbers)} == {last})
        one.leave(first)
        other.leave(second)
    launches, journal = await kept(tmp_path, [f"r-{adw_id}" for adw_id in RUNS])
    assert [message["seq"] for message in one.heard] == list(range(1, last + 1))
    assert other.heard == one.heard
    assert len(journal) == last
    expect_all_told_once(tmp_path, journal)
    expect_right_ends(launches, journal)
    assert over_http == {adw_id: "errored" if adw_id in ENDS else "completed" for adw_id in RUNS}
    assert [(tmp_path / f"{adw_id}.starts").read_text().count("\n") for adw_id in RUNS] == [1] * len(RUNS)
    assert marked({launch.mark for launch in launches.values()}) == []


async def eventually_idle(http: httpx.AsyncClient) -> None:
    for _ in range(600):
        details = (await http.get("/health")).json()["health_check"]["details"]
        if not details["active_runs"]:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("some runs have not ended")


def expect_all_told_once(data_dir: Path, journal: list[dict[str, Any]]) -> None:
    for adw_id in RUNS:
        logs = [m["data"]["message"] for m in journal if m["type"] == "workflow_log" and m["data"]["adw_id"] == adw_id]
        of_script = [text for text in logs if text.startswith(adw_id)]
        assert of_script == [f"{adw_id} line {number}" for number in range(60)]
        assert of_script == spooled_log(data_dir, adw_id)


def expect_right_ends(launches: dict[str, Launch], journal: list[dict[str, Any]]) -> None:
    finals = Counter(
        (m["data"]["adw_id"], m["data"]["status"]) for m in journal if is_final(m, str(m["data"].get("adw_id")))
    )
    failed = set(ENDS)
    assert finals == Counter((adw_id, "failed" if adw_id in failed else "completed") for adw_id in RUNS)
    states = {adw_id: launch.state for adw_id, launch in launches.items()}
    assert states == {id_: LaunchState.FAILED if id_ in failed else LaunchState.COMPLETED for id_ in RUNS}
    words = {adw_id: launches[adw_id].message for adw_id in ENDS}
    assert words == {
        "run10": "adw_orchestrator ended with exit code 3 without a final report",
        "run11": "adw_orchestrator ended with exit code 3 without a final report",
        "run12": "adw_orchestrator was ended by signal 9 (SIGKILL)",
        "run13": "it broke",
        "run14": "adw_orchestrator ended with exit code 0 without reporting that it completed",
    }
