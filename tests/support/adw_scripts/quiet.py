#!/usr/bin/env -S uv run
# /// script
# dependencies = []
# ///
"""Test, review or document: works, writes its log, and reports nothing at all."""

from adw_modules.run import Run


def main() -> None:
    run = Run()
    run.log(f"{run.workflow} at work in {run.worktree}")
    run.log("Everything is fine", "SUCCESS")


if __name__ == "__main__":
    main()
