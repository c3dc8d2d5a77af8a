"""A git repository with workflow scripts in it, for tests that run them."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

SCRIPTS: Final = Path(__file__).with_name("adw_scripts")
STAGE_SCRIPTS: Final = {
    "adw_plan_iso": "planner",
    "adw_build_iso": "builder",
    "adw_test_iso": "quiet",
    "adw_review_iso": "quiet",
    "adw_document_iso": "quiet",
}
_GIT: Final = ("git", "-c", "user.name=test", "-c", "user.email=test@test.invalid", "-c", "commit.gpgsign=false")


@dataclass(frozen=True, slots=True)
class Call:
    """How a script was called: `argv` from the script's path on."""

    argv: list[str]
    cwd: str
    env: dict[str, str]
    python: str
    pid: int


@dataclass(frozen=True, slots=True)
class AdwProject:
    """The repository at `root`, on branch main, with its scripts committed."""

    root: Path

    def add(self, workflow_type: str, script: str) -> None:
        """Have `adws/<workflow_type>.py` be this test script; it need not be committed."""
        shutil.copy(SCRIPTS / f"{script}.py", self.root / "adws" / f"{workflow_type}.py")

    def agents(self, adw_id: str) -> Path:
        return self.root / "agents" / adw_id

    def worktree(self, adw_id: str) -> Path:
        return self.root / "trees" / adw_id

    def state(self, adw_id: str) -> dict[str, Any]:
        return json.loads((self.agents(adw_id) / "adw_state.json").read_text("utf-8"))

    def was_called(self, adw_id: str, workflow_type: str) -> bool:
        return (self.agents(adw_id) / workflow_type / "call.json").exists()

    def call(self, adw_id: str, workflow_type: str) -> Call:
        """The newest call of a script for a run."""
        return Call(**json.loads((self.agents(adw_id) / workflow_type / "call.json").read_text("utf-8")))

    def pids(self, adw_id: str) -> dict[str, int] | None:
        """Who belongs to a run of `stubborn`; None until all of them are there."""
        file = self.agents(adw_id) / "pids.json"
        return json.loads(file.read_text("utf-8")) if file.exists() else None

    def go(self, adw_id: str) -> None:
        """Let a script that waits go on."""
        (self.agents(adw_id) / "go").touch()

    def git(self, *words: str, cwd: Path | None = None) -> str:
        return git(cwd or self.root, *words)


def make_project(root: Path, **scripts: str) -> AdwProject:
    """A new repository: `make_project(path, adw_plan_iso="planner")`; without names, a script for every stage."""
    root.mkdir(parents=True)
    shutil.copytree(
        SCRIPTS / "adw_modules", root / "adws" / "adw_modules", ignore=shutil.ignore_patterns("__pycache__")
    )
    project = AdwProject(root.resolve())
    for workflow_type, script in (scripts or STAGE_SCRIPTS).items():
        project.add(workflow_type, script)
    (root / ".gitignore").write_text("agents/\ntrees/\n__pycache__/\n")
    (root / "README.md").write_text("A project\n")
    git(root, "init", "--quiet", "--template=", "--initial-branch=main")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "Begin")
    return project


def git(cwd: Path, *words: str) -> str:
    """What git prints, run with nobody's configuration."""
    env = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    return subprocess.run([*_GIT, *words], cwd=cwd, env=env, capture_output=True, text=True, check=True).stdout.strip()
