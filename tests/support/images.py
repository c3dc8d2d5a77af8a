"""Pictures for tests, made as they are needed."""

import random
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw


def picture(
    width: int = 8, height: int = 6, name: str = "PNG", mode: str = "RGB", *, noise: bool = False, **save: Any
) -> bytes:
    """The file of a plain picture, or of one that does not compress."""
    image = Image.new(mode, (width, height))
    if noise:
        pixels = random.Random(1).randbytes(width * height * len(image.getbands()))
        image = Image.frombytes(mode, (width, height), pixels)
    buffer = BytesIO()
    image.save(buffer, name, **save)
    return buffer.getvalue()


def drawing(width: int, height: int) -> bytes:
    """Something that looks like a program's window, so that a person sees how it is cut and shrunk."""
    image = Image.new("RGB", (width, height), "#f4f1ea")
    draw, bar = ImageDraw.Draw(image), max(height // 10, 2)
    draw.rectangle((0, 0, width, bar), fill="#3c4a5d")
    draw.rectangle((0, bar, width // 4, height), fill="#dfe5ec")
    for row in range(1, 6):
        top = bar + row * (height - bar) // 7
        draw.rectangle((width // 3, top, width * (4 + row % 3) // 8, top + bar // 2), fill="#7d93b2")
    draw.ellipse((width * 3 // 4, height // 3, width * 3 // 4 + 2 * bar, height // 3 + 2 * bar), fill="#d2603a")
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
