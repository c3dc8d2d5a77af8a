"""The port, the trigger service, and the clock."""

import asyncio
import json
import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

import httpx

from kanban_app.client.probe import ProbeResult, probe
from kanban_app.client.tls import UnusableCaFile, trust
from kanban_app.client.urls import UnusableUrl, parse_url
from kanban_app.config import CONNECTION_SETTINGS, Settings
from kanban_app.connecting import client_settings
from kanban_app.domain.workflows import Vintage
from kanban_app.errors import StartRefusal, advice_of, describe
from kanban_app.runtime import Launch
from kanban_app.services.connection_settings import saved_under
from kanban_app.serving.data_dir import holder_of
from kanban_app.serving.listening import listen
from kanban_app.setting_texts import parse_setting
from kanban_app.upkeep.doctor.finding import Finding, fail, ok, warn

ANSWER_S: Final = 5.0
SLOW_MS: Final = 1000.0
SKEW_S: Final = 5.0
FAR_SKEW_S: Final = 60.0
_VINTAGES: Final = {
    Vintage.V0: "an older TAC-7 service (V0)",
    Vintage.V1: "a TAC-7 service (V1)",
    Vintage.OURS: "an Agentic Kanban service",
}


def network(deployed: Settings) -> Iterator[Finding]:
    own = running_board(deployed.data_dir)
    yield port(deployed, own)
    settings = with_saved(deployed)
    if settings.tac7_url is None:
        yield embedded(own)
        yield clock_of_files(deployed.data_dir)
        return
    yield service(settings)
    yield clock_of_service(settings) or clock_of_files(deployed.data_dir)


def running_board(data_dir: Path) -> str | None:
    """The address of the board that has this data folder in use; "" when it is not known, None when there is none."""
    try:
        if holder_of(data_dir) is None:
            return None
        return str(json.loads((data_dir / "service.json").read_bytes())["url"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def port(settings: Settings, own: str | None) -> Finding:
    wanted = f"{settings.port} on {settings.host}"
    if own and (settings.port == 0 or own.endswith(f":{settings.port}")):
        if _answers(f"{own}/healthz"):
            return ok("Port", f"the board of this data folder answers at {own}")
        return fail("Port", f"the board of this data folder runs but does not answer at {own}", "Start it again.")
    if settings.port == 0:
        return ok("Port", "any free one")
    try:
        listen(settings.host, settings.port).close()
    except StartRefusal as refusal:
        sentence, _, advice = str(refusal).rstrip(".").partition(": ")
        advice = advice or "set KANBAN_HOST or KANBAN_PORT"
        return fail("Port", sentence, f"{advice[:1].upper()}{advice[1:]}.")
    if own is not None:
        text = f"{wanted} is free, but the board of this data folder runs elsewhere{f' at {own}' if own else ''}"
        return warn("Port", text, "Use that one, or stop it before you start another.")
    return ok("Port", f"{wanted} is free")


def embedded(own: str | None) -> Finding:
    if not own:
        return ok("Trigger service", "the built-in one, which starts with the board")
    if _answers(f"{own}/readyz"):
        return ok("Trigger service", "the built-in one, and the board is connected to it")
    return warn("Trigger service", "the board is not ready yet", "Look at its log if it stays like that.")


def with_saved(deployed: Settings) -> Settings:
    """With what was saved on the settings page of the first project, which holds where the environment says nothing."""
    try:
        address = f"file:{deployed.database_path}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=ANSWER_S)) as connection:
            row = connection.execute("SELECT value FROM setting WHERE key = ?", (saved_under(),)).fetchone()
        saved = json.loads(row[0]) if row else {}
        free = {name: text for name, text in saved.items() if name in CONNECTION_SETTINGS and not deployed.is_set(name)}
        return deployed.model_copy(update={name: parse_setting(name, str(text)) for name, text in free.items()})
    except (sqlite3.Error, ValueError, AttributeError):
        return deployed


def service(settings: Settings) -> Finding:
    subject, url = "Trigger service", settings.tac7_url or ""
    launch = Launch(settings, settings.host, settings.port, None, "")
    try:
        found = asyncio.run(probe(client_settings(launch, settings)))
    except UnusableUrl as problem:
        return fail(subject, f"{url} cannot be used", str(problem))
    return told(found, url)


def told(found: ProbeResult, url: str) -> Finding:
    subject = "Trigger service"
    if found.trouble is not None:
        error = describe(found.trouble.code, found.trouble.params)
        advice = " ".join(f"{text}." for text in advice_of(error)) or "Look whether it runs and is reachable from here."
        if found.other_url:
            advice = f"Set KANBAN_TAC7_URL to {found.other_url}."
        return fail(subject, f"{url}: {error['title']}. {error['message'].rstrip('.')} ({error['code']})", advice)
    took = found.round_trip_ms or 0.0
    text = f"{url} is {_VINTAGES.get(found.vintage or Vintage.V1)} and answers within {took:.0f} ms"
    if took > SLOW_MS:
        return warn(subject, text, "That is slow: look at the network, and at what else that machine does.")
    return ok(subject, text)


def clock_of_service(settings: Settings) -> Finding | None:
    """None when the service does not tell the time."""
    try:
        url = parse_url(settings.tac7_url or "")
        tls = trust(settings.tac7_ca_file) if url.is_secure else False
        answer = httpx.get(f"{url.http}/health", timeout=ANSWER_S, verify=tls)
        at = parsedate_to_datetime(answer.headers["date"]).timestamp()
    except (httpx.HTTPError, httpx.InvalidURL, UnusableUrl, UnusableCaFile, OSError, KeyError, ValueError, TypeError):
        return None
    # The header has whole seconds.
    return clock(time.time() - at - 0.5, "the service's")


def clock_of_files(data_dir: Path) -> Finding:
    """A file system of another machine has a clock of its own."""
    try:
        with tempfile.TemporaryFile(dir=data_dir if data_dir.is_dir() else None) as file:
            file.write(b"x")
            file.flush()
            skew = time.time() - os.fstat(file.fileno()).st_mtime
    except OSError:
        return warn("Clock", "it could not be compared with that of the data folder", "See “Data folder”.")
    return clock(skew, "the data folder's")


def clock(skew_s: float, whose: str) -> Finding:
    if abs(skew_s) < SKEW_S:
        return ok("Clock", f"agrees with {whose}")
    text = f"this machine's is {abs(skew_s):,.0f} s {'ahead of' if skew_s > 0 else 'behind'} {whose}"
    advice = "Set both by a time server (for example with `timedatectl set-ntp true`): times of runs are compared."
    return (fail if abs(skew_s) >= FAR_SKEW_S else warn)("Clock", text, advice)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=ANSWER_S).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
