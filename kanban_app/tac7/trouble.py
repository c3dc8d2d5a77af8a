"""What went wrong, in terms of the error catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Trouble:
    """A code of the catalogue and what fills its message."""

    code: str
    params: Mapping[str, str] = field(default_factory=dict[str, str])


class Unanswered(Exception):
    """A service could not be asked something, or did not answer usefully. `code` and `params` are the catalogue's."""

    def __init__(self, code: str, params: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.params = dict(params or {})
