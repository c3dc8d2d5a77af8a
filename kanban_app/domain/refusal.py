"""What a refused wish looks like inside the core; the words for it are in `kanban_app.errors`."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Refusal:
    """Nothing has changed, and why.

    `code` is one of the error catalogue, `params` fill its message, `offers` are ids of the ways on that the screen
    shows as buttons (`start-from-first`, `add-stage-and-run`, `cancel-run`, …).
    """

    code: str
    params: Mapping[str, str] = field(default_factory=dict[str, str])
    offers: tuple[str, ...] = ()
