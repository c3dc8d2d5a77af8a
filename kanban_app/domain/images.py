"""Adding, removing and naming the images of cards, and when those that were removed are forgotten."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from kanban_app.domain import events as e
from kanban_app.domain.clean_text import clean_text
from kanban_app.domain.commands import AddImages, RemoveImage, RenameImage
from kanban_app.domain.facts import Facts
from kanban_app.domain.image import MOST_IMAGES, MOST_KEPT, NAME_LIMIT, Image, on_card, too_many
from kanban_app.domain.model import Board, Task
from kanban_app.domain.moves import Decision
from kanban_app.domain.refusal import Refusal
from kanban_app.domain.reported import ForgetImages

_ID: Final = re.compile(r"[0-9a-f]{32}")


def decide_add_images(board: Board, command: AddImages, facts: Facts) -> Decision:
    task = board.task(command.task_id)
    if task is None:
        return Refusal("E-SYS-3", {"what": "This card"})
    return image_changes(task, command.images, (), facts.now)


def decide_remove_image(board: Board, command: RemoveImage, facts: Facts) -> Decision:
    task = board.task(command.task_id)
    if task is None or not _shows(task, command.image_id):
        return Refusal("E-SYS-3", {"what": "This image"})
    return [e.ImageRemoved(task.id, command.image_id, facts.now)]


def decide_rename_image(board: Board, command: RenameImage, facts: Facts) -> Decision:
    task = board.task(command.task_id)
    name = image_name(command.name)
    if task is None or not _shows(task, command.image_id):
        return Refusal("E-SYS-3", {"what": "This image"})
    if not name:
        return Refusal("E-VAL-8", {"field": "name", "reason": "give the image a name"})
    if any(image.id == command.image_id and image.name == name for image in task.images):
        return []
    return [e.ImageRenamed(task.id, command.image_id, name, facts.now)]


def decide_forget_images(board: Board, command: ForgetImages, _facts: Facts) -> Decision:
    events: list[e.Event] = []
    for task in board.tasks.values():
        old = [image.id for image in task.images if image.removed_at and image.removed_at < command.removed_before]
        if old:
            events.append(e.ImagesForgotten(task.id, tuple(old)))
    return events


def image_changes(task: Task, coming: Sequence[Image], going: Sequence[str], now: datetime) -> Decision:
    """What becomes of a card's images; those that it has already do not come again.

    More than `MOST_KEPT` are never kept: the ones that were removed first are forgotten.
    """
    known = {image.id for image in task.images}
    fresh = [image for image in coming if image.id not in known]
    stay = [image for image in on_card(task.images) if image.id not in going]
    refusal = too_many(stay, fresh)
    if refusal:
        return refusal
    gone = [image for image in on_card(task.images) if image.id in going]
    forgotten = _to_forget(task, len(fresh))
    return [
        *(e.ImageRemoved(task.id, image.id, now) for image in gone),
        *([e.ImagesForgotten(task.id, forgotten)] if forgotten else []),
        *(e.ImageAdded(task.id, image, now) for image in fresh),
    ]


def sound_images(images: Sequence[Image]) -> tuple[Image, ...]:
    """Those of another board as they can be here; an id that is none of ours leads to no file."""
    usable = [image for image in images if _ID.fullmatch(image.id) and image_name(image.name)]
    shown = {image.id for image in on_card(usable)[:MOST_IMAGES]}
    kept = [image for image in usable if image.removed_at or image.id in shown]
    return tuple(replace(image, name=image_name(image.name)) for image in kept[:MOST_KEPT])


def image_name(name: str) -> str:
    """A name as it is kept: one line, without folders, not too long; empty when nothing is left."""
    last = clean_text(name).replace("\\", "/").rpartition("/")[2]
    return " ".join(last.split())[:NAME_LIMIT].strip()


def _shows(task: Task, image_id: str) -> bool:
    return any(image.id == image_id for image in on_card(task.images))


def _to_forget(task: Task, coming: int) -> tuple[str, ...]:
    removed = [image for image in task.images if image.removed_at is not None]
    excess = len(task.images) + coming - MOST_KEPT
    oldest = sorted(removed, key=lambda image: (image.removed_at, image.id))
    return tuple(image.id for image in oldest[: max(excess, 0)])
