"""Why a build has failed, in a few words for one sentence."""

import re
import shutil
from typing import Final, cast

_LONGEST: Final = 160
# `ValueError: …` of Python, `npm error code …`, `Error: …` of the bundler.
_ERROR: Final = re.compile(r"\b\w*(error|exception)\b\s*:?\s*\S", re.IGNORECASE)
_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")
# What comes after the cause and says nothing of it.
_NOISE: Final = re.compile(
    r"npm (notice|warn)|complete log of this run|above exception|\bat .+:\d+:\d+\)?$", re.IGNORECASE
)


def cause_in(log: str) -> str:
    """The last line of a build's log that tells of an error, shortened; else its last line; empty when it has none."""
    lines = [_plain(line) for line in log.splitlines()]
    telling = [line for line in lines if any(map(str.isalpha, line)) and not _NOISE.search(line)]
    errors = [line for line in telling if _ERROR.search(line)]
    line = (errors or telling or [""])[-1]
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1].rstrip() + "…"


def reason_of(error: OSError) -> str:
    """The system's words for what it did not allow."""
    if isinstance(error, shutil.Error):
        # Of the copying of many files: a list of (from, to, why).
        faults = cast("list[tuple[str, str, str]] | str", error.args[0])
        return _plain(faults if isinstance(faults, str) else faults[0][2]).lower()
    return (error.strerror or str(error)).lower()


def _plain(line: str) -> str:
    return "".join(char for char in _COLOUR.sub("", line) if char.isprintable()).strip()
