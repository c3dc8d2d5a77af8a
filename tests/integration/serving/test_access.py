"""Access to a running board, over real sockets: every route and socket by who asks, tokens, rotation, proxies."""

import http.client
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from reflex.utils.format import format_event_handler
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from kanban_app.api.scopes import ROUTES
from kanban_app.catalogue import CATALOGUE
from tests.support.all_events import HANDLERS
from tests.support.app import AppProcess, run_command, running_app
from tests.support.proxy import reverse_proxy

HTTP: Final = sorted(tuple(route.split(" ")) for route in ROUTES if not route.startswith("WS "))
SOCKETS: Final = ("/ws/live", "/ws/trigger", "/_event/?EIO=4&transport=websocket")
OPEN: Final = frozenset({"/healthz", "/readyz"})
EVIL: Final = "https://evil.example"
# What the built-in service of a demonstration does not do.
NOT_OFFERED: Final = frozenset({501, 503})
TRAVERSALS: Final = (
    *("..", "%2e%2e", "..%2f..%2fcanary", "%2e%2e%2f%2e%2e%2fcanary", "..%5c..%5ccanary", "%2fetc%2fpasswd"),
    *("....%2f%2fcanary", "%252e%252e%252fcanary", "%00", "canary%00.png", "a%0ab", "%ff%fe", "%ed%a0%80", "--help"),
    *("x" * 5000, "%3Cscript%3E", "'%20OR%201=1--", "%c0%ae%c0%ae%2fcanary", "file:%2f%2f%2fetc%2fpasswd"),
)
CANARY: Final = "the-canary-that-nobody-may-read"


@pytest.fixture(scope="module")
def board(built_client: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppProcess]:
    folder = tmp_path_factory.mktemp("access")
    (folder / "canary").write_text(CANARY)
    with running_app(folder / "data", env={"KANBAN_DEMO_SPEED": "0"}) as app:
        (app.data_dir / "canary").write_text(CANARY)
        yield app


def status(board: AppProcess, method: str, path: str, headers: dict[str, str]) -> int:
    """Of one request with an empty body; only the head of the answer is waited for."""
    target = board.base_url + path.replace("{}", "0a1b2c3d")
    with httpx.stream(method, target, headers=headers, timeout=20) as answer:
        return answer.status_code


def shut_out(board: AppProcess, path: str, **headers: str) -> int:
    """What the handshake is refused with; 101 when it is not."""
    origin = headers.pop("origin", None)
    url = board.base_url.replace("http", "ws", 1) + path
    try:
        with connect(url, additional_headers=headers, origin=origin, proxy=None):  # pyright: ignore[reportArgumentType]
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


@pytest.mark.parametrize(("method", "path"), HTTP, ids=lambda part: part)
def test_every_route_by_who_asks(board: AppProcess, method: str, path: str) -> None:
    free = {200, 503} if path in OPEN else {401}
    pages = {401, 303} if path.startswith("/api/docs") else free
    assert status(board, method, path, {}) in free | pages
    assert status(board, method, path, {"authorization": "Bearer wrong"}) in (free | pages | {429})
    assert status(board, method, path, {**board.headers, "host": "evil.example"}) == 421
    if method != "GET":
        assert status(board, method, path, {**board.headers, "origin": EVIL}) == 403
    known = status(board, method, path, board.headers)
    assert known not in {401, 403, 421, 429}
    assert known < 500 or known in NOT_OFFERED


@pytest.mark.parametrize("path", SOCKETS)
def test_every_socket_by_who_asks(board: AppProcess, path: str) -> None:
    assert shut_out(board, path) == 403
    assert shut_out(board, path, authorization="Bearer wrong") == 403
    assert shut_out(board, path, **board.headers, host="evil.example") in {400, 403, 421}
    assert shut_out(board, path, **board.headers, origin=EVIL) == 403
    assert shut_out(board, path, **board.headers) == 101


@pytest.mark.parametrize(("method", "path"), [(m, p) for m, p in HTTP if "{}" in p], ids=lambda part: part)
def test_no_path_leads_out_of_a_folder(board: AppProcess, method: str, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", board.port, timeout=20)
    try:
        for value in TRAVERSALS:
            connection.request(method, path.replace("{}", value), headers=board.headers)
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
            assert answer.status in NOT_OFFERED | {204, 400, 404, 405, 409, 422}, (value, answer.status)
            assert CANARY not in text
            assert "root:" not in text
            assert "Traceback" not in text
    finally:
        connection.close()
    assert (board.data_dir / "canary").read_text() == (board.data_dir.parent / "canary").read_text() == CANARY


def made(board: AppProcess, *arguments: str) -> tuple[str, str]:
    """Id and secret of a new token."""
    done = run_command("token", "create", *arguments, data_dir=board.data_dir)
    assert done.returncode == 0, done.stderr
    facts, _, secret = done.stdout.splitlines()[0].partition("): ")
    return facts.rpartition("(")[2].partition(",")[0], secret


def keep_talking(socket: ClientConnection, limit_s: float = 10) -> None:
    """Until the other end has enough; a look at the right to talk is taken once a second."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        socket.send(json.dumps({"type": "ping", "data": {}}))
        socket.recv(10)


@pytest.fixture
def unbothered(built_client: Path, tmp_path: Path) -> Iterator[AppProcess]:
    """A board at which nobody has tried a wrong token, after which a new one from the same address may have to wait."""
    with running_app(tmp_path / "data", env={"KANBAN_DEMO_SPEED": "0"}) as app:
        yield app


def test_a_token_from_the_command_line_to_its_end(unbothered: AppProcess) -> None:
    board = unbothered
    token_id, secret = made(board, "Runs only", "--scope", "run")
    headers = {"authorization": f"Bearer {secret}"}
    assert httpx.get(f"{board.base_url}/api/v1/board", headers=headers).status_code == 200
    refused = httpx.post(f"{board.base_url}/api/v1/tasks", json={"title": "x"}, headers=headers)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "E-AUTH-6")
    assert '"write"' in refused.json()["error"]["message"]
    assert secret not in "".join(file.read_text() for file in board.data_dir.glob("api-tokens*"))
    assert secret not in board.logs

    url = board.base_url.replace("http", "ws", 1)
    with connect(f"{url}/ws/trigger", additional_headers=headers, proxy=None) as socket:
        socket.send(json.dumps({"type": "ping", "data": {}}))
        assert socket.recv(10)
        listed = run_command("token", "list", data_dir=board.data_dir).stdout
        assert "Runs only" in listed
        assert "last used 20" in listed
        assert run_command("token", "revoke", token_id, data_dir=board.data_dir).returncode == 0
        assert httpx.get(f"{board.base_url}/api/v1/board", headers=headers).status_code == 401
        with pytest.raises(ConnectionClosed) as closed:
            keep_talking(socket)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1008
    again = run_command("token", "revoke", token_id, data_dir=board.data_dir)
    assert (again.returncode, "There is no API token" in again.stderr) == (2, True)


def test_a_rotation_ends_all_sessions_of_a_running_board(built_client: Path, tmp_path: Path) -> None:
    with running_app(tmp_path / "data") as board, httpx.Client(base_url=board.base_url) as browser:
        browser.get("/", params={"token": str(board.token)})
        assert browser.get("/api/v1/board").status_code == 200
        done = run_command("token", "rotate", data_dir=board.data_dir)
        assert done.returncode == 0
        new = done.stdout.splitlines()[0].rpartition(" ")[2]
        assert browser.get("/api/v1/board").status_code == 401
        assert browser.get("/api/v1/board", headers=board.headers).status_code == 401
        assert browser.get("/", params={"token": new}).status_code == 303
        assert browser.get("/api/v1/board").status_code == 200
        assert new not in board.logs
        fixed = run_command("token", "rotate", data_dir=board.data_dir, env={"KANBAN_TOKEN": "from-the-environment"})
        assert (fixed.returncode, "KANBAN_TOKEN gives" in fixed.stderr) == (2, True)


def test_a_body_that_never_ends_is_cut(board: AppProcess) -> None:
    """Chunked, so that nobody knows how much is to come."""
    connection = http.client.HTTPConnection("127.0.0.1", board.port, timeout=20)
    sent = 0
    try:
        connection.putrequest("POST", "/api/v1/tasks")
        for name, value in {**board.headers, "transfer-encoding": "chunked"}.items():
            connection.putheader(name, value)
        connection.endheaders()
        chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        try:
            while sent < 8 * 1024 * 1024:
                connection.send(chunk)
                sent += 0x10000
        except OSError:
            pass
        assert connection.getresponse().status == 413
    except ConnectionError:
        # The answer went by while this end was still writing.
        assert sent < 8 * 1024 * 1024
    finally:
        connection.close()


async def test_a_proxy_says_where_the_browser_is_and_how_it_came(built_client: Path, board: AppProcess) -> None:
    says = {"X-Forwarded-For": "203.0.113.77", "X-Forwarded-Proto": "https"}
    wrong, right = {"token": "wrong", "next": "/"}, {"token": str(board.token), "next": "/"}
    async with (
        reverse_proxy(board.port, says=says) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as c,
    ):
        host = f"board.localhost:{port}"
        named = {"host": host, "origin": f"https://{host}"}
        entered = await c.get("/", params={"token": str(board.token)}, headers=named)
        assert "; Secure" in entered.headers["set-cookie"]
        page = await c.get("/", headers=named | board.headers | {"accept": "text/html"})
        assert f"wss://{host}" in page.headers["content-security-policy"]
        for _ in range(10):
            await c.post("/login", data=wrong, headers=named | {"x-forwarded-for": "198.51.100.1"})
        late = await c.post("/login", data=right, headers=named)
        assert late.status_code == 429
        assert int(late.headers["retry-after"]) > 0
    # Others do not notice, whatever the first one said of itself.
    says["X-Forwarded-For"] = "198.51.100.1"
    async with (
        reverse_proxy(board.port, says=says) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as c,
    ):
        host = f"board.localhost:{port}"
        answer = await c.post("/login", data=right, headers={"host": host, "origin": f"https://{host}"})
        assert answer.status_code == 303


# A few of those of tests/unit/web/test_hostile_arguments.py, which has no socket and tries them all.
VALUES: Final[tuple[Any, ...]] = (
    *(None, 10**30, [[{}]], "x" * 20_000, "../../etc/passwd\x00", "\ud800"),
    {"title": {"a": []}, "__proto__": {"x": 1}},
)


class Tab:
    """A tab without a browser, over the socket that browsers use."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.seen = ""

    def say(self, name: str, payload: dict[str, Any]) -> None:
        place = {"pathname": "/", "query": {}, "asPath": "/"}
        event = {"name": name, "payload": payload, "router_data": place, "token": "hostile"}
        self._socket.send("42/_event," + json.dumps(["event", event]))

    def until(self, text: str) -> None:
        """Read on until something has come that has this text."""
        while True:
            frame = str(self._socket.recv(30))
            if frame == "2":
                self._socket.send("3")
            self.seen += frame[:2000]
            if text in frame:
                return


@contextmanager
def tab_of(board: AppProcess) -> Iterator[Tab]:
    url = board.base_url.replace("http", "ws", 1) + "/_event/?EIO=4&transport=websocket&token=hostile"
    # Reflex has a heartbeat of its own.
    with connect(url, additional_headers=board.headers, proxy=None, max_size=None, ping_interval=None) as socket:
        tab = Tab(socket)
        tab.until('"sid"')
        socket.send("40/_event,")
        tab.until("40/_event,")
        yield tab


def test_no_event_breaks_over_the_real_socket(board: AppProcess) -> None:
    before = httpx.get(f"{board.base_url}/api/v1/board", headers=board.headers).json()["columns"]
    columns = next(state for state, name in HANDLERS if state.__name__ == "ColumnsState" and name == "load")
    load = format_event_handler(columns.event_handlers["load"])
    with tab_of(board) as tab:
        tab.say("reflex___state____state.hydrate", {})
        tab.until("is_hydrated")
        for state, name in HANDLERS:
            handler = state.event_handlers[name]
            parameters = handler.fn.__code__.co_varnames[1 : handler.fn.__code__.co_argcount]
            for value in VALUES:
                tab.say(format_event_handler(handler), dict.fromkeys(parameters, value))
            tab.say(format_event_handler(handler), {"nobody": 1})
            tab.say(load, {})
            tab.until("edition")
        for name in (
            "reflex___state____state.no_such_event",
            "",
            "__class__",
            "a.b.c",
            "reflex___state____state.get_state",
        ):
            tab.say(name, {})
        tab.say(load, {})
        tab.until("edition")
    assert "Traceback" not in tab.seen
    assert "/kanban_app/" not in tab.seen
    assert httpx.get(f"{board.base_url}/api/v1/board", headers=board.headers).json()["columns"] == before


def test_no_code_of_an_answer_is_unknown(board: AppProcess) -> None:
    answer = httpx.get(f"{board.base_url}/api/v1/nothing", headers=board.headers)
    assert answer.json()["error"]["code"] in CATALOGUE
