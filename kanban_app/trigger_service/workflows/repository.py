"""The scratch git repository of the demonstration: one worktree and branch per run, nobody's configuration."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kanban_app.trigger_service.workflows.card import Card

BASE: Final = "main"
_OPTIONS: Final = (
    *("-c", "user.name=Agentic Kanban demonstration", "-c", "user.email=demo@kanban.invalid"),
    *("-c", "core.hooksPath=/dev/null", "-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false"),
    *("-c", "core.autocrlf=false", "-c", "core.fsmonitor=false", "-c", "gc.auto=0", "-c", "maintenance.auto=false"),
)
_README: Final = """# Demonstration repository

Agentic Kanban made this repository so that cards have something real to work on. Each run has a branch
`adw/<run>-<title>` and a worktree of its own. It may be deleted at any time: the next run makes a new one.
"""


class GitFailed(Exception):
    """A git command that did not succeed; the text is what git said."""


@dataclass(frozen=True, slots=True)
class Worktree:
    """The place in which a run works."""

    path: Path
    branch: str
    name: str
    """The slug of the card at the time when the branch was made; files are named by it for the whole run."""


class Repository:
    """The repository in `demo_dir`. Commands that write wait for each other, across processes."""

    def __init__(self, demo_dir: Path) -> None:
        self._demo_dir = demo_dir
        self._path = demo_dir / "repository"
        self._trees = demo_dir / "trees"

    def find(self, adw_id: str) -> Worktree | None:
        """The worktree of an earlier stage of this run."""
        path = self._trees / adw_id
        if not (path / ".git").exists():
            return None
        return self._worktree(path, git(path, "branch", "--show-current").strip(), adw_id)

    def open(self, adw_id: str, card: Card) -> Worktree:
        """The run's worktree, made (and the repository as well) when there is none yet."""
        with self._lock():
            self._make()
            found = self.find(adw_id)
            if found is not None:
                return found
            branch = f"adw/{adw_id}-{card.slug}"
            path = self._trees / adw_id
            git(self._path, "worktree", "prune")
            self._add(path, branch, adw_id)
            return self._worktree(path, git(path, "branch", "--show-current").strip(), adw_id)

    def _add(self, path: Path, branch: str, adw_id: str) -> None:
        self._trees.mkdir(parents=True, exist_ok=True)
        known = git(self._path, "branch", "--list", f"adw/{adw_id}-*", "--format=%(refname:short)").split()
        if known:
            git(self._path, "worktree", "add", "--quiet", "--force", str(path), known[0])
        else:
            git(self._path, "worktree", "add", "--quiet", "-b", branch, str(path), BASE)

    def _worktree(self, path: Path, branch: str, adw_id: str) -> Worktree:
        (self._path / ".git" / "worktrees" / adw_id / "index.lock").unlink(missing_ok=True)
        return Worktree(path, branch, branch.removeprefix(f"adw/{adw_id}-"))

    def commit(self, tree: Worktree, files: Sequence[str], message: str) -> str | None:
        """Commit these files; returns the commit's short id, None when they have not changed."""
        with self._lock():
            git(tree.path, "add", "--", *files)
            if not git(tree.path, "status", "--porcelain", "--untracked-files=no", "--", *files).strip():
                return None
            git(tree.path, "commit", "--quiet", "-m", message)
            return git(tree.path, "rev-parse", "--short", "HEAD").strip()

    def _make(self) -> None:
        if (self._path / ".git").exists():
            return
        fresh = self._demo_dir / "repository.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        git(fresh, "init", "--quiet", "--template=", f"--initial-branch={BASE}")
        (fresh / "README.md").write_text(_README)
        git(fresh, "add", "README.md")
        git(fresh, "commit", "--quiet", "-m", "Start the demonstration repository")
        fresh.rename(self._path)

    @contextmanager
    def _lock(self) -> Generator[None]:
        self._demo_dir.mkdir(parents=True, exist_ok=True)
        with (self._demo_dir / "repository.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def git(cwd: Path, *arguments: str) -> str:
    """Run git with nobody's configuration and hooks; raises GitFailed with git's own words."""
    done = subprocess.run(
        ["git", *_OPTIONS, *arguments],
        cwd=cwd,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        raise GitFailed((done.stderr or done.stdout).strip() or f"git ended with {done.returncode}")
    return done.stdout


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "TMPDIR", "KANBAN_LAUNCH"}}
    alone = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0"}
    return {**kept, **alone, "LC_ALL": "C.UTF-8"}
