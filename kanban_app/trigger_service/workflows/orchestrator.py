"""The stage scripts of a project one after the other, for projects that have no orchestrator of their own.

`main` takes ADW_ID, WORKFLOW and a JSON object: `stages` (objects with `name`, `command`, `model`, and `skipped`, the
reason to leave a stage out) and `continue_on_failure`. Reports go to `WEBSOCKET_URL`, as those of the scripts do.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import FrameType
from typing import Any, Final

from kanban_app.trigger_service.workflows.reporting import Reporter
from kanban_app.trigger_service.workflows.stage_plan import MERGE

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
# The signal has most likely gone to the whole group: a script that is on its way out is left alone for this long.
_HEARD_S: Final = 0.3
_GRACE_S: Final = 2.0
_LAST_OUTPUT_WAIT_S: Final = 1.0
_LINES: Final = 20
_LINE_CHARS: Final = 500
_CHUNK: Final = 64 * 1024


class _StageFailed(Exception):
    """The text says why, in words for the card; `exit_code` and `printed` are those of the script, if it ran."""

    def __init__(self, words: str, exit_code: int | None = None, printed: Sequence[str] = ()) -> None:
        super().__init__(f"{words}; last output: {printed[-1]}" if printed else words)
        self.exit_code = exit_code
        self.printed = list(printed)


def main() -> int:
    adw_id, workflow, told = sys.argv[1:]
    for number in _SIGNALS:
        signal.signal(number, _end)
    given = json.loads(told)
    reporter = Reporter(os.environ.get("WEBSOCKET_URL"), adw_id, workflow)
    return _Orchestrator(reporter, workflow, given["stages"], keeps_on=given["continue_on_failure"]).run()


class _Orchestrator:
    def __init__(
        self, reporter: Reporter, workflow: str, stages: Sequence[Mapping[str, Any]], *, keeps_on: bool
    ) -> None:
        self._reporter = reporter
        self._workflow = workflow
        self._stages = stages
        self._keeps_on = keeps_on
        # The board has no column for a merge, so that no stage event can be about one.
        self._columns = [stage["name"] for stage in stages if stage["name"] != MERGE]
        self._failed: list[str] = []

    def run(self) -> int:
        self._reporter.status("in_progress", f"Workflow {self._workflow} started", 0, "Initializing")
        if self._columns:
            self._event("workflow_started", self._columns[0], total_stages=len(self._columns))
        for stage in self._stages:
            if stage["skipped"]:
                self._skip(stage["name"], stage["skipped"])
            elif not self._go_through(stage):
                return 1
        self._tell_completion()
        return 0

    def _go_through(self, stage: Mapping[str, Any]) -> bool:
        """Whether the workflow goes on."""
        name = stage["name"]
        try:
            self._run(stage)
        except _StageFailed as failure:
            reason = f"Stage {name} failed: {failure}"
            self._reporter.log(reason, "ERROR")
            if self._keeps_on:
                self._failed.append(name)
                self._event("stage_skipped", name, skip_reason=reason)
                return True
            more = {"exit_code": failure.exit_code, "last_output": failure.printed}
            self._reporter.status("failed", reason, None, "Error", **more)
            self._event("stage_failed", name, error=reason)
            return False
        return True

    def _run(self, stage: Mapping[str, Any]) -> None:
        name, model = stage["name"], stage["model"]
        place = self._columns.index(name) if name in self._columns else 0
        previous = {"previous_stage": self._columns[place - 1]} if place else {}
        self._event("stage_started", name, message=f"Stage {name} started", **previous)
        step = f"Stage: {name}" if name != MERGE else "Merging"
        self._reporter.status("in_progress", f"Stage {name} started", 0, step)
        if model:
            self._reporter.log(f"Stage {name} asks for the model {model}")
        _run_script(stage["command"], {"ADW_MODEL": model} if model else {})
        following = {"next_stage": self._columns[place + 1]} if place + 1 < len(self._columns) else {}
        self._reporter.status("in_progress", f"Stage {name} completed", 100, f"Stage {name} done")
        self._event("stage_completed", name, message=f"Stage {name} completed", progress_percent=100, **following)

    def _skip(self, name: str, reason: str) -> None:
        self._reporter.log(f"Stage {name} left out: {reason}", "WARNING")
        self._event("stage_skipped", name, skip_reason=reason)

    def _tell_completion(self) -> None:
        text = f"Workflow {self._workflow} completed"
        if self._failed:
            text += f", but failed in {', '.join(self._failed)}"
        merged = any(stage["name"] == MERGE and not stage["skipped"] for stage in self._stages)
        # A card that was merged is completed: it must not be called back to where it waits for that.
        if self._columns and not (merged and MERGE not in self._failed):
            self._event("workflow_completed", self._columns[-1], message=text)
        self._reporter.status("completed", text, 100, "Complete")

    def _event(self, kind: str, name: str, **fields: Any) -> None:
        if name in self._columns:
            self._reporter.stage_event(kind, name, **fields)


def _run_script(command: Sequence[str], more: Mapping[str, str]) -> None:
    """Run a script to its end, its output being ours. Raises _StageFailed. It never stays behind."""
    try:
        process = subprocess.Popen(
            command,
            env={**os.environ, **more},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    except OSError as error:
        raise _StageFailed(f"{command[0]}: {error.strerror or error}") from error
    output = _Output(process)
    output.start()
    try:
        code = process.wait()
    except BaseException:
        _stop(process)
        raise
    output.join(_LAST_OUTPUT_WAIT_S)  # its children may hold the pipe open for ever
    if code > 0:
        raise _StageFailed(f"exit code {code}", code, output.last_lines())
    if code < 0:
        raise _StageFailed(f"ended by signal {-code}", 128 - code, output.last_lines())


class _Output(threading.Thread):
    """Hands a script's output on, byte for byte, and remembers its end."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        super().__init__(name="output", daemon=True)
        self._stream = process.stdout
        self._lines: deque[bytes] = deque(maxlen=_LINES)
        self._partial = b""

    def run(self) -> None:
        while self._stream is not None and (data := os.read(self._stream.fileno(), _CHUNK)):
            _print(data)
            *lines, self._partial = (self._partial[-_CHUNK:] + data).split(b"\n")
            self._lines.extend(line for line in lines if line.strip())

    def last_lines(self) -> list[str]:
        """For the card, without the token in the address that scripts report to."""
        lines = [*self._lines, self._partial] if self._partial.strip() else [*self._lines]
        token = os.environ.get("WEBSOCKET_URL", "").rpartition("/")[2] or "\0"
        texts = (line.decode("utf-8", "replace").rstrip().replace(token, "…") for line in lines[-_LINES:])
        return [text[:_LINE_CHARS] for text in texts]


def _print(data: bytes) -> None:
    """Past Python's own buffer, which no thread may hold when the program ends. Nobody need be listening."""
    with suppress(OSError):
        while data:
            data = data[os.write(sys.stdout.fileno(), data) :]


def _stop(process: "subprocess.Popen[bytes]") -> None:
    for number in _SIGNALS:  # we are on our way out already
        signal.signal(number, signal.SIG_IGN)
    for push, patience_s in ((None, _HEARD_S), (process.terminate, _GRACE_S), (process.kill, None)):
        if push is not None:
            push()
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience_s)
            return


def _end(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
