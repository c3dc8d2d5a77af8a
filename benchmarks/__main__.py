"""`python -m benchmarks`: measure, print a table, keep it as JSON. Ends with 1 when a case could not be measured."""

import argparse
import json
import sys
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from benchmarks.cases import CASES, Case
from benchmarks.figures import Result, with_aims
from benchmarks.machine import Checkout, checkout, machine
from benchmarks.report import as_json, file_name, table
from kanban_app.serving.frontend import current_build
from tests.support.app import ROOT

RESULTS: Final = ROOT / "benchmarks" / "results"


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    if options.list:
        for name, case in CASES.items():
            print(f"{name:10} {case.what}")
        return 0
    begin, found, before = datetime.now(UTC), checkout(), machine()
    with current_build(ROOT, print):
        results = [_measure(name, CASES[name], quick=options.quick) for name in options.case or CASES]
    print(f"\n{_heading(found, before)}\n{table(results)}")
    record = {
        "at": begin.isoformat(timespec="seconds"),
        "quick": options.quick,
        "commit": found.commit,
        "dirty": found.dirty,
        "machine": before,
        "results": as_json(results),
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / file_name(begin, found.commit)
    path.write_text(json.dumps(record, indent=2) + "\n")
    print(f"\nkept as {path.relative_to(ROOT)}")
    return int(any(result.failure for result in results))


def _measure(name: str, case: Case, *, quick: bool) -> Result:
    print(f"{name}: {case.what} …", file=sys.stderr, flush=True)
    try:
        return Result(name, with_aims(name, case.measure(quick=quick)))
    except Exception as error:  # noqa: BLE001 - one case that fails must not cost the others
        traceback.print_exc()
        return Result(name, failure=f"{type(error).__name__}: {error}")


def _heading(found: Checkout, before: dict[str, object]) -> str:
    dirty = " (with changes)" if found.dirty else ""
    return (
        f"commit {found.commit}{dirty}; {before['cpu']}, {before['cores']} cores, {before['memory_gib']} GiB, "
        f"load {before['load_average']} before the start"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure the board; see docs/benchmarks.md."
    )
    parser.add_argument(
        "--case", action="append", choices=list(CASES), help="only this one (can be given several times)"
    )
    parser.add_argument("--list", action="store_true", help="name the cases and what they measure")
    parser.add_argument(
        "--quick", action="store_true", help="a few seconds each: to see that it works, not for figures"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
