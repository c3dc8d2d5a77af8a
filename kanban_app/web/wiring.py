"""How the states reach the services: set once by the composition root, read by event handlers."""

from reflex_base.event.context import EventContext

from kanban_app.asgi import FIRST_PROJECT, PROJECT_HEADER
from kanban_app.services.container import Services
from kanban_app.services.projects import Projects


class _Slot:
    services: Services | None = None
    projects: Projects | None = None


def connect(services: Services | None, projects: Projects | None = None) -> None:
    """Hand the services to the screen, or take them away at shutdown: those of the first project, and all projects."""
    _Slot.services, _Slot.projects = services, projects


def services() -> Services:
    """The services of the project that the tab shows.

    Raises RuntimeError before start-up and after shutdown, BoardError when its project is not open.
    """
    project = tab_project()
    if project != FIRST_PROJECT:
        return projects().running_services(project)
    if _Slot.services is None:
        msg = "the app is not running"
        raise RuntimeError(msg)
    return _Slot.services


def projects() -> Projects:
    """All projects. Raises RuntimeError before start-up and after shutdown."""
    if _Slot.projects is None:
        msg = "the app is not running"
        raise RuntimeError(msg)
    return _Slot.projects


def tab_project() -> str:
    """The id of the project that the tab of this event shows: its socket was opened below the project's address."""
    try:
        headers = EventContext.get().router_data.get("headers", {})
    except LookupError:
        return FIRST_PROJECT
    return headers.get(PROJECT_HEADER, FIRST_PROJECT)
