"""Images that come inside of a ticket, handed to the run as files: a script passes a path on, not megabytes of text."""

import base64
import binascii
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

MOST: Final = 20
LARGEST: Final = 5 * 1024 * 1024
_INLINE: Final = re.compile(r"data:image/(?P<kind>png|jpeg|jpg|gif|webp);base64,", re.IGNORECASE)


def as_files(issue: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The ticket with the path of a file in `folder` for each image that it holds as a data URL.

    An image is a text or an object with such a text under any key, which `path` takes the place of. Of more than `MOST`
    images the rest is left out; one that is larger than `LARGEST` bytes or unreadable has an `error` instead. What
    refers to an image elsewhere stays as it is. Blocks; raises OSError.
    """
    given = issue.get("images")
    if not isinstance(given, list):
        return dict(issue)
    images = cast(list[object], given)[:MOST]
    return {**issue, "images": [_handed_over(image, folder / str(place)) for place, image in enumerate(images, 1)]}


def _handed_over(image: object, file: Path) -> object:
    told: dict[str, Any] = cast(dict[str, Any], image) if isinstance(image, dict) else {"data": image}
    for key, value in told.items():
        text = value if isinstance(value, str) else ""
        found = _INLINE.match(text)
        if found is not None:
            rest = {name: other for name, other in told.items() if name != key}
            return rest | _written(text[found.end() :], file.with_suffix(f".{found['kind'].lower()}"))
    return cast(object, image)


def _written(text: str, file: Path) -> dict[str, str]:
    if len(text) > LARGEST * 4 // 3 + 4:
        return {"error": f"larger than {LARGEST // (1024 * 1024)} MB"}
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return {"error": "not readable"}
    file.parent.mkdir(mode=0o700, exist_ok=True)
    file.write_bytes(data)
    return {"path": str(file)}
