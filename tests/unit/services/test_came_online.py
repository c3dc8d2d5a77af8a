"""A browser's word that its network is back."""

import pytest

from kanban_app.domain.connection import Connection, ConnectionState
from kanban_app.services.came_online import CameOnline


class Rig:
    def __init__(self, state: ConnectionState) -> None:
        self.now = 100.0
        self.retries = 0
        self.came_online = CameOnline(lambda: Connection(state, "ws://x"), self.retry, lambda: self.now)

    def retry(self) -> None:
        self.retries += 1


@pytest.mark.parametrize("state", list(ConnectionState))
def test_only_where_it_is_of_use(state: ConnectionState) -> None:
    rig = Rig(state)
    rig.came_online()
    assert rig.retries == (state not in {ConnectionState.CONNECTED, ConnectionState.DISCONNECTED})


def test_at_most_once_a_second() -> None:
    rig = Rig(ConnectionState.RECONNECTING)
    for _ in range(30):
        rig.came_online()
        rig.now += 0.1
    assert rig.retries == 3
