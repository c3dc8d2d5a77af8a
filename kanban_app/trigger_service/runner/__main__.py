"""Start the workflow of one run directory, relay its reports, and leave behind how it ended."""

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from kanban_app.trigger_service.runner import PASSED, files
from kanban_app.trigger_service.runner.family import Family, reap_until
from kanban_app.trigger_service.runner.forward import Forwarder
from kanban_app.trigger_service.runner.output import BoundedLog, OutputReader
from kanban_app.trigger_service.runner.relay import Relay
from kanban_app.trigger_service.runner.spool import EXIT_PATH, SpoolWriter, utc_now

_OUTPUT_HEAD: Final = 1024 * 1024
_OUTPUT_TAIL: Final = 4 * 1024 * 1024
_SPOOL_LIMIT: Final = 64 * 1024 * 1024
_LAST_OUTPUT_WAIT_S: Final = 1.0
_SPAWN_FAILED: Final = 127
_LINGER_CANCELLED_S: Final = 1.0
_LEFTOVERS_S: Final = 2.0
_FULL_DISK_PATIENCE_S: Final = 600.0
_GENTLEST: Final = 19


class Runner:
    """One workflow process and everything around it. `run` returns when the process has ended and been told of.

    Its paths begin at the working directory, so that it bears that its data directory is moved.
    """

    def __init__(self, run_dir: Path, launch: dict[str, Any]) -> None:
        self._dir = run_dir
        self._launch = launch
        self._grace_s = float(launch.get("grace_s", 5.0))
        self._spool = SpoolWriter(run_dir / "spool.jsonl", int(launch.get("spool_limit_bytes", _SPOOL_LIMIT)))
        self._relay = Relay(self._spool, launch["token"], str(launch.get("adw_id", "")))
        files_of_service = [Path(launch[name]) for name in ("service_file", "service_file_from_here") if name in launch]
        self._forwarder = Forwarder(self._spool, files_of_service, launch["token"])
        self._family = Family()
        self._process: subprocess.Popen[bytes] | None = None
        self._ending: threading.Thread | None = None
        self._cancelled = False
        self._left = 0

    def run(self) -> None:
        signal.signal(signal.SIGTERM, self._on_terminate)
        # Not ignored, which the workflow would inherit.
        signal.signal(signal.SIGINT, _do_nothing)
        signal.signal(signal.SIGHUP, _do_nothing)
        files.write_kept(self._dir / "runner.json", {"pid": os.getpid(), "created": creation_time()})
        threading.Thread(target=self._relay.serve_forever, name="relay", daemon=True).start()
        self._forwarder.start()
        self._tell_end(*self._run_workflow())

    def _run_workflow(self) -> tuple[int, list[str]]:
        log = BoundedLog(self._dir / "output.log", _OUTPUT_HEAD, _OUTPUT_TAIL)
        if self._cancelled:
            return -signal.SIGTERM, []
        try:
            process = self._spawn()
        except OSError as error:
            text = f"{self._launch['argv'][0]}: {error.strerror or error}"
            log.write(text.encode() + b"\n")
            return _SPAWN_FAILED, [text]
        self._family.group = process.pid
        self._process = process
        if self._cancelled:  # the signal may have come while the process was being made
            self._end_workflow()
        reader = OutputReader(process, log)
        reader.start()
        reap_until(process.pid)
        self._end_family()
        status = process.wait()
        self._family.group = None
        reader.join(_LAST_OUTPUT_WAIT_S)  # whoever could not be ended may hold the pipe open for ever
        return status, reader.last_lines()

    def _spawn(self) -> subprocess.Popen[bytes]:
        passed = {name[len(PASSED) :]: value for name, value in os.environ.items() if name.startswith(PASSED)}
        relay = {"WEBSOCKET_URL": self._relay.url, "WEBSOCKET_PORT": str(self._relay.port)}
        env = {**passed, **self._launch["env"], **relay}
        process = subprocess.Popen(
            self._launch["argv"],
            cwd=self._launch["cwd"],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
        # Here and not in the child before its program: that would not be safe beside threads.
        with suppress(OSError):
            gentle = min(_GENTLEST, os.getpriority(os.PRIO_PROCESS, 0) + int(self._launch.get("niceness", 0)))
            os.setpriority(os.PRIO_PROCESS, process.pid, gentle)
        return process

    def _on_terminate(self, _signum: int, _frame: object) -> None:
        """Told to end the workflow: outlive it, so that its end gets told."""
        if self._cancelled:
            return
        self._cancelled = True
        if self._process is not None:
            self._end_workflow()

    def _end_workflow(self) -> None:
        if self._ending is None:
            self._ending = threading.Thread(target=self._family.end, args=(self._grace_s,), name="ending", daemon=True)
            self._ending.start()

    def _end_family(self) -> None:
        """The workflow has ended; so do those whom it has started."""
        if self._ending is None:
            self._left = self._family.end_leftovers(min(self._grace_s, _LEFTOVERS_S))
        if self._ending is not None:  # also one that was told to end while it had just ended
            self._ending.join()

    def _tell_end(self, status: int, last_output: list[str]) -> None:
        end: dict[str, Any] = {
            "exit_code": status if status >= 0 else 128 - status,
            "signal": -status if status < 0 else None,
            "cancelled": self._cancelled,
            "last_output": [line.replace(self._launch["token"], "…") for line in last_output],
            "left": self._left,
        }
        self._spool.note_dropped(str(self._launch.get("adw_id", "")), str(self._launch.get("workflow_type", "")))
        self._spool.append(EXIT_PATH, end)
        self._leave_behind(end)
        linger_s = float(self._launch.get("linger_s", 15.0))
        self._spool.wait_empty(min(linger_s, _LINGER_CANCELLED_S) if self._cancelled else linger_s)
        self._keep_all(end)
        files.clear_up(self._dir)
        self._forwarder.stop()

    def _leave_behind(self, end: dict[str, Any]) -> None:
        with suppress(OSError):  # the service has it in the last report, too
            files.write_kept(self._dir / "exit.json", {**end, "at": utc_now()})

    def _keep_all(self, end: dict[str, Any]) -> None:
        """Stay as long as there are reports in memory alone, for which the disk had no room; say what got lost."""
        lost = self._spool.wait_kept(_FULL_DISK_PATIENCE_S)
        if lost:
            self._leave_behind({**end, "lost": lost})


def creation_time() -> float | None:
    """When this process was made, in seconds since the epoch as psutil counts them; None where /proc is missing."""
    try:
        after_name = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        boot = next(line for line in Path("/proc/stat").read_text().splitlines() if line.startswith("btime "))
    except (OSError, StopIteration):
        return None
    return int(boot.split()[1]) + int(after_name[19]) / os.sysconf("SC_CLK_TCK")


def _do_nothing(_signum: int, _frame: object) -> None:
    """The service ends a run with SIGTERM to its runner; whatever else reaches it is not meant for it."""


def main() -> int:
    os.chdir(sys.argv[1])
    run_dir = Path()
    if not files.claim(run_dir):
        return 0
    launch = json.loads((run_dir / "launch.json").read_text())
    try:
        Runner(run_dir, launch).run()
    except OSError as error:
        text = f"The run could not be set up: {error.strerror or error}"
        end = {"exit_code": _SPAWN_FAILED, "signal": None, "cancelled": False, "last_output": [text]}
        files.write_kept(run_dir / "exit.json", {**end, "at": utc_now()})
        raise
    return 0


if __name__ == "__main__":
    sys.exit(main())
