"""What a check has found."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

_LONGEST: Final = 220


class Result(StrEnum):
    """`deviates`: otherwise than the reference says, in a way that it documents or that harms no client.

    `breach`: a client would lose, double or misunderstand something, or what is advertised does not work.
    """

    PASS = "pass"  # noqa: S105 - not a password
    DEVIATES = "deviates"
    NOT_OFFERED = "not offered"
    BREACH = "breach"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Verdict:
    result: Result
    evidence: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict with the name of its check, and the requirements (R…) and quirks (Q…) that it is about."""

    check: str
    ids: tuple[str, ...]
    result: Result
    evidence: str


@dataclass(slots=True)
class Notes:
    """Gathers what a check sees on its way; the worst decides."""

    breaches: list[str] = field(default_factory=list[str])
    deviations: list[str] = field(default_factory=list[str])

    def breach(self, text: str) -> None:
        self.breaches.append(text)

    def deviation(self, text: str) -> None:
        self.deviations.append(text)

    def breach_unless(self, *, holds: bool, text: str) -> None:
        if not holds:
            self.breach(text)

    def deviation_unless(self, *, holds: bool, text: str) -> None:
        if not holds:
            self.deviation(text)

    def verdict(self, seen: str) -> Verdict:
        """`seen` is the evidence when nothing was wrong."""
        if self.breaches:
            return breach("; ".join(self.breaches))
        if self.deviations:
            return deviates("; ".join(self.deviations))
        return passed(seen)


def passed(evidence: str) -> Verdict:
    return Verdict(Result.PASS, shown(evidence))


def deviates(evidence: str) -> Verdict:
    return Verdict(Result.DEVIATES, shown(evidence))


def not_offered(evidence: str) -> Verdict:
    return Verdict(Result.NOT_OFFERED, shown(evidence))


def breach(evidence: str) -> Verdict:
    return Verdict(Result.BREACH, shown(evidence))


def shown(text: object) -> str:
    """Text of the other side on one line, without what a terminal would obey."""
    line = " ".join(str(text).split())
    safe = "".join(letter if letter.isprintable() else "?" for letter in line)
    return safe if len(safe) <= _LONGEST else safe[: _LONGEST - 1] + "…"
