"""Frames that real services of both vintages sent and got, one a line: `dir` is "->" (client) or "<-" (service)."""

import json
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent


def recorded(name: str, direction: str = "<-") -> list[Any]:
    """The frames of one recording in one direction."""
    lines = (_FOLDER / f"{name}.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    return [row["msg"] for row in rows if row["dir"] == direction]


def names() -> list[str]:
    return sorted(path.stem for path in _FOLDER.glob("*.jsonl"))
