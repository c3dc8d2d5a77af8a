"""How routes reach the services, and how they carry out a command."""

from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from pydantic import BaseModel
from starlette.requests import HTTPConnection

from kanban_app.api.failures import ApiError
from kanban_app.asgi import FIRST_PROJECT, project_of
from kanban_app.domain.commands import Command
from kanban_app.errors import BoardError
from kanban_app.services.backups import Backups
from kanban_app.services.board import Outcome
from kanban_app.services.container import ApiServices
from kanban_app.services.projects.all_projects import Projects

ServicesNow = Callable[[], ApiServices | None]
ProjectsNow = Callable[[], Projects | None]

_AUTHOR: Final = "api"


class ErrorDetail(BaseModel):
    """Why a request was not carried out, in words for people and with a code for programs."""

    code: str
    title: str
    message: str
    actions: list[str]
    details: dict[str, Any]


class ErrorBody(BaseModel):
    """The one shape of all errors."""

    error: ErrorDetail


ERRORS: Final[dict[int | str, dict[str, Any]]] = {
    "4XX": {"model": ErrorBody, "description": "Refused, nothing has changed"},
    422: {"model": ErrorBody, "description": "Not valid, nothing has changed"},
    "5XX": {"model": ErrorBody, "description": "Failed"},
}


def services_now(connection: HTTPConnection) -> ApiServices | None:
    """The services of the project that is asked for; None while they start or stop.

    Raises BoardError where there is no such project, or it is not open.
    """
    project = project_of(connection.scope)
    if project == FIRST_PROJECT:
        current: ServicesNow = connection.app.state.services
        return current()
    projects = _projects_now(connection)
    return projects.services(project) if projects else None


def services_of(request: Request) -> ApiServices:
    """The running services; E-CONN-17 while the app starts or stops."""
    services = services_now(request)
    if services is None:
        raise starting()
    return services


def projects_of(request: Request) -> Projects:
    """All projects; E-CONN-17 while the app starts or stops."""
    projects = _projects_now(request)
    if projects is None:
        raise starting()
    return projects


def backups_of(request: Request) -> Backups:
    """The backups of all projects; E-CONN-17 while the app starts or stops."""
    backups = projects_of(request).backups
    if backups is None:
        raise starting()
    return backups


def open_boards(request: Request) -> list[ApiServices]:
    """The services of all projects that are open now."""
    first: ServicesNow = request.app.state.services
    here, projects = first(), _projects_now(request)
    found = projects.open_services() if projects else [here]
    return [services for services in found if services is not None]


def starting() -> BoardError:
    return BoardError("E-CONN-17", details={"reason": "The app is starting or stopping."})


def _projects_now(connection: HTTPConnection) -> Projects | None:
    current: ProjectsNow = connection.app.state.projects
    return current()


def author_of(request: Request) -> str:
    """Who the gate says it is."""
    author: object = request.scope.get("state", {}).get("author")
    return author if isinstance(author, str) else _AUTHOR


Running = Annotated[ApiServices, Depends(services_of)]
AllProjects = Annotated[Projects, Depends(projects_of)]
AllBackups = Annotated[Backups, Depends(backups_of)]
Author = Annotated[str, Depends(author_of)]


async def carry_out(services: ApiServices, command: Command, author: str, op_id: str | None = None) -> Outcome:
    """The outcome of a command that was carried out; a refusal is raised as the answer that it becomes."""
    return carried_out(await services.board.execute(command, author=author, op_id=op_id))


def carried_out(outcome: Outcome) -> Outcome:
    """The outcome, unless it is a refusal, which is raised."""
    if outcome.error:
        raise ApiError(outcome.status, outcome.error)
    return outcome
