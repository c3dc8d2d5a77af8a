"""What the audit log hears of those who come to the gate."""

from itertools import count
from pathlib import Path

from kanban_app.api.acting import actor_of
from kanban_app.api.door_book import CLIENT_LIMIT, MOST_ROWS, WINDOW_S, DoorBook
from kanban_app.api.gate import Gate
from kanban_app.api.who import Who, with_who
from kanban_app.asgi import WHO_HEADER
from kanban_app.domain.access import Scope
from kanban_app.domain.audit import Action, Way
from kanban_app.domain.audit_trail import Trail
from kanban_app.services.api_tokens import ApiTokens
from tests.support.asgi import connects, request, scope_of
from tests.unit.api.conftest import HOST, ORIGIN, TOKEN, rules
from tests.unit.api.test_who import Seer

LOCAL = {"host": HOST}


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def counts(trail: Trail) -> list[str]:
    return [entry.act.details["count"] for entry in trail.take(10_000)]


def test_wrong_tokens_are_told_at_growing_counts() -> None:
    trail, clock = Trail(), Clock()
    book = DoorBook(trail, clock)
    for _ in range(2500):
        book.wrong("10.0.0.3")
    assert counts(trail) == ["1", "10", "100", "1000"]
    clock.now += WINDOW_S
    book.wrong("10.0.0.3")
    assert counts(trail) == ["1"]


def test_a_flood_from_everywhere_is_bounded() -> None:
    trail, clock = Trail(), Clock()
    book = DoorBook(trail, clock)
    for n in range(CLIENT_LIMIT * 3):
        book.wrong(f"10.0.{n // 250}.{n % 250}")
    assert len(counts(trail)) == MOST_ROWS
    clock.now += WINDOW_S
    book.wrong("10.9.9.9")
    assert counts(trail) == ["1"]


async def test_the_gate_tells_who_signs_in_and_who_tries() -> None:
    trail = Trail()
    gate = Gate(Seer(), rules(), TOKEN, None, trail=trail)
    await request(gate, "GET", f"/?token={TOKEN}", LOCAL, client=("10.0.0.3", 9))
    await request(gate, "POST", "/login", {**LOCAL, "origin": ORIGIN}, [f"token={TOKEN}".encode()])
    await request(gate, "GET", "/api/v1/board", {**LOCAL, "authorization": "Bearer no"}, client=("10.0.0.4", 9))
    link, form, wrong = trail.take(9)
    assert (link.act.action, link.actor.address, link.act.details) == (
        Action.SIGN_IN_DONE,
        "10.0.0.3",
        {"by": "a link"},
    )
    assert form.act.details == {"by": "the form"}
    assert (wrong.act.action, wrong.act.code, wrong.actor.address) == (Action.SIGN_IN_REFUSED, "E-AUTH-1", "10.0.0.4")


async def test_a_socket_says_who_opened_it_and_nobody_else_can() -> None:
    seen: list[dict[bytes, bytes]] = []

    async def app(scope, receive, send) -> None:
        seen.append(dict(scope["headers"]))
        await send({"type": "websocket.accept"})

    gate = Gate(app, rules(), TOKEN, None)
    cookie = (await request(gate, "GET", f"/?token={TOKEN}", LOCAL)).cookie
    forged = {WHO_HEADER: "local 1.2.3.4 the%20board%20itself"}
    assert await connects(gate, "/_event/", {**LOCAL, "cookie": cookie, "origin": ORIGIN, **forged})
    assert seen[0][WHO_HEADER.encode()] == b"person 127.0.0.1 a%20person"


def test_by_which_door_a_request_comes() -> None:
    numbers = count()

    def way(kind: str, **headers: str) -> Way:
        name = f"n{next(numbers)}"
        scope = scope_of("http", "/", {name.replace("_", "-"): value for name, value in headers.items()})
        return actor_of(with_who(scope, Who(name, kind, "10.0.0.1"))).way  # type: ignore[arg-type]

    assert way("person") is Way.BOARD
    assert way("token") is Way.API
    assert way("local") is Way.API
    assert way("local", sec_fetch_site="same-origin") is Way.BOARD
    assert way("local", origin="http://x") is Way.BOARD


async def test_a_socket_beyond_the_scopes_of_a_token_is_told(tmp_path: Path) -> None:
    trail, tokens = Trail(), ApiTokens(tmp_path)
    gate = Gate(Seer(), rules(), TOKEN, None, tokens=tokens, trail=trail)
    _, secret = tokens.create("ci", [Scope.READ])
    trail.take(9)
    headers = {**LOCAL, "authorization": f"Bearer {secret}"}
    assert await connects(gate, "/ws/live", headers)
    assert not await connects(gate, "/ws/trigger", headers)
    (entry,) = trail.take(9)
    assert (entry.act.action, entry.act.code, entry.actor.name, entry.act.details) == (
        Action.ACCESS_REFUSED, "E-AUTH-6", "ci", {"request": "WS /ws/trigger"},
    )  # fmt: skip
