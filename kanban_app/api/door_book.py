"""What the audit log hears from the gate: who signs in, who tries with wrong tokens, who asks for too much.

Wrong tokens do not become an entry each: of an address the first one within `WINDOW_S` does, and then the tenth, the
hundredth and so on, each with the count so far. All addresses together have `MOST_ROWS` entries in that time; what is
beyond is held up all the same (`rates`), and written nowhere.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from kanban_app.api.rates import client_of
from kanban_app.api.who import Who
from kanban_app.domain.audit import Action, Actor, Way
from kanban_app.domain.audit_trail import Trail
from kanban_app.services.acting import acting, done, refused

WINDOW_S: Final = 600.0
MOST_ROWS: Final = 60
CLIENT_LIMIT: Final = 1024
"""Addresses whose wrong tokens are counted at a time; the one counted longest ago begins anew."""


class DoorBook:
    """For the event loop only; `clock` is monotonic."""

    def __init__(self, trail: Trail, clock: Callable[[], float] = time.monotonic) -> None:
        self._trail = trail
        self._clock = clock
        self._counts: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._window = (0.0, 0)

    def signed_in(self, address: str, by: str) -> None:
        """A browser has got its cookie."""
        with acting(Actor("a person", "person", address, Way.BOARD)):
            self._trail.put(done(Action.SIGN_IN_DONE, by=by))

    def wrong(self, address: str, way: Way = Way.API) -> None:
        """A token was looked at and is none of ours."""
        count = self._count(client_of(address))
        if count == 10 ** (len(str(count)) - 1) and self._has_room():
            with acting(Actor("a stranger", "stranger", address, way)):
                self._trail.put(refused(Action.SIGN_IN_REFUSED, "E-AUTH-1", count=str(count)))

    def beyond_scope(self, who: Who, method: str, path: str) -> None:
        """An API token was used for what it is not good for."""
        if self._has_room():
            with acting(Actor(who.name, who.kind, who.address, Way.API)):
                self._trail.put(refused(Action.ACCESS_REFUSED, "E-AUTH-6", request=f"{method} {path}"))

    def _count(self, client: str) -> int:
        now = self._clock()
        since, count = self._counts.pop(client, (now, 0))
        if now - since >= WINDOW_S:
            since, count = now, 0
        self._counts[client] = (since, count + 1)
        while len(self._counts) > CLIENT_LIMIT:
            self._counts.popitem(last=False)
        return count + 1

    def _has_room(self) -> bool:
        now = self._clock()
        since, rows = self._window
        if not rows or now - since >= WINDOW_S:
            since, rows = now, 0
        self._window = (since, rows + 1)
        return rows < MOST_ROWS
