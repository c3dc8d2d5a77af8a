"""The files of images in the data folder: `<id>.<ending>`, and `<id>.small.webp` beside it. Everything here blocks."""

import os
import re
import time
import uuid
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

from kanban_app.domain.image import ImageKind
from kanban_app.services.pictures import Picture, read_picture

_ID: Final = re.compile(r"[0-9a-f]{32}")
_UNFINISHED: Final = ".new"
_SMALL: Final = "small.webp"


class ImageFiles:
    """A file is whole or not there. Names of people are no part of any path."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, image_id: str, data: bytes, picture: Picture) -> None:
        """Store an image for good: on the disk when this returns. Raises OSError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._write(self.small(image_id), picture.thumbnail)
        self._write(self.path(image_id, picture.kind), data)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def path(self, image_id: str, kind: ImageKind) -> Path:
        return self._folder / f"{_checked(image_id)}.{kind.value}"

    def find(self, image_id: str) -> tuple[Path, ImageKind] | None:
        """The file of an image of which only the id is known."""
        if not _ID.fullmatch(image_id):
            return None
        files = ((self.path(image_id, kind), kind) for kind in ImageKind)
        return next(((path, kind) for path, kind in files if path.is_file()), None)

    def small(self, image_id: str) -> Path:
        return self._folder / f"{_checked(image_id)}.{_SMALL}"

    def make_small(self, image_id: str, kind: ImageKind) -> Path:
        """The thumbnail, made anew. Raises OSError, or NoPicture where the image itself is damaged."""
        small = self.small(image_id)
        self._write(small, read_picture(self.path(image_id, kind).read_bytes()).thumbnail)
        return small

    def remove(self, image_id: str) -> None:
        for file in self._folder.glob(f"{_checked(image_id)}.*"):
            file.unlink(missing_ok=True)

    def sweep(self, known: Callable[[], Collection[str]], older_than_s: float, *, unfinished: bool = False) -> int:
        """Remove what is older and belongs to no image that is `known`; with `unfinished` also what was being written.

        The number of files removed. `known` is asked after they were listed, so that none is missed that came since.
        """
        if not self._folder.is_dir():
            return 0
        deadline = time.time() - older_than_s
        files = [file for file in self._folder.iterdir() if file.is_file()]
        ids = known()
        removed = 0
        for file in files:
            is_partial = file.suffix == _UNFINISHED
            stray = file.name.partition(".")[0] not in ids
            if unfinished if is_partial else stray and _written_at(file) < deadline:
                file.unlink(missing_ok=True)
                removed += 1
        return removed

    def _write(self, target: Path, data: bytes) -> None:
        partial = target.with_name(f"{target.name}.{uuid.uuid4().hex}{_UNFINISHED}")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(target)
        except OSError:
            partial.unlink(missing_ok=True)
            raise


def _checked(image_id: str) -> str:
    if not _ID.fullmatch(image_id):
        raise ValueError(f"no id of an image: {image_id!r}")
    return image_id


def _written_at(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except FileNotFoundError:
        return time.time()
