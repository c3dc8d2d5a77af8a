import pytest

from kanban_app.conformance.target import UnusableTarget, parse_target


@pytest.mark.parametrize(
    ("given", "socket", "http"),
    [
        ("ws://127.0.0.1:8500/ws/trigger", "ws://127.0.0.1:8500/ws/trigger", "http://127.0.0.1:8500"),
        (" ws://host:1 ", "ws://host:1/ws/trigger", "http://host:1"),
        ("wss://host/board/ws/trigger/", "wss://host/board/ws/trigger", "https://host/board"),
        ("ws://[::1]:8500", "ws://[::1]:8500/ws/trigger", "http://[::1]:8500"),
    ],
)
def test_addresses(given: str, socket: str, http: str) -> None:
    target = parse_target(given)
    assert (target.socket, target.http) == (socket, http)


@pytest.mark.parametrize(
    "given",
    ["http://host/ws/trigger", "ws://", "ws://u:p@host", "ws://host/other", "ws://host:port", "ws://host?token=x"],
)
def test_unusable_addresses(given: str) -> None:
    with pytest.raises(UnusableTarget, match=r"address.*\.$"):
        parse_target(given)


def test_the_token_goes_into_a_header_and_is_not_shown() -> None:
    target = parse_target("ws://host", "s3cret")
    assert target.headers == {"Authorization": "Bearer s3cret"}
    assert "s3cret" not in repr(target)


@pytest.mark.parametrize(("host", "near"), [("localhost", True), ("a.localhost", True), ("127.0.0.9", True)])
def test_loopback(host: str, near: bool) -> None:
    assert parse_target(f"ws://{host}").is_loopback is near
    assert not parse_target("ws://example.org").is_loopback
