"""API tokens at the gate: what they are good for, at every door, and until when."""

import os
from pathlib import Path

import pytest

from kanban_app.api.gate import Gate
from kanban_app.api.scopes import ROUTES
from kanban_app.domain.access import Scope, granted
from kanban_app.services.api_tokens import ApiTokens
from kanban_app.serving.data_dir import TokenFile, rotate_token
from tests.support.asgi import connects, request
from tests.unit.api.conftest import FRIEND, HOST, INTERNAL, ORIGIN, TOKEN, inner, rules

LOCAL = {"host": HOST}


@pytest.fixture
def tokens(tmp_path: Path) -> ApiTokens:
    return ApiTokens(tmp_path)


@pytest.fixture
def gate(tokens: ApiTokens) -> Gate:
    return Gate(inner, rules(), TOKEN, INTERNAL, tokens=tokens)


def bearer(secret: str) -> dict[str, str]:
    return {**LOCAL, "authorization": f"Bearer {secret}"}


@pytest.mark.parametrize("scope", Scope)
async def test_every_route_asks_for_its_scope(gate: Gate, tokens: ApiTokens, scope: Scope) -> None:
    _, secret = tokens.create(scope.value, [scope])
    for route, needed in ROUTES.items():
        method, path = route.replace("{}", "0a1b2c3d").split(" ")
        may = needed in granted(frozenset({scope}))
        if method == "WS":
            assert await connects(gate, path, bearer(secret)) is may, route
            continue
        answer = await request(gate, method, path, bearer(secret))
        assert answer.status == (200 if may or path in {"/healthz", "/readyz"} else 403), route
        assert may or b"E-AUTH-6" in answer.body or answer.status == 200


async def test_a_token_opens_nothing_that_nobody_has_thought_about(gate: Gate, tokens: ApiTokens) -> None:
    _, secret = tokens.create("all but admin", ["read", "write", "run"])
    assert (await request(gate, "POST", "/api/v1/new", bearer(secret))).status == 403
    assert not await connects(gate, "/_event/", bearer(secret))


async def test_a_token_in_the_address_opens_sockets_of_allowed_pages_only(gate: Gate, tokens: ApiTokens) -> None:
    _, secret = tokens.create("page", ["read"])
    assert await connects(gate, f"/ws/live?token={secret}", {**LOCAL, "origin": FRIEND})
    assert not await connects(gate, f"/ws/trigger?token={secret}", {**LOCAL, "origin": FRIEND})
    assert not await connects(gate, f"/ws/live?token={secret}", {**LOCAL, "origin": ORIGIN})
    assert not await connects(gate, f"/ws/live?token={secret}", LOCAL)


async def test_a_token_makes_no_session(gate: Gate, tokens: ApiTokens) -> None:
    _, secret = tokens.create("no person", ["admin"])
    answer = await request(gate, "GET", f"/?token={secret}", LOCAL)
    assert answer.location.startswith("/login?wrong=1")
    assert "set-cookie" not in answer.headers


async def test_a_revoked_token_opens_nothing_from_the_next_request_on(gate: Gate, tokens: ApiTokens) -> None:
    token, secret = tokens.create("gone", ["admin"])
    assert (await request(gate, "GET", "/api/v1/board", bearer(secret))).status == 200
    assert ApiTokens(tokens._folder).revoke(token.id) is not None
    assert (await request(gate, "GET", "/api/v1/board", bearer(secret))).status == 401
    assert ApiTokens(tokens._folder).all() == []


async def test_a_rotation_ends_sessions_and_the_old_token_at_once(tmp_path: Path) -> None:
    now = TokenFile(tmp_path)
    gate = Gate(inner, rules(), now)
    old = now()
    cookie = (await request(gate, "GET", f"/?token={old}", LOCAL)).cookie
    assert (await request(gate, "GET", "/api/x", {**LOCAL, "cookie": cookie})).status == 200
    new = rotate_token(tmp_path)
    assert new != old
    assert (await request(gate, "GET", "/api/x", {**LOCAL, "cookie": cookie})).status == 401
    assert (await request(gate, "GET", "/api/x", bearer(old))).status == 401
    assert (await request(gate, "GET", "/api/x", bearer(new))).status == 200


def test_a_token_file_that_is_gone_changes_nothing(tmp_path: Path) -> None:
    now = TokenFile(tmp_path)
    token = now()
    (tmp_path / "token").unlink()
    assert now() == token
    (tmp_path / "token").write_text("\n")
    assert now() == token
    os.utime(tmp_path / "token", (1, 1))
    assert now() == token
