"""Start the workflow of one run directory, relay its reports, and leave behind how it ended."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Final

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


class Runner:
    """One workflow process and everything around it. `run` returns when the process has ended and been told of."""

    def __init__(self, run_dir: Path, launch: dict[str, Any]) -> None:
        self._dir = run_dir
        self._launch = launch
        self._spool = SpoolWriter(run_dir / "spool.jsonl", int(launch.get("spool_limit_bytes", _SPOOL_LIMIT)))
        self._relay = Relay(self._spool, launch["token"])
        self._forwarder = Forwarder(self._spool, Path(launch["service_file"]), launch["token"])
        self._process: subprocess.Popen[bytes] | None = None
        self._killer: threading.Timer | None = None
        self._cancelled = False

    def run(self) -> None:
        signal.signal(signal.SIGTERM, self._on_terminate)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        write_atomically(self._dir / "runner.json", {"pid": os.getpid(), "created": creation_time()})
        threading.Thread(target=self._relay.serve_forever, name="relay", daemon=True).start()
        self._forwarder.start()
        self._tell_end(*self._run_workflow())

    def _run_workflow(self) -> tuple[int, list[str]]:
        log = BoundedLog(self._dir / "output.log", _OUTPUT_HEAD, _OUTPUT_TAIL)
        if self._cancelled:
            return -signal.SIGTERM, []
        try:
            self._process = self._spawn()
        except OSError as error:
            text = f"{self._launch['argv'][0]}: {error.strerror or error}"
            log.write(text.encode() + b"\n")
            return _SPAWN_FAILED, [text]
        if self._cancelled:  # the signal may have come while the process was being made
            self._end_workflow()
        reader = OutputReader(self._process, log)
        reader.start()
        status = self._process.wait()
        if self._killer is not None:
            self._killer.cancel()
        reader.join(_LAST_OUTPUT_WAIT_S)  # grandchildren may hold the pipe open for ever
        return status, reader.last_lines()

    def _spawn(self) -> subprocess.Popen[bytes]:
        env = {**self._launch["env"], "WEBSOCKET_URL": self._relay.url, "WEBSOCKET_PORT": str(self._relay.port)}
        return subprocess.Popen(
            self._launch["argv"],
            cwd=self._launch["cwd"],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def _on_terminate(self, _signum: int, _frame: object) -> None:
        """Outlive the signal, which goes to the whole group, so that the end of the workflow gets told."""
        if self._cancelled:
            return
        self._cancelled = True
        self._end_workflow()

    def _end_workflow(self) -> None:
        process = self._process
        if process is None:
            return
        process.terminate()
        self._killer = threading.Timer(float(self._launch.get("grace_s", 5.0)), process.kill)
        self._killer.daemon = True
        self._killer.start()

    def _tell_end(self, status: int, last_output: list[str]) -> None:
        end: dict[str, Any] = {
            "exit_code": status if status >= 0 else 128 - status,
            "signal": -status if status < 0 else None,
            "cancelled": self._cancelled,
            "last_output": [line.replace(self._launch["token"], "…") for line in last_output],
        }
        self._spool.note_dropped(str(self._launch.get("adw_id", "")), str(self._launch.get("workflow_type", "")))
        self._spool.append(EXIT_PATH, end)
        write_atomically(self._dir / "exit.json", {**end, "at": utc_now()})
        linger_s = float(self._launch.get("linger_s", 15.0))
        self._spool.wait_empty(min(linger_s, _LINGER_CANCELLED_S) if self._cancelled else linger_s)
        self._forwarder.stop()


def write_atomically(path: Path, value: dict[str, Any]) -> None:
    """A reader sees the whole file or none."""
    fresh = path.with_name(path.name + ".new")
    with fresh.open("w") as file:
        json.dump(value, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def creation_time() -> float | None:
    """When this process was made, in seconds since the epoch as psutil counts them; None where /proc is missing."""
    try:
        after_name = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        boot = next(line for line in Path("/proc/stat").read_text().splitlines() if line.startswith("btime "))
    except (OSError, StopIteration):
        return None
    return int(boot.split()[1]) + int(after_name[19]) / os.sysconf("SC_CLK_TCK")


def main() -> int:
    run_dir = Path(sys.argv[1])
    launch = json.loads((run_dir / "launch.json").read_text())
    Runner(run_dir, launch).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
