"""The connection in words, for header and API."""

from datetime import UTC, datetime
from typing import Any

import pytest

from kanban_app.domain.connection import Connection, ConnectionState
from kanban_app.services.connection_views import ConnectionView, connection_view

URL = "ws://example:8500/ws/trigger"


def shown(state: ConnectionState, code: str | None = None, **fields: Any) -> ConnectionView:
    return connection_view(Connection(state, URL, error_code=code, **fields))


def test_working_offline_says_why_and_what_to_do():
    cause = {"cause_code": "E-CONN-2", "cause_params": {"host": "example"}}
    view = shown(ConnectionState.OFFLINE, "E-CONN-20", **cause)
    assert view["label"] == "Offline"
    assert view["detail"] == (
        "Working offline. Cards can be created, edited and moved; workflows start once the service is back. "
        "The name example could not be found."
    )
    assert view["advice"] == ["Correct the address of the service"]
    assert view["cause"] is not None
    assert view["cause"]["code"] == "E-CONN-2"


def test_a_pause_leaves_the_seconds_to_the_screen():
    cause = {"cause_code": "E-CONN-1", "cause_params": {"url": URL}}
    view = shown(ConnectionState.PAUSED, "E-CONN-21", error_params={"n": "30"}, **cause)
    assert view["label"] == "Paused"
    assert view["detail"] == f"Pausing connection attempts. Nothing answers at {URL}."
    assert view["error"] is not None
    assert view["error"]["message"] == "The next try comes in 30 s."


def test_what_a_button_does_is_no_advice():
    assert shown(ConnectionState.DISCONNECTED, "E-CONN-11")["advice"] == []
    assert shown(ConnectionState.RECONNECTING, "E-CONN-17")["advice"] == []


def test_since_when():
    at = datetime(2026, 11, 22, tzinfo=UTC)
    assert shown(ConnectionState.RECONNECTING, since=at)["since"] == at.timestamp() * 1000
    assert shown(ConnectionState.RECONNECTING)["detail"] == URL


@pytest.mark.parametrize(
    ("state", "notice"),
    [
        (ConnectionState.CONNECTED, "Catching up with the service…"),
        (ConnectionState.DISCONNECTED, "What cards show may be out of date until you connect again."),
        (
            ConnectionState.RECONNECTING,
            (
                "No word from the service: what cards show may be out of date. The board tries again by itself. "
                "If it lasts, look whether the service runs and its address is right."
            ),
        ),
    ],
)
def test_what_may_be_old_is_said_with_what_to_do(state: ConnectionState, notice: str):
    assert shown(state, stale=True)["notices"] == [notice]
    assert shown(state)["notices"] == []
