"""The names of settings, and those of their variables in the environment."""

from typing import Final

PREFIX: Final = "KANBAN_"


def variable(name: str) -> str:
    return PREFIX + name.upper()
