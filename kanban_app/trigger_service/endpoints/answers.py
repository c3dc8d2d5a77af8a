"""What all endpoints share: reading bodies, and refusals that readers of `error` and of `detail` both understand."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final, TypeVar, cast

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from kanban_app.tac7.codec import load

_LARGE: Final = 64 * 1024

Model = TypeVar("Model", bound=BaseModel)


def refused(status: int, text: str, detail: object = None) -> Response:
    """A refusal: V1's endpoints say why under `error` or under `detail`, so both are there."""
    return JSONResponse({"error": text, "detail": text if detail is None else detail}, status)


def not_found(adw_id: str) -> Response:
    return refused(404, f"ADW {adw_id[:100]} not found")


async def read_object(request: Request, limit: int) -> dict[str, Any] | Response:
    """The body as a JSON object, or the answer to one that is too large (413) or none (422)."""
    raw = bytearray()
    async for chunk in request.stream():
        raw.extend(chunk)
        if len(raw) > limit:
            return refused(413, f"The body may have {limit} bytes")
    try:
        value = await _understood(raw)
    except (ValueError, RecursionError):
        return refused(422, "The body is not JSON")
    if not isinstance(value, dict):
        return refused(422, "The body must be a JSON object")
    return cast(dict[str, Any], value)


async def _understood(raw: bytearray) -> object:
    """A large body is read in a thread: it would keep everybody else waiting."""
    return load(raw.decode()) if len(raw) <= _LARGE else await asyncio.to_thread(lambda: load(raw.decode()))


def checked(model: type[Model], body: Mapping[str, Any]) -> Model | Response:
    """The body as a model, or the answer that lists all of its faults (422)."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        faults = [
            {"type": fault["type"], "loc": ["body", *fault["loc"]], "msg": fault["msg"]} for fault in error.errors()
        ]
        first = faults[0]
        return refused(422, f"{'.'.join(map(str, first['loc'][1:])) or 'body'}: {first['msg']}", faults)
