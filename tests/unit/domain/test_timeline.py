"""What happens to a connection, read off its snapshots."""

from dataclasses import replace

from kanban_app.domain.connection import Connection, ConnectionState
from kanban_app.domain.timeline import Kind, Watch

CONNECTING = Connection(ConnectionState.CONNECTING, "ws://one")
CONNECTED = replace(CONNECTING, state=ConnectionState.CONNECTED)


def without(state: ConnectionState, attempt: int, code: str = "E-CONN-7", cause: str | None = None) -> Connection:
    return replace(CONNECTING, state=state, attempt=attempt, error_code=code, cause_code=cause)


def story(*snapshots: Connection) -> list[tuple[Kind, str, int]]:
    watch, found = Watch(), list[tuple[Kind, str, int]]()
    for one in snapshots:
        watch, happened = watch.look(one)
        found += [(each.kind, each.code, each.count) for each in happened]
    return found


def test_a_connection_that_goes_and_comes_back() -> None:
    assert story(
        CONNECTING,
        CONNECTED,
        CONNECTED,
        without(ConnectionState.RECONNECTING, 1),
        without(ConnectionState.RECONNECTING, 2, "E-CONN-1"),
        without(ConnectionState.PAUSED, 5, "E-CONN-21", "E-CONN-1"),
        CONNECTED,
    ) == [
        (Kind.CONNECTED, "", 0),
        (Kind.LOST, "E-CONN-7", 0),
        (Kind.TRY_FAILED, "E-CONN-1", 1),
        (Kind.TRY_FAILED, "E-CONN-1", 3),
        (Kind.PAUSED, "E-CONN-1", 0),
        (Kind.CONNECTED, "", 0),
    ]


def test_a_service_that_was_never_there() -> None:
    assert story(CONNECTING, *(without(ConnectionState.CONNECTING, n, "E-CONN-1") for n in (1, 2))) == [
        (Kind.TRY_FAILED, "E-CONN-1", 1),
        (Kind.TRY_FAILED, "E-CONN-1", 1),
    ]
    assert story(CONNECTING, without(ConnectionState.OFFLINE, 3, "E-CONN-20", "E-CONN-1"))[-1][0] is Kind.OFFLINE


def test_what_people_want_is_no_loss() -> None:
    away = without(ConnectionState.DISCONNECTED, 0, "E-CONN-11")
    assert story(CONNECTED, away, away) == [(Kind.CONNECTED, "", 0), (Kind.DISCONNECTED, "", 0)]
    elsewhere = replace(CONNECTING, url="ws://two")
    assert story(CONNECTED, elsewhere, replace(CONNECTED, url="ws://two")) == [
        (Kind.CONNECTED, "", 0),
        (Kind.ADDRESS, "", 0),
        (Kind.CONNECTED, "", 0),
    ]
