#!/usr/bin/env -S uv run
# /// script
# dependencies = []
# ///
"""`[issue] adw_id --stages a,b | --config JSON`: the stages' scripts one after the other, with stage events."""

import itertools
import json
import subprocess
import sys

from adw_modules.notify import Notifier
from adw_modules.run import Run


def main() -> None:
    words = sys.argv[1:]
    given = dict(itertools.pairwise(words))
    if "--config" in given:
        stages = json.loads(given["--config"])["stages"]
    elif "--stages" in given:
        stages = given["--stages"].split(",")
    else:
        sys.exit("Either --stages or --config is needed")
    run = Run()
    events = Notifier(run.adw_id, "dynamic_" + "_".join(stages))
    events.stage_event("workflow_started", stages[0], total_stages=len(stages))
    for index, stage in enumerate(stages):
        previous = {"previous_stage": stages[index - 1]} if index else {}
        following = {"next_stage": stages[index + 1]} if index + 1 < len(stages) else {}
        events.stage_event("stage_started", stage, **previous)
        script = run.root / "adws" / f"adw_{stage}_iso.py"
        done = subprocess.run(
            [sys.executable, str(script), run.issue_number, run.adw_id], capture_output=True, text=True, check=False
        )
        if done.returncode:
            events.stage_event("stage_failed", stage, error=(done.stderr or done.stdout)[-500:])
            sys.exit(1)
        run.log(f"Stage {stage} completed", "SUCCESS")
        events.stage_event("stage_completed", stage, **following)
    events.stage_event("workflow_completed", stages[-1])


if __name__ == "__main__":
    main()
