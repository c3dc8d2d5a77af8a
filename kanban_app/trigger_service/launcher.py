"""Making a run directory and starting the runner in it. Everything here blocks and belongs into a thread."""

import hashlib
import json
import os
import re
import secrets
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil

from kanban_app.domain.launch import Launch
from kanban_app.trigger_service import images
from kanban_app.trigger_service.config import ServiceConfig
from kanban_app.trigger_service.layout import ProjectLayout
from kanban_app.trigger_service.processes import MARK, RUNNER_MODULE, Identity
from kanban_app.trigger_service.programs import PACKAGE_ROOT, Program
from kanban_app.trigger_service.run_state import write_state
from kanban_app.trigger_service.runner import PASSED, files

_INHERITED: Final = ("HOME", "USER", "PATH", "SHELL", "TERM", "LANG", "LC_ALL", "TMPDIR", "TZ", "SYSTEMROOT")


@dataclass(frozen=True, slots=True)
class Started:
    """The runner of a launch; `process` is there to be reaped."""

    identity: Identity
    process: subprocess.Popen[bytes]


def new_token() -> str:
    return secrets.token_urlsafe(24)


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def new_run_dir(config: ServiceConfig, adw_id: str, request_id: str) -> Path:
    """The path of the next run directory of a run; nothing is made yet."""
    parent = config.runs_dir / adw_id
    known = [int(path.name.split("-")[0]) for path in parent.glob("*-*") if path.name.split("-")[0].isdigit()]
    return parent / f"{max(known, default=0) + 1}-{re.sub(r'[^A-Za-z0-9]', '_', request_id)[:8]}"


def run_dir_of(config: ServiceConfig, launch: Launch) -> Path:
    """Where the run directory of a launch is now; the data directory may have been moved since it was made."""
    noted = Path(launch.run_dir)
    moved = config.runs_dir / launch.adw_id / noted.name
    return moved if not noted.exists() and moved.exists() else noted


def start_runner(config: ServiceConfig, launch: Launch, program: Program, token: str) -> Started:
    """Write what the runner and the script need and start the runner as the leader of its own group.

    Raises OSError or ValueError when that cannot be done.
    """
    run_dir = Path(launch.run_dir)
    run_dir.mkdir(parents=True, mode=0o700)
    ticket = images.as_files(_ticket(launch.request), run_dir / "images")
    _write(run_dir / "issue.json", json.dumps({"number": launch.request.get("issue_number"), **ticket}))
    if not Path(program.argv[0]).exists():
        raise FileNotFoundError(f"{program.argv[0]} does not exist")
    files.lay_by(run_dir)
    _write(run_dir / "launch.json", json.dumps(_instructions(config, launch, program, token)))
    if program.project is not None:
        write_state(ProjectLayout(program.project), launch, ticket)
    return _spawn(config, launch, run_dir, program.passed)


def _spawn(config: ServiceConfig, launch: Launch, run_dir: Path, passed: Mapping[str, str]) -> Started:
    handed_on = {PASSED + name: value for name, value in passed.items()}
    with (run_dir / "runner.log").open("ab") as log:
        process = subprocess.Popen(
            [config.python, "-P", "-m", RUNNER_MODULE, str(run_dir)],
            cwd=run_dir,
            env=_environment(launch.mark, {**handed_on, "PYTHONPATH": str(PACKAGE_ROOT)}),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    # Also true of a process that has died at once: as a child that nobody has reaped it keeps its pid.
    return Started(Identity(process.pid, psutil.Process(process.pid).create_time()), process)


def _instructions(config: ServiceConfig, launch: Launch, program: Program, token: str) -> dict[str, Any]:
    own = {"KANBAN_ISSUE_FILE": str(Path(launch.run_dir) / "issue.json"), "PYTHONUNBUFFERED": "1"}
    known = {"KANBAN_RUN_BRANCH": launch.branch, "KANBAN_RUN_WORKTREE": launch.worktree}
    own |= {name: value for name, value in known.items() if value}
    return {
        "adw_id": launch.adw_id,
        "workflow_type": launch.workflow_type,
        "argv": list(program.argv),
        "cwd": str(program.cwd),
        "env": _environment(launch.mark, {**own, **program.env}),
        "token": token,
        "service_file": str(config.service_file),
        "service_file_from_here": os.path.relpath(config.service_file, launch.run_dir),
        "spool_limit_bytes": config.spool_limit_bytes,
        "grace_s": config.cancel_grace_s,
        "niceness": config.run_niceness,
        "linger_s": config.linger_s,
    }


def _environment(mark: str, more: Mapping[str, str]) -> dict[str, str]:
    """A workflow sees what it needs of our environment, never our secrets."""
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return {**kept, **more, MARK: mark}


def _ticket(request: Mapping[str, object]) -> dict[str, object]:
    issue = request.get("issue_json")
    return dict(issue) if isinstance(issue, Mapping) else {}  # pyright: ignore[reportUnknownArgumentType]


def _write(path: Path, text: str) -> None:
    """Readable by its owner alone, from the first moment: it may have the run's token in it."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
