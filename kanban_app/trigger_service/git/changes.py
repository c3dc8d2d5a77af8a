"""What a run has changed: its branch against where it began, with what is not committed yet.

Only looked at: index, working tree and branches stay as they are, and nothing waits for anybody's lock.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from kanban_app.trigger_service.git.command import Git, shown
from kanban_app.trigger_service.git.merging import uncommitted
from kanban_app.trigger_service.git.refusals import Refused
from kanban_app.trigger_service.git.repository import Checkout, Repository
from kanban_app.trigger_service.git.run_branch import RunPlace, branch_of, read_state, worktree_of

MOST_FILES: Final = 2000
MOST_LINES: Final = 5000
MOST_BYTES: Final = 500_000
_HISTORY: Final = 2000
_FEW: Final = 20
_BIG: Final = "core.bigFileThreshold=16m"
"""git takes larger files for binary ones, and does not read them whole."""
# Whatever the user has set for the output of `git diff`, this is what is read here.
_FORM: Final = (
    *("--no-ext-diff", "--no-textconv", "--no-color", "--no-relative", "-O/dev/null"),
    *("--find-renames", "-l500", "--ignore-submodules=dirty", "--submodule=short"),
)
_PATCH: Final = ("--patch", "--unified=3", "--inter-hunk-context=0", "--src-prefix=a/", "--dst-prefix=b/")


@dataclass(frozen=True, slots=True)
class Look:
    """Whose changes, in which repository. `base` None: against what is checked out there."""

    root: Path
    place: RunPlace
    base: str | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """What is compared: two commits, or `old` with the working tree `checkout`. `merge` brought it into `base`."""

    base: str
    old: str
    new: str
    branch: str | None = None
    merge: str | None = None
    checkout: Checkout | None = None


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """`status` is A, M, D or R; lines are None for what is not text, or too large."""

    path: str
    old_path: str
    status: str
    added: int | None
    removed: int | None


async def list_changes(look: Look) -> dict[str, Any]:
    """The files that a run has changed, in the form in which it is sent. Raises GitFailed when git cannot tell."""
    try:
        repository = await Repository.open(look.root)
        span = await _span(repository, look)
    except Refused as refusal:
        return {"adw_id": look.place.adw_id, "code": refusal.code, "reason": str(refusal), "files": []}
    pending: set[str] = set()
    if span.checkout is not None:
        pending = set(await uncommitted(repository.at(span.checkout.path), look.place.adw_id))
    async with _comparing(repository, span, sorted(pending)) as git:
        answer = await git.answer("diff", "--raw", "--numstat", "-z", *_FORM, *_ends(span))
    return _as_sent(look, span, list(_parse(answer.names)), pending)


async def file_changes(look: Look, path: str, old_path: str | None) -> dict[str, Any] | None:
    """The unified diff of one file, which was `old_path` before; None where it has not changed.

    Raises Refused or GitFailed.
    """
    repository = await Repository.open(look.root)
    span = await _span(repository, look)
    async with _comparing(repository, span, [path]) as git:
        command = ("diff", *_FORM, *_PATCH, *_ends(span), "--", path)
        answer = await git.answer(*command, *([old_path] if old_path else []))
        if old_path and len(_sections(answer.out)) > 1:  # no rename after all
            answer = await git.answer(*command)
    found = _sections(answer.out)
    if not found:
        return None
    text, is_whole = _cut(answer.out)
    head = found[0].partition(b"\n@@ ")[0]
    is_binary = b"\nBinary files " in head
    return {"path": path, "old_path": old_path, "binary": is_binary, "diff": text, "truncated": not is_whole}


async def _span(repository: Repository, look: Look) -> Span:
    base = await repository.base(look.base)
    tip = await repository.tip(base) or ""
    branch = await branch_of(repository, look.place)
    if branch == base:
        raise Refused("nothing", f"The run has worked on {base} itself: there is nothing to compare it with")
    head = await repository.tip(branch) if branch else None
    if branch is None or head is None:
        merged = await _merged(repository, look.place.adw_id, base, head)
        if merged is None:
            raise Refused("no-branch", f"Run {look.place.adw_id} has no branch in {repository.root}")
        return merged
    fork = (await repository.git.ask("merge-base", tip, head)).text
    if not fork:
        raise Refused("no-target", f"{branch} and {base} have no commit in common")
    checkout = await _checkout(repository, look.place, branch)
    if fork == head and not (checkout and await uncommitted(repository.at(checkout.path), look.place.adw_id)):
        merged = await _merged(repository, look.place.adw_id, base, head)
        if merged is not None:
            return merged
    return Span(base, fork, head, branch, checkout=checkout)


async def _checkout(repository: Repository, place: RunPlace, branch: str) -> Checkout | None:
    """The run's working tree, where it is there and on the run's branch."""
    state = await asyncio.to_thread(read_state, repository.root, place.adw_id)
    found = worktree_of(repository.root, place, state, await repository.checkouts())
    return found if found is not None and found.branch == branch else None


async def _merged(repository: Repository, adw_id: str, base: str, head: str | None) -> Span | None:
    """What a merge has brought in: as our own was noted, as its parents say, or as its message says."""
    steps = (
        await _noted(repository.git, base, adw_id)
        or (await _joined(repository.git, base, head) if head else None)
        or await _named(repository.git, base, adw_id)
    )
    return Span(base, steps[0], steps[1], merge=steps[1]) if steps else None


async def _noted(git: Git, base: str, adw_id: str) -> tuple[str, str] | None:
    """Of the branch's own log, which has where it was before each step."""
    answer = await git.ask("log", "-g", f"--max-count={_HISTORY}", "--format=%H %gs", f"refs/heads/{base}", "--")
    entries = [line.partition(" ") for line in answer.text.split("\n")] if answer.code == 0 else []
    for (new, _, note), (old, _, _) in pairwise(entries):
        if note.startswith("kanban: ") and note.endswith(f" of run {adw_id}"):
            return old, new
    return None


async def _joined(git: Git, base: str, head: str) -> tuple[str, str] | None:
    """The merge commit that has the run's newest commit as a further parent."""
    between = f"{head}..refs/heads/{base}"
    answer = await git.ask("rev-list", "--merges", "--parents", "--ancestry-path", between, "--")
    for line in answer.text.split("\n") if answer.code == 0 else ():
        commit, first, *further = [*line.split(), "", ""]
        if head in further:
            return first, commit
    return None


async def _named(git: Git, base: str, adw_id: str) -> tuple[str, str] | None:
    wanted = ("--fixed-strings", f"--grep=Run: {adw_id}", "--max-count=1", "--first-parent", "--format=%P %H")
    answer = await git.ask("log", *wanted, f"refs/heads/{base}", "--")
    commits = answer.text.split()
    return (commits[0], commits[-1]) if answer.code == 0 and len(commits) > 1 else None


def _ends(span: Span) -> tuple[str, ...]:
    return (span.old,) if span.checkout is not None else (span.old, span.new)


@asynccontextmanager
async def _comparing(repository: Repository, span: Span, names: Sequence[str]) -> AsyncGenerator[Git]:
    """git where the span's newer end is; in a working tree with an index of its own that knows of those new files."""
    if span.checkout is None:
        yield repository.at(repository.root, _BIG)
        return
    where = span.checkout
    with TemporaryDirectory(prefix="kanban-index-") as folder:
        index = Path(folder) / "index"
        git = Git(where.path, (*repository.git.options, _BIG), repository.git.held, index)
        if not await asyncio.to_thread(_copied, where, index):
            await git.run("read-tree", "HEAD")
        await _make_known(git, names)
        yield git


def _copied(checkout: Checkout, index: Path) -> bool:
    """With its time, from which git knows what may have changed since without a trace in it."""
    folder = checkout.git_dir
    try:
        shutil.copy2((folder or checkout.path) / "index", index)
    except OSError:
        return False
    return True


async def _make_known(git: Git, names: Sequence[str]) -> None:
    """Let the new ones among these files stand in the index, whatever becomes of them meanwhile."""
    if not names:
        return
    where = ("--", *names) if len(names) <= _FEW else ()
    others = set((await git.answer("ls-files", "--others", "--exclude-standard", "-z", *where)).names)
    # A repository in the working tree is a name with a slash at its end, and none of its files.
    new = [name for name in names if name in others and not name.endswith("/")][:MOST_FILES]
    if new:
        empty = await git.run("hash-object", "-t", "blob", "--stdin", given=b"")
        lines = b"".join(b"100644 %s\t%s\0" % (empty.encode(), os.fsencode(name)) for name in new)
        await git.run("update-index", "--add", "--replace", "-z", "--index-info", given=lines)


def _parse(names: list[str]) -> Iterator[ChangedFile]:
    """The output of `--raw --numstat -z`: all files with their states, then all of them with their lines."""
    fields = iter(names)
    states: dict[str, tuple[str, str]] = {}
    counts: dict[str, tuple[int | None, int | None]] = {}
    for field in fields:
        if field.startswith(":"):
            state = field.split(" ")[-1][:1]
            old = next(fields, "")
            path = next(fields, "") if state in {"R", "C"} else old
            if state != "U" or path not in states:  # a file in conflict is listed as such beside what it is
                states[path] = (state, old if path != old else "")
        else:
            added, removed, path = field.split("\t", 2)
            if not path:
                next(fields, "")
                path = next(fields, "")
            counts[path] = (_number(added), _number(removed))
    for path, (state, old) in states.items():
        added, removed = counts.get(path, (0, 0))
        yield ChangedFile(path, old, {"C": "A", "T": "M", "U": "M"}.get(state, state), added, removed)


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() else None


def _as_sent(look: Look, span: Span, files: Sequence[ChangedFile], pending: set[str]) -> dict[str, Any]:
    return {
        "adw_id": look.place.adw_id,
        "code": None,
        "reason": None,
        "branch": shown(span.branch) if span.branch else None,
        "base": shown(span.base),
        "old": span.old,
        "new": span.new,
        "merge": span.merge,
        "worktree": span.checkout is not None,
        "total": len(files),
        "added": sum(file.added or 0 for file in files),
        "removed": sum(file.removed or 0 for file in files),
        "files": [
            {
                "path": shown(file.path),
                "old_path": shown(file.old_path) or None,
                "status": file.status,
                "added": file.added,
                "removed": file.removed,
                "uncommitted": not pending.isdisjoint({file.path, file.old_path}),
            }
            for file in files[:MOST_FILES]
        ],
    }


def _sections(diff: bytes) -> list[bytes]:
    """One for each file: no line of a file's text begins like this."""
    return [part for part in (b"\n" + diff).split(b"\ndiff --git ") if part.strip()]


def _cut(diff: bytes) -> tuple[str, bool]:
    """As much as is shown of it, in whole lines, and whether that is all."""
    lines = diff.split(b"\n", MOST_LINES)
    kept = b"\n".join(lines[:MOST_LINES])
    if len(kept) > MOST_BYTES:
        kept = kept[:MOST_BYTES].rpartition(b"\n")[0]
    return kept.decode("utf-8", "replace"), len(kept) >= len(diff.rstrip(b"\n"))
