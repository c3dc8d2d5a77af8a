"""Prepares a run's worktree and then becomes the run's script: `… ADW_ID --repository … -- SCRIPT ARGUMENTS`.

All of it happens in the process of the run: it can be cancelled, its words are in the run's log, and the service may
come and go meanwhile. Environment: `WEBSOCKET_URL`, `KANBAN_ISSUE_FILE`; the script gets the same.
"""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from kanban_app.trigger_service.git.command import GitFailed
from kanban_app.trigger_service.git.refusals import Refused
from kanban_app.trigger_service.git.worktrees import Worktree, prepare
from kanban_app.trigger_service.workflows.card import read_card
from kanban_app.trigger_service.workflows.reporting import Reporter

_REPORTED_LINES: Final = 2000
_LINE_CHARS: Final = 2000
_NOT_STARTED: Final = 127


class _Failed(Exception):
    """The run cannot begin; the text says why, in words for the card."""


def main() -> int:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    options = _options()
    reporter = Reporter(os.environ.get("WEBSOCKET_URL"), options.adw_id, options.workflow)
    try:
        tree = _prepare(options, reporter)
        if options.setup:
            _set_up(tree, json.loads(options.setup), reporter)
    except _Failed as failure:
        return _tell_failure(reporter, options.stage, str(failure), 1)
    try:
        os.execv(options.script[0], options.script)  # noqa: S606 - no shell is what is wanted
    except OSError as error:
        words = f"{options.script[0]} cannot be started: {error.strerror or error}"
        return _tell_failure(reporter, options.stage, words, _NOT_STARTED)


def _prepare(options: argparse.Namespace, reporter: Reporter) -> Worktree:
    issue_file = os.environ.get("KANBAN_ISSUE_FILE")
    card = read_card(Path(issue_file) if issue_file else None, "")
    first, last = map(int, options.ports.split("-"))
    reporter.status("in_progress", "Preparing the worktree", 0, "Preparing the worktree")
    try:
        tree = asyncio.run(
            prepare(
                Path(options.repository),
                options.adw_id,
                card.slug,
                base=options.base,
                port_range=(first, last),
                register=Path(options.ports_register) if options.ports_register else None,
            )
        )
    except (Refused, GitFailed, OSError) as failure:
        raise _Failed(f"The worktree could not be prepared: {failure}") from failure
    words = f"Worktree {tree.path} on branch {tree.branch}, ports {tree.ports.backend} and {tree.ports.frontend}"
    reporter.log(words)
    snapshot = {"adw_id": options.adw_id, "branch_name": tree.branch, "worktree_path": str(tree.path)}
    snapshot |= {"backend_port": tree.ports.backend, "frontend_port": tree.ports.frontend}
    data = {"status": "in_progress", "current_step": "Preparing", "message": words, "state_snapshot": snapshot}
    reporter.agent_event("state_change", data)
    return tree


def _set_up(tree: Worktree, command: Sequence[str], reporter: Reporter) -> None:
    """Once in each worktree: again only where it has failed or was ended before."""
    shown = " ".join(command)
    if tree.setup_mark.exists():
        return
    reporter.status("in_progress", f"Setting up: {shown}", 0, "Setting up the worktree")
    status = _stream(tree, command, reporter)
    if status != 0:
        how = f"ended with {status}" if status > 0 else f"was ended by signal {-status}"
        raise _Failed(f"The setup command {how}: {shown}")
    tree.setup_mark.touch()
    reporter.log(f"Set up: {shown}", "SUCCESS")


def _stream(tree: Worktree, command: Sequence[str], reporter: Reporter) -> int:
    try:
        process = subprocess.Popen(
            command,
            cwd=tree.path,
            env={**os.environ, **tree.ports.variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise _Failed(f"The setup command cannot be started: {command[0]}: {error.strerror or error}") from error
    with process:
        for number, line in enumerate(process.stdout or ()):
            text = line.rstrip()[:_LINE_CHARS]
            if number < _REPORTED_LINES and text:
                reporter.log(f"[setup] {text}")
            else:
                print(text, flush=True)
    return process.returncode


def _tell_failure(reporter: Reporter, stage: str | None, reason: str, status: int) -> int:
    reporter.log(reason, "ERROR")
    reporter.status("failed", reason, None, "Error")
    if stage:
        reporter.stage_event("stage_failed", stage, message=reason, error=reason)
    return status


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="prepared", allow_abbrev=False)
    parser.add_argument("adw_id")
    parser.add_argument("--repository", required=True)
    parser.add_argument("--workflow", required=True)
    parser.add_argument("--ports", required=True)
    parser.add_argument("--ports-register")
    parser.add_argument("--stage")
    parser.add_argument("--base")
    parser.add_argument("--setup")
    parser.add_argument("script", nargs="+")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
