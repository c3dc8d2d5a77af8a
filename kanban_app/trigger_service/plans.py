"""The plan that a run's planner has written (reference section 6.3). Blocks."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from kanban_app.trigger_service.layout import ProjectLayout
from kanban_app.trigger_service.project_files import read_text

_LONGEST: Final = 1024 * 1024


def find_plan(layout: ProjectLayout, adw_id: str, state: Mapping[str, Any], issue: str | None) -> dict[str, Any] | None:
    """The newest file named after the run; else the one that its state names; else the newest of its issue."""
    own, named = _newest(_named_after(layout, adw_id)), _of_state(layout, adw_id, state)
    for path in (*own, *named, *_newest(_of_issue(layout, adw_id, issue))):
        found = read_text(layout, path, _LONGEST)
        if found is not None:
            text, is_whole = found
            return {"plan_content": text, "plan_file": f"specs/{path.name}", "truncated": not is_whole}
    return None


def _named_after(layout: ProjectLayout, adw_id: str) -> Iterator[Path]:
    """`…-adw-<id>-….md`, or `<id>-….md` as the demonstration names its own; the id of another run may begin with it."""
    wanted = re.compile(rf"(?:(?:.*-)?adw-)?{adw_id}(?:[-.].*)?\.md")
    return (path for path in _plans(layout, adw_id) if wanted.fullmatch(path.name))


def _of_issue(layout: ProjectLayout, adw_id: str, issue: str | None) -> Iterator[Path]:
    """Plans of whatever run: one that goes on with the work of another has none of its own."""
    if not issue or not issue.isdecimal():
        return iter(())
    wanted = re.compile(rf"issue-{issue}(?!\d).*\.md")
    return (path for path in _plans(layout, adw_id) if wanted.fullmatch(path.name))


def _of_state(layout: ProjectLayout, adw_id: str, state: Mapping[str, Any]) -> Iterator[Path]:
    name = state.get("plan_file")
    if isinstance(name, str) and name.endswith(".md") and "\0" not in name:
        yield layout.worktree(adw_id) / name
        yield layout.root / name


def _plans(layout: ProjectLayout, adw_id: str) -> Iterator[Path]:
    for folder in layout.spec_folders(adw_id):
        if folder.is_dir() and layout.contains(folder):
            yield from folder.glob("*.md")


def _newest(paths: Iterator[Path]) -> list[Path]:
    times: list[tuple[float, Path]] = []
    for path in paths:
        try:
            times.append((path.stat().st_mtime, path))
        except OSError:
            continue
    return [path for _, path in sorted(times, reverse=True)]
