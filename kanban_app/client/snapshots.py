"""How the connection stands, in terms that screen and API show. Pure."""

from dataclasses import replace
from datetime import datetime, timedelta

from kanban_app.client.urls import ServiceUrl
from kanban_app.domain.connection import Connection, ConnectionState
from kanban_app.tac7.session_events import Ready, RoundTrip
from kanban_app.tac7.supervision import Phase, Supervision
from kanban_app.tac7.trouble import Trouble


def without_service(
    before: Connection, machine: Supervision, url: ServiceUrl, wall: datetime, wait_s: float
) -> Connection:
    """The snapshot while no service is connected; the next try comes in `wait_s`."""
    trouble, cause = _words(machine, url)
    waits = machine.phase is Phase.WAITING and machine.failures > 0
    return replace(
        before,
        state=machine.state,
        url=url.socket,
        vintage=None,
        extensions=frozenset(),
        journal="",
        attempt=machine.failures,
        next_try_at=wall + timedelta(seconds=wait_s) if waits else None,
        since=before.since if before.state is machine.state else wall,
        connected_at=None,
        round_trip_ms=None,
        error_code=trouble.code if trouble else None,
        error_params=dict(trouble.params) if trouble else {},
        cause_code=cause.code if cause else None,
        cause_params=dict(cause.params) if cause else {},
    )


def with_service(before: Connection, ready: Ready, journal: str, wall: datetime) -> Connection:
    """The snapshot of a connection that has just become ready."""
    return replace(
        before,
        state=ConnectionState.CONNECTED,
        vintage=ready.vintage,
        extensions=ready.extensions,
        journal=journal,
        attempt=0,
        next_try_at=None,
        since=wall,
        connected_at=wall,
        last_connected_at=wall,
        error_code=None,
        error_params={},
        cause_code=None,
        cause_params={},
    )


def with_round_trip(before: Connection, measured: RoundTrip) -> Connection:
    skew = before.clock_skew_s if measured.clock_skew_s is None else measured.clock_skew_s
    return replace(before, round_trip_ms=measured.seconds * 1000, clock_skew_s=skew)


def _words(machine: Supervision, url: ServiceUrl) -> tuple[Trouble | None, Trouble | None]:
    """How things stand, and why where that is another thing."""
    cause = machine.trouble
    if machine.phase is Phase.AWAY or machine.failures == 0:
        return cause, None
    if not machine.has_network and not url.is_loopback:
        return Trouble("E-CONN-22"), None
    if machine.is_resigned:
        longest = f"{machine.pauses.longest_s:.0f}"
        return Trouble("E-CONN-19", {"n": str(machine.failures), "pause": longest}), cause
    match machine.state:
        case ConnectionState.OFFLINE:
            return Trouble("E-CONN-20"), cause
        case ConnectionState.PAUSED:
            return Trouble("E-CONN-21", {"n": f"{machine.pause_s:.0f}"}), cause
        case _:
            return cause, None
