#!/usr/bin/env -S uv run
# /// script
# dependencies = []
# ///
"""Reports a line every so often until a test makes `agents/<adw_id>/go`, and how many there were."""

import time

from adw_modules.run import Run


def main() -> None:
    run = Run()
    number = 0
    while not (run.agents / "go").exists():
        number += 1
        run.notify.log(f"line {number}")
        time.sleep(0.02)
    run.notify.status("completed", f"{number} lines", 100, "Complete")


if __name__ == "__main__":
    main()
