"""The types of ASGI, as far as our own middleware needs them, and how a request says which project it is for."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

FIRST_PROJECT: Final = "default"
# What the outermost layer says of the project, for those that get nothing of a scope but its headers.
PROJECT_HEADER: Final = "x-kanban-project"
# And what the gate says of who opened a socket: kind, address and name, in this order and with spaces in between.
WHO_HEADER: Final = "x-kanban-who"
_PROJECT: Final = "kanban.project"
_PREFIX: Final = "kanban.prefix"


def of_project(scope: Scope, project: str, path: str, prefix: str = "") -> Scope:
    """The scope of a request to `path` of a project. What the request says of projects itself does not count."""
    name = PROJECT_HEADER.encode()
    headers = [entry for entry in scope.get("headers", []) if entry[0].lower() != name]
    named = [(name, project.encode())] if project != FIRST_PROJECT else []
    return {**scope, "path": path, "headers": [*headers, *named], _PROJECT: project, _PREFIX: prefix}


def project_of(scope: Mapping[str, Any]) -> str:
    """The id of the project that a request is for."""
    return scope.get(_PROJECT, FIRST_PROJECT)


def prefix_of(scope: Mapping[str, Any]) -> str:
    """What was before the path; "" where nothing was."""
    return scope.get(_PREFIX, "")
