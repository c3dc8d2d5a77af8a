"""What browsers may do with our answers."""

from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest

from kanban_app.api.gate import Gate
from kanban_app.api.policy import PagePolicy, inline_scripts
from kanban_app.api.project_paths import ProjectPaths
from kanban_app.asgi import Receive, Scope, Send
from tests.support.asgi import request
from tests.unit.api.conftest import HOST, TOKEN, rules

SCRIPT = b'start({"basename":"/"})'
AUTH = {"host": HOST, "authorization": f"Bearer {TOKEN}"}


def source(script: bytes) -> str:
    return f"'sha256-{b64encode(sha256(script).digest()).decode()}'"


def parts(header: str) -> dict[str, list[str]]:
    return {words[0]: words[1:] for words in (part.split() for part in header.split(";"))}


async def policy(kind: bytes, path: str = "/", own: bytes = b"", status: int = 200) -> dict[str, list[str]]:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        headers = [(b"content-type", kind)] if kind else []
        headers += [(b"content-security-policy", own)] if own else []
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    gate = ProjectPaths(Gate(app, rules(), TOKEN, policy=PagePolicy([SCRIPT])))
    return parts((await request(gate, "GET", path, AUTH)).headers["content-security-policy"])


async def test_only_the_scripts_of_the_build_run_in_a_page() -> None:
    found = await policy(b"text/html; charset=utf-8")
    assert found["script-src"] == ["'self'", source(SCRIPT)]
    assert found["connect-src"] == ["'self'", f"ws://{HOST}"]
    for name in ("frame-ancestors", "base-uri", "object-src", "frame-src"):
        assert found[name] == ["'none'"]
    assert found["form-action"] == found["default-src"] == ["'self'"]


async def test_the_page_of_a_project_tells_its_router_something_else() -> None:
    found = await policy(b"text/html", path="/p/shop/")
    assert found["script-src"] == ["'self'", source(b'start({"basename":"/p/shop/"})')]


@pytest.mark.parametrize("kind", [b"application/json", b"image/svg+xml", b"text/javascript"])
async def test_what_is_no_page_may_nothing(kind: bytes) -> None:
    found = await policy(kind)
    assert found["default-src"] == found["frame-ancestors"] == ["'none'"]
    assert "script-src" not in found


async def test_a_page_that_the_browser_has_kept_keeps_its_policy() -> None:
    assert await policy(b"", status=304) == await policy(b"text/html")
    assert await policy(b"", path="/assets/x.js", status=304) == await policy(b"text/javascript")


async def test_a_narrower_policy_of_an_answer_stays() -> None:
    assert await policy(b"image/png", own=b"sandbox") == {"sandbox": []}


async def test_the_sign_in_has_no_script_at_all() -> None:
    answer = await request(Gate(no_app, rules(), TOKEN), "GET", "/login", {"host": HOST})
    assert parts(answer.headers["content-security-policy"])["script-src"] == ["'self'"]


async def no_app(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise AssertionError


def test_inline_scripts_are_found_in_all_pages(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "index.html").write_bytes(b'<script>one\n</script><script src="/x.js"></script><script>two</script>')
    (tmp_path / "a" / "index.html").write_bytes(b'<script type="module" async="">three</script><script>two</script>')
    assert inline_scripts(tmp_path) == {b"one\n", b"two", b"three"}
