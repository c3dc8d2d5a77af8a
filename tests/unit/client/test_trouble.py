import errno
import socket
import ssl

import pytest
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK, InvalidMessage, InvalidStatus, InvalidURI
from websockets.frames import Close
from websockets.http11 import Response

from kanban_app.client.proxies import UnusableProxy
from kanban_app.client.tls import UnusableCaFile
from kanban_app.client.trouble import of_closing, of_connecting
from kanban_app.client.urls import parse_url

PLAIN = parse_url("ws://host:1/ws/trigger")
LARGEST = 16 * 1024 * 1024
SECURE = parse_url("wss://host:1/ws/trigger")


def status(code: int) -> InvalidStatus:
    return InvalidStatus(Response(code, "", Headers()))


def caused(cause: Exception) -> InvalidMessage:
    error = InvalidMessage("did not receive a valid HTTP response")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConnectionRefusedError(), "E-CONN-1"),
        (OSError("Multiple exceptions: ..."), "E-CONN-1"),
        (socket.gaierror(-2, "Name or service not known"), "E-CONN-2"),
        (UnicodeError("label empty or too long"), "E-CONN-2"),
        (TimeoutError(), "E-CONN-3"),
        (status(403), "E-CONN-4"),
        (status(426), "E-CONN-4"),
        (status(401), "E-AUTH-4"),
        (status(502), "E-CONN-1"),
        (status(500), "E-CONN-15"),
        (status(503), "E-CONN-17"),
        (status(302), "E-CONN-25"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "E-CONN-22"),
        (caused(ValueError("no")), "E-CONN-4"),
        (caused(EOFError()), "E-CONN-7"),
        (ConnectionResetError(), "E-CONN-7"),
        (ssl.SSLCertVerificationError(), "E-CONN-6"),
        (UnusableCaFile("no."), "E-CONN-6"),
        (UnusableProxy("No."), "E-CONN-25"),
        (InvalidURI("http://login.example", "scheme isn't ws or wss"), "E-CONN-25"),
    ],
)
def test_why_no_connection_came_about(error: Exception, code: str) -> None:
    trouble = of_connecting(error, PLAIN, 5.0)
    assert trouble.code == code
    assert trouble.params["url"] == PLAIN.socket


def test_a_name_that_only_a_local_proxy_knows() -> None:
    url = parse_url("ws://adw.0a1b2c3d.localhost/ws/trigger")
    trouble = of_connecting(socket.gaierror(-2, "Name or service not known"), url, 5.0)
    assert (trouble.code, trouble.params["host"]) == ("E-CONN-23", "adw.0a1b2c3d.localhost")


def test_a_token_that_was_good_before() -> None:
    assert of_connecting(status(401), PLAIN, 5.0, was_accepted=True).code == "E-AUTH-2"


def test_a_cut_handshake_of_a_secure_address_is_about_tls() -> None:
    assert of_connecting(ConnectionResetError(), SECURE, 5.0).code == "E-CONN-6"


def test_how_long_is_slow() -> None:
    assert of_connecting(TimeoutError(), PLAIN, 5.0).params["n"] == "5"


@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [
        (1000, "Connection timeout due to inactivity", "E-CONN-10"),
        (1000, "", "E-CONN-18"),
        (1001, "", "E-CONN-9"),
        (1012, "", "E-CONN-8"),
        (1013, "", "E-CONN-17"),
        (4321, "because", "E-CONN-18"),
    ],
)
def test_why_the_service_closed(code: int, reason: str, expected: str) -> None:
    close = Close(code, reason)
    trouble = of_closing(ConnectionClosedOK(close, close, rcvd_then_sent=True), PLAIN, LARGEST)
    assert trouble.code == expected
    assert trouble.params["code"] == str(code)


def test_a_connection_that_vanished() -> None:
    assert of_closing(ConnectionClosedError(None, None), PLAIN, LARGEST).code == "E-CONN-7"


def test_what_the_library_closed_by_itself() -> None:
    too_big = ConnectionClosedError(None, Close(1009, ""), rcvd_then_sent=None)
    assert of_closing(too_big, PLAIN, LARGEST).params["code"] == "1009"
    assert of_closing(ConnectionClosedError(None, Close(1002, "")), PLAIN, LARGEST).code == "E-CONN-12"
