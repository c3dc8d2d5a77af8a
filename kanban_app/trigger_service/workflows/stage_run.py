"""What the stages of the demonstration use: steps with progress, words, agent events and real commands."""

import os
import subprocess
import sys
import time
import uuid
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kanban_app.trigger_service.workflows.card import Card
from kanban_app.trigger_service.workflows.reporting import Reporter
from kanban_app.trigger_service.workflows.repository import Repository, Worktree

_STEP_S: Final = 0.4
_SHOWN_LINES: Final = 40
_INHERITED: Final = ("PATH", "HOME", "TMPDIR", "KANBAN_LAUNCH")


class StageFailed(Exception):
    """The stage cannot go on; the text says why, in words for the card."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended and what it printed."""

    ok: bool
    lines: tuple[str, ...]


class StageRun:
    """One run on its way through its stages. `begin` opens a stage of so many steps, `finish` closes it."""

    def __init__(
        self,
        reporter: Reporter,
        repository: Repository,
        card: Card,
        adw_id: str,
        *,
        may_begin: bool,
        speed: float,
    ) -> None:
        self.card = card
        self.adw_id = adw_id
        self.repository = repository
        self._reporter = reporter
        self._may_begin = may_begin
        self._speed = speed
        self._tree: Worktree | None = None
        self._stage = ""
        self._steps = 1
        self._done = 0

    @property
    def tree(self) -> Worktree:
        """The run's worktree; a run that continues another needs the one that the other has left."""
        if self._tree is None:
            self._tree = self._open()
            self._announce(self._tree)
        return self._tree

    def _open(self) -> Worktree:
        found = self.repository.find(self.adw_id)
        if found is None and not self._may_begin:
            raise StageFailed(f"Precondition failed: run {self.adw_id} has no worktree. Run the plan stage first.")
        return found or self.repository.open(self.adw_id, self.card)

    def _announce(self, tree: Worktree) -> None:
        snapshot = {"adw_id": self.adw_id, "branch_name": tree.branch, "worktree_path": str(tree.path), "demo": True}
        message = f"Demonstration run on branch {tree.branch}"
        data = {"status": "in_progress", "current_step": self._stage, "message": message, "state_snapshot": snapshot}
        self._reporter.agent_event("state_change", data)

    def begin(self, stage: str, steps: int) -> None:
        self._stage, self._steps, self._done = stage, steps, 0
        self._reporter.status("in_progress", f"Stage {stage} started", 0, f"Stage: {stage}")

    def finish(self) -> None:
        self._reporter.status("in_progress", f"Stage {self._stage} completed", 100, f"Stage {self._stage} done")

    def step(self, text: str) -> None:
        """Say what comes next; the percentage follows from the number of steps."""
        percent = min(99, 100 * self._done // self._steps)
        self._done += 1
        self._reporter.status("in_progress", f"Progress: {percent}% - {text}", percent, text)
        self.log(text)
        self._pause(_STEP_S)

    def log(self, text: str, level: str = "INFO") -> None:
        self._reporter.log(f"[{self._stage}] {text}", level)

    def think(self, text: str) -> None:
        self._reporter.agent_event("thinking", {"content": text})
        self._pause(_STEP_S / 2)

    def say(self, text: str) -> None:
        self._reporter.agent_event("text_block", {"content": text})
        self._pause(_STEP_S / 2)

    def write(self, name: str, content: str) -> None:
        """Write a file of the worktree, told as the file operation of an agent."""
        path = self.tree.path / name
        operation = "modify" if path.exists() else "write"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
        added = content.count("\n")
        told = {"file_path": name, "operation": operation, "summary": f"{added} lines", "lines_added": added}
        self._reporter.agent_event("file_operation", told)
        self.log(f"{operation} {name} ({added} lines)")

    def write_parts(self, name: str, parts: Sequence[tuple[str, str]]) -> int:
        """Write a file part by part, a step each; returns the number of its lines."""
        path = self.tree.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        for label, text in parts:
            self.step(f"Writing {label}")
            with path.open("a", encoding="utf-8") as file:
                file.write(text)
        lines = sum(text.count("\n") for _, text in parts)
        told = {"file_path": name, "operation": "write", "summary": f"{lines} lines", "lines_added": lines}
        self._reporter.agent_event("file_operation", told)
        self.log(f"write {name} ({lines} lines)")
        return lines

    def commit(self, files: Sequence[str], message: str) -> None:
        tree = self.tree
        text = f"{message}\n\nRun {self.adw_id}, card {self.card.number}\n"
        commit = self.repository.commit(tree, files, text)
        self.log(f"Committed {commit} to {tree.branch}" if commit else "Nothing has changed since the last commit")

    def python(self, *arguments: str) -> Outcome:
        """Run the interpreter in the worktree and stream what it prints, told as the tool call of an agent."""
        command = [sys.executable, "-B", "-E", "-s", *arguments]
        use_id, started = self._tool_begins("Bash", {"command": f"python {' '.join(arguments)}"})
        outcome = self._stream(command, self.tree.path)
        self._tool_ends("Bash", use_id, "\n".join(outcome.lines), started, ok=outcome.ok)
        return outcome

    def _stream(self, command: Sequence[str], cwd: Path) -> Outcome:
        kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        lines: deque[str] = deque(maxlen=_SHOWN_LINES)
        with subprocess.Popen(
            command,
            cwd=cwd,
            env={**kept, "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            try:
                for line in process.stdout or ():
                    if line.strip():
                        lines.append(line.rstrip()[:500])
                        self.log(lines[-1])
            except BaseException:
                process.kill()
                raise
        return Outcome(process.returncode == 0, tuple(lines))

    def tool(self, name: str, given: dict[str, Any], result: str) -> None:
        """Tell of work that has been done as the tool call of an agent."""
        use_id, started = self._tool_begins(name, given)
        self._pause(_STEP_S / 2)
        self._tool_ends(name, use_id, result, started, ok=True)

    def _tool_begins(self, name: str, given: dict[str, Any]) -> tuple[str, float]:
        use_id = f"toolu_{uuid.uuid4().hex[:12]}"
        data = {"tool_name": name, "input": given, "tool_use_id": use_id}
        self._reporter.agent_event("tool_execution_pre", data)
        return use_id, time.monotonic()

    def _tool_ends(self, name: str, use_id: str, output: str, started: float, *, ok: bool) -> None:
        spent = int((time.monotonic() - started) * 1000)
        data = {"tool_name": name, "tool_use_id": use_id, "output": output[:2000], "success": ok, "duration_ms": spent}
        self._reporter.agent_event("tool_execution_post", data)

    def _pause(self, seconds: float) -> None:
        if self._speed:
            time.sleep(seconds * self._speed)
