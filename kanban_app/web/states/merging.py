"""What a merge would bring in, for the dialog that comes before one. The dialog itself belongs to the browser."""

from typing import Final

import reflex as rx

from kanban_app.domain.workflows import MERGE_METHODS
from kanban_app.errors import BoardError, ErrorView
from kanban_app.services.merging import MergePreviewView
from kanban_app.web.states import arguments
from kanban_app.web.states.doing import guarded
from kanban_app.web.states.shapes import NO_ERROR
from kanban_app.web.wiring import services

REFUSALS: Final[dict[str, tuple[str, str]]] = {
    "conflict": (
        "Merge conflict",
        "Bring {target} into the run's branch and commit what you make of these files, then look again.",
    ),
    "nothing": ("Nothing to merge", "Mark the card as complete if nothing is missing."),
    "no-branch": ("No branch", "Start the run over if its work is needed, or mark the card as complete."),
    "no-repository": ("No git repository", "Mark the card as complete, or give the service a repository to work in."),
    "no-git": ("git does not work there", ""),
    "no-target": ("No branch to merge into", "Make a first commit or the missing branch there, then look again."),
    "detached": ("No branch is checked out", ""),
    "dirty": ("Uncommitted changes are in the way", "Commit or set aside these changes there, then look again."),
    "busy": ("Not now", ""),
    "unfinished": ("Work that is not committed", "Then look again."),
    "not-offered": ("Not offered", "Merge by hand, then mark the card as complete."),
}
"""The title for what stands in the way, and what to do where the service's own sentence leaves that open."""
_UNKNOWN: Final = ("It cannot be merged now", "")


class MergeLook(MergePreviewView):
    """The answer to the question `asked`: a preview, with words for what stands in the way, or an error."""

    asked: str
    title: str
    advice: str
    error: ErrorView


NO_LOOK: Final = MergeLook(
    supported=False,
    possible=False,
    code="",
    reason="",
    method="",
    methods=[],
    branch="",
    target="",
    head="",
    ahead=0,
    behind=0,
    commits=[],
    files=[],
    conflicts=[],
    asked="",
    title="",
    advice="",
    error=NO_ERROR,
)


class MergeState(rx.State):
    """The answer to what this tab's dialog has asked last."""

    look: MergeLook = NO_LOOK

    @rx.event(background=True, supersedes=True)
    async def preview(self, asked: str, task_id: str, method: str):
        """Ask the service what merging a card's run would do. `asked` comes back with the answer."""
        found: list[MergePreviewView] = []

        async def ask() -> None:
            found.append(await _preview(task_id, method))

        error = await guarded(ask)
        question = asked if arguments.is_operation(asked) else ""
        async with self:
            self.look = look_of(found[0], question) if found else _failed(error or NO_ERROR, question)

    @rx.event
    def forget(self):
        """The dialog is closed."""
        self.look = NO_LOOK


def look_of(preview: MergePreviewView, asked: str) -> MergeLook:
    """A preview in the words of the dialog."""
    title, advice = ("", "") if preview["possible"] else REFUSALS.get(preview["code"], _UNKNOWN)
    target = preview["target"] or "the branch that it goes into"
    # The files stand below, one a line: the service's sentence would name them twice.
    reason = f"The same lines were changed on {target}." if preview["conflicts"] else _sentence(preview["reason"])
    words = {"title": title, "reason": reason, "advice": advice.format(target=target)}
    return MergeLook(**{**preview, **words}, asked=asked, error=NO_ERROR)


async def _preview(task_id: object, method: object) -> MergePreviewView:
    card = services().reader.card(arguments.ident(task_id, "task_id"))
    if card is None or not card["run_id"]:
        raise BoardError("E-SYS-3", {"what": "This run"})
    if method not in MERGE_METHODS:
        raise BoardError("E-VAL-8", {"field": "method", "reason": "not an acceptable value"})
    return await services().merge_preview(card["run_id"], str(method), None)


def _failed(error: ErrorView, asked: str) -> MergeLook:
    return MergeLook(**{**NO_LOOK, "asked": asked, "error": error})


def _sentence(text: str) -> str:
    return f"{text}." if text and text[-1] not in ".!?" else text
