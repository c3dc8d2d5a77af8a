"""A real git repository as a user has one, with runs on branches of their own."""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from kanban_app.trigger_service.git.merging import Method, Wish
from kanban_app.trigger_service.git.run_branch import RunPlace

RUN = "abcd1234"


@dataclass
class GitProject:
    root: Path
    scratch: Path

    @classmethod
    def make(cls, folder: Path) -> Self:
        """One commit on `main`, which is checked out."""
        root = folder / "my project"
        root.mkdir(parents=True)
        project = cls(root, folder / "data" / "service" / "merging")
        project.git("init", "--quiet", "--initial-branch=main")
        project.git("config", "user.name", "Ada")
        project.git("config", "user.email", "ada@example.org")
        project.commit({"README.md": "one\ntwo\nthree\n", "src/app.py": "print('app')\n"}, "Begin")
        return project

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        done = self._git(arguments, cwd or self.root)
        assert done.returncode == 0, f"{arguments}: {done.stderr}{done.stdout}"
        return done.stdout.strip()

    def begin(self, *arguments: str) -> None:
        """Something that stops in the middle, at a conflict."""
        assert self._git(arguments, self.root).returncode == 1

    def _git(self, arguments: Sequence[str], cwd: Path) -> "subprocess.CompletedProcess[str]":
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        return subprocess.run(["git", *arguments], cwd=cwd, env=clean, capture_output=True, text=True, check=False)

    def commit(self, files: dict[str, str | bytes | None], message: str, cwd: Path | None = None) -> str:
        """Write (None: remove) these files and commit them; returns the commit."""
        place = cwd or self.root
        for name, content in files.items():
            path = place / name
            if content is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        self.git("add", "--all", "--", *files, cwd=place)
        self.git("commit", "--quiet", "--no-verify", "-m", message, cwd=place)
        return self.tip("HEAD", cwd=place)

    def run(self, files: dict[str, str | bytes | None] | None = None, adw_id: str = RUN) -> Path:
        """The worktree of a run that has committed these files on its branch, one after the other."""
        tree = self.root / "trees" / adw_id
        self.git("worktree", "add", "--quiet", "-b", f"adw/{adw_id}-dark-mode", str(tree), "main")
        exclude = self.root / ".git" / "info" / "exclude"
        if exclude.parent.is_dir():
            exclude.write_text("/trees/\n/agents/\n")
        for name, content in ({"src/dark.py": "dark = True\n"} if files is None else files).items():
            self.commit({name: content}, f"Work on {name}", cwd=tree)
        return tree

    def tip(self, name: str = "main", cwd: Path | None = None) -> str:
        return self.git("rev-parse", name, cwd=cwd)

    def read(self, name: str, commit: str = "main") -> str:
        return self.git("show", f"{commit}:{name}")

    def subjects(self, commit: str = "main") -> list[str]:
        return self.git("log", "--format=%s", commit).splitlines()

    def status(self) -> str:
        return self.git("status", "--porcelain", "--untracked-files=all")

    def everything(self) -> tuple[str, str, str]:
        """What must be the same after a merge that was not possible: branches, working trees and status."""
        refs = self.git("for-each-ref", "--format=%(refname) %(objectname)")
        return refs, self.git("worktree", "list"), self.status()

    def wish(self, method: str = "squash", **changes: str | None) -> Wish:
        place = RunPlace(RUN)
        return Wish(self.root, self.scratch, place, Method(method), title="Dark mode (#7)", **changes)

    @property
    def leftovers(self) -> list[str]:
        """What a merge may have forgotten to clear away."""
        inside = [str(path) for path in self.scratch.glob("*")] if self.scratch.exists() else []
        common = self.root / ".git"
        marks = [path.name for path in common.glob("kanban-merge.*") if path.name != "kanban-merge.lock"]
        return inside + marks
