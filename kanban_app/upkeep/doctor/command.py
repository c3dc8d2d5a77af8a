"""All checks in turn, and how they are told: as lines or as JSON."""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from kanban_app.config import Settings, load_settings
from kanban_app.errors import StartRefusal
from kanban_app.upkeep.doctor.data import data
from kanban_app.upkeep.doctor.environment import programs
from kanban_app.upkeep.doctor.finding import Finding, fail
from kanban_app.upkeep.doctor.network import network
from kanban_app.upkeep.doctor.wishes import wishes


def exit_code(findings: Sequence[Finding]) -> int:
    """0 all is well, 1 something deserves a look, 2 something is wrong."""
    return max(finding.level for finding in findings)


def summary(findings: Sequence[Finding]) -> str:
    words = ("All is well.", "Nothing is broken; see the warnings.", "Something is wrong; see what to do.")
    return words[exit_code(findings)]


def look(*, full: bool) -> Iterator[Finding]:
    """`full` looks through all of every database, however long it takes."""
    settings, refusal = _settings()
    if refusal:
        yield fail("Settings", refusal.rstrip("."), "Correct it in the environment or in .env.")
    yield from programs(settings)
    if settings is None:
        return
    yield from wishes(settings, os.environ, Path(".env"))
    yield from data(settings, full=full)
    yield from network(settings)


def as_line(finding: Finding) -> str:
    first = f"{finding.level.name.lower():<4}  {finding.subject}: {finding.text}."
    return f"{first}\n      → {finding.advice}" if finding.advice else first


def as_document(findings: Sequence[Finding]) -> str:
    listed = [
        {"subject": f.subject, "level": f.level.name.lower(), "text": f.text, "advice": f.advice} for f in findings
    ]
    return json.dumps({"exit_code": exit_code(findings), "findings": listed}, indent=2)


def _settings() -> tuple[Settings | None, str]:
    try:
        return load_settings(), ""
    except StartRefusal as refusal:
        return None, str(refusal)
