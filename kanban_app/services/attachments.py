"""Images of cards: taken in, kept in the data folder, shown, and let go.

An image is uploaded before it is on a card: its file is stored first and belongs to the card as soon as the board says
so. What never gets onto a card is removed after a day.
"""

import asyncio
import logging
import os
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from kanban_app.domain.image import Image, on_card
from kanban_app.domain.images import image_name
from kanban_app.domain.model import Board
from kanban_app.errors import BoardError
from kanban_app.services.image_files import ImageFiles
from kanban_app.services.pictures import LARGEST, NoPicture, read_picture

__all__ = ["LARGEST", "Attachments", "refused"]

log = logging.getLogger(__name__)

UNBOUND_S: Final = 24 * 3600.0
REMOVED_KEPT: Final = timedelta(days=30)
SWEEP_EVERY_S: Final = 3600.0
# Decoding takes memory by the pixel: four bytes for each of the 40 million that an image may have.
AT_ONCE: Final = 2

Given = ParamSpec("Given")
Result = TypeVar("Result")


class Attachments:
    """Decodes in threads of its own. `board` gives the newest board: its cards say which files are kept."""

    def __init__(self, folder: Path, board: Callable[[], Board]) -> None:
        self._files = ImageFiles(folder)
        self._board = board
        self._threads = ThreadPoolExecutor(AT_ONCE, "images")
        self._swept_at = time.monotonic()

    async def take(self, name: str, data: bytes, image_id: str = "") -> Image:
        """Store an uploaded image, for a card or for later. Raises BoardError when it is not acceptable, or no room."""
        image_id = image_id or uuid.uuid4().hex
        try:
            picture = await self._aside(read_picture, data)
        except NoPicture as why:
            raise refused(name, str(why)) from None
        await self._sweep_now_and_then()
        try:
            await asyncio.to_thread(self._files.keep, image_id, data, picture)
        except OSError as problem:
            reason = problem.strerror or "the data folder cannot be written"
            raise BoardError("E-SYS-12", {"reason": f"{reason}."}) from problem
        shown = image_name(name) or f"image.{picture.kind.value}"
        return Image(image_id, shown, picture.kind, len(data), picture.width, picture.height)

    async def taken(self, image_id: str, name: str) -> Image:
        """An image that was uploaded before, to put it on a card. Raises BoardError when it is not there any more."""
        image = await self._aside(self._read, image_id, name)
        if image is None:
            raise refused(name, "it is not there any more, add it again")
        return image

    async def has(self, image_id: str) -> bool:
        """Whether the file of an image is there."""
        return await asyncio.to_thread(self._files.find, image_id) is not None

    async def let_go(self, image_id: str) -> None:
        """Remove what was uploaded and is not wanted; what is on a card stays."""
        if image_id in self._known() or await asyncio.to_thread(self._files.find, image_id) is None:
            return
        await asyncio.to_thread(self._files.remove, image_id)

    async def file(self, task_id: str, image_id: str) -> tuple[Image, Path]:
        """An image of a card and its file. Raises BoardError when either is missing."""
        image = self.on_card(task_id, image_id)
        path = self._files.path(image.id, image.kind)
        if not await asyncio.to_thread(path.is_file):
            raise _lost()
        return image, path

    async def thumbnail(self, task_id: str, image_id: str) -> Path:
        """The file of a small WebP of an image. Raises BoardError when there is none and none can be made."""
        image = self.on_card(task_id, image_id)
        small = self._files.small(image.id)
        if await asyncio.to_thread(small.is_file):
            return small
        try:
            return await self._aside(self._files.make_small, image.id, image.kind)
        except (OSError, NoPicture):
            raise _lost() from None

    def on_card(self, task_id: str, image_id: str) -> Image:
        """Raises BoardError when the card has no such image."""
        task = self._board().task(task_id)
        found = next((image for image in on_card(task.images) if image.id == image_id), None) if task else None
        if found is None:
            raise BoardError("E-SYS-3", {"what": "This image"})
        return found

    async def contents(self, images: Sequence[Image]) -> list[bytes | None]:
        """What their files hold; None for those that cannot be read."""
        return [await asyncio.to_thread(self._content, image) for image in images]

    def path(self, image: Image) -> Path:
        return self._files.path(image.id, image.kind)

    def forgotten_before(self) -> datetime:
        """Until when images must have been removed to be forgotten now."""
        return datetime.now(UTC) - REMOVED_KEPT

    async def clean(self) -> None:
        """At start, when nobody is writing: remove what a crash has left, and what no card wants any more."""
        await self._sweep(unfinished=True)

    async def _sweep_now_and_then(self) -> None:
        if time.monotonic() - self._swept_at > SWEEP_EVERY_S:
            await self._sweep()

    async def _sweep(self, *, unfinished: bool = False) -> None:
        self._swept_at = time.monotonic()
        try:
            removed = await asyncio.to_thread(self._files.sweep, self._known, UNBOUND_S, unfinished=unfinished)
        except OSError:
            log.exception("files of images that no card has could not be removed")
            return
        if removed:
            log.info("removed %d files of images that no card has", removed)

    def _known(self) -> frozenset[str]:
        return frozenset(image.id for task in self._board().tasks.values() for image in task.images)

    def _read(self, image_id: str, name: str) -> Image | None:
        found = self._files.find(image_id)
        if found is None:
            return None
        path, kind = found
        try:
            # From now on it is wanted again, for as long as it takes to put it on a card.
            os.utime(path)
            data = path.read_bytes()
            picture = read_picture(data)
        except (OSError, NoPicture):
            return None
        shown = image_name(name) or f"image.{kind.value}"
        return Image(image_id, shown, kind, len(data), picture.width, picture.height)

    def _content(self, image: Image) -> bytes | None:
        try:
            return self._files.path(image.id, image.kind).read_bytes()
        except OSError:
            return None

    async def _aside(self, work: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, partial(work, *args, **kwargs))


def refused(name: str, reason: str) -> BoardError:
    """The refusal of a file by the name that somebody gave it; `reason` ends the sentence."""
    return BoardError("E-VAL-18", {"name": image_name(name) or "This file", "reason": reason})


def _lost() -> BoardError:
    return BoardError("E-SYS-3", {"what": "The file of this image"})
