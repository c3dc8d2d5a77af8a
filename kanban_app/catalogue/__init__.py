"""The words for everything that can go wrong: one entry for each code of the error catalogue and of our own."""

from typing import Final

from kanban_app.catalogue.connection import CONNECTION
from kanban_app.catalogue.entry import LABELS, Act, Entry, Tag
from kanban_app.catalogue.requests import REQUESTS
from kanban_app.catalogue.runs import RUNS
from kanban_app.catalogue.system import SYSTEM

__all__ = ["CATALOGUE", "CONNECTION", "LABELS", "REQUESTS", "RUNS", "SYSTEM", "UNEXPECTED", "Act", "Entry", "Tag"]

CATALOGUE: Final[dict[str, Entry]] = {**CONNECTION, **REQUESTS, **RUNS, **SYSTEM}
UNEXPECTED: Final = CATALOGUE["E-SYS-9"]
"""The words for a code that nobody knows."""
