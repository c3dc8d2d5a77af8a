"""Which branch a run has worked on."""

import asyncio
import json
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from kanban_app.trigger_service.git.repository import Checkout, Repository

_STATE_LIMIT: Final = 4 * 1024 * 1024

State = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RunPlace:
    """A run as the service knows it; `adw_id` has been checked, the rest may be missing or wrong."""

    adw_id: str
    branch: str | None = None
    worktree: str | None = None


async def branch_of(repository: Repository, place: RunPlace) -> str | None:
    """The branch of a run, if any that it may have had is there."""
    checkouts = await repository.checkouts()
    known = await repository.branches()
    state = await asyncio.to_thread(read_state, repository.root, place.adw_id)
    names = _candidates(repository.root, place, state, checkouts, known)
    return next((name for name in names if name in known), None)


def worktree_of(root: Path, place: RunPlace, state: State, checkouts: list[Checkout]) -> Checkout | None:
    """The working tree of a run, never the main one."""
    wanted = [place.worktree, _text(state, "worktree_path"), str(root / "trees" / place.adw_id)]
    paths = [resolved for path in wanted if path and (resolved := _resolved(root, path))]
    others = [checkout for checkout in checkouts if checkout.path.resolve() != root.resolve()]
    known = (checkout for path in paths for checkout in others if checkout.path.resolve() == path)
    named = (checkout for checkout in others if checkout.path.name == place.adw_id)
    return next(known, None) or next(named, None)


def is_named_for(branch: str | None, adw_id: str) -> bool:
    """Whether the name of a branch has the id of a run in it."""
    return branch is not None and re.search(rf"(?<![A-Za-z0-9]){re.escape(adw_id)}(?![A-Za-z0-9])", branch) is not None


def _resolved(root: Path, path: str) -> Path | None:
    """None for what cannot be a path."""
    try:
        return (root / path).resolve()
    except (OSError, ValueError, RuntimeError):
        return None


def read_state(root: Path, adw_id: str) -> State:
    """A run's `adw_state.json`; empty where there is none that can be read."""
    file = root / "agents" / adw_id / "adw_state.json"
    try:
        value: Any = json.loads(_beginning(file))
    except (OSError, ValueError, RecursionError):
        return {}
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}


def _beginning(file: Path) -> bytes:
    """Pipes would hold us up, devices would never end: what is no regular file is empty."""
    with os.fdopen(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as opened:
        return opened.read(_STATE_LIMIT) if stat.S_ISREG(os.fstat(opened.fileno()).st_mode) else b""


def _candidates(
    root: Path, place: RunPlace, state: State, checkouts: list[Checkout], known: list[str]
) -> Iterator[str | None]:
    yield place.branch
    yield _text(state, "branch_name")
    worktree = worktree_of(root, place, state, checkouts)
    yield worktree.branch if worktree else None
    yield from (name for name in known if name.startswith(f"adw/{place.adw_id}-"))
    yield from (name for name in known if is_named_for(name, place.adw_id))


def _text(state: State, name: str) -> str | None:
    value = state.get(name)
    return value if isinstance(value, str) and value else None
