"""What was sent to a tab and has not been taken by it: Reflex's socket keeps that without a limit."""

from typing import Final

import reflex as rx

LIMIT: Final = 8
"""Packets; a tab that reads has none or one waiting."""


class _Slot:
    app: rx.App | None = None


def connect(app: rx.App) -> None:
    """Whose tabs they are; called once by the composition root."""
    _Slot.app = app


def has_room(token: str) -> bool:
    """Whether the tab with this token shall be sent more. A tab that is not connected is not waited for."""
    return _waiting(token) < LIMIT


def _waiting(token: str) -> int:
    app = _Slot.app
    if app is None or app.sio is None or app.event_namespace is None:
        return 0
    namespace = app.event_namespace
    record = namespace._token_manager.token_to_socket.get(token)  # noqa: SLF001 - there is no other way to the socket
    if record is None:
        return 0
    packets = app.sio.eio.sockets.get(app.sio.manager.eio_sid_from_sid(record.sid, namespace.namespace))
    return packets.queue.qsize() if packets else 0
