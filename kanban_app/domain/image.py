"""An image of a card, as the board knows it; its file is in the data folder, under its id."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from kanban_app.domain.refusal import Refusal

MOST_IMAGES: Final = 20
MOST_KEPT: Final = 60
NAME_LIMIT: Final = 100


class ImageKind(StrEnum):
    """What an image is, by its content. The value is the ending of its file."""

    PNG = "png"
    JPEG = "jpg"
    GIF = "gif"
    WEBP = "webp"

    @property
    def media_type(self) -> str:
        return "image/jpeg" if self is ImageKind.JPEG else f"image/{self.value}"


@dataclass(frozen=True, slots=True)
class Image:
    """`size` is in bytes, `width` and `height` in pixels as it is looked at.

    With `removed_at` it is on its card no more, and kept for the sake of undoing that.
    """

    id: str
    name: str
    kind: ImageKind
    size: int
    width: int
    height: int
    removed_at: datetime | None = None


def on_card(images: Sequence[Image]) -> tuple[Image, ...]:
    """Those that have not been removed."""
    return tuple(image for image in images if image.removed_at is None)


def too_many(images: Sequence[Image], coming: Sequence[Image]) -> Refusal | None:
    """Why the images that are `coming` do not all fit on a card; None when they do."""
    room = MOST_IMAGES - len(on_card(images))
    if len(coming) <= room:
        return None
    name = coming[max(room, 0)].name
    return not_accepted(name, f"a card can have {MOST_IMAGES} images")


def not_accepted(name: str, reason: str) -> Refusal:
    return Refusal("E-VAL-18", {"name": name, "reason": reason})
