"""The tests' own broom: what a test leaves when it fails in the middle of a run."""

from pathlib import Path

from tests.support.leftovers import end_runs_below
from tests.support.scripted import POST, lives, marked, scripted

SCRIPT = (
    POST + "import subprocess\nsubprocess.Popen(['sleep', '300'], start_new_session=True)\nlog('x')\ntime.sleep(300)\n"
)


async def test_a_run_that_a_test_has_left_is_ended(tmp_path: Path) -> None:
    async with scripted(tmp_path, SCRIPT) as app, app.board() as board:
        await board.trigger(adw_id="abcd1234", request_id="r")
        await board.wait(lambda m: m["type"] == "workflow_log")
    launch = app.ledger.rows["r"]
    end_runs_below(tmp_path / "elsewhere")
    assert lives(launch.pid or 0)
    assert len(marked({launch.mark})) == 3
    end_runs_below(tmp_path)
    assert marked({launch.mark}) == []
