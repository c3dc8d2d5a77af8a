"""A disk without room: runs end with words, accepted reports arrive all the same, and the service goes on."""

import json
import resource
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kanban_app.domain.launch import LaunchState
from kanban_app.trigger_service.runner import files
from kanban_app.trigger_service.runner.output import BoundedLog
from kanban_app.trigger_service.runner.spool import SpoolWriter
from kanban_app.trigger_service.spool import read_spool
from tests.support.scripted import POST, UNTIL_TOLD, scripted
from tests.support.waiting import eventually

UPDATES = "/api/workflow-updates"
LIMIT = 20_000


@contextmanager
def little_room(size: int = LIMIT) -> Generator[None]:
    """No file may grow beyond `size`: a write fails as it does on a full disk, in part or as a whole."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def a_log(text: str) -> dict[str, Any]:
    return {"type": "workflow_log", "data": {"message": text}}


def test_reports_without_room_are_delivered_from_memory_and_written_later(tmp_path: Path) -> None:
    spool = SpoolWriter(tmp_path / "spool.jsonl", 1_000_000)
    with little_room():
        ids = [spool.append(UPDATES, a_log(f"{number} " + "x" * 500)) for number in range(100)]
        on_disk = [report.id for report in read_spool(tmp_path)]
        assert 10 < len(on_disk) < 50
        assert on_disk == ids[: len(on_disk)]
        assert (tmp_path / "spool.jsonl").read_bytes().endswith(b"\n")
        assert spool.wait_kept(0.0) == 100 - len(on_disk)
        assert [report.id for report in spool.batch(1000, 1_000_000, 0)] == ids
        spool.acknowledge(60)
        assert spool.wait_kept(0.0) == 40
    assert spool.wait_kept(5.0) == 0
    kept = [report.id for report in read_spool(tmp_path)]
    assert kept == [*on_disk, *range(61, 101)]
    spool.close()


def test_output_without_room_is_missing_and_holds_up_nobody(tmp_path: Path) -> None:
    log = BoundedLog(tmp_path / "output.log", head=1_000_000, tail=1000)
    with little_room(100):
        log.write(b"a" * 90 + b"\n")
        log.write(b"b" * 90 + b"\n")
        log.write(b"c" * 90 + b"\n")
    log.write(b"d\n")
    log.close()
    lines = (tmp_path / "output.log").read_text().splitlines()
    assert lines == ["a" * 90, "b" * 9, "[… 173 bytes of output could not be written here …]", "d"]


@contextmanager
def small_disk(folder: Path, size: str) -> Generator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def can_mount(folder: Path) -> bool:
    folder.mkdir()
    try:
        with small_disk(folder, "64k"):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


@pytest.fixture
def runs_on_a_small_disk(tmp_path: Path) -> Generator[Path]:
    """The folder of the runs is a file system of 1 MB, where this computer lets us make one."""
    if not can_mount(tmp_path / "probe"):
        pytest.skip("no right to mount a small file system")
    folder = tmp_path / "service" / "runs"
    with small_disk(folder, "1m"):
        yield folder


def fill(folder: Path) -> Path:
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                pass
        except OSError:
            pass
    return filler


FLOOD = POST + (
    "log('begin')\n" + UNTIL_TOLD + "for number in range(300):\n"
    "    print('x' * 2000)\n    log(f'line {number} ' + 'y' * 2000)\nstatus('completed', 'it is done')\n"
)


def test_the_end_takes_no_room_that_another_could_take(runs_on_a_small_disk: Path) -> None:
    files.lay_by(runs_on_a_small_disk)
    fill(runs_on_a_small_disk)
    end = {"last_output": ["ä" * 2000] * 20}
    files.write_kept(runs_on_a_small_disk / "exit.json", end)
    assert json.loads((runs_on_a_small_disk / "exit.json").read_text()) == end
    assert {path.name for path in runs_on_a_small_disk.iterdir()} == {"exit.json", "filler"}


async def test_a_disk_that_is_full_in_the_middle_costs_no_report(tmp_path: Path, runs_on_a_small_disk: Path) -> None:
    async with scripted(tmp_path, FLOOD) as app, app.board() as board:
        await board.trigger(adw_id="abcd1234", request_id="r")
        await board.wait(lambda m: m["type"] == "workflow_log")
        fill(runs_on_a_small_disk)
        (tmp_path / "abcd1234.go").touch()
        await eventually(lambda: app.service.active_runs == 0, 60)
        logs = [m["data"]["message"].split(" yy")[0] for m in board.of("workflow_log")]
        answer = await board.trigger(adw_id="cafe1234", request_id="another")
    assert logs == ["begin", *[f"line {number}" for number in range(300)]]
    launch = app.ledger.rows["r"]
    assert (launch.state, launch.message, launch.exit_code) == (LaunchState.COMPLETED, "it is done", 0)
    assert (Path(launch.run_dir) / "exit.json").exists()
    assert answer["data"]["status"] == "error"
    assert "No space left on device" in answer["data"]["error"]
    assert app.ledger.rows["another"].state is LaunchState.FAILED


async def test_a_disk_that_is_full_while_the_service_is_away_costs_no_report(
    tmp_path: Path, runs_on_a_small_disk: Path
) -> None:
    async with scripted(tmp_path, FLOOD, linger_s=0.1) as app, app.board() as board:
        await board.trigger(adw_id="abcd1234", request_id="r")
        await board.wait(lambda m: m["type"] == "workflow_log")
    filler = fill(runs_on_a_small_disk)
    (tmp_path / "abcd1234.go").touch()
    run_dir = Path(app.ledger.rows["r"].run_dir)
    await eventually((run_dir / "exit.json").exists, 60)
    filler.unlink()
    async with scripted(tmp_path, FLOOD, app.ledger, app.journal) as later:
        await eventually(lambda: later.service.active_runs == 0, 60)
    texts = [m["data"]["message"] for m in app.journal.messages() if m["type"] == "workflow_log"]
    assert [text.split(" yy")[0] for text in texts] == ["begin", *[f"line {number}" for number in range(300)]]
    assert app.ledger.rows["r"].state is LaunchState.COMPLETED
