"""Names, origins, sizes and headers: what the gate checks of those who may come in as well."""

import json
import socket

import pytest

from kanban_app.api.body_limit import MIB
from kanban_app.api.gate import Gate
from kanban_app.asgi import Application, Receive, Scope, Send
from tests.support.asgi import connects, request
from tests.unit.api.conftest import FRIEND, HOST, ORIGIN, TOKEN, rules

AUTH = {"authorization": f"Bearer {TOKEN}"}
LOCAL = {"host": HOST, **AUTH}
GOOD_HOSTS = [
    "127.0.0.1:3000", "localhost", "localhost:8080", "LOCALHOST", "board.localhost:3000", "[::1]:3000", "192.168.1.7",
    "203.0.113.9:80", "friend.example.org", "friend.example.org:8443", socket.gethostname(), "localhost.",
]  # fmt: skip
BAD_HOSTS = [
    "", "evil.example", "evil.example:3000", "localhost.evil.example", "127.0.0.1.evil.example",
    "evil.example@localhost", "localhost/evil", "localhost:99999", "localhost, evil.example", "[::1",
    "xn--nxasmq6b", "friend.example.org.evil",
]  # fmt: skip


@pytest.mark.parametrize("host", GOOD_HOSTS)
async def test_names_of_this_machine_are_answered(gate: Application, host: str) -> None:
    assert (await request(gate, "GET", "/", {"host": host, **AUTH})).status == 200


@pytest.mark.parametrize("host", BAD_HOSTS)
async def test_other_names_are_not(gate: Application, host: str) -> None:
    answer = await request(gate, "GET", "/", {"host": host, **AUTH})
    assert answer.status == 421
    assert b"KANBAN_ALLOWED_ORIGINS" in answer.body
    assert not await connects(gate, "/ws/trigger", {"host": host, **AUTH})


async def test_a_wrong_name_is_an_error_of_the_one_shape_for_programs(gate: Application) -> None:
    answer = await request(gate, "GET", "/api/v1/board", {"host": "evil.example", **AUTH})
    assert answer.status == 421
    assert json.loads(answer.body)["error"]["code"] == "E-AUTH-3"


async def test_the_open_paths_have_to_be_asked_for_by_a_right_name_too(gate: Application) -> None:
    assert (await request(gate, "GET", "/healthz", {"host": "evil.example"})).status == 421
    assert (await request(gate, "GET", "/healthz")).status == 421


async def test_two_host_headers_are_none(gate: Application) -> None:
    pairs = [("host", HOST), ("host", "evil.example"), *AUTH.items()]
    assert (await request(gate, "GET", "/", pairs)).status == 421


async def test_a_proxy_on_this_machine_tells_the_name_and_the_scheme(gate: Application) -> None:
    headers = {**LOCAL, "x-forwarded-host": "friend.example.org", "x-forwarded-proto": "https", "origin": FRIEND}
    seen = json.loads((await request(gate, "POST", "/api/x", headers)).body)
    assert seen["host"] == "friend.example.org"
    assert seen["scheme"] == "https"


async def test_a_proxys_word_does_not_make_a_wrong_host_right(gate: Application) -> None:
    """A page of a foreign site that resolves to this machine can set X-Forwarded-Host."""
    headers = {"host": "evil.example", "x-forwarded-host": "localhost", **AUTH}
    assert (await request(gate, "GET", "/", headers)).status == 421


async def test_a_proxy_cannot_name_a_foreign_host(gate: Application) -> None:
    assert (await request(gate, "GET", "/", {**LOCAL, "x-forwarded-host": "evil.example"})).status == 421


async def test_the_word_of_other_machines_does_not_count(gate: Application) -> None:
    headers = {**LOCAL, "x-forwarded-host": "friend.example.org", "x-forwarded-proto": "https"}
    seen = json.loads((await request(gate, "GET", "/", headers, client=("192.168.1.9", 4000))).body)
    assert seen["host"] == HOST
    assert seen["scheme"] == "http"


@pytest.mark.parametrize("origin", [ORIGIN, FRIEND, f"{FRIEND}/", "HTTPS://FRIEND.EXAMPLE.ORG"])
async def test_writes_from_allowed_pages_pass(gate: Application, origin: str) -> None:
    assert (await request(gate, "POST", "/api/x", {**LOCAL, "origin": origin})).status == 200
    assert await connects(gate, "/ws/trigger", {**LOCAL, "origin": origin})


@pytest.mark.parametrize(
    "origin",
    ["null", "", "https://evil.example", "http://127.0.0.1:3001", "http://localhost:3000", "http://127.0.0.1",
     "http://friend.example.org", "http://127.0.0.1:3000.evil.example", "file://", "chrome-extension://x", "http://["],
)  # fmt: skip
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PROPFIND"])
async def test_writes_from_other_pages_do_not(
    gate: Application, open_gate: Application, origin: str, method: str
) -> None:
    for door in (gate, open_gate):
        answer = await request(door, method, "/api/x", {**LOCAL, "origin": origin})
        assert answer.status == 403
        assert json.loads(answer.body)["error"]["code"] == "E-AUTH-3"


@pytest.mark.parametrize("origin", ["null", "https://evil.example", "http://127.0.0.1:3001"])
@pytest.mark.parametrize("path", ["/_event/", "/ws/live", "/ws/trigger"])
async def test_sockets_of_other_pages_do_not(gate: Application, open_gate: Application, origin: str, path: str) -> None:
    for door in (gate, open_gate):
        assert not await connects(door, path, {**LOCAL, "origin": origin})


async def test_default_ports_are_left_out_of_origins(gate: Application) -> None:
    headers = {"host": "localhost:80", "origin": "http://localhost", **AUTH}
    assert (await request(gate, "POST", "/api/x", headers)).status == 200


async def test_a_write_with_a_cookie_alone_has_to_say_where_it_comes_from(gate: Application) -> None:
    cookie = (await request(gate, "GET", f"/?token={TOKEN}", {"host": HOST})).cookie
    headers = {"host": HOST, "cookie": cookie}
    assert (await request(gate, "POST", "/api/x", headers)).status == 403
    assert (await request(gate, "POST", "/api/x", {**headers, "sec-fetch-site": "cross-site"})).status == 403
    assert (await request(gate, "POST", "/api/x", {**headers, "sec-fetch-site": "same-site"})).status == 403
    assert (await request(gate, "POST", "/api/x", {**headers, "sec-fetch-site": "same-origin"})).status == 200
    assert (await request(gate, "POST", "/api/x", {**headers, **AUTH})).status == 200
    assert (await request(gate, "GET", "/api/x", headers)).status == 200


async def test_security_headers_are_on_every_answer_once(gate: Application) -> None:
    answers = [
        await request(gate, "GET", "/", LOCAL),
        await request(gate, "GET", "/login", {"host": HOST}),
        await request(gate, "GET", "/api/x", {"host": HOST}),
        await request(gate, "GET", "/", {"host": "evil.example"}),
    ]
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "same-origin"


async def test_no_answer_lets_foreign_pages_read_it() -> None:
    async def reflex(_scope: Scope, _receive: Receive, send: Send) -> None:
        allowed = [(b"Access-Control-Allow-Origin", b"*"), (b"access-control-allow-credentials", b"true")]
        await send({"type": "http.response.start", "status": 200, "headers": [*allowed, (b"x-other", b"kept")]})
        await send({"type": "http.response.body", "body": b""})

    answer = await request(Gate(reflex, rules(), TOKEN), "GET", "/", {**LOCAL, "origin": "https://evil.example"})
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    assert answer.headers["x-other"] == "kept"


async def test_a_line_break_in_a_path_leads_nowhere(gate: Application) -> None:
    answer = await request(gate, "GET", "/api/v1/tasks/a\nb", LOCAL)
    assert answer.status == 404
    assert json.loads(answer.body)["error"]["code"] == "E-SYS-3"


async def test_bodies_up_to_the_limit_pass(gate: Application) -> None:
    pieces = [b"x" * MIB, b"x" * MIB]
    answer = await request(gate, "POST", "/api/x", {**LOCAL, "content-length": str(2 * MIB)}, pieces)
    assert json.loads(answer.body)["size"] == 2 * MIB


@pytest.mark.parametrize("announced", [True, False])
async def test_larger_bodies_do_not(gate: Application, announced: bool) -> None:
    headers = {**LOCAL, **({"content-length": str(2 * MIB + 1)} if announced else {})}
    answer = await request(gate, "POST", "/api/x", headers, [b"x" * MIB, b"x" * MIB, b"x"])
    assert answer.status == 413
    assert answer.headers["connection"] == "close"
    assert json.loads(answer.body)["error"]["message"] == "body: it is larger than 2 MiB."


@pytest.mark.parametrize("path", ["/r/abc/api/reports", "/api/v1/tasks/abc/attachments", "/api/v1/uploads"])
async def test_reports_and_images_may_be_larger(gate: Application, path: str) -> None:
    assert (await request(gate, "POST", path, LOCAL, [b"x" * MIB] * 8)).status == 200
    assert (await request(gate, "POST", path, LOCAL, [b"x" * MIB] * 9)).status == 413


async def test_a_length_that_is_no_number_does_not_open_the_door(gate: Application) -> None:
    answer = await request(gate, "POST", "/api/x", {**LOCAL, "content-length": "-1"}, [b"x" * MIB] * 3)
    assert answer.status == 413
