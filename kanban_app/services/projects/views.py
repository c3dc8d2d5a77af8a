"""A project as people and programs see it."""

from typing import TypedDict

from kanban_app.services.projects.standing import Entry
from kanban_app.services.views import millis


class ProjectView(TypedDict):
    """A project for people. Counts and connection ("" while unknown) are those of an open one; times are in ms."""

    id: str
    title: str
    state: str
    reason: str
    url: str
    repository: str
    running: int
    waiting: int
    failed: int
    connection: str
    connection_label: str
    created_at: int
    used_at: int


def view_of(entry: Entry) -> ProjectView:
    project, reader = entry.project, entry.opened.services.reader if entry.opened else None
    connection = reader.connection() if reader else None
    return ProjectView(
        id=project.id,
        title=project.title,
        state=entry.state.value,
        reason=entry.reason,
        url=f"/p/{project.id}/",
        repository=project.repository,
        running=reader.active_runs() if reader else 0,
        waiting=reader.queue_count() if reader else 0,
        failed=reader.failed_cards() if reader else 0,
        connection=connection["state"] if connection else "",
        connection_label=connection["label"] if connection else "",
        created_at=millis(project.created_at) or 0,
        used_at=millis(project.used_at) or 0,
    )
