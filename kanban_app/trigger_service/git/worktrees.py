"""A worktree of its own for a run, with branch, ports and state, for scripts that do not make one themselves."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kanban_app.trigger_service.git.ports import FILE as PORTS_FILE
from kanban_app.trigger_service.git.ports import Ports, take_ports
from kanban_app.trigger_service.git.refusals import Refused
from kanban_app.trigger_service.git.repository import Checkout, Repository, write_atomically
from kanban_app.trigger_service.git.run_branch import RunPlace, branch_of
from kanban_app.trigger_service.git.scratch import discard
from kanban_app.trigger_service.git.turn import turn

_PATIENCE_S: Final = 600.0
_CHECKOUT_LIMIT_S: Final = 600.0
# What git writes into the lock of a worktree that it has not finished making.
_UNFINISHED: Final = "initializing"
_KEPT_OUT: Final = ("/trees/", "/agents/", f"/{PORTS_FILE}")


@dataclass(frozen=True, slots=True)
class Worktree:
    """Where a run works. `setup_mark` is there once the setup command has succeeded in it."""

    path: Path
    branch: str | None
    ports: Ports
    setup_mark: Path


async def check(root: Path, adw_id: str, base: str | None) -> None:
    """Raises Refused when no worktree can be made for the run (or GitFailed when git cannot tell)."""
    if await asyncio.to_thread((root / "trees" / adw_id / ".git").exists):
        return
    repository = await Repository.open(root)
    await repository.base(base)


async def prepare(
    root: Path, adw_id: str, slug: str, *, base: str | None, port_range: tuple[int, int], register: Path | None = None
) -> Worktree:
    """The run's worktree in `trees`, made where there is none; `register` is that of `take_ports`.

    Raises Refused, GitFailed or OSError.
    """
    repository = await Repository.open(root)
    async with turn(repository, _PATIENCE_S, "worktree") as own:
        tracked = (await own.git.answer("ls-files", "-z", "--", "agents")).names
        kept_out = [line for line in _KEPT_OUT if line != "/agents/" or not tracked]
        await asyncio.to_thread(_keep_out, own.common_dir / "info" / "exclude", kept_out)
        checkout = await _checkout(own, adw_id, slug, base)
        others = [other.path for other in await own.checkouts() if other.path != checkout.path]
        ports = await asyncio.to_thread(take_ports, checkout.path, others, *port_range, register)
    known = {
        "worktree_path": str(checkout.path),
        "branch_name": checkout.branch,
        "backend_port": ports.backend,
        "frontend_port": ports.frontend,
    }
    await asyncio.to_thread(_save_state, root / "agents" / adw_id / "adw_state.json", adw_id, known)
    git_dir = await asyncio.to_thread(lambda: checkout.git_dir)
    return Worktree(checkout.path, checkout.branch, ports, (git_dir or checkout.path) / "kanban-setup-done")


async def _checkout(repository: Repository, adw_id: str, slug: str, base: str | None) -> Checkout:
    path = repository.root.resolve() / "trees" / adw_id
    known = await _find(repository, path)
    if known is not None and known.locked == _UNFINISHED:
        await discard(repository, path)
        known = None
    if known is not None and known.is_there:
        return known
    if await asyncio.to_thread(_has_content, path):
        raise Refused("busy", f"{path} is in the way: it is no worktree of the repository")
    await _add(repository, path, RunPlace(adw_id), f"adw/{adw_id}-{slug}", base)
    made = await _find(repository, path)
    if made is None:
        raise Refused("busy", f"{path} was removed by somebody while it was made")
    return made


async def _find(repository: Repository, path: Path) -> Checkout | None:
    return next((one for one in await repository.registered() if one.path.resolve() == path), None)


async def _add(repository: Repository, path: Path, place: RunPlace, fresh: str, base: str | None) -> None:
    """On the branch that the run has had already, else on a new one. `--force`: the folder may have been deleted."""
    branch = await branch_of(repository, place)
    if branch is None:
        branch = await repository.base(base)
        names: Sequence[str] = ("--no-track", "-b", fresh, str(path), f"refs/heads/{branch}")
    else:
        holder = next((one for one in await repository.checkouts() if one.branch == branch), None)
        if holder is not None:
            raise Refused("busy", f"The run's branch {branch} is checked out in {holder.path}")
        names = (str(path), branch)
    await repository.git.run("worktree", "add", "--quiet", "--force", *names, limit_s=_CHECKOUT_LIMIT_S)


def _has_content(path: Path) -> bool:
    return path.is_symlink() or path.is_file() or (path.is_dir() and any(path.iterdir()))


def _keep_out(exclude: Path, kept_out: Sequence[str]) -> None:
    """Let the user's `git status` show nothing of ours, without a change in any file of the repository."""
    text = exclude.read_text("utf-8", "surrogateescape") if exclude.exists() else ""
    missing = [line for line in kept_out if line not in text.splitlines()]
    if not missing:
        return
    exclude.parent.mkdir(exist_ok=True)
    start = "" if not text or text.endswith("\n") else "\n"
    with exclude.open("a", encoding="utf-8") as file:
        file.write(start + "".join(f"{line}\n" for line in missing))


def _save_state(file: Path, adw_id: str, known: dict[str, Any]) -> None:
    """Add to what scripts have written there; a file that is none of theirs is kept beside it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    state: Any = {}
    if file.exists():
        try:
            state = json.loads(file.read_text("utf-8"))
        except (ValueError, RecursionError):
            state = None
        if not isinstance(state, dict):
            file.replace(file.with_name(f"{file.name}.unreadable"))
            state = {}
    write_atomically(file, json.dumps({"adw_id": adw_id, **state, **known}, indent=2) + "\n")
