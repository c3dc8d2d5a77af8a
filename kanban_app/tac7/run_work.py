"""What a service says of a run's work: its plan (V1), and what it has changed (our extension), read leniently."""

from typing import Annotated, Final

from pydantic import BeforeValidator, Field

from kanban_app.tac7.wire import Flag, OptionalInt, OptionalText, Text, WirePart

FILES: Final = 2000
PLAN_CHARS: Final = 1024 * 1024
DIFF_CHARS: Final = 1024 * 1024


def _objects(value: object) -> list[object]:
    items: list[object] = value if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType]
    return [item for item in items[:FILES] if isinstance(item, dict)]


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0


Count = Annotated[int, BeforeValidator(_count)]


class RemotePlan(WirePart):
    plan_content: Text = ""
    plan_file: Text = ""
    truncated: Flag = False


class RemoteFile(WirePart):
    """`status` is A, M, D or R; `added` and `removed` are lines, None for what is not text."""

    path: Text = ""
    old_path: OptionalText = None
    status: Text = ""
    added: OptionalInt = None
    removed: OptionalInt = None
    uncommitted: Flag = False


class RemoteChanges(WirePart):
    """`code` and `reason` say why nothing can be compared. With `worktree` its files count as they are there now.

    `total` files have changed, of which not all may be in `files`. `merge` is the commit that brought them into `base`.
    """

    code: OptionalText = None
    reason: OptionalText = None
    branch: OptionalText = None
    base: OptionalText = None
    new: OptionalText = None
    merge: OptionalText = None
    worktree: Flag = False
    total: Count = 0
    added: Count = 0
    removed: Count = 0
    files: Annotated[list[RemoteFile], BeforeValidator(_objects)] = Field(default_factory=list[RemoteFile])


class RemoteDiff(WirePart):
    """A unified diff, of which the end may be missing (`truncated`)."""

    path: Text = ""
    old_path: OptionalText = None
    binary: Flag = False
    truncated: Flag = False
    diff: Text = ""


def read_plan(answer: object) -> RemotePlan:
    """The plan in an answer, at most so much of it as a screen has use for."""
    plan = RemotePlan.model_validate(answer)
    if len(plan.plan_content) <= PLAN_CHARS:
        return plan
    return plan.model_copy(update={"plan_content": plan.plan_content[:PLAN_CHARS], "truncated": True})


def read_changes(answer: object) -> RemoteChanges:
    """The changes in an answer; their number is at least that of the files that are named."""
    changes = RemoteChanges.model_validate(answer)
    return changes.model_copy(update={"total": max(changes.total, len(changes.files))})


def read_diff(answer: object) -> RemoteDiff:
    diff = RemoteDiff.model_validate(answer)
    if len(diff.diff) <= DIFF_CHARS:
        return diff
    return diff.model_copy(update={"diff": diff.diff[:DIFF_CHARS], "truncated": True})
