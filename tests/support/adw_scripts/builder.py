#!/usr/bin/env -S uv run
# /// script
# dependencies = []
# ///
"""Build (or patch): a file in the worktree that the plan has left, committed and reported."""

import sys

from adw_modules.run import Run, result, said, tool_begins, tool_ends


def main() -> None:
    run = Run()
    run.notify.status("in_progress", "Starting build phase", 0, "Initializing")
    if not run.worktree.exists():
        run.log("No worktree found: run adw_plan_iso first", "ERROR")
        run.notify.log("No worktree found: run adw_plan_iso first", "ERROR")
        run.notify.status("failed", "No worktree found: run adw_plan_iso first", None, "Error")
        sys.exit(1)
    run.notify.status("in_progress", "Implementing the plan", 50, "Implementing")
    wish = run.issue().get("patch_request") or run.state().get("plan_file")
    name = f"built_by_{run.workflow}.txt"
    (run.worktree / name).write_text(f"{wish}\n")
    run.agent(
        "sdlc_implementor",
        tool_begins("toolu_2", "Write", file_path=name),
        tool_ends("toolu_2", "File created"),
        said(f"Implemented {wish}"),
        result("done"),
    )
    run.git("add", name)
    run.git("commit", "--quiet", "--allow-empty", "-m", f"Build: {wish}")
    run.log("Build phase completed", "SUCCESS")
    run.notify.status("completed", "Build phase completed", 100, "Complete")


if __name__ == "__main__":
    main()
