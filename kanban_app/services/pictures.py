"""What a file of pixels really is: read by its content, bounded before it is decoded, decoded to prove it whole."""

import struct
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL import Image as Pillow
from PIL import ImageOps
from PIL.Image import Resampling

from kanban_app.domain.image import ImageKind

LARGEST: Final = 5 * 1024 * 1024
MOST_PIXELS: Final = 40_000_000
LONGEST_SIDE: Final = 20_000
THUMBNAIL: Final = 360

_BEGINNINGS: Final = (
    (b"\x89PNG\r\n\x1a\n", ImageKind.PNG),
    (b"\xff\xd8\xff", ImageKind.JPEG),
    (b"GIF87a", ImageKind.GIF),
    (b"GIF89a", ImageKind.GIF),
)
_FORMATS: Final = {
    ImageKind.PNG: ("PNG",),
    # Some cameras and phones put several pictures into one file, of which the first is shown.
    ImageKind.JPEG: ("JPEG", "MPO"),
    ImageKind.GIF: ("GIF",),
    ImageKind.WEBP: ("WEBP",),
}
_TURNED: Final = frozenset({5, 6, 7, 8})
_ORIENTATION: Final = 0x0112
_UNREADABLE: Final = (OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, ArithmeticError, RuntimeError)

# Ours is checked first: this one warns between its limit and twice of it, and reads on.
Pillow.MAX_IMAGE_PIXELS = None


class NoPicture(ValueError):
    """The data are none that a card can have; the message says why, as the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Picture:
    """`width` and `height` as it is looked at, which can be lying on its side in the file. `thumbnail` is WebP."""

    kind: ImageKind
    width: int
    height: int
    thumbnail: bytes


def read_picture(data: bytes) -> Picture:
    """The picture in a file's content. Raises NoPicture. Slow: up to a second for the largest."""
    kind = kind_of(data)
    try:
        with Pillow.open(BytesIO(data), formats=_FORMATS[kind]) as picture:
            _check_size(picture.width, picture.height)
            turned = picture.getexif().get(_ORIENTATION) in _TURNED
            width, height = (picture.height, picture.width) if turned else picture.size
            return Picture(kind, width, height, _thumbnail(picture))
    except NoPicture:
        raise
    except (*_UNREADABLE, struct.error, zlib.error):
        raise NoPicture("it is damaged") from None


def kind_of(data: bytes) -> ImageKind:
    """What the content begins like, whatever the file is called. Raises NoPicture."""
    if len(data) > LARGEST:
        raise NoPicture(f"it is larger than {LARGEST // (1024 * 1024)} MB")
    if not data:
        raise NoPicture("it is empty")
    for beginning, kind in _BEGINNINGS:
        if data.startswith(beginning):
            return kind
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return ImageKind.WEBP
    if b"<svg" in data[:1024].lower():
        raise NoPicture("SVG files can hold programs")
    raise NoPicture("its content is of another kind")


def _check_size(width: int, height: int) -> None:
    if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
        most = MOST_PIXELS // 1_000_000
        raise NoPicture(f"it measures {width} × {height} pixels, more than {most} million or {LONGEST_SIDE} a side")


def _thumbnail(picture: Pillow.Image) -> bytes:
    """Of the first frame. Every line of it is decoded on the way, so that a file that breaks off is found."""
    picture.thumbnail((THUMBNAIL, THUMBNAIL), Resampling.BICUBIC)
    upright = ImageOps.exif_transpose(picture)
    has_alpha = "A" in upright.getbands() or "transparency" in upright.info
    buffer = BytesIO()
    upright.convert("RGBA" if has_alpha else "RGB").save(buffer, "WEBP", quality=80, method=3)
    return buffer.getvalue()
