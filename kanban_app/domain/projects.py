"""A project as the list of projects keeps it."""

import re
import unicodedata
from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime
from typing import Final

TITLE_LIMIT: Final = 80
_ID_LIMIT: Final = 32
_WORDS: Final = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Project:
    """`repository` is the folder that its built-in service works in, "" for the demonstration; `op_id` has made it."""

    id: str
    title: str
    created_at: datetime
    used_at: datetime
    repository: str = ""
    archived: bool = False
    op_id: str = ""


def title_of(text: str) -> str:
    """A title as it is kept, on one line. Raises ValueError with what it must be, as the end of a sentence."""
    title = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    if not title:
        raise ValueError("must have at least one letter")
    if len(title) > TITLE_LIMIT:
        raise ValueError(f"must have at most {TITLE_LIMIT} characters")
    return title


def id_for(title: str, taken: Container[str]) -> str:
    """A short id that can stand in an address, made of the title and different from those that are taken."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    name = _WORDS.sub("-", plain).strip("-")[:_ID_LIMIT].rstrip("-") or "project"
    candidates = (name if number == 1 else f"{name}-{number}" for number in range(1, 10_000))
    return next(candidate for candidate in candidates if candidate not in taken)
