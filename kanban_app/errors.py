"""The errors that carry a code of the catalogue (`kanban_app.catalogue`), and how they look when they are told.

Tree of errors:

    BoardError            something was refused or failed; carries a catalogue code and its parameters
      StartRefusal        the program cannot start; its message is one sentence for stderr
"""

import string
from collections.abc import Mapping, Sequence
from typing import TypedDict

from kanban_app.catalogue import CATALOGUE, UNEXPECTED, Act
from kanban_app.domain.refusal import Refusal


class ErrorView(TypedDict):
    """The one shape of an error in the API and on the screen. `actions` say what to do, `details` hold data."""

    code: str
    title: str
    message: str
    actions: list[str]
    details: dict[str, object]


class BoardError(Exception):
    """A refusal or failure in terms of the catalogue."""

    def __init__(self, code: str, params: Mapping[str, str] | None = None, details: Mapping[str, object] | None = None):
        super().__init__(code)
        self.code = code
        self.params = dict(params or {})
        self.details = dict(details or {})

    @property
    def status(self) -> int:
        return CATALOGUE[self.code].status if self.code in CATALOGUE else 500

    def view(self) -> ErrorView:
        return describe(self.code, self.params, self.details)

    def __str__(self) -> str:
        view = self.view()
        return f"{view['title']}: {view['message']} ({self.code})"


class StartRefusal(Exception):
    """The program cannot start. The message is one clear sentence; the command ends with exit code 2."""


def describe(
    code: str, params: Mapping[str, str] | None = None, details: Mapping[str, object] | None = None
) -> ErrorView:
    """The catalogue's words for `code`; an unknown code gets the words of E-SYS-9."""
    entry = CATALOGUE.get(code, UNEXPECTED)
    values = dict(params or {})
    return ErrorView(
        code=code,
        title=_fill(entry.title, values),
        message=_fill(entry.message, values),
        actions=[_fill(action, values) for action in entry.labels],
        details={**values, **(details or {})},
    )


def acts_of(error: ErrorView) -> tuple[Act, ...]:
    """What buttons can do about an error."""
    return CATALOGUE.get(error["code"], UNEXPECTED).acts


def advice_of(error: ErrorView) -> list[str]:
    """What a person can do about an error elsewhere."""
    actions = CATALOGUE.get(error["code"], UNEXPECTED).actions
    words = zip(actions, error["actions"], strict=True)
    return [said for action, said in words if not isinstance(action, Act)]


def from_refusal(refusal: Refusal) -> BoardError:
    return BoardError(refusal.code, refusal.params, {"offers": list(refusal.offers)} if refusal.offers else None)


def sentence(parts: Sequence[str]) -> str:
    return "; ".join(part.rstrip(".") for part in parts) + "."


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "?"


def _fill(template: str, values: Mapping[str, str]) -> str:
    return string.Formatter().vformat(template, (), _Blank(values)).strip()
