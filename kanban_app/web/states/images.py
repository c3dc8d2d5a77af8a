"""What the screen asks for about the images of cards."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from kanban_app.domain.commands import Command, RemoveImage, RenameImage
from kanban_app.domain.image import MOST_KEPT, Image
from kanban_app.errors import BoardError
from kanban_app.web.states import arguments
from kanban_app.web.wiring import services


@dataclass(frozen=True, slots=True)
class ImageWishes:
    """What a form adds to a card and removes from it."""

    add: tuple[Image, ...] = ()
    remove: tuple[str, ...] = ()


async def image_wishes(value: object) -> ImageWishes:
    """The field of a form. Raises BoardError when it is not acceptable, or an upload is not there any more."""
    text = arguments.text(value, "images")
    if not text:
        return ImageWishes()
    wish = _read(text)
    added, removed = _items(wish, "add"), _items(wish, "remove")
    uploads = [(_ident(item.get("id")), arguments.text(item.get("name"), "images")) for item in map(_fields, added)]
    images = [await services().attachments.taken(image_id, name) for image_id, name in uploads]
    return ImageWishes(tuple(images), tuple(_ident(item) for item in removed))


def _remove(task_id: str, wish: Mapping[str, str]) -> Command:
    return RemoveImage(task_id, _ident(wish.get("image")))


def _rename(task_id: str, wish: Mapping[str, str]) -> Command:
    return RenameImage(task_id, _ident(wish.get("image")), wish.get("name", ""))


OF_IMAGE: Final[dict[str, Callable[[str, Mapping[str, str]], Command]]] = {
    "remove-image": _remove,
    "rename-image": _rename,
}


def _read(text: str) -> dict[str, Any]:
    try:
        wish: Any = json.loads(text)
    except (ValueError, RecursionError):
        wish = None
    return _fields(wish)


def _items(wish: Mapping[str, Any], name: str) -> list[object]:
    items = wish.get(name, [])
    if isinstance(items, list) and len(cast("list[object]", items)) <= MOST_KEPT:
        return cast("list[object]", items)
    raise _unacceptable()


def _fields(item: object) -> dict[str, Any]:
    if isinstance(item, dict):
        return cast("dict[str, Any]", item)
    raise _unacceptable()


def _ident(value: object) -> str:
    return arguments.ident(value, "images")


def _unacceptable() -> BoardError:
    return BoardError("E-VAL-8", {"field": "images", "reason": "not an acceptable value"})
