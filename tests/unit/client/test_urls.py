import pytest

from kanban_app.client.urls import UnusableUrl, parse_url


@pytest.mark.parametrize(
    ("text", "socket", "http"),
    [
        ("ws://127.0.0.1:8500/ws/trigger", "ws://127.0.0.1:8500/ws/trigger", "http://127.0.0.1:8500"),
        (" ws://host:8500 ", "ws://host:8500/ws/trigger", "http://host:8500"),
        ("ws://host/", "ws://host/ws/trigger", "http://host"),
        ("wss://host/ws/trigger/", "wss://host/ws/trigger", "https://host"),
        ("wss://host/base/ws/trigger", "wss://host/base/ws/trigger", "https://host/base"),
        ("ws://[::1]:8500/ws/trigger", "ws://[::1]:8500/ws/trigger", "http://[::1]:8500"),
    ],
)
def test_socket_and_http_addresses(text: str, socket: str, http: str) -> None:
    url = parse_url(text)
    assert (url.socket, url.http) == (socket, http)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "must begin with ws://"),
        ("http://host/ws/trigger", "must begin with ws://"),
        ("ws:///ws/trigger", "names no host"),
        ("ws://host:99999/ws/trigger", "cannot be read"),
        ("ws://host:x/ws/trigger", "cannot be read"),
        ("ws://[::1/ws/trigger", "cannot be read"),
        ("ws://host/elsewhere", "must end in /ws/trigger"),
        ("ws://me:secret@host/ws/trigger", "must not carry"),
        ("ws://host/ws/trigger?token=secret", "must not carry"),
    ],
)
def test_unusable_addresses_say_why_and_show_no_secret(text: str, words: str) -> None:
    with pytest.raises(UnusableUrl, match=words) as refused:
        parse_url(text)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("host", "expected"),
    [("localhost", True), ("adw.x.localhost", True), ("127.0.0.2", True), ("[::1]", True), ("example.org", False)],
)
def test_loopback_addresses_go_past_the_proxy(host: str, expected: bool) -> None:
    assert parse_url(f"ws://{host}/ws/trigger").is_loopback is expected
