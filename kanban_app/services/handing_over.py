"""The images of a card on their way to its run.

The built-in service is on the same machine and is told where the files are. Any other one gets them inside of the
ticket, as far as they fit into a message (Q28).
"""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

from kanban_app.domain.image import Image, on_card
from kanban_app.domain.model import Failure, Task
from kanban_app.domain.workflows import Vintage
from kanban_app.tac7.codec import MAX_OUTGOING, encode
from kanban_app.tac7.requests import TriggerRequest, build_trigger

LEFT_OUT: Final = "E-IMG-1"
# For the braces and names of one image.
_AROUND: Final = 200
_NAMED: Final = 3


class Files(Protocol):
    async def contents(self, images: Sequence[Image]) -> list[bytes | None]: ...
    def path(self, image: Image) -> Path: ...


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A request with the images that go along, and what a person should know of those that do not."""

    request: TriggerRequest
    notice: Failure | None = None


async def with_images(
    request: TriggerRequest, task: Task, files: Files, vintage: Vintage, *, same_machine: bool
) -> HandedOver:
    """The request with the card's images. Raises what sending it without them would (RequestRefused, FrameTooLarge)."""
    images = on_card(task.images)
    if not images:
        return HandedOver(request)
    if same_machine:
        told = tuple({**_facts(image), "path": str(files.path(image).resolve())} for image in images)
        return HandedOver(replace(request, images=told))
    room = MAX_OUTGOING - len(encode(build_trigger(request, vintage, with_request_id=True)).encode())
    inside: list[dict[str, object]] = []
    too_large: list[Image] = []
    unreadable: list[Image] = []
    for image in images:
        if _taken(image.size, image.name) > room:
            too_large.append(image)
            continue
        (content,) = await files.contents([image])
        if content is None:
            unreadable.append(image)
            continue
        inside.append({**_facts(image), "data": f"data:{image.kind.media_type};base64,{b64encode(content).decode()}"})
        room -= _taken(len(content), image.name)
    return HandedOver(replace(request, images=tuple(inside)), _notice(too_large, unreadable))


def _facts(image: Image) -> dict[str, object]:
    return {"name": image.name, "type": image.kind.media_type}


def _taken(size: int, name: str) -> int:
    """The bytes that an image of so many takes inside of a message. JSON may need six for a character."""
    return (size + 2) // 3 * 4 + 6 * len(name) + _AROUND


def _notice(too_large: Sequence[Image], unreadable: Sequence[Image]) -> Failure | None:
    reasons: list[str] = []
    if too_large:
        limit = MAX_OUTGOING // (1024 * 1024)
        reasons.append(f"{_names(too_large)} did not fit into a message of {limit} MB")
    if unreadable:
        reasons.append(f"{_names(unreadable)} could not be read")
    return Failure(LEFT_OUT, {"what": "; ".join(reasons)}) if reasons else None


def _names(images: Sequence[Image]) -> str:
    more = len(images) - _NAMED
    names = ", ".join(image.name for image in images[:_NAMED])
    return f"{names} and {more} more" if more > 0 else names
