"""What went wrong, in terms of the error catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Trouble:
    """A code of the catalogue and what fills its message."""

    code: str
    params: Mapping[str, str] = field(default_factory=dict[str, str])
