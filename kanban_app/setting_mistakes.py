"""Variables that are set and change nothing: those of no setting, and those that would need another one."""

from collections.abc import Iterable, Iterator
from typing import Final

from kanban_app.config import Settings
from kanban_app.setting_names import PREFIX, variable

# What only the embedded service does; of that what it does for a project alone, and for the worktrees that it makes.
_OF_WORKTREES: Final = ("setup_command", "port_range")
_OF_A_PROJECT: Final = ("prepare_worktrees", *_OF_WORKTREES, "pass_env")
_EMBEDDED_ONLY: Final = (
    "project_dir",
    "base_branch",
    *_OF_A_PROJECT,
    "run_time_limit_s",
    "run_niceness",
    "clarify_command",
    "editor_command",
)


def unknown_variables(names: Iterable[str]) -> list[str]:
    """The names that look like settings of ours but are none: most likely spelling mistakes."""
    known = {variable(name) for name in Settings.model_fields}
    return sorted(name for name in names if name.upper().startswith(PREFIX) and name.upper() not in known)


def idle_variables(settings: Settings) -> Iterator[tuple[str, str]]:
    """The variables that are set and change nothing, each with what it would need."""
    if not settings.runs_embedded_service:
        names, need = _EMBEDDED_ONLY, f"the built-in service ({PREFIX}TAC7_URL unset, or {PREFIX}EMBEDDED=true)"
    elif settings.project_dir is None:
        names, need = _OF_A_PROJECT, f"{PREFIX}PROJECT_DIR"
    elif not settings.prepare_worktrees:
        names, need = _OF_WORKTREES, f"{PREFIX}PREPARE_WORKTREES=true"
    else:
        return
    for name in names:
        if getattr(settings, name) != Settings.model_fields[name].default:
            yield variable(name), need
