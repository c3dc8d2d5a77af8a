"""What a check says."""

from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """Its value is the exit code that it leads to."""

    OK = 0
    WARN = 1
    FAIL = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """`advice` says what to do, "" where nothing is to be done."""

    subject: str
    level: Level
    text: str
    advice: str = ""


def ok(subject: str, text: str) -> Finding:
    return Finding(subject, Level.OK, text)


def warn(subject: str, text: str, advice: str) -> Finding:
    return Finding(subject, Level.WARN, text, advice)


def fail(subject: str, text: str, advice: str) -> Finding:
    return Finding(subject, Level.FAIL, text, advice)
