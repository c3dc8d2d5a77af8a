"""The demonstration workflow: `python -m kanban_app.trigger_service.workflows.demo NUMBER ADW_ID --stages plan,build`.

It does small but real work in a scratch repository and reports it over HTTP as any workflow script does. Environment:
`WEBSOCKET_URL` (where to report), `KANBAN_ISSUE_FILE` (the card), `KANBAN_DEMO_DIR` (the only place it writes to),
`KANBAN_DEMO_SPEED` (factor on its pauses; 0 = none).
"""

import argparse
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

from kanban_app.domain.workflows import PATCH_WORKFLOW
from kanban_app.trigger_service.workflows.card import Card, read_card
from kanban_app.trigger_service.workflows.demo_stages import STAGES
from kanban_app.trigger_service.workflows.reporting import Reporter
from kanban_app.trigger_service.workflows.repository import GitFailed, Repository
from kanban_app.trigger_service.workflows.stage_run import StageFailed, StageRun

# These continue a run; the others may begin one.
_DEPENDENT = frozenset({"adw_build_iso", "adw_test_iso", "adw_review_iso", "adw_document_iso"})


def main() -> int:
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, _end)
    options = _options()
    stages = [name for name in options.stages.split(",") if name]
    reporter = Reporter(os.environ.get("WEBSOCKET_URL"), options.adw_id, options.workflow)
    run = StageRun(
        reporter=reporter,
        repository=Repository(Path(os.environ["KANBAN_DEMO_DIR"])),
        card=_card(options.issue_number, options.workflow),
        adw_id=options.adw_id,
        may_begin=options.workflow not in _DEPENDENT,
        speed=_speed(),
    )
    return _run(run, reporter, stages, options.workflow)


def _run(run: StageRun, reporter: Reporter, stages: list[str], workflow: str) -> int:
    reporter.status("in_progress", f"Workflow {workflow} started", 0, "Initializing")
    reporter.stage_event("workflow_started", stages[0], total_stages=len(stages), pending_stages=stages)
    for index, stage in enumerate(stages):
        following = stages[index + 1] if index + 1 < len(stages) else None
        previous = stages[index - 1] if index else None
        try:
            _run_stage(run, reporter, stage, previous, following)
        except (StageFailed, GitFailed) as failure:
            _tell_failure(reporter, stage, str(failure))
            return 1
    reporter.log(f"Workflow {workflow} done: {', '.join(stages)}", "SUCCESS")
    reporter.stage_event("workflow_completed", stages[-1], message="Workflow completed", completed_stages=stages)
    reporter.status("completed", f"Workflow {workflow} completed successfully", 100, "Complete")
    return 0


def _run_stage(run: StageRun, reporter: Reporter, stage: str, previous: str | None, following: str | None) -> None:
    work, steps = STAGES[stage]
    extra = {"previous_stage": previous} if previous else {}
    reporter.stage_event("stage_started", stage, message=f"Stage {stage} started", **extra)
    run.begin(stage, steps)
    work(run)
    run.finish()
    extra = {"next_stage": following} if following else {}
    reporter.stage_event("stage_completed", stage, message=f"Stage {stage} completed", progress_percent=100, **extra)


def _tell_failure(reporter: Reporter, stage: str, reason: str) -> None:
    reporter.log(f"Stage {stage} failed: {reason}", "ERROR")
    reporter.status("failed", reason, None, "Error")
    reporter.stage_event("stage_failed", stage, message=f"Stage {stage} failed", error=reason)


def _card(number: str, workflow: str) -> Card:
    """What a patch asks for is for that patch alone: later workflows of its run get the same card."""
    issue_file = os.environ.get("KANBAN_ISSUE_FILE")
    card = read_card(Path(issue_file) if issue_file else None, number)
    return card if workflow == PATCH_WORKFLOW else replace(card, patch="")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="demo", allow_abbrev=False)
    parser.add_argument("issue_number")
    parser.add_argument("adw_id")
    parser.add_argument("--stages", required=True)
    parser.add_argument("--workflow", default="adw_orchestrator")
    options = parser.parse_args()
    unknown = [name for name in options.stages.split(",") if name not in STAGES]
    if unknown:
        parser.error(f"unknown stages: {', '.join(unknown)}")
    return options


def _speed() -> float:
    try:
        return max(0.0, float(os.environ.get("KANBAN_DEMO_SPEED", "1")))
    except ValueError:
        return 1.0


def _end(signum: int, _frame: object) -> None:
    raise SystemExit(128 + signum)


if __name__ == "__main__":
    sys.exit(main())
