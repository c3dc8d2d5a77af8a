#!/usr/bin/env -S uv run
# /// script
# dependencies = []
# ///
"""Merge: the run's branch into main, squashed. Its only argument is the id of the run."""

import subprocess
import sys

from adw_modules.run import Run


def main() -> None:
    run = Run()
    branch = run.state()["branch_name"]
    run.notify.status("in_progress", "Checking the worktree", 10, "Validating")
    run.notify.status("in_progress", f"Merging {branch}", 30, "Merging")
    try:
        run.git("merge", "--squash", branch, cwd=run.root)
        run.git("commit", "--quiet", "-m", f"Merge {branch}", cwd=run.root)
    except subprocess.CalledProcessError as error:
        run.notify.status("failed", f"Merge failed: {error.stdout or error.stderr}", None, "Error")
        sys.exit(1)
    run.notify.status("completed", f"Merged {branch}", 100, "Complete")


if __name__ == "__main__":
    main()
