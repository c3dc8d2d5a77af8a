"""What is acceptable of a project: its title, its repository, its trigger service, and that there is room for it.

All raise BoardError with what is not.
"""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final, cast

from kanban_app.domain.projects import title_of
from kanban_app.errors import BoardError
from kanban_app.services.projects import kept_list
from kanban_app.services.projects.standing import Entry, Opened, State
from kanban_app.setting_texts import parse_setting

MOST_OPEN: Final = 16


def check_room(entries: Collection[Entry], state: State) -> None:
    """Whether one more may be open; with the state OPENING also whether there may be one more."""
    busy = [entry for entry in entries if entry.state in {State.OPEN, State.OPENING}]
    if len(busy) >= MOST_OPEN:
        raise BoardError("E-PROJ-3", {"limit": f"{MOST_OPEN} open projects"})
    if state is State.OPENING and len(entries) >= kept_list.MOST:
        raise BoardError("E-PROJ-3", {"limit": f"{kept_list.MOST} projects"})


def title_in(text: str) -> str:
    try:
        return title_of(text)
    except ValueError as error:
        raise _not_accepted("title", str(error)) from None


def folder_in(text: str, entries: Collection[Entry]) -> str:
    """The folder of a repository that no other project works in."""
    if not text:
        return ""
    folder = cast("Path", _setting("project_dir", text, "repository")).resolve()
    for entry in entries:
        if entry.project.repository and Path(entry.project.repository).resolve() == folder:
            raise _not_accepted("repository", f"the project {entry.project.title} works in it already")
    return str(folder)


async def connection_in(service: str, token: str, first: Opened | None) -> Mapping[str, str]:
    """What its settings shall be; checked by those of the first project, which has the same rules."""
    if not service:
        return {}
    _setting("tac7_url", service, "service")
    if token:
        _setting("tac7_token", token, "token")
    if first and (refusal := await first.services.settings.refuse(service)):
        raise _not_accepted("service", refusal)
    return {"tac7_url": service, "tac7_token": token}


def _setting(name: str, text: str, field_name: str) -> object:
    try:
        return parse_setting(name, text)
    except ValueError as error:
        raise _not_accepted(field_name, str(error)) from None


def _not_accepted(field_name: str, reason: str) -> BoardError:
    return BoardError("E-SYS-5", {"field": field_name, "reason": f"{reason}."})
