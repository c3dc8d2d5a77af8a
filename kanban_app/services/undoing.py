"""What a person is told after a change that can be taken back."""

from collections.abc import Sequence
from typing import Literal, TypedDict

from kanban_app.domain.deeds import Deed
from kanban_app.domain.model import Task
from kanban_app.domain.undoing import STARTED
from kanban_app.services.column_looks import ColumnLooks
from kanban_app.services.keeper import Applied


class WayBack(TypedDict):
    """`how` it can be taken back just now: at once, by stopping its run as well, or not at all.

    Without `task_id` where it has changed several cards.
    """

    task_id: str
    title: str
    card: str
    how: Literal["at-once", "by-stopping", "not"]


def way_back(task: Task, deed: Deed, foreseen: Applied, looks: ColumnLooks) -> WayBack:
    """The words about a deed; `foreseen` is what would come of taking it back."""
    return WayBack(
        task_id=task.id, title=_title(deed, looks), card=f"#{task.number} {task.title}", how=_how([foreseen])
    )


def way_back_of_all(deeds: Sequence[Deed], foreseen: Sequence[Applied], looks: ColumnLooks) -> WayBack:
    """The words about what one operation has done to several cards; `foreseen` is of the first ones of them."""
    titles = list(dict.fromkeys(_title(deed, looks) for deed in deeds))
    what = titles[0].removeprefix("Card ") if len(titles) == 1 else "changed"
    title = f"{len(deeds)} cards {what[0].lower()}{what[1:]}"
    how = _how(foreseen)
    if how == "not" and len(deeds) > len(foreseen):
        how = "at-once"
    return WayBack(task_id="", title=title, card="", how=how)


def _how(foreseen: Sequence[Applied]) -> Literal["at-once", "by-stopping", "not"]:
    refusals = [applied.refusal for applied in foreseen]
    if any(refusal is not None and refusal.code == STARTED for refusal in refusals):
        return "by-stopping"
    return "not" if all(refusals) else "at-once"


def _title(deed: Deed, looks: ColumnLooks) -> str:
    if deed.deleted_at:
        return "Card deleted"
    if deed.archives:
        return "Card archived"
    if deed.restored or deed.unarchives:
        return "Card brought back"
    if deed.edits:
        return "Card saved"
    if deed.images:
        return _about_images(deed)
    if deed.changes_column and deed.target:
        return f"Moved to {looks.title(deed.target.column)}"
    return "Card moved"


def _about_images(deed: Deed) -> str:
    names = deed.images.values()
    what = "Image" if len(names) == 1 else "Images"
    if all(was is None for was, _ in names):
        return f"{what} added"
    if all(now is None for _, now in names):
        return f"{what} removed"
    return f"{what} renamed" if None not in {name for pair in names for name in pair} else "Images changed"
