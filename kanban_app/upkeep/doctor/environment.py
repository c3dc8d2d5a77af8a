"""The programs that the board and the workflows need."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from kanban_app.config import Settings
from kanban_app.upkeep.doctor.finding import Finding, fail, ok, warn

OLDEST_PYTHON: Final = (3, 11)
OLDEST_NODE: Final = (20, 19)
ANSWER_S: Final = 10.0
MOST_SCRIPTS: Final = 200
LARGEST_SCRIPT: Final = 256 * 1024
_NUMBERS: Final = re.compile(r"\d+(\.\d+)+")
# Command lines of agents, and of GitHub, as scripts call them: a word in quotes.
_CALLED: Final = re.compile(r"""["'](claude|codex|gemini|opencode|gh)["']""")


def programs(settings: Settings | None, environ: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Without settings (they are not valid) only what every board needs."""
    yield python(sys.version_info[:3])
    yield node(environ.get("PATH", os.defpath))
    if settings is None:
        return
    path = environ.get("PATH", os.defpath)
    yield git(path, needed=settings.runs_embedded_service)
    if settings.runs_embedded_service and settings.project_dir is not None:
        yield uv(path)
        yield from agents(settings.project_dir, environ)


def python(version: tuple[int, ...]) -> Finding:
    text = ".".join(map(str, version))
    if version[:2] < OLDEST_PYTHON:
        return fail("Python", f"{text} is too old", "Set it up again with Python 3.11 or newer.")
    return ok("Python", text)


def node(path: str) -> Finding:
    """Beside Python, where the requirements bring it, or anywhere else."""
    where = f"{Path(sys.executable).parent}{os.pathsep}{path}"
    version = _version("node", where)
    advice = "Only a build of the front end needs it: pip install -r requirements.txt brings it."
    if version is None:
        return warn("Node", "not found, or it does not answer", advice)
    if tuple(map(int, version.split(".")[:2])) < OLDEST_NODE:
        return warn("Node", f"{version} is older than {'.'.join(map(str, OLDEST_NODE))}", advice)
    return ok("Node", version)


def git(path: str, *, needed: bool) -> Finding:
    version = _version("git", path)
    if version is not None:
        return ok("git", version)
    if not needed:
        return ok("git", "not found, and not needed with a trigger service elsewhere")
    return fail("git", "not found, or it does not answer", "Install git: every run works in a worktree of its own.")


def uv(path: str) -> Finding:
    version = _version("uv", path)
    if version is None:
        text = "not found: workflow scripts are run with the project's or the board's Python"
        return warn("uv", text, "Install uv if the scripts name their requirements themselves.")
    return ok("uv", version)


def agents(project: Path, environ: Mapping[str, str]) -> Iterator[Finding]:
    """`claude`, which workflow scripts call, and what else the scripts of this project name."""
    path = environ.get("PATH", os.defpath)
    claude = environ.get("CLAUDE_CODE_PATH") or "claude"
    for name in sorted({"claude", *_named_in(project / "adws")}):
        version = _version(claude if name == "claude" else name, path)
        if version is not None:
            yield ok(name, version)
            continue
        also = ", or name it in CLAUDE_CODE_PATH" if name == "claude" else ""
        yield warn(
            name,
            "not found, or it does not answer",
            f"Workflow scripts of {project} may need it: install it for the user of the board{also}.",
        )


def _named_in(scripts: Path) -> set[str]:
    found: set[str] = set()
    for number, file in enumerate(sorted(scripts.rglob("*.py"))):
        if number >= MOST_SCRIPTS:
            break
        try:
            if file.stat().st_size <= LARGEST_SCRIPT:
                found |= set(_CALLED.findall(file.read_text(errors="replace")))
        except OSError:
            continue
    return found


def _version(program: str, path: str) -> str | None:
    """What a program says of itself; None when it is not there or says nothing that is a version."""
    found = shutil.which(program, path=path)
    if found is None:
        return None
    try:
        answer = subprocess.run(
            [found, "--version"],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=ANSWER_S,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    numbers = _NUMBERS.search(answer.stdout + answer.stderr)
    return numbers[0] if numbers and answer.returncode == 0 else None
