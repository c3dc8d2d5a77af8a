"""What the person at the terminal reads. Addresses go to stdout, everything else to stderr."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO
from urllib.parse import quote

import psutil

from kanban_app.runtime import Launch


def say(line: str) -> None:
    _put(sys.stderr, line)


def announce(launch: Launch, *, first_use: bool) -> None:
    """The address to open, and at the first start what one needs to know next."""
    query = f"?token={quote(launch.access_token, safe='')}" if launch.access_token else ""
    _put(sys.stdout, f"Open {launch.local_url}/{query}")
    for address in _network_addresses(launch.host):
        _put(sys.stdout, f"From other devices: http://{address}:{launch.port}/{query}")
    settings = launch.settings
    if settings.runs_embedded_service and settings.project_dir is not None:
        say(_project_line(settings.project_dir))
    if first_use:
        for line in _first_hints(launch):
            say(line)
    say("Stop with Ctrl-C.")


def farewell(launch: Launch) -> str | None:
    count = launch.exit_report.runs_going_on
    if not count:
        return None
    return f"{count} {'run goes' if count == 1 else 'runs go'} on; `python -m kanban_app stop-runs` ends them"


def _put(stream: TextIO, line: str) -> None:
    """In one piece: `print` writes the line's end by itself where nothing is buffered, and the log gets between."""
    stream.write(f"{line}\n")
    stream.flush()


def _first_hints(launch: Launch) -> Iterator[str]:
    settings = launch.settings
    yield f"Everything is kept in {settings.data_dir}, the access token too."
    if settings.runs_embedded_service and settings.project_dir is None:
        yield (
            "Cards run the built-in demonstration; set KANBAN_PROJECT_DIR to run the workflow scripts of a repository, "
            "or KANBAN_TAC7_URL to use your own trigger service."
        )


def _project_line(project: Path) -> str:
    scripts = project / "adws"
    count = sum(1 for _ in scripts.glob("adw_*.py"))
    if not count:
        return f"Cards work on {project}, but there are no workflow scripts (adw_….py) in {scripts} yet."
    return f"Cards work on {project} with its {count} workflow {'script' if count == 1 else 'scripts'}."


def _network_addresses(host: str) -> list[str]:
    """Where other devices reach a server that listens on all addresses of this machine."""
    if host not in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        return []
    found = (entry.address for entries in psutil.net_if_addrs().values() for entry in entries)
    return sorted(address for address in found if address.count(".") == 3 and not address.startswith("127."))  # noqa: PLR2004
