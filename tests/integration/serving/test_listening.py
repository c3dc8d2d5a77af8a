"""Which addresses lead to our own socket."""

import pytest

from kanban_app.serving.listening import bound_port, leads_to, listen


@pytest.mark.parametrize(
    ("listens", "asked", "leads"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "localhost", True),
        ("127.0.0.1", "0.0.0.0", True),
        ("127.0.0.1", "::ffff:127.0.0.1", True),
        ("127.0.0.1", "127.0.0.2", False),
        ("127.0.0.1", "203.0.113.7", False),
        ("127.0.0.1", "no-such-host.invalid", False),
        ("127.0.0.2", "0.0.0.0", False),
        ("0.0.0.0", "0.0.0.0", True),
        ("0.0.0.0", "127.0.0.2", True),
        ("0.0.0.0", "203.0.113.7", False),
    ],
)
def test_an_address_leads_to_the_socket_or_not(listens: str, asked: str, leads: bool) -> None:
    with listen(listens, 0) as listener:
        assert leads_to(listener, asked, bound_port(listener)) is leads
        assert not leads_to(listener, asked, bound_port(listener) ^ 1)
