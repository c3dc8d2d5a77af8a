"""What the API answers with: the views of the services, and what a program needs beside them.

Times that are made here are ISO-8601 in UTC; those inside the views are milliseconds, as the screen has them.
"""

from datetime import UTC, datetime
from typing import Any

from kanban_app.domain.model import Attempt, Task
from kanban_app.domain.records import EventRecord, LogEntry
from kanban_app.errors import BoardError
from kanban_app.services.board import Outcome
from kanban_app.services.container import ApiServices
from kanban_app.services.event_log import LogPage
from kanban_app.services.view_shapes import CardView, LiveView, RunView
from kanban_app.services.views import attempt_view

Json = dict[str, Any]


def task(services: ApiServices, task_id: str) -> Json:
    """A card with all its fields; E-SYS-3 when it is unknown or deleted."""
    detail, record = services.reader.detail(task_id), services.snapshot().task(task_id)
    if detail is None or record is None:
        raise BoardError("E-SYS-3", {"what": "This card"})
    return {
        **_summary(detail["card"], services.reader.live(task_id), record),
        "description": detail["description"],
        "model_set": detail["model_set"],
        "stage_models": detail["stage_models"],
        "issue_number": detail["issue_number"],
        "attachments": detail["images"],
        "blocked_by": detail["blocked_by"],
    }


def board(services: ApiServices) -> Json:
    """The whole board; `seq` is the number of the newest event that it includes."""
    cards, lives, snapshot = services.reader.cards(), services.reader.lives(), services.snapshot()
    idle = LiveView(progress=0, step="", last_log="", stage_percent=0)

    def summary(task_id: str) -> Json:
        return _summary(cards[task_id], lives.get(task_id, idle), snapshot.tasks[task_id])

    columns = [
        {
            "id": column["id"],
            "title": column["title"],
            "colour": column["colour"],
            "limit": column["limit"],
            "tasks": [summary(task_id) for task_id in column["ids"]],
        }
        for column in services.reader.columns()
    ]
    return {
        "seq": services.last_seq(),
        "project": {"id": services.project_id, "demo": services.reader.demo()},
        "columns": columns,
        "connection": services.reader.connection(),
    }


def attempt(record: Attempt) -> Json:
    return {**attempt_view(record), "adw_id": record.adw_id, "task_id": record.task_id}


def run(services: ApiServices, adw_id: str) -> RunView:
    """A run with its attempts; E-WF-11 when nobody knows it."""
    view = services.reader.run(adw_id)
    if view is None:
        raise unknown_run(adw_id)
    return view


def unknown_run(adw_id: str) -> BoardError:
    return BoardError("E-WF-11", {"id": adw_id[:40]})


def listed(record: Task) -> Json:
    """A card as it stands in a list of cards that need not be on the board."""
    return {
        "id": record.id,
        "number": record.number,
        "title": record.title,
        "type": record.type.value,
        "labels": list(record.labels),
        "column": record.column.value,
        "version": record.version,
        "archived_at": record.archived_at and iso(record.archived_at),
        "deleted_at": record.deleted_at and iso(record.deleted_at),
        "removed_by": record.removed_by,
    }


def several(done: Outcome) -> Json:
    """What became of each card of a bulk act."""
    return {
        "done": [part.task_id for part in done.parts if part.ok],
        "refused": [{"id": part.task_id, "error": part.error} for part in done.parts if not part.ok],
    }


def column(services: ApiServices, name: str) -> Json:
    view = next(view for view in services.reader.columns() if view["id"] == name)
    return {"id": view["id"], "title": view["title"], "count": view["count"], "limit": view["limit"]}


def outcome(services: ApiServices, done: Outcome) -> Json:
    """What a command came to: the card, and the attempt that it opened or was about.

    The card is null when it has left the board since (an operation can be asked for much later).
    """
    if done.parts:
        return several(done)
    card = done.task_id if done.task_id and services.reader.card(done.task_id) else None
    answer: Json = {"task": task(services, card) if card else None}
    found = services.snapshot().attempts.get(done.attempt_id or "")
    return {**answer, "attempt": attempt(found)} if found else answer


def started(services: ApiServices, done: Outcome) -> Json:
    """The attempt that a start has opened, with its card beside it."""
    answer = outcome(services, done)
    return {**answer.get("attempt", {}), **answer}


def event(record: EventRecord) -> Json:
    return {
        "seq": record.seq,
        "kind": record.kind,
        "at": iso(record.at),
        "author": record.author,
        "task_id": record.task_id,
        "adw_id": record.adw_id,
        "attempt_id": record.attempt_id,
        "data": dict(record.data),
    }


def log_page(page: LogPage) -> Json:
    return {"entries": [log_entry(entry) for entry in page.entries], "next": page.following, "last": page.last}


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _summary(card: CardView, live: LiveView, record: Task) -> Json:
    """A card as the board lists it. `run` and `attempt` are ids, null where there is none."""
    return {
        **card,
        **live,
        "run": record.run_id,
        "attempt": record.attempt_id,
        "created_at": iso(record.created_at),
        "updated_at": iso(record.updated_at),
    }


def log_entry(entry: LogEntry) -> Json:
    line: Json = {
        "seq": entry.seq,
        "at": iso(entry.at),
        "kind": entry.kind.value,
        "level": entry.level.value,
        "message": entry.message,
    }
    return {**line, "data": dict(entry.data)} if entry.data else line
