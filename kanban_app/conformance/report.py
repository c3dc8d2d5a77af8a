"""The result of all checks, for people and for programs."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kanban_app.conformance.verdicts import Finding, Result

_FAILED: Final = 1


@dataclass(frozen=True, slots=True)
class Report:
    """`vintage` is empty when the service did not show it; `untried` counts the checks that only `--full` runs."""

    url: str
    vintage: str
    extensions: tuple[str, ...]
    findings: tuple[Finding, ...]
    seconds: float
    untried: int

    def count(self, result: Result) -> int:
        return sum(1 for finding in self.findings if finding.result is result)

    @property
    def exit_code(self) -> int:
        """0 without a breach. What could not be checked is no success either."""
        return _FAILED if self.count(Result.BREACH) or self.count(Result.NOT_CHECKED) else 0

    def as_table(self) -> str:
        rows = [(f.result.value, f.check, " ".join(f.ids) or "-", f.evidence) for f in self.findings]
        return "\n".join(
            [self._headline(), "", *_aligned([("result", "check", "ids", "evidence"), *rows]), "", *self._end()]
        )

    def as_json(self) -> str:
        document = {
            "url": self.url,
            "vintage": self.vintage or None,
            "extensions": list(self.extensions),
            "seconds": round(self.seconds, 3),
            "untried": self.untried,
            "counts": {result.value: self.count(result) for result in Result},
            "exit_code": self.exit_code,
            "findings": [
                {"check": f.check, "ids": list(f.ids), "result": f.result.value, "evidence": f.evidence}
                for f in self.findings
            ],
        }
        return json.dumps(document, indent=2, ensure_ascii=False)

    def _headline(self) -> str:
        extensions = f", extensions {', '.join(self.extensions)}" if self.extensions else ""
        return f"{self.url}: vintage {self.vintage or 'unknown'}{extensions}"

    def _end(self) -> list[str]:
        counts = [f"{self.count(result)} {result.value}" for result in Result if self.count(result)]
        lines = [f"{len(self.findings)} checks in {self.seconds:.1f} s: {', '.join(counts)}."]
        if self.untried:
            lines.append(f"{self.untried} further checks start workflows; --full runs them, too.")
        return lines


def _aligned(rows: Sequence[tuple[str, str, str, str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return ["  ".join([*(row[i].ljust(widths[i]) for i in range(3)), row[3]]).rstrip() for row in rows]
