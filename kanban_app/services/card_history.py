"""What has happened to one card, in words: its events, read from the event log."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypedDict, cast

from kanban_app.domain.model import Attempt, AttemptKind, Board, RunStatus
from kanban_app.domain.records import EventRecord
from kanban_app.domain.stages import Column, Stage, column_of
from kanban_app.errors import describe
from kanban_app.services.column_looks import ITS_OWN, ColumnLooks
from kanban_app.services.history import KINDS, author_words, what_of
from kanban_app.services.views import STATUS_WORDS, millis

ANY_OF_CARDS: Final = "task."
_SHOWN: Final = 200
_FIELDS: Final = {
    "title": "Title",
    "description": "Description",
    "type": "Type",
    "stages": "Stages",
    "labels": "Labels",
    "priority": "Priority",
    "model_set": "Models",
    "stage_models": "Models of stages",
    "issue_number": "Issue",
}
_WITHOUT_VALUE: Final = frozenset({"description"})
_NEUTRAL: Final = ""


class HistoryEntry(TypedDict):
    """One event. `what` says it in a few words, `more` has what belongs to it; `tone` is a run's status, or empty."""

    seq: int
    at: int
    author: str
    what: str
    more: str
    tone: str


@dataclass(frozen=True, slots=True)
class Said:
    """An event in words."""

    what: str
    more: str = ""
    tone: str = _NEUTRAL


Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something has happened, and what the columns are called there."""

    board: Board
    looks: ColumnLooks


def entry_of(board: Board, record: EventRecord, looks: ColumnLooks = ITS_OWN) -> HistoryEntry:
    """An event of one of `KINDS_SHOWN`, or any other of a card."""
    at = Place(board, looks)
    say = _WORDS.get(record.kind)
    said = say(at, record) if say else Said(_humanised(record.kind.removeprefix(ANY_OF_CARDS)))
    return HistoryEntry(
        seq=record.seq,
        at=millis(record.at) or 0,
        author=author_words(record.author),
        what=said.what,
        more=said.more,
        tone=said.tone,
    )


def _moved(at: Place, record: EventRecord) -> Said:
    source, target = _column(at, record.data["from_column"]), _column(at, record.data["column"])
    return Said(f"Moved within {target}" if source == target else f"Moved from {source} to {target}")


def _edited(at: Place, record: EventRecord) -> Said:
    changes = cast("Data", record.data["changes"])
    names = [_FIELDS.get(name, _humanised(name)) for name in changes]
    values = [
        f"{_FIELDS.get(name, _humanised(name))}: {_value(at, name, value)}"
        for name, value in changes.items()
        if name not in _WITHOUT_VALUE
    ]
    return Said(f"Changed {_listed([name.lower() for name in names])}", "\n".join(values))


def _undone(_at: Place, record: EventRecord) -> Said:
    return Said("Done again" if record.data["redo"] else "Taken back")


def _asked(at: Place, record: EventRecord) -> Said:
    attempt = at.board.attempts.get(record.attempt_id or "")
    return Said(f"{_name(attempt)} asked for", what_of(attempt, at.looks) if attempt else "")


def _begun(at: Place, record: EventRecord) -> Said:
    return Said(f"{_name(at.board.attempts.get(record.attempt_id or ''))} began", tone=RunStatus.RUNNING.value)


def _ended(at: Place, record: EventRecord) -> Said:
    status = RunStatus(str(record.data["status"]))
    failure = cast("Data | None", record.data.get("failure"))
    name = _name(at.board.attempts.get(record.attempt_id or ""))
    why = describe(failure["code"], failure["params"])["title"] if failure and status is not RunStatus.COMPLETED else ""
    return Said(f"{name}: {STATUS_WORDS[status].lower()}", why, status.value)


def _paused(_at: Place, record: EventRecord) -> Said:
    return Said("Waits for approval", _cut(str(record.data["reason"])), RunStatus.WAITING.value)


def _not_stopped(_at: Place, record: EventRecord) -> Said:
    return Said("Could not be stopped", _cut(str(record.data["message"])))


def _says(what: str, tone: str = _NEUTRAL) -> "Words":
    return lambda _at, _record: Said(what, tone=tone)


Words = Callable[[Place, EventRecord], Said]
_WORDS: Final[dict[str, Words]] = {
    "task.created": _says("Created"),
    "task.edited": _edited,
    "task.deleted": _says("Deleted"),
    "task.restored": _says("Restored"),
    "task.moved": _moved,
    "operation.undone": _undone,
    "attempt.opened": _asked,
    "attempt.started": _begun,
    "attempt.waiting": _paused,
    "attempt.resumed": _says("Goes on"),
    "attempt.uncertain": _says("Start uncertain", RunStatus.UNCERTAIN.value),
    "attempt.ended": _ended,
    "attempt.withdrawn": _says("Start withdrawn", RunStatus.CANCELLED.value),
    "attempt.released": _says("Its place was freed"),
    "attempt.cancel-asked": _says("Asked to stop"),
    "attempt.cancel-denied": _not_stopped,
}
KINDS_SHOWN: Final = tuple(_WORDS)


def _name(attempt: Attempt | None) -> str:
    return KINDS[attempt.kind] if attempt else KINDS[AttemptKind.START]


def _column(at: Place, name: object) -> str:
    return at.looks.title(Column(str(name)))


def _value(at: Place, name: str, value: object) -> str:
    if name == "stages" and isinstance(value, list):
        return ", ".join(at.looks.title(column_of(Stage(str(stage)))) for stage in cast("list[object]", value))
    if isinstance(value, list):
        return _cut(", ".join(str(item) for item in cast("list[object]", value))) or "none"
    if isinstance(value, Mapping):
        pairs = cast("Mapping[object, object]", value).items()
        return _cut(", ".join(f"{str(key).capitalize()} {item}" for key, item in pairs)) or "none"
    return _cut(str(value)) if value not in (None, "") else "none"


def _listed(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else "nothing"


def _humanised(name: str) -> str:
    return name.replace("-", " ").replace("_", " ").replace(".", " ").capitalize()


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1].rstrip() + "…"
