"""A unified diff as lines with their numbers and colours, ready for the screen."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import monotonic
from typing import Final, Self, TypedDict

from kanban_app.services.colouring import Part, colour, plain

LINE_LIMIT: Final = 2000
COLOURING_S: Final = 0.8

_HUNK: Final = re.compile(r"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@ ?(.*)")
_MODE: Final = re.compile(r"^(old|new) mode (\d+)$", re.MULTILINE)
_FORMS: Final = {
    **{code: 0x2400 + code for code in range(32) if code != 9},  # noqa: PLR2004 - tabs stay
    127: 0x2421,
    **{code: f"[U+{code:04X}]" for code in (*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))},
    **{code: f"[U+{code:04X}]" for code in (0x061C, 0x200E, 0x200F, 0x2028, 0x2029, 0xFEFF)},
}
"""What would not be seen, or would make a line look like another one."""


class LineView(TypedDict):
    """`kind` is " ", "+" or "-"; `old` and `new` are its numbers, None where it is not; `bare`: no line end follows."""

    kind: str
    old: int | None
    new: int | None
    parts: list[Part]
    bare: bool


class HunkView(TypedDict):
    """Lines in one piece. `title` is what git takes for the heading that they are below."""

    title: str
    lines: list[LineView]


@dataclass(slots=True)
class _Line:
    kind: str
    old: int | None
    new: int | None
    text: str
    bare: bool = False


@dataclass(slots=True)
class _Hunk:
    """`old` and `new` are the numbers of the next line, and where the sides end."""

    title: str
    old: int
    new: int
    old_end: int
    new_end: int
    lines: list[_Line] = field(default_factory=list[_Line])

    @classmethod
    def begin(cls, found: re.Match[str]) -> Self:
        old, new = int(found[1]), int(found[3])
        return cls(found[5], old, new, old + int(found[2] or 1), new + int(found[4] or 1))

    @property
    def is_whole(self) -> bool:
        return self.old >= self.old_end and self.new >= self.new_end

    def take(self, line: str) -> None:
        kind = line[:1] or " "  # some leave the space of an empty line away
        if kind == "\\" and self.lines:
            self.lines[-1].bare = True
        if kind not in {" ", "+", "-"} or self.is_whole:
            return
        old, new = None if kind == "+" else self.old, None if kind == "-" else self.new
        self.lines.append(_Line(kind, old, new, line[1:]))
        self.old, self.new = self.old + (kind != "+"), self.new + (kind != "-")


def hunks_of(diff: str, path: str) -> list[HunkView]:
    """What has changed, coloured as far as there is time for it. Takes up to a second: call in a thread."""
    until = monotonic() + COLOURING_S
    return [HunkView(title=_visible(hunk.title), lines=_lines(hunk, path, until)) for hunk in _parse(diff)]


def mode_of(diff: str) -> str:
    """How the file's mode has changed; empty where it has not."""
    modes = dict(_MODE.findall(diff.partition("\n@@ ")[0]))
    return f"{modes['old']} → {modes['new']}" if len(modes) == 2 else ""  # noqa: PLR2004


def _parse(diff: str) -> Iterator[_Hunk]:
    hunk: _Hunk | None = None
    for line in diff.removesuffix("\n").split("\n"):
        begin = _HUNK.match(line)
        if begin is None and not line.startswith("diff --git "):
            if hunk is not None:
                hunk.take(line)
            continue
        if hunk is not None:
            yield hunk
        hunk = _Hunk.begin(begin) if begin else None
    if hunk is not None:
        yield hunk


def _lines(hunk: _Hunk, path: str, until: float) -> list[LineView]:
    keeps_returns = len({line.text.endswith("\r") for line in hunk.lines if line.kind != " "}) > 1
    for line in hunk.lines:
        line.text = _cut(_visible(line.text if keeps_returns else line.text.removesuffix("\r")))
    coloured = {**_side(hunk, "-", path, until), **_side(hunk, "+", path, until)}
    return [
        LineView(
            kind=line.kind, old=line.old, new=line.new, parts=coloured.get(place, plain(line.text)), bare=line.bare
        )
        for place, line in enumerate(hunk.lines)
    ]


def _side(hunk: _Hunk, kind: str, path: str, until: float) -> dict[int, list[Part]]:
    """The lines as they were before, or as they are now, coloured as one text."""
    places = [place for place, line in enumerate(hunk.lines) if line.kind in {" ", kind}]
    if kind == "-" and all(hunk.lines[place].kind == " " for place in places):
        return {}
    coloured = colour([hunk.lines[place].text for place in places], path, until)
    return dict(zip(places, coloured, strict=False)) if coloured else {}


def _visible(text: str) -> str:
    return text.translate(_FORMS)


def _cut(text: str) -> str:
    return text if len(text) <= LINE_LIMIT else f"{text[:LINE_LIMIT]}…"
