"""The card that a run works on, as its issue file has it, and names that are safe to use for files and code."""

import json
import keyword
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

NO_TITLE: Final = "A card without a title"
_SLUG_CHARS: Final = 40
_FAIL: Final = re.compile(r"\[fail:\s*([\w-]+)\s*\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Card:
    """Title and text of a card, free of anything that cannot be written as UTF-8; `patch` is what a patch asks for."""

    number: str
    title: str
    body: str
    patch: str = ""

    @property
    def slug(self) -> str:
        """Lower-case letters, digits and hyphens; never empty."""
        return slugify(_FAIL.sub("", self.title)) or "card"

    def fails_in(self, stage: str) -> bool:
        """Whether the text asks for a failure in this stage (`[fail:<stage>]`)."""
        wanted = (match.group(1).lower() for match in _FAIL.finditer(f"{self.title}\n{self.body}"))
        return any(name == stage or (name == "implement" and stage == "build") for name in wanted)


def read_card(path: Path | None, number: str) -> Card:
    """The card in an issue file; what the file lacks is made from the number."""
    issue = _load(path) if path is not None else {}
    title = line_of(issue.get("title")) or (f"Issue {number}" if number else NO_TITLE)
    return Card(
        number=number or line_of(issue.get("number")),
        title=title,
        body=_clean(issue.get("body")),
        patch=_clean(issue.get("patch_request")).strip(),
    )


def slugify(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:_SLUG_CHARS].strip("-")


def identifier(slug: str) -> str:
    """A Python identifier made of a slug."""
    name = slug.replace("-", "_")
    if not name or name[0].isdigit() or keyword.iskeyword(name) or keyword.issoftkeyword(name):
        return f"card_{name}".rstrip("_")
    return name


def _load(path: Path) -> dict[str, Any]:
    try:
        value: Any = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}


def _clean(value: object) -> str:
    text = "" if value is None else str(value).encode("utf-8", "replace").decode()
    return "".join(char for char in text if char in "\n\t" or unicodedata.category(char) != "Cc")


def line_of(value: object) -> str:
    """A text as one line."""
    return " ".join(_clean(value).split())
