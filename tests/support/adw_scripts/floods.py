#!/usr/bin/env -S uv run
# /// script
# dependencies = []
# ///
"""Prints, logs and streams `FLOOD_LINES` (20 000) lines each as fast as it can, and posts a tenth of that."""

import json
import os

from adw_modules.run import Run, result, said


def main() -> None:
    run = Run()
    lines = int(os.environ.get("FLOOD_LINES", "20000"))
    stream = run.folder("sdlc_implementor") / "raw_output.jsonl"
    execution = run.folder(run.workflow) / "execution.log"
    with stream.open("a") as agent, execution.open("a") as log:
        for number in range(1, lines + 1):
            print(f"output {number} " + "x" * 80)
            log.write(f"2026-01-02 03:04:05 - INFO - line {number}\n")
            agent.write(json.dumps(said(f"text {number}")) + "\n")
            if number % 10 == 0:
                run.notify.log(f"post {number}")
        agent.write(json.dumps(result("flooded")) + "\n")
    run.notify.status("completed", "Flooded", 100, "Complete")


if __name__ == "__main__":
    main()
