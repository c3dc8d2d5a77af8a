"""How routes reach the services, and how they carry out a command."""

from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from pydantic import BaseModel

from kanban_app.api.failures import ApiError
from kanban_app.domain.commands import Command
from kanban_app.errors import BoardError
from kanban_app.services.board import Outcome
from kanban_app.services.container import ApiServices

ServicesNow = Callable[[], ApiServices | None]

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


def services_of(request: Request) -> ApiServices:
    """The running services; E-CONN-17 while the app starts or stops."""
    current: ServicesNow = request.app.state.services
    services = current()
    if services is None:
        raise BoardError("E-CONN-17", details={"reason": "The app is starting or stopping."})
    return services


def author_of(request: Request) -> str:
    """Who the gate says it is."""
    author: object = request.scope.get("state", {}).get("author")
    return author if isinstance(author, str) else _AUTHOR


Running = Annotated[ApiServices, Depends(services_of)]
Author = Annotated[str, Depends(author_of)]


async def carry_out(services: ApiServices, command: Command, author: str, op_id: str | None = None) -> Outcome:
    """The outcome of a command that was carried out; a refusal is raised as the answer that it becomes."""
    outcome = await services.board.execute(command, author=author, op_id=op_id)
    if outcome.error:
        raise ApiError(outcome.status, outcome.error)
    return outcome
