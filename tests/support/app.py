"""The board as people run it: a process of its own, on a port and a data folder of its own."""

import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx
import psutil

ROOT: Final = Path(__file__).resolve().parents[2]
_ADDRESS: Final = re.compile(r"^Open (?P<base>http://\S+?)/(\?token=(?P<token>\S+))?$")
# Another test may be building the front end at this time, on two busy cores.
_START_LIMIT_S: Final = 240.0


def environment_of(data_dir: Path, port: int = 0, env: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a start gets: nothing of the developer's own settings."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("KANBAN_", "REFLEX_"))}
    return {**clean, "KANBAN_DATA_DIR": str(data_dir), "KANBAN_PORT": str(port), **(env or {})}


@dataclass
class AppProcess:
    """A running board. `base_url` has no slash at its end; `token` is None with KANBAN_AUTH=none."""

    process: subprocess.Popen[str]
    data_dir: Path
    lines: list[str] = field(default_factory=list)
    base_url: str = ""
    token: str | None = None
    _addresses: "queue.Queue[re.Match[str] | None]" = field(default_factory=queue.Queue)

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def port(self) -> int:
        return int(self.base_url.rpartition(":")[2])

    @property
    def logs(self) -> str:
        """Both streams, as far as they have come."""
        return "".join(self.lines)

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"} if self.token else {}

    def client(self) -> httpx.Client:
        """An HTTP client that is signed in."""
        return httpx.Client(base_url=self.base_url, headers=self.headers, timeout=20)

    def kill9(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def terminate(self, timeout_s: float = 10) -> int:
        """SIGTERM; the result is the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout_s)

    def wait_until_open(self, limit_s: float = _START_LIMIT_S) -> None:
        """Until it has printed its address."""
        threading.Thread(target=self._follow, daemon=True).start()
        try:
            address = self._addresses.get(timeout=limit_s)
        except queue.Empty:
            address = None
        if address is None:
            raise AssertionError(f"the board did not start (exit code {self.process.poll()}):\n{self.logs}")
        self.base_url, self.token = address["base"], address["token"]

    def wait_until_ready(self, limit_s: float = 30) -> None:
        """Until /readyz says so."""
        end = time.monotonic() + limit_s
        while True:
            answer = httpx.get(f"{self.base_url}/readyz", timeout=limit_s)
            if answer.status_code == httpx.codes.OK:
                return
            assert time.monotonic() < end, f"not ready: {answer.text}\n{self.logs}"
            time.sleep(0.05)

    def _follow(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line)
            if address := _ADDRESS.match(line.strip()):
                self._addresses.put(address)
        self._addresses.put(None)


def launch(
    data_dir: Path,
    port: int = 0,
    env: Mapping[str, str] | None = None,
    root: Path = ROOT,
    program: str = "kanban_app",
) -> AppProcess:
    """Start the board of the checkout `root` without waiting for it; `program` is a module that ends up in it."""
    process = subprocess.Popen(
        [sys.executable, "-m", program, "serve"],
        cwd=root,
        env=environment_of(data_dir, port, env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return AppProcess(process, data_dir)


@contextmanager
def running_app(
    data_dir: Path,
    port: int = 0,
    env: Mapping[str, str] | None = None,
    root: Path = ROOT,
    program: str = "kanban_app",
) -> Iterator[AppProcess]:
    """A board that is ready, ended at the end of the block with everything that it has started."""
    app = start_app(data_dir, port, env, root, program)
    try:
        yield app
    finally:
        end(app)


def start_app(
    data_dir: Path,
    port: int = 0,
    env: Mapping[str, str] | None = None,
    root: Path = ROOT,
    program: str = "kanban_app",
) -> AppProcess:
    """A board that is ready; whoever calls ends it (`end`)."""
    app = launch(data_dir, port, env, root, program)
    try:
        app.wait_until_open()
        app.wait_until_ready()
    except BaseException:
        end(app)
        raise
    return app


def end(app: AppProcess) -> None:
    """Leave nothing behind: the board, and the processes of its runs, which outlive it on purpose."""
    if app.process.poll() is None:
        app.kill9()
    if app.process.stdout:
        app.process.stdout.close()
    for process in _processes_of(app.data_dir):
        process.kill()


def run_command(
    *arguments: str, data_dir: Path, port: int = 0, env: Mapping[str, str] | None = None, root: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """`python -m kanban_app …` until it ends."""
    return subprocess.run(
        [sys.executable, "-m", "kanban_app", *arguments],
        cwd=root,
        env=environment_of(data_dir, port, env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_START_LIMIT_S,
        check=False,
    )


def _processes_of(data_dir: Path) -> Iterator[psutil.Process]:
    """Every process that was started with this data folder, or below it: only those of one test."""
    for process in psutil.process_iter():
        try:
            known = (process.environ().get(name, "") for name in ("KANBAN_DATA_DIR", "KANBAN_ISSUE_FILE"))
            mentioned = [*process.cmdline(), process.cwd(), *known]
        except psutil.Error:
            continue
        if process.pid != os.getpid() and any(part.startswith(str(data_dir)) for part in mentioned):
            yield process
