#!/usr/bin/env -S uv run
# /// script
# dependencies = []
# ///
"""Goes on until a test makes `agents/<adw_id>/go`; ends at once when it is told to."""

from adw_modules.run import Run


def main() -> None:
    run = Run()
    run.notify.status("in_progress", "Waiting", 10, "Waiting")
    run.wait_for("go")
    run.notify.status("completed", "Waited", 100, "Complete")


if __name__ == "__main__":
    main()
