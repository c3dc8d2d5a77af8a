"""How often something may happen, and who is held up by whom."""

from urllib.parse import urlencode

import pytest

from kanban_app.api.gate import Gate
from kanban_app.api.rates import MOST_CLIENTS, Buckets, Limits, OpenSockets, WrongTries, client_of
from tests.support.asgi import Answer, request
from tests.unit.api.conftest import HOST, INTERNAL, ORIGIN, TOKEN, inner, rules

LOCAL = {"host": HOST}


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_empties_with_use_and_fills_with_time() -> None:
    buckets = Buckets(2, 0.5)
    assert [buckets.take("a", 0.0) for _ in range(3)] == [0.0, 0.0, 2.0]
    assert buckets.take("b", 0.0) == 0.0
    assert buckets.take("a", 1.0) == pytest.approx(1.0)
    assert buckets.take("a", 2.0) == 0.0
    assert buckets.wait("a", 1000.0) == 0.0
    assert buckets.is_untouched("a", 1000.0)


def test_a_clock_that_goes_back_gives_nothing() -> None:
    buckets = Buckets(1, 1)
    buckets.take("a", 10.0)
    assert buckets.take("a", 5.0) == 1.0


def test_no_more_clients_are_remembered_than_there_is_room_for() -> None:
    buckets = Buckets(1, 0.001)
    for number in range(MOST_CLIENTS + 1):
        buckets.take(str(number), 0.0)
    assert buckets.take("1", 0.0) > 0
    assert buckets.take("0", 0.0) == 0.0


@pytest.mark.parametrize(
    ("address", "client"),
    [("10.0.0.3", "10.0.0.3"), ("::ffff:10.0.0.3", "10.0.0.3"), ("2001:db8:1:2:3::4", "2001:db8:1:2::"),
     ("fe80::1%eth0", "fe80::"), ("", ""), ("testclient", "testclient")],
)  # fmt: skip
def test_clients_are_told_apart_by_what_they_cannot_change_at_will(address: str, client: str) -> None:
    assert client_of(address) == client


def test_wrong_tokens_hold_up_whoever_sends_them_and_nobody_else() -> None:
    tries = WrongTries()
    for _ in range(10):
        assert tries.wait("evil", 0.0) == 0.0
        tries.wrong("evil", 0.0)
    assert tries.wait("evil", 0.0) == pytest.approx(6.0)
    assert tries.wait("good", 0.0) == 0.0
    assert tries.wait("evil", 6.0) == 0.0


def test_many_who_try_together_hold_up_only_those_who_were_wrong() -> None:
    tries = WrongTries()
    for number in range(200):
        tries.wrong(str(number), 0.0)
    assert tries.wait("7", 0.0) > 0
    assert tries.wait("good", 0.0) == 0.0


def test_a_token_that_was_right_stays_so_beside_wrong_ones() -> None:
    tries = WrongTries()
    tries.right("shared", b"good")
    for _ in range(10):
        tries.wrong("shared", 0.0)
    assert tries.wait("shared", 0.0, b"other") > 0
    assert tries.wait("shared", 0.0, b"good") == 0.0


def test_sockets_are_counted_by_client_and_in_all() -> None:
    sockets = OpenSockets(Limits(sockets_per_client=2, sockets=3))
    assert [sockets.enter("a"), sockets.enter("a"), sockets.enter("a")] == [True, True, False]
    assert sockets.enter("b")
    assert not sockets.enter("c")
    sockets.leave("a")
    assert sockets.enter("c")


async def sign_in(gate: Gate, token: str, client: str = "10.0.0.3") -> Answer:
    form = [urlencode({"token": token, "next": "/"}).encode()]
    return await request(gate, "POST", "/login", {**LOCAL, "origin": ORIGIN}, form, client=(client, 1))


async def test_the_form_says_when_to_come_back() -> None:
    clock = Clock()
    gate = Gate(inner, rules(), TOKEN, clock=clock)
    for _ in range(10):
        assert (await sign_in(gate, "wrong")).status in {401, 429}
    answer = await sign_in(gate, TOKEN)
    assert answer.status == 429
    assert answer.headers["retry-after"] == "6"
    assert b"looked at in 6 s" in answer.body
    assert (await sign_in(gate, TOKEN, client="10.0.0.4")).status == 303
    clock.now += 6
    assert (await sign_in(gate, TOKEN)).status == 303


async def test_links_of_foreign_pages_lock_nobody_out_of_the_form() -> None:
    """Any page can make a browser ask for addresses with wrong tokens; the form only takes what our own page sends."""
    clock = Clock()
    gate = Gate(inner, rules(), TOKEN, clock=clock)
    answers = [await request(gate, "GET", "/?token=wrong", LOCAL, client=("10.0.0.3", 1)) for _ in range(11)]
    wrong = answers[-1]
    assert wrong.location.startswith("/login?wrong=1")
    assert (await request(gate, "GET", wrong.location, LOCAL, client=("10.0.0.3", 1))).status == 429
    right = await request(gate, "GET", f"/?token={TOKEN}", LOCAL, client=("10.0.0.3", 1))
    assert right.location.startswith("/login?wrong=1")
    assert (await sign_in(gate, TOKEN)).status == 303


async def test_wrong_bearer_tokens_are_held_up_and_sessions_are_not() -> None:
    gate = Gate(inner, rules(), TOKEN, INTERNAL, clock=Clock())
    cookie = (await request(gate, "GET", f"/?token={TOKEN}", LOCAL)).cookie
    wrong = {**LOCAL, "authorization": "Bearer wrong"}
    statuses = [(await request(gate, "GET", "/api/v1/board", wrong)).status for _ in range(11)]
    assert statuses == [401] * 10 + [429]
    late = await request(gate, "GET", "/api/v1/board", {**LOCAL, "authorization": f"Bearer {TOKEN}"})
    assert (late.status, late.headers["retry-after"], b"E-AUTH-5" in late.body) == (429, "6", True)
    own = {**LOCAL, "authorization": f"Bearer {INTERNAL}"}
    assert (await request(gate, "GET", "/api/adws/list", own)).status == 200
    assert (await request(gate, "GET", "/api/v1/board", {**wrong, "cookie": cookie})).status == 200
    assert (await request(gate, "GET", "/healthz", wrong)).status == 200


async def test_a_client_that_asks_too_often_is_told_when_to_come_back() -> None:
    clock = Clock()
    gate = Gate(inner, rules(), TOKEN, INTERNAL, clock=clock, limits=Limits(2, 1, 3, 1))
    known = {**LOCAL, "authorization": f"Bearer {TOKEN}"}
    assert [(await request(gate, "GET", "/api/x", known)).status for _ in range(3)] == [200, 200, 429]
    answer = await request(gate, "GET", "/api/x", known)
    assert (answer.headers["retry-after"], b"E-RATE-3" in answer.body) == ("1", True)
    assert [(await request(gate, "GET", "/healthz", LOCAL)).status for _ in range(4)] == [200, 200, 200, 429]
    own = {**LOCAL, "authorization": f"Bearer {INTERNAL}"}
    assert {(await request(gate, "GET", "/api/adws/list", own)).status for _ in range(9)} == {200}
    assert {(await request(gate, "POST", "/r/abc/api/reports", LOCAL)).status for _ in range(9)} == {200}
    clock.now += 1
    assert (await request(gate, "GET", "/api/x", known)).status == 200
