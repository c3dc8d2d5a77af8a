"""The connection and what a service has said beside the board, in the shapes that the screen and the API show."""

from collections.abc import Iterable
from typing import Final, TypedDict

from kanban_app.domain.connection import Connection, ConnectionState
from kanban_app.domain.health import Grade
from kanban_app.errors import ErrorView, advice_of, describe
from kanban_app.services.quarantine import HeldFrame
from kanban_app.services.views import millis

GRADES: Final = {
    Grade.HEALTHY: "Healthy",
    Grade.DEGRADED: "Degraded",
    Grade.UNHEALTHY: "Unhealthy",
    Grade.CRITICAL: "Critical",
    Grade.UNKNOWN: "Not known",
}


class ConnectionView(TypedDict):
    """The connection in words. `error` says how it stands, `cause` why where that is another thing.

    `advice` is what a person can do beside pressing a button; `attempt` counts the tries that have failed in a row.
    `merges`: the service previews merges, takes a method for them, and removes an earlier run.
    `grade` is a word of `domain.health.Grade`, `grade_label` the same for people. `stale`: what cards with a run under
    way show may be out of date. `notices` are lines for everybody to see.
    """

    state: str
    label: str
    detail: str
    url: str
    embedded: bool
    vintage: str
    merges: bool
    attempt: int
    next_try_at: int | None
    since: int | None
    last_connected_at: int | None
    round_trip_ms: float | None
    error: ErrorView | None
    cause: ErrorView | None
    advice: list[str]
    grade: str
    grade_label: str
    stale: bool
    notices: list[str]


class OtherRun(TypedDict):
    """A run that services tell of and no card has. `lines` is the length of its log."""

    adw_id: str
    last_log: str
    at: int
    lines: int


class FrameView(TypedDict):
    """A frame of the service that could not be used as it was. `kind` is its type, where it has one."""

    at: int
    code: str
    title: str
    kind: str
    reason: str
    text: str


def connection_view(connection: Connection) -> ConnectionView:
    error = describe(connection.error_code, connection.error_params) if connection.error_code else None
    cause = describe(connection.cause_code, connection.cause_params) if connection.cause_code else None
    label, detail = _connection_words(connection, error, cause)
    trouble = cause or error
    return ConnectionView(
        state=connection.state.value,
        label=label,
        detail=detail,
        url=connection.url,
        embedded=connection.embedded,
        vintage=connection.vintage.value if connection.vintage else "",
        merges=connection.merges,
        attempt=connection.attempt,
        next_try_at=millis(connection.next_try_at),
        since=millis(connection.since),
        last_connected_at=millis(connection.last_connected_at),
        round_trip_ms=connection.round_trip_ms,
        error=error,
        cause=cause,
        advice=advice_of(trouble) if trouble else [],
        grade=connection.grade.value,
        grade_label=GRADES[connection.grade],
        stale=connection.stale,
        notices=_connection_notices(connection),
    )


def frame_views(frames: Iterable[HeldFrame]) -> list[FrameView]:
    return [
        FrameView(
            at=frame.at,
            code=frame.code,
            title=describe(frame.code)["title"],
            kind=frame.kind,
            reason=frame.reason,
            text=frame.text,
        )
        for frame in frames
    ]


def _connection_words(connection: Connection, error: ErrorView | None, cause: ErrorView | None) -> tuple[str, str]:
    if connection.state is ConnectionState.CONNECTED:
        return ("Connected", "This board runs workflows itself." if connection.embedded else connection.url)
    words = {
        ConnectionState.CONNECTING: "Connecting",
        ConnectionState.RECONNECTING: f"Reconnecting, try {connection.attempt}"
        if connection.attempt
        else "Reconnecting",
        ConnectionState.PAUSED: "Paused",
        ConnectionState.DISCONNECTED: "Disconnected",
        ConnectionState.OFFLINE: "Offline",
    }
    if error is None:
        return (words[connection.state], connection.url)
    said = [f"{error['title']}.", error["message"], cause["message"] if cause else ""]
    if connection.state is ConnectionState.PAUSED and connection.error_code == "E-CONN-21":
        del said[1]  # the seconds run on the screen
    return (words[connection.state], " ".join(part for part in said if part))


def _connection_notices(connection: Connection) -> list[str]:
    notices: list[str] = []
    if connection.stale:
        notices.append(_staleness(connection))
    if connection.unreadable:
        notices.append("Much of what the service sends cannot be read. Check the address and the version of both.")
    return notices


def _staleness(connection: Connection) -> str:
    if connection.state is ConnectionState.CONNECTED:
        return "Catching up with the service…"
    if connection.state is ConnectionState.DISCONNECTED:
        return "What cards show may be out of date until you connect again."
    what_to_do = "" if connection.embedded else " If it lasts, look whether the service runs and its address is right."
    return f"No word from the service: what cards show may be out of date. The board tries again by itself.{what_to_do}"
