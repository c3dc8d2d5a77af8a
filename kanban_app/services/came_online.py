"""A browser that comes back to its network: a hint that the trigger service may be reachable again, too."""

import time
from collections.abc import Callable
from typing import Final

from kanban_app.domain.connection import Connection, ConnectionState

AT_MOST_EVERY_S: Final = 1.0
"""Many tabs come back at the same moment."""

_UNMOVED: Final = frozenset({ConnectionState.CONNECTED, ConnectionState.DISCONNECTED})


class CameOnline:
    """Retries at once where that is of use: not when connected, and not against the user's will."""

    def __init__(
        self,
        connection: Callable[[], Connection],
        retry_now: Callable[[], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connection = connection
        self._retry_now = retry_now
        self._monotonic = monotonic
        self._rests_until = float("-inf")

    def __call__(self) -> None:
        now = self._monotonic()
        if self._connection().state in _UNMOVED or now < self._rests_until:
            return
        self._rests_until = now + AT_MOST_EVERY_S
        self._retry_now()
