"""Which folders of a run hold what one of its stages has written (reference section 6.3). Blocks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from kanban_app.trigger_service.layout import ProjectLayout

EXECUTION_LOG: Final = "execution.log"
AGENT_OUTPUT: Final = "raw_output.jsonl"

# The first that has the file wins; of several that a pattern finds, the newest. V1 forgets `test_runner`.
_CANDIDATES: Final = {
    "plan": ("sdlc_planner", "adw_plan_iso", "planner"),
    "build": ("sdlc_implementor", "adw_build_iso", "implementor", "sdlc_implementor_committer"),
    "test": (
        "tester",
        "test_runner",
        "adw_test_iso",
        "e2e_test_runner*",
        "test_resolver_*",
        "e2e_test_resolver_*",
    ),
    "review": ("reviewer", "adw_review_iso", "in_loop_review_*"),
    "document": ("documenter", "adw_document_iso", "ops"),
    "patch": ("patch_planner", "patch_implementor", "adw_patch_iso"),
}
STAGES: Final = tuple(_CANDIDATES)


def find_folder(layout: ProjectLayout, adw_id: str, stage: str, name: str) -> Path | None:
    """The folder of the stage that has a file of this name, else the first one that is there."""
    folders = list(_folders(layout, adw_id, stage))
    return next((folder for folder in folders if (folder / name).is_file()), folders[0] if folders else None)


def _folders(layout: ProjectLayout, adw_id: str, stage: str) -> Iterator[Path]:
    for agents in layout.all_agents(adw_id):
        for pattern in _CANDIDATES[stage]:
            found = [path for path in agents.glob(pattern) if path.is_dir() and layout.contains(path)]
            yield from sorted(found, key=_changed_at, reverse=True)


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
