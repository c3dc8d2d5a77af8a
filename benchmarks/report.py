"""Results as a table for people and as JSON for programs."""

import math
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, Result

_HEAD = ("case", "figure", "value", "unit", "aim", "")


def table(results: Sequence[Result]) -> str:
    """One line a figure; the aim and `pass` or `miss` beside those that have one."""
    rows = [_HEAD, *(row for result in results for row in _rows(result))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    return "\n".join(_line(row, widths) for row in rows)


def number(value: float) -> str:
    """Three digits that matter, and no more after the point than they need."""
    if math.isnan(value):
        return "-"
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"


def as_json(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Everything that was measured, unrounded; NaN as null."""
    return [
        {"case": result.case, "failure": result.failure, "figures": [_figure(figure) for figure in result.figures]}
        for result in results
    ]


def file_name(at: datetime, commit: str) -> Path:
    """Sorts by time."""
    return Path(f"{at:%Y-%m-%dT%H%M%S}-{commit}.json")


def _rows(result: Result) -> list[tuple[str, ...]]:
    if result.failure:
        return [(result.case, "not measured", "", result.failure.splitlines()[0], "", "")]
    return [
        (result.case, figure.name, number(figure.value), figure.unit, _aim(figure), figure.verdict)
        for figure in result.figures
    ]


def _aim(figure: Figure) -> str:
    return "" if figure.aim is None else f"<= {number(figure.aim)}"


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        cell.rjust(width) if column == 2 else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()


def _figure(figure: Figure) -> dict[str, Any]:
    value = None if math.isnan(figure.value) else figure.value
    return {"name": figure.name, "value": value, "unit": figure.unit, "aim": figure.aim, "verdict": figure.verdict}
