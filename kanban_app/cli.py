"""The commands of `python -m kanban_app`."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from kanban_app.config import AuthMode, load_settings
from kanban_app.domain.access import Scope
from kanban_app.errors import BoardError, StartRefusal
from kanban_app.setting_mistakes import idle_variables, unknown_variables
from kanban_app.setting_texts import printable

_REFUSED = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the result is the exit code. A refusal is one sentence on stderr and code 2."""
    given = _parser().parse_args(arguments)
    try:
        if given.command == "conformance":
            return _conformance(given)
        if given.command == "doctor":
            return _doctor(given)
        if given.command in {"backup", "restore"}:
            return (_backup if given.command == "backup" else _restore)(given)
        if given.command == "token":
            return _token(given)
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
    backup = commands.add_parser("backup", help="back up all projects, also while the board runs")
    backup.add_argument("--to", type=Path, metavar="FILE", help="a new file, or a folder (default: in the data folder)")
    restore = commands.add_parser("restore", help="put a backup back; what is there now is kept aside")
    restore.add_argument("file", type=Path, help="a backup, or a copy of one database (*.db)")
    restore.add_argument("--project", metavar="ID", help="whose database a *.db file is (default: the first's)")
    doctor = commands.add_parser("doctor", help="check all that the board needs, and say what to do")
    doctor.add_argument("--json", action="store_true", help="print a JSON document")
    doctor.add_argument("--full", action="store_true", help="check databases to their end, however long it takes")
    _add_token(commands.add_parser("token", help="the access token, and API tokens for other programs"))
    conformance = commands.add_parser("conformance", help="check a TAC-7 trigger service")
    conformance.add_argument("url", help="its address, e.g. ws://127.0.0.1:8500/ws/trigger")
    conformance.add_argument("--full", action="store_true", help="also start workflows there")
    conformance.add_argument("--json", action="store_true", help="print a JSON document")
    conformance.add_argument("--token", help="sent as Authorization: Bearer (default: KANBAN_TAC7_TOKEN)")
    return parser


def _add_token(parser: argparse.ArgumentParser) -> None:
    wishes = parser.add_subparsers(dest="wish", required=True, metavar="wish")
    wishes.add_parser("rotate", help="make another access token; everybody has to sign in again")
    wishes.add_parser("list", help="list the API tokens")
    create = wishes.add_parser("create", help="make an API token, which is printed once")
    create.add_argument("name", help="what it is for")
    create.add_argument(
        "--scope",
        action="append",
        required=True,
        choices=[*Scope],
        help="what it is good for (more than once if need be); each but read includes read, admin includes all",
    )
    wishes.add_parser("revoke", help="take an API token away").add_argument("id", help="as `token list` prints it")


def _token(given: argparse.Namespace) -> int:
    settings = load_settings()
    if settings.auth is AuthMode.NONE:
        raise StartRefusal("KANBAN_AUTH is none: this board asks nobody for a token.")
    from kanban_app import token_command

    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        match given.wish:
            case "rotate":
                lines = token_command.rotate(settings)
            case "create":
                lines = token_command.create(settings, given.name, given.scope)
            case "revoke":
                lines = token_command.revoke(settings, given.id)
            case _:
                lines = token_command.listed(settings)
    except (BoardError, OSError) as problem:
        raise StartRefusal(str(problem)) from None
    print("\n".join(lines))
    return 0


def _serve() -> int:
    # From the first moment on: building the front end takes a while, and nothing else makes SIGTERM an orderly end.
    signal.signal(signal.SIGTERM, _interrupt)
    settings = load_settings()
    for name in unknown_variables(os.environ):
        print(f"{name} is not a setting of this program and is ignored.", file=sys.stderr)
    for name, need in idle_variables(settings):
        print(f"{name} changes nothing: it needs {need}.", file=sys.stderr)
    from kanban_app.serving.start import serve
    from kanban_app.upkeep.starting import prepare_data

    serve(settings, prepare_data)
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
    from kanban_app.domain.audit import Action
    from kanban_app.opening import data_dirs
    from kanban_app.trigger_service.stopping import stop_runs
    from kanban_app.upkeep.recording import record

    count = stop_runs(*data_dirs(settings))
    if count:
        record(settings, Action.RUNS_ENDED, count=str(count))
    print(f"{count} {'run' if count == 1 else 'runs'} ended.")
    return 0


def _backup(given: argparse.Namespace) -> int:
    from kanban_app.domain.audit import Action
    from kanban_app.upkeep.backup import make_backup
    from kanban_app.upkeep.recording import record
    from kanban_app.upkeep.trouble import CannotDo

    settings = load_settings()
    try:
        made = make_backup(settings, given.to.expanduser().absolute() if given.to else None)
    except CannotDo as problem:
        raise StartRefusal(str(problem)) from None
    record(settings, Action.DATA_BACKED_UP, file=str(made.path))
    print(f"{made.path} ({made.size / 1_000_000:.1f} MB). It holds the access token: keep it as you keep that.")
    return 0


def _restore(given: argparse.Namespace) -> int:
    from kanban_app.domain.audit import Action
    from kanban_app.serving.data_dir import PROJECTS_FOLDER
    from kanban_app.trigger_service.stopping import going_on
    from kanban_app.upkeep.recording import on_the_command_line, record
    from kanban_app.upkeep.restore import restore
    from kanban_app.upkeep.trouble import CannotDo

    settings = load_settings()
    # Not as the database lists them: it may be what is to be replaced.
    if count := going_on(settings.data_dir, *(settings.data_dir / PROJECTS_FOLDER).glob("*/")):
        runs = "1 run goes on without the board. End it" if count == 1 else f"{count} runs go on. End them"
        raise StartRefusal(f"{runs} first: python -m kanban_app stop-runs")
    try:
        with on_the_command_line():
            done = restore(settings, given.file.expanduser(), given.project)
    except CannotDo as problem:
        raise StartRefusal(str(problem)) from None
    kept = str(done.aside or "")
    record(settings, Action.DATA_RESTORED, file=given.file.name, kept=kept, only=given.project or "")
    for line in done.lines():
        print(line)
    return 0


def _doctor(given: argparse.Namespace) -> int:
    from kanban_app.upkeep.doctor.command import as_document, as_line, exit_code, look, summary
    from kanban_app.upkeep.doctor.finding import Finding

    findings: list[Finding] = []
    for finding in look(full=given.full):
        findings.append(finding)
        if not given.json:
            print(as_line(finding), flush=True)
    print(as_document(findings) if given.json else summary(findings))
    return exit_code(findings)


def _conformance(given: argparse.Namespace) -> int:
    from kanban_app.conformance.command import conformance

    token = given.token or os.environ.get("KANBAN_TAC7_TOKEN")
    report = conformance(given.url, token=token, full=given.full)
    print(report.as_json() if given.json else report.as_table())
    return report.exit_code


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
