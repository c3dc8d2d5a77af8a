"""How the states reach the services: set once by the composition root, read by event handlers."""

from urllib.parse import unquote

from reflex_base.event.context import EventContext

from kanban_app.asgi import FIRST_PROJECT, PROJECT_HEADER, WHO_HEADER
from kanban_app.domain.audit import Actor, Way
from kanban_app.services import acting
from kanban_app.services.container import Services
from kanban_app.services.projects.all_projects import Projects


class _Slot:
    services: Services | None = None
    projects: Projects | None = None


def connect(services: Services | None, projects: Projects | None = None) -> None:
    """Hand the services to the screen, or take them away at shutdown: those of the first project, and all projects."""
    _Slot.services, _Slot.projects = services, projects
    acting.ask_also(tab_actor if services is not None else None)


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
    return (_headers() or {}).get(PROJECT_HEADER, FIRST_PROJECT)


def tab_actor() -> Actor | None:
    """Who sits at the tab of this event, as the gate has said when its socket was opened; None outside of events."""
    headers = _headers()
    if headers is None:
        return None
    kind, _, rest = headers.get(WHO_HEADER, "").partition(" ")
    address, _, name = rest.partition(" ")
    return Actor(unquote(name) or "a person", kind or "person", address.removeprefix("-"), Way.BOARD)


def _headers() -> dict[str, str] | None:
    try:
        data = EventContext.get().router_data
    except LookupError:
        return None
    # What is no event, but was started in the context of those, has no data of any tab.
    return data.get("headers", {}) if data else None
