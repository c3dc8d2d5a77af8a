"""Settings that are mistyped, change nothing, or do not go together."""

import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from kanban_app.client.urls import UnusableUrl, parse_url
from kanban_app.config import AuthMode, Settings
from kanban_app.setting_addresses import is_loopback
from kanban_app.setting_mistakes import idle_variables, unknown_variables
from kanban_app.setting_names import variable
from kanban_app.upkeep.doctor.finding import Finding, ok, warn

SUBJECT: Final = "Settings"
_SECRETS: Final = ("token", "tac7_token")


def wishes(settings: Settings, environ: Mapping[str, str], env_file: Path) -> Iterator[Finding]:
    found = [*_said(settings, environ), *_leaking(env_file)]
    yield from found
    if not found:
        yield ok(SUBJECT, "go together")


def _said(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    for name in unknown_variables(environ):
        yield warn(SUBJECT, f"{name} is not a setting of this program and is ignored", "Look for a spelling mistake.")
    for name, need in idle_variables(settings):
        yield warn(SUBJECT, f"{name} changes nothing", f"It needs {need}.")
    if settings.auth is AuthMode.NONE and settings.token is not None:
        advice = f"Leave one of {variable('auth')} and {variable('token')} away."
        yield warn(SUBJECT, f"{variable('token')} is set, and {variable('auth')}=none asks nobody for it", advice)
    if not is_loopback(settings.host) and not settings.allowed_origins:
        text = f"the board listens on {settings.host}, and what goes there is not encrypted"
        advice = "On a network that you do not trust, put a TLS proxy before it (README, “On a phone”)."
        yield warn(SUBJECT, text, advice)
    if settings.tac7_url and settings.tac7_token and _is_open(settings.tac7_url):
        advice = f"Use wss:// in {variable('tac7_url')}."
        yield warn(SUBJECT, f"{variable('tac7_token')} goes over the network without encryption", advice)
    if settings.project_dir is not None and settings.data_dir.is_relative_to(settings.project_dir):
        advice = f"Set {variable('data_dir')} to a folder elsewhere, or keep it out of git (.gitignore)."
        yield warn(SUBJECT, "the data folder, with the access token, is inside of the project's repository", advice)


def _is_open(url: str) -> bool:
    try:
        parsed = parse_url(url)
    except UnusableUrl:
        return False
    return not parsed.is_secure and not parsed.is_loopback


def _leaking(env_file: Path) -> Iterator[Finding]:
    try:
        others = env_file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH)
        text = env_file.read_text(errors="replace") if others else ""
    except OSError:
        return
    if any(variable(name) in text for name in _SECRETS):
        yield warn(SUBJECT, f"{env_file} holds a token and can be read by other users", f"chmod 600 {env_file}")
