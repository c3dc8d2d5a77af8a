"""Everything that helps others to help, as text for people. Secrets are taken out of the finished text."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, cast

from kanban_app.errors import ErrorView
from kanban_app.services.connection_views import ConnectionView
from kanban_app.services.health.views import HealthView
from kanban_app.services.quarantine import MASK, masked

LONGEST: Final = 200_000
"""Signs that a diagnosis has at most. Overflow policy: its end is cut, and says so."""
_USER_INFO: Final = re.compile(r"(?<=://)[^/\s@]+@")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is told beside the figures. `secrets` never show; `settings` have theirs masked already."""

    version: str
    system: str
    project: str
    settings: Sequence[tuple[str, str]]
    connection: ConnectionView
    frames: Mapping[str, int]
    secrets: Collection[str] = field(default=(), repr=False)


def written(health: HealthView, facts: Facts) -> str:
    lines: list[str] = []
    for title, part in (
        ("Agentic Kanban: diagnosis", _head(health, facts)),
        ("Why", _reasons(health)),
        ("Connection", _connection(facts.connection)),
        ("Figures", _figures(health)),
        ("The service's own words", _service(health)),
        ("Alerts, newest first", _alerts(health)),
        ("Events, newest first", _timeline(health)),
        ("What the board did by itself, newest first", _recoveries(health)),
        ("Messages that could not be used, by code", [f"{code}: {count}" for code, count in facts.frames.items()]),
        ("The last hour", _series(health)),
        ("Settings", [f"{name}={value}" for name, value in facts.settings]),
    ):
        lines += [f"## {title}", *(part or ["(none)"]), ""]
    return cleaned("\n".join(lines), facts.secrets)


def cleaned(text: str, secrets: Collection[str]) -> str:
    """Without secrets, user names in addresses and the name of the home folder."""
    # The longest first: a secret may be a part of another one.
    longest_first = sorted((secret for secret in secrets if secret), key=len, reverse=True)
    hidden = _USER_INFO.sub(f"{MASK}@", masked(text, longest_first))
    home = str(Path.home())
    if len(home) > 1:
        hidden = hidden.replace(home, "~")
    if len(hidden) <= LONGEST:
        return hidden
    return hidden[:LONGEST] + "\n(cut here)\n"


def _head(health: HealthView, facts: Facts) -> list[str]:
    return [
        f"Written: {_moment(health.at)}",
        f"Version: {facts.version}",
        f"System: {facts.system}",
        f"Project: {facts.project}",
        f"Grade: {health.label}, since {_moment(health.since)}; score {health.score}",
        health.sentence,
        *(f"- {area.title}: {area.label}{f' ({area.figure})' if area.figure else ''}" for area in health.areas),
    ]


def _reasons(health: HealthView) -> list[str]:
    return [f"- [{one.code}] {one.title}: {one.message} {'; '.join(one.advice)}".rstrip() for one in health.reasons]


def _connection(connection: ConnectionView) -> list[str]:
    return [
        f"State: {connection['state']} ({connection['label']}), since {_moment(connection['since'])}",
        f"Address: {connection['url']}{' (built in)' if connection['embedded'] else ''}",
        f"Protocol: {connection['vintage'] or 'not known'}",
        f"Failed tries: {connection['attempt']}",
        *(f"{name}: {error['code']} {error['title']}. {error['message']}" for name, error in _errors(connection)),
    ]


def _errors(connection: ConnectionView) -> list[tuple[str, ErrorView]]:
    return [(name, error) for name, error in (("Error", connection["error"]), ("Cause", connection["cause"])) if error]


def _figures(health: HealthView) -> list[str]:
    parts = asdict(health)
    return [f"{name}: {_listed(parts[name])}" for name in ("round_trip", "traffic", "reliability", "uptime", "board")]


def _listed(values: Mapping[str, object]) -> str:
    inner = {name: cast("Mapping[str, object]", value) for name, value in values.items() if isinstance(value, dict)}
    plain = [f"{name} {value}" for name, value in values.items() if name not in inner]
    return ", ".join([*plain, *(f"{name} ({_listed(value)})" for name, value in inner.items())])


def _service(health: HealthView) -> list[str]:
    words = asdict(health.service)
    moments = {name: _moment(words.pop(name)) for name in ("asked_at", "next_at")}
    warnings: list[str] = words.pop("warnings")
    return [_listed({**moments, **words}), *(f"- {warning}" for warning in warnings)]


def _alerts(health: HealthView) -> list[str]:
    return [
        f"{_moment(one.raised_at)} {one.severity} [{one.code}] {one.title}: {one.message} "
        f"({one.state}{f', over {_moment(one.cleared_at)}' if one.cleared_at else ''})"
        for one in health.alerts
    ]


def _timeline(health: HealthView) -> list[str]:
    return [f"{_moment(one.at)} {one.title}{f': {one.text}' if one.text else ''}" for one in health.timeline]


def _recoveries(health: HealthView) -> list[str]:
    return [f"{_moment(one.at)} {one.title}: {one.result}. {one.text} ({one.took_ms} ms)" for one in health.recoveries]


def _series(health: HealthView) -> list[str]:
    return [
        f"{_moment(one.at)} latency {one.latency_ms} ms, in {one.messages_in_per_s}/s, out {one.messages_out_per_s}/s, "
        f"queue {one.queued}, runs {one.active_runs}, late {one.loop_lag_ms} ms"
        for one in health.series.points
    ]


def _moment(milliseconds: int | None) -> str:
    if milliseconds is None:
        return "-"
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
