"""`python -m benchmarks.soak --minutes 30`: ends with 1 when something grows, is lost or is double."""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from benchmarks.__main__ import RESULTS
from benchmarks.machine import checkout, machine
from benchmarks.report import file_name
from benchmarks.soak.run import soak
from kanban_app.serving.frontend import current_build
from tests.support.app import ROOT


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    begin, found, before = datetime.now(UTC), checkout(), machine()
    with current_build(ROOT, print):
        outcome = soak(options.minutes)
    print(f"\ncommit {found.commit}{' (with changes)' if found.dirty else ''}\n{outcome.table()}")
    record = {"at": begin.isoformat(timespec="seconds"), "commit": found.commit, "dirty": found.dirty}
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"soak-{file_name(begin, found.commit)}"
    path.write_text(json.dumps({**record, "machine": before, **outcome.as_json()}, indent=1) + "\n")
    print(f"\nkept as {path.relative_to(ROOT)}")
    return int(bool(outcome.problems()))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.soak", description="Soak the board; see docs/benchmarks.md."
    )
    parser.add_argument("--minutes", type=float, default=30.0, help="how long the load lasts (30)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
