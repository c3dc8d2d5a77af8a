"""Whose word on the browser's address, host and scheme counts."""

import pytest

from kanban_app.api.gate import Gate
from kanban_app.api.origins import HostRules, plain_address
from kanban_app.api.who import Who, who_of
from kanban_app.asgi import Receive, Scope, Send
from tests.support.asgi import request
from tests.unit.api.conftest import FRIEND, HOST, TOKEN

PROXY = "10.1.2.3"
AUTH = {"host": HOST, "authorization": f"Bearer {TOKEN}"}


class Seer:
    who: Who | None = None
    scheme = ""

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        self.who, self.scheme = who_of(scope), scope["scheme"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


async def seen(headers: dict[str, str], client: str = PROXY, proxies: tuple[str, ...] = ("10.1.0.0/16",)) -> Seer:
    seer = Seer()
    gate = Gate(seer, HostRules.of("127.0.0.1", [FRIEND], proxies), TOKEN)
    await request(gate, "GET", "/", {**AUTH, **headers}, client=(client, 4000))
    return seer


@pytest.mark.parametrize(
    ("chain", "address"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9", "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9, 10.1.9.9", "203.0.113.9"),
        ("10.1.9.8, 10.1.9.9", "10.1.9.8"),
        ("2001:db8::5", "2001:db8::5"),
        ("[2001:db8::5]:4711", "2001:db8::5"),
        ("203.0.113.9:4711", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("", PROXY),
        ("unknown", PROXY),
        ("203.0.113.9, unknown", PROXY),
        ("<script>", PROXY),
    ],
)
async def test_the_clients_address_is_the_last_that_no_proxy_has(chain: str, address: str) -> None:
    found = await seen({"x-forwarded-for": chain, "x-forwarded-proto": "https"})
    assert found.who is not None
    assert found.who.address == address
    assert found.scheme == "https"


@pytest.mark.parametrize("client", ["127.0.0.1", "203.0.113.9", "10.2.0.1", "::1", "testclient"])
async def test_nobody_else_is_believed(client: str) -> None:
    found = await seen({"x-forwarded-for": "6.6.6.6", "x-forwarded-proto": "https"}, client=client)
    assert found.who is not None
    assert found.who.address == client
    assert found.scheme == "http"


async def test_without_proxies_not_even_this_machine_is_believed() -> None:
    found = await seen({"x-forwarded-for": "6.6.6.6"}, client="127.0.0.1", proxies=())
    assert found.who is not None
    assert found.who.address == "127.0.0.1"


async def test_the_session_is_for_https_only_if_a_trusted_proxy_says_so() -> None:
    rules = HostRules.of("127.0.0.1", [FRIEND], ["10.1.0.0/16"])
    for client, secure in ((PROXY, True), ("10.9.9.9", False)):
        gate = Gate(Seer(), rules, TOKEN)
        headers = {"host": HOST, "x-forwarded-proto": "https"}
        answer = await request(gate, "GET", f"/?token={TOKEN}", headers, client=(client, 4000))
        assert ("; Secure" in answer.headers["set-cookie"]) is secure


def test_addresses_as_proxies_write_them() -> None:
    assert plain_address("[::1]") == "::1"
    assert plain_address("localhost") is None
    assert plain_address("1.2.3.4:x") is None
