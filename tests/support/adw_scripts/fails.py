#!/usr/bin/env -S uv run
# /// script
# dependencies = []
# ///
"""A stage that cannot do its work: says why on its output, reports nothing, and ends with 3."""

import sys

from adw_modules.run import Run


def main() -> None:
    run = Run()
    run.log("2 of 5 tests failed", "ERROR")
    sys.exit(3)


if __name__ == "__main__":
    main()
