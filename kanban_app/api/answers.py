"""Answers that the gate gives itself."""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from kanban_app.asgi import Send
from kanban_app.errors import ErrorView

Header = tuple[bytes, bytes]

# Nothing of this is used, so nobody may ask for it in our name.
_NOT_USED: Final = (
    *("accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer", "microphone", "midi"),
    *("payment", "usb", "xr-spatial-tracking"),
)
SECURITY_HEADERS: Final[Mapping[bytes, bytes]] = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"same-origin",
    b"permissions-policy": ", ".join(f"{name}=()" for name in _NOT_USED).encode(),
    b"cross-origin-resource-policy": b"same-origin",
}
_NOT_KEPT: Final = (b"cache-control", b"no-store")


async def send_bytes(send: Send, status: int, kind: str, body: bytes, headers: Sequence[Header] = ()) -> None:
    start = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode()), _NOT_KEPT, *headers]
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": body})


async def send_page(send: Send, status: int, page: str, headers: Sequence[Header] = ()) -> None:
    await send_bytes(send, status, "text/html; charset=utf-8", page.encode(), headers)


async def send_redirect(send: Send, location: str, headers: Sequence[Header] = ()) -> None:
    """303: whatever the method was, the browser goes on with GET."""
    target = (b"location", location.encode("latin-1", "replace"))
    await send_bytes(send, 303, "text/plain; charset=utf-8", b"", [target, *headers])


async def send_error(send: Send, status: int, error: ErrorView, headers: Sequence[Header] = ()) -> None:
    body = json.dumps({"error": error}).encode()
    await send_bytes(send, status, "application/json", body, headers)


async def send_sentence(send: Send, status: int, error: ErrorView, headers: Sequence[Header] = ()) -> None:
    """The same error for a person who looks at a page."""
    text = f"{error['title']}. {error['message']} {'. '.join(error['actions'])}.\n"
    await send_bytes(send, status, "text/plain; charset=utf-8", text.encode(), headers)
