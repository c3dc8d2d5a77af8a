"""Events in the flat form in which the log of the store has them."""

from dataclasses import fields
from datetime import datetime

from kanban_app.domain.events import Event, SignSeen, Ticked
from kanban_app.domain.json_form import plain
from kanban_app.domain.records import EventRecord


def is_stored(event: Event) -> bool:
    """Whether the event gets a number in the log; the rest only changes rows."""
    return not isinstance(event, Ticked | SignSeen)


def to_record(event: Event, at: datetime, author: str, task_id: str | None) -> EventRecord:
    """The flat form that the store keeps. `task_id` is the card that the event is about."""
    data = {f.name: plain(getattr(event, f.name)) for f in fields(event)}
    return EventRecord(
        kind=event.kind,
        at=at,
        author=author,
        data=data,
        task_id=task_id,
        adw_id=_text(event, "adw_id"),
        attempt_id=_text(event, "attempt_id"),
    )


def _text(event: Event, name: str) -> str | None:
    for holder in (event, getattr(event, "attempt", None), getattr(event, "run", None)):
        value = getattr(holder, name, None)
        if isinstance(value, str):
            return value
    attempt = getattr(event, "attempt", None)
    return getattr(attempt, "id", None) if name == "attempt_id" else None
