#!/usr/bin/env -S uv run
# /// script
# dependencies = []
# ///
"""Plan: a worktree with a branch, a plan file in it, what an agent writes, and a report at every step."""

import re

from adw_modules.run import Run, result, said, thought, tool_begins, tool_ends


def main() -> None:
    run = Run()
    run.log(f"ADW Plan starting for issue {run.issue_number}")
    run.notify.status("in_progress", "Starting plan phase", 0, "Initializing")
    title = str(run.issue().get("title") or "work")
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40] or "work"
    branch = f"feature-issue-{run.issue_number}-adw-{run.adw_id}-{slug}"
    run.notify.status("in_progress", "Creating worktree", 40, "Creating worktree")
    if not run.worktree.exists():
        run.git("worktree", "add", "-b", branch, str(run.worktree), "main", cwd=run.root)
    run.save_state(issue_number=run.issue_number, branch_name=branch, worktree_path=str(run.worktree))
    run.log(f"Worktree {run.worktree}")
    plan = f"specs/issue-{run.issue_number}-adw-{run.adw_id}-sdlc_planner-{slug}.md"
    run.notify.status("in_progress", "Building the plan", 60, "Creating plan")
    run.agent(
        "sdlc_planner",
        {"type": "system", "subtype": "init", "session_id": "s", "model": "sonnet", "tools": ["Write"]},
        thought(f"A plan for {title}"),
        tool_begins("toolu_1", "Write", file_path=plan),
    )
    file = run.worktree / plan
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"# {title}\n\n- [ ] do it\n")
    run.agent("sdlc_planner", tool_ends("toolu_1", "File created"), said("The plan is written"), result(plan))
    run.save_state(plan_file=plan)
    run.notify.status("in_progress", "Committing the plan", 80, "Committing")
    run.git("add", plan)
    run.git("commit", "--quiet", "-m", f"Plan: {title}")
    run.notify.log(f"Plan committed: {plan}", "SUCCESS")
    run.log("Plan phase completed", "SUCCESS")
    run.notify.status("completed", "Plan phase completed", 100, "Complete")


if __name__ == "__main__":
    main()
