"""`agents/<adw_id>/adw_state.json`, through which a run's scripts hand each other what they know (reference 6.2).

Everything here blocks and belongs into a thread.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

from kanban_app.domain.launch import Launch
from kanban_app.trigger_service.layout import ProjectLayout

_MAX_BYTES: Final = 16 * 1024 * 1024


def read_state(layout: ProjectLayout, adw_id: str) -> dict[str, Any]:
    """What the file says; empty where there is none that can be read."""
    return _read(layout, layout.state_file(adw_id)) or {}


def write_state(layout: ProjectLayout, launch: Launch, ticket: Mapping[str, Any]) -> None:
    """Leave a trigger's ticket, whose images are files by now, for its script.

    What the file has beside that stays (Q18). A file that cannot be read is kept under another name. Raises OSError
    where nothing can be written, ValueError where the folder of the run is not inside the project.
    """
    file = layout.state_file(launch.adw_id)
    if not layout.contains(file.parent):
        raise ValueError(f"{file.parent} leads out of the project")
    file.parent.mkdir(parents=True, exist_ok=True)
    known = _read(layout, file)
    if known is None and os.path.lexists(file):
        file.replace(file.with_name("adw_state.unreadable.json"))
    _replace(file, {**(known or {}), **_of_trigger(launch, ticket)})


def _of_trigger(launch: Launch, ticket: Mapping[str, Any]) -> dict[str, Any]:
    request = launch.request
    issue_type = request.get("issue_type")
    state: dict[str, Any] = {
        "adw_id": launch.adw_id,
        "issue_number": request.get("issue_number"),
        "model_set": request.get("model_set"),
        "issue_class": f"/{issue_type}" if issue_type else None,
        "issue_json": dict(ticket) or None,
        "data_source": "kanban",
    }
    return {name: value for name, value in state.items() if value is not None}


def _read(layout: ProjectLayout, file: Path) -> dict[str, Any] | None:
    try:
        # What is no regular file may never end, or hold its reader up for ever.
        if not layout.contains(file) or not file.is_file() or file.stat().st_size > _MAX_BYTES:
            return None
        value: Any = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return cast(dict[str, Any], value) if isinstance(value, dict) else None


def _replace(file: Path, state: Mapping[str, Any]) -> None:
    """A script sees the whole file or the one before. Nothing is written through a link."""
    fresh = file.with_name(f"adw_state.{os.getpid()}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "w", encoding="utf-8") as new:
        json.dump(state, new, indent=2)
    fresh.replace(file)
