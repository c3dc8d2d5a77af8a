"""The original's browser storage (key `agentic-kanban-storage`), as a file with its JSON. Source: reference F45."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from kanban_app.domain.records import LogEntry
from kanban_app.services.transfer import original
from kanban_app.services.transfer.source import FoundCard, Source, UnreadableFile
from kanban_app.tac7.codec import load

KEY: Final = "agentic-kanban-storage"


def is_browser_storage(value: dict[str, Any]) -> bool:
    state = _state(value)
    return state is not None and isinstance(state.get("tasks"), list)


def read_browser_storage(value: dict[str, Any], now: datetime) -> Source:
    """The cards of the storage's value, of a file with all keys of the storage, or of the state alone."""
    state = _state(value)
    if state is None:
        raise UnreadableFile("it has no cards of the original")
    projects = _projects(state)
    cards: list[FoundCard] = []
    unread = 0
    for entry in original.items(state.get("tasks")):
        task = original.fields(entry)
        if not task:
            unread += 1
            continue
        cards.append(_card(task, state, projects, now))
    notes = [f"Entries that are no cards: {unread}."] if unread else []
    images = sum(1 for task in original.items(state.get("tasks")) if original.fields(task).get("images"))
    if images:
        notes.append(f"Cards whose images stay behind: {images}.")
    return Source("browser-storage", cards, notes)


def _state(value: dict[str, Any]) -> dict[str, Any] | None:
    """The state inside of however many wrappings there are."""
    for key in (KEY, "state"):
        inner = value.get(key)
        if isinstance(inner, str):
            inner = _decoded(inner)
        held = original.fields(inner)
        if held:
            return _state(held) if key == KEY else held
    return value if "tasks" in value else None


def _decoded(text: str) -> object:
    try:
        return load(text)
    except (ValueError, RecursionError):
        return None


def _projects(state: dict[str, Any]) -> dict[str, str]:
    """The names of projects by id, where there are several to tell apart."""
    known = {str(project.get("id")): original.text(project.get("name")) for project in _entries(state)}
    return known if len(known) > 1 else {}


def _entries(state: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (original.fields(project) for project in original.items(state.get("availableProjects")))


def _card(task: dict[str, Any], state: dict[str, Any], projects: dict[str, str], now: datetime) -> FoundCard:
    about = original.fields(task.get("metadata"))
    created = original.moment(task.get("createdAt"))
    project = projects.get(str(task.get("projectId")), "")
    workflow = original.text(task.get("workflow_name")) or original.text(about.get("workflow_name"))
    adw_id = original.text(about.get("adw_id"))
    card = original.OriginalCard(
        key=f"{task.get('id')}:{task.get('createdAt')}",
        title=original.text(task.get("title")),
        description=original.text(task.get("description")),
        type=original.text(task.get("workItemType")),
        stages=[original.text(stage) for stage in original.items(task.get("queuedStages"))],
        workflow=workflow or original.text(task.get("pipelineIdStatic")),
        column=original.text(task.get("stage")),
        is_completed=task.get("status") == "completed" and about.get("completed_at") is not None,
        created_at=created,
        updated_at=original.moment(task.get("updatedAt")),
        adw_id=adw_id,
        branch=original.text(about.get("branch_name")) or None,
        issue_number=original.number(about.get("issue_number")),
        model_set=original.text(about.get("model_set")),
        labels=(project,) if project else (),
    )
    logs = original.items(original.fields(state.get("taskWorkflowLogs")).get(str(task.get("id"))))
    return original.to_card(card, _lines(adw_id, logs, created or now), now)


def _lines(adw_id: str, logs: list[Any], at: datetime) -> Iterator[LogEntry]:
    for number, entry in enumerate(logs, 1):
        told = original.fields(entry)
        message = told.get("message")
        said = message if isinstance(message, str) else json.dumps(message, ensure_ascii=False)
        at = original.moment(told.get("timestamp")) or at
        yield original.line(adw_id, number, said, at, level=original.text(told.get("level")))
