"""Files of pixels by their content: what they are, how large, and why some are refused."""

import struct
import zlib
from io import BytesIO
from typing import Any

import pytest
from PIL import Image as Pillow

from kanban_app.domain.image import ImageKind
from kanban_app.services.pictures import LARGEST, THUMBNAIL, NoPicture, read_picture
from tests.support.images import picture


@pytest.mark.parametrize(
    ("name", "kind"),
    [("PNG", ImageKind.PNG), ("JPEG", ImageKind.JPEG), ("GIF", ImageKind.GIF), ("WEBP", ImageKind.WEBP)],
)
def test_what_is_taken(name: str, kind: ImageKind) -> None:
    found = read_picture(picture(900, 300, name))
    assert (found.kind, found.width, found.height) == (kind, 900, 300)
    with Pillow.open(BytesIO(found.thumbnail)) as small:
        assert (small.format, small.size) == ("WEBP", (THUMBNAIL, THUMBNAIL // 3))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_every_kind_of_pixels(mode: str) -> None:
    assert read_picture(picture(4, 4, "PNG", mode)).width == 4


def test_an_animation_counts_by_its_first_frame() -> None:
    frames = [Pillow.new("RGB", (8, 8), colour) for colour in ("red", "green", "blue")]
    buffer = BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    assert read_picture(buffer.getvalue()).kind is ImageKind.GIF


def test_what_lies_on_its_side_stands_up() -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    found = read_picture(picture(40, 20, "JPEG", exif=exif))
    assert (found.width, found.height) == (20, 40)
    with Pillow.open(BytesIO(found.thumbnail)) as small:
        assert small.size == (20, 40)


def reason(data: bytes) -> str:
    with pytest.raises(NoPicture) as refused:
        read_picture(data)
    return str(refused.value)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"<?xml version='1.0'?><SVG xmlns='x'><script>alert(1)</script></SVG>", "SVG"),
        (b"<html><script>alert(1)</script>", "another kind"),
        (b"%PDF-1.7", "another kind"),
        (b"BM" + b"\0" * 60, "another kind"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (b"\xff\xd8\xff" + b"\0" * 40, "damaged"),
        (b"GIF89a" + b"\xff" * 40, "damaged"),
        (b"RIFF\0\0\0\0WEBPVP8 " + b"\0" * 40, "damaged"),
        (b"\0" * (LARGEST + 1), "larger than 5 MB"),
    ],
)
def test_what_is_refused(data: bytes, why: str) -> None:
    assert why in reason(data)


@pytest.mark.parametrize("name", ["PNG", "JPEG", "GIF", "WEBP"])
def test_what_breaks_off(name: str) -> None:
    whole = picture(300, 300, name, noise=True)
    assert reason(whole[: len(whole) // 2]) == "it is damaged"


def test_a_bomb_is_not_decoded() -> None:
    assert "pixels" in reason(_png(60_000, 60_000))
    assert "pixels" in reason(_png(2, 30_000))


def test_damage_of_every_kind_is_told_alike() -> None:
    whole: Any = picture(30, 30, "PNG", noise=True)
    for at in range(8, len(whole), 7):
        damaged = bytearray(whole)
        damaged[at] ^= 0xFF
        try:
            read_picture(bytes(damaged))
        except NoPicture:
            continue


def _png(width: int, height: int) -> bytes:
    """A header that promises many pixels, and hardly any."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")
