"""The commands of `python -m kanban_app`."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from kanban_app.config import load_settings, printable, unknown_variables
from kanban_app.errors import StartRefusal

_REFUSED = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the result is the exit code. A refusal is one sentence on stderr and code 2."""
    given = _parser().parse_args(arguments)
    try:
        if given.command == "conformance":
            return _conformance(given)
        return {"serve": _serve, "build": _build, "config": _config, "stop-runs": _stop_runs}[given.command]()
    except StartRefusal as refusal:
        print(refusal, file=sys.stderr)
        return _REFUSED
    except KeyboardInterrupt:
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m kanban_app", description="Agentic Kanban")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    commands.add_parser("serve", help="run the board")
    commands.add_parser("build", help="build the front end without running it (serve does it when needed)")
    commands.add_parser("config", help="print the effective settings, secrets masked")
    commands.add_parser("stop-runs", help="end the workflow runs that go on without the board")
    conformance = commands.add_parser("conformance", help="check a TAC-7 trigger service")
    conformance.add_argument("url", help="its address, e.g. ws://127.0.0.1:8500/ws/trigger")
    conformance.add_argument("--full", action="store_true", help="also start workflows there")
    conformance.add_argument("--json", action="store_true", help="print a JSON document")
    conformance.add_argument("--token", help="sent as Authorization: Bearer (default: KANBAN_TAC7_TOKEN)")
    return parser


def _serve() -> int:
    # From the first moment on: building the front end takes a while, and nothing else makes SIGTERM an orderly end.
    signal.signal(signal.SIGTERM, _interrupt)
    settings = load_settings()
    for name in unknown_variables(os.environ):
        print(f"{name} is not a setting of this program and is ignored.", file=sys.stderr)
    from kanban_app.assembly import prepare_database
    from kanban_app.serving.start import serve

    serve(settings, prepare_database)
    return 0


def _build() -> int:
    from kanban_app.serving.start import build

    build()
    return 0


def _config() -> int:
    for variable, value in printable(load_settings()):
        print(f"{variable}={value}")
    return 0


def _stop_runs() -> int:
    settings = load_settings()
    from kanban_app.trigger_service.stopping import stop_runs

    count = stop_runs(settings.data_dir)
    print(f"{count} {'run' if count == 1 else 'runs'} ended.")
    return 0


def _conformance(given: argparse.Namespace) -> int:
    from kanban_app.conformance.command import conformance

    token = given.token or os.environ.get("KANBAN_TAC7_TOKEN")
    report = conformance(given.url, token=token, full=given.full)
    print(report.as_json() if given.json else report.as_table())
    return report.exit_code


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
