"""One run as a script sees it: its arguments, its folders, its state, git, and how it was called (for the tests)."""

import itertools
import json
import os
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from adw_modules.notify import Notifier, load_env_file

_STEP_S = 0.01


class Run:
    """`[issue_number] adw_id` of the command line, up to its first option."""

    def __init__(self) -> None:
        load_env_file()
        self.workflow = Path(sys.argv[0]).stem
        words = list(itertools.takewhile(lambda word: not word.startswith("--"), sys.argv[1:]))
        self.issue_number = words[0] if len(words) > 1 else "0"
        self.adw_id = words[-1]
        self.root = Path(__file__).resolve().parents[2]
        self.agents = self.root / "agents" / self.adw_id
        self.worktree = self.root / "trees" / self.adw_id
        self.notify = Notifier(self.adw_id, self.workflow)
        self._leave_call()

    def _leave_call(self) -> None:
        folder = self.folder(self.workflow)
        call = {"argv": sys.argv, "cwd": str(Path.cwd()), "env": dict(os.environ), "python": sys.executable}
        fresh = folder / "call.new"
        fresh.write_text(json.dumps({**call, "pid": os.getpid()}))
        fresh.replace(folder / "call.json")

    def folder(self, name: str) -> Path:
        """`agents/<adw_id>/<name>`, there from now on."""
        folder = self.agents / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def log(self, message: str, level: str = "INFO") -> None:
        """A line of the stage's execution.log, and of the output."""
        line = f"{datetime.now():%Y-%m-%d %H:%M:%S} - {level} - {message}"  # noqa: DTZ005 - local time, as the originals
        with (self.folder(self.workflow) / "execution.log").open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        print(message, flush=True)

    def agent(self, name: str, *lines: dict[str, Any]) -> None:
        """Lines of an agent's stream."""
        with (self.folder(name) / "raw_output.jsonl").open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(line) + "\n" for line in lines)

    def state(self) -> dict[str, Any]:
        file = self.agents / "adw_state.json"
        return json.loads(file.read_text("utf-8")) if file.exists() else {}

    def save_state(self, **changes: Any) -> None:
        state = {**self.state(), "adw_id": self.adw_id, **changes}
        (self.agents / "adw_state.json").write_text(json.dumps(state, indent=2))
        self.notify.state_changed(state)

    def issue(self) -> dict[str, Any]:
        """The ticket, out of the state that the trigger has left."""
        issue = self.state().get("issue_json")
        return issue if isinstance(issue, dict) else {}

    def git(self, *words: str, cwd: Path | None = None) -> str:
        command = ["git", "-c", "user.name=script", "-c", "user.email=script@test.invalid", *words]
        done = subprocess.run(command, cwd=cwd or self.worktree, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def wait_for(self, name: str) -> None:
        """Return once a test has made `agents/<adw_id>/<name>`."""
        while not (self.agents / name).exists():
            time.sleep(_STEP_S)


def said(text: str) -> dict[str, Any]:
    return _assistant({"type": "text", "text": text})


def thought(text: str) -> dict[str, Any]:
    return _assistant({"type": "thinking", "thinking": text})


def tool_begins(use_id: str, name: str, **given: Any) -> dict[str, Any]:
    return _assistant({"type": "tool_use", "id": use_id, "name": name, "input": given})


def tool_ends(use_id: str, output: str, *, is_error: bool = False) -> dict[str, Any]:
    block = {"type": "tool_result", "tool_use_id": use_id, "content": output, "is_error": is_error}
    return {"type": "user", "message": {"role": "user", "content": [block]}}


def result(text: str, *, is_error: bool = False) -> dict[str, Any]:
    kind = "error" if is_error else "success"
    return {"type": "result", "subtype": kind, "is_error": is_error, "duration_ms": 1, "num_turns": 1, "result": text}


def _assistant(block: dict[str, Any]) -> dict[str, Any]:
    return {"type": "assistant", "message": {"role": "assistant", "content": [block]}, "session_id": "s"}
