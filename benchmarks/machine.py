"""Where and of what the figures were taken."""

import os
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import psutil

from tests.support.app import ROOT

_PACKAGES: Final = ("reflex", "uvicorn", "python-socketio", "websockets", "playwright")


@dataclass(frozen=True, slots=True)
class Checkout:
    """`dirty` when files differ from the commit."""

    commit: str
    dirty: bool


def checkout() -> Checkout:
    return Checkout(_git("rev-parse", "--short=10", "HEAD") or "unknown", bool(_git("status", "--porcelain")))


def machine() -> dict[str, Any]:
    """Processor, memory, load and versions, at this moment."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "load_average": [round(value, 2) for value in os.getloadavg()],
        "system": platform.platform(),
        "python": platform.python_version(),
        "chromium": _output([shutil.which("chromium") or "chromium", "--version"]),
        **{name: version(name) for name in _PACKAGES},
    }


def _cpu_model() -> str:
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def _git(*arguments: str) -> str:
    return _output(["git", "-C", str(ROOT), *arguments])


def _output(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False).stdout.strip()
    except OSError:
        return ""
