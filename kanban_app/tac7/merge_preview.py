"""What a service says of a merge that has not been done yet: our extension, read as leniently as its messages."""

from typing import Annotated, Final

from pydantic import BeforeValidator, Field

from kanban_app.tac7.wire import Flag, OptionalInt, OptionalText, Stamp, Text, WirePart, as_optional_texts

COMMITS: Final = 50
FILES: Final = 500


def _objects(value: object) -> list[object]:
    items: list[object] = value if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType]
    return [item for item in items if isinstance(item, dict)]


def _texts(value: object) -> list[str]:
    return as_optional_texts(value) or []


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0


Count = Annotated[int, BeforeValidator(_count)]


class PreviewCommit(WirePart):
    sha: Text = ""
    subject: Text = ""
    at: Stamp = None


class PreviewFile(WirePart):
    """`added` and `removed` are lines, None for what is not text."""

    path: Text = ""
    added: OptionalInt = None
    removed: OptionalInt = None


class MergePreview(WirePart):
    """Whether a merge would go through, and what it would bring in; `code` and `reason` say why it would not."""

    adw_id: Text = ""
    possible: Flag = False
    code: OptionalText = None
    reason: OptionalText = None
    method: Text = ""
    branch: Text = ""
    target: Text = ""
    head: Text = ""
    ahead: Count = 0
    behind: Count = 0
    commits: Annotated[list[PreviewCommit], BeforeValidator(_objects)] = Field(default_factory=list[PreviewCommit])
    files: Annotated[list[PreviewFile], BeforeValidator(_objects)] = Field(default_factory=list[PreviewFile])
    conflicts: Annotated[list[str], BeforeValidator(_texts)] = Field(default_factory=list[str])


def read_merge_preview(answer: object) -> MergePreview:
    """The preview in an answer, at most so much of it as a screen has use for."""
    preview = MergePreview.model_validate(answer)
    cut = {"commits": preview.commits[:COMMITS], "files": preview.files[:FILES], "conflicts": preview.conflicts[:FILES]}
    return preview.model_copy(update=cut)
