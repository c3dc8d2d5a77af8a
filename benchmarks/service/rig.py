"""The board with its embedded service on a repository whose script does as the benchmark says."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.service import workflow
from tests.support.app import AppProcess, end, start_app

ENV: Final = {"KANBAN_MAX_CONCURRENT_RUNS": "40", "KANBAN_RUN_SILENT_AFTER_S": "100000"}
_IDENTITY: Final = ("-c", "user.name=benchmark", "-c", "user.email=benchmark@localhost")


@dataclass(frozen=True, slots=True)
class ServiceRig:
    """`project` is the repository that the service works on."""

    app: AppProcess
    project: Path

    @property
    def url(self) -> str:
        return f"{self.app.base_url.replace('http', 'ws', 1)}/ws/trigger"

    def plan(self, *, rate: float = 0.0, seconds: float = 0.0, stay: float = 0.0) -> None:
        """What runs that start from now on do."""
        (self.project / "load.json").write_text(json.dumps({"rate": rate, "seconds": seconds, "stay": stay}))


@contextmanager
def running_service() -> Generator[ServiceRig]:
    """Ready, with a data folder and a repository of its own; nothing of it is left at the end of the block."""
    with tempfile.TemporaryDirectory(prefix="kanban-bench-") as folder:
        project = _repository(Path(folder) / "project")
        app = start_app(Path(folder) / "data", env={**ENV, "KANBAN_PROJECT_DIR": str(project)})
        try:
            rig = ServiceRig(app, project)
            rig.plan()
            yield rig
        finally:
            end(app)


def _repository(folder: Path) -> Path:
    (folder / "adws").mkdir(parents=True)
    shutil.copyfile(workflow.__file__, folder / "adws" / "adw_plan_iso.py")
    _git(folder, "init", "--quiet", "--initial-branch=main")
    _git(folder, "add", ".")
    _git(folder, *_IDENTITY, "commit", "--quiet", "--message=Scripts")
    return folder


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, timeout=20)
