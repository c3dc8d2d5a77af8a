"""Who may come in, and by which door."""

import json
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from kanban_app.api.credentials import SESSION_S, Credentials
from kanban_app.asgi import Application
from tests.support.asgi import Answer, connects, request
from tests.unit.api.conftest import FRIEND, HOST, INTERNAL, ORIGIN, TOKEN

LOCAL = {"host": HOST}
PAGE = {**LOCAL, "accept": "text/html,*/*"}
BEARER = {**LOCAL, "authorization": f"Bearer {TOKEN}"}


async def signed_in(gate: Application) -> dict[str, str]:
    answer = await request(gate, "GET", f"/?token={TOKEN}", PAGE)
    return {**LOCAL, "cookie": f"other=1; {answer.cookie}"}


def refused_as_api(answer: Answer) -> bool:
    return answer.status == 401 and json.loads(answer.body)["error"]["code"] == "E-AUTH-1"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_the_open_paths_need_nothing(gate: Application, path: str) -> None:
    assert (await request(gate, "GET", path, LOCAL)).status == 200


@pytest.mark.parametrize(
    "path",
    ["/healthz/", "/healthzx", "/readyz/../x", "/login/x", "/loginx", "/ping", "/_health", "/_event/", "/_upload",
     "/favicon.ico", "/assets/index.js", "/metrics", "/health", "/api", "/api/v1/board", "/r/abc", "/r//api/x",
     "/r/abc/../index.html", "/r/abc/api/../../_event", "/r/a%2fb/api/x.html", "//healthz", "/HEALTHZ"],
)  # fmt: skip
async def test_nothing_else_is_open(gate: Application, path: str) -> None:
    answer = await request(gate, "GET", path, {**LOCAL, "accept": "*/*"})
    assert answer.status in {303, 401}
    assert (await request(gate, "POST", path, {**LOCAL, "origin": ORIGIN})).status == 401


@pytest.mark.parametrize("path", ["/api/v1/board", "/api/unknown", "/health", "/metrics"])
async def test_programs_get_401_in_the_one_error_shape(gate: Application, path: str) -> None:
    answer = await request(gate, "GET", path, PAGE)
    assert refused_as_api(answer)
    assert answer.headers["www-authenticate"] == "Bearer"
    assert set(json.loads(answer.body)["error"]) == {"code", "title", "message", "actions", "details"}


async def test_pages_lead_to_the_sign_in_and_back(gate: Application) -> None:
    answer = await request(gate, "GET", "/settings?tab=a%20b&x=1", PAGE)
    assert answer.status == 303
    target = urlsplit(answer.location)
    assert target.path == "/login"
    assert parse_qs(target.query)["next"] == ["/settings?tab=a%20b&x=1"]


async def test_a_page_is_a_page_without_an_accept_header_too(gate: Application) -> None:
    assert (await request(gate, "GET", "/", LOCAL)).location == "/login?next=%2F"


async def test_the_token_in_an_address_becomes_a_cookie_and_leaves_the_address(gate: Application) -> None:
    answer = await request(gate, "GET", f"/settings?a=1&token={TOKEN}&b=%2F", PAGE)
    assert answer.status == 303
    assert answer.location == "/settings?a=1&b=%2F"
    assert answer.headers["cache-control"] == "no-store"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/;" in cookie
    assert "Secure" not in cookie
    assert TOKEN not in cookie
    assert (await request(gate, "GET", answer.location, {**PAGE, "cookie": answer.cookie})).status == 200


@pytest.mark.parametrize("path", ["//evil.example/?token={}", "/\\evil.example?token={}", "/login?token={}"])
async def test_the_token_exchange_never_leads_elsewhere(gate: Application, path: str) -> None:
    assert (await request(gate, "GET", path.format(TOKEN), PAGE)).location == "/"


async def test_a_wrong_token_in_an_address_leads_to_the_sign_in_which_says_so(gate: Application) -> None:
    answer = await request(gate, "GET", "/?token=wrong", PAGE)
    assert answer.status == 303
    assert "set-cookie" not in answer.headers
    page = await request(gate, "GET", answer.location, PAGE)
    assert page.status == 200
    assert b'role="alert"' in page.body


async def test_a_wrong_token_does_not_end_a_session(gate: Application) -> None:
    headers = await signed_in(gate)
    assert (await request(gate, "GET", "/x?token=wrong", headers)).location == "/x"


async def test_a_token_in_the_address_opens_neither_api_nor_sockets(gate: Application) -> None:
    assert refused_as_api(await request(gate, "GET", f"/api/v1/board?token={TOKEN}", LOCAL))
    assert not await connects(gate, f"/ws/trigger?token={TOKEN}", LOCAL)
    assert not await connects(gate, f"/ws/trigger?token={TOKEN}", {**LOCAL, "origin": ORIGIN})


async def test_the_cookie_is_for_https_only_when_it_was_made_there(gate: Application) -> None:
    headers = {**PAGE, "x-forwarded-proto": "https"}
    assert "; Secure" in (await request(gate, "GET", f"/?token={TOKEN}", headers)).headers["set-cookie"]


async def test_bearer_opens_everything(gate: Application) -> None:
    for path in ("/", "/api/v1/board", "/health", "/assets/x.js"):
        assert (await request(gate, "GET", path, BEARER)).status == 200
    assert await connects(gate, "/ws/trigger", BEARER)
    assert await connects(gate, "/_event/", BEARER)


@pytest.mark.parametrize(
    "value", ["Bearer wrong", "Bearer", "Bearer ", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x", "Bearer \xe9"]
)
async def test_other_authorization_opens_nothing(gate: Application, value: str) -> None:
    headers = {**LOCAL, "authorization": value}
    assert refused_as_api(await request(gate, "GET", "/api/v1/board", headers))
    assert not await connects(gate, "/ws/trigger", headers)


async def test_the_internal_token_opens_only_what_our_own_client_uses(gate: Application) -> None:
    headers = {**LOCAL, "authorization": f"bearer {INTERNAL}"}
    assert await connects(gate, "/ws/trigger", headers)
    assert (await request(gate, "GET", "/health", headers)).status == 200
    assert (await request(gate, "GET", "/api/adws/12345678", headers)).status == 200
    assert (await request(gate, "GET", "/", headers)).status == 303
    assert not await connects(gate, "/_event/", headers)
    assert not await connects(gate, "/ws/live", headers)


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        "kanban_=1",
        "{name}=",
        "{name}=9999999999.00",
        "{name}=1.{mac}",
        "{name}=9{value}",
        "{name}=x.y",
        "{name}=\xb2.y",
    ],
)
async def test_a_made_up_cookie_opens_nothing(gate: Application, cookie: str) -> None:
    name, _, value = (await signed_in(gate))["cookie"].split("; ")[1].partition("=")
    mac = value.partition(".")[2]
    headers = {**LOCAL, "cookie": cookie.format(name=name, value=value, mac=mac)}
    assert refused_as_api(await request(gate, "GET", "/api/v1/board", headers))


async def test_a_socket_of_the_boards_own_page_needs_the_cookie(gate: Application) -> None:
    headers = await signed_in(gate)
    assert await connects(gate, "/_event/", {**headers, "origin": ORIGIN})
    assert not await connects(gate, "/_event/", {**LOCAL, "origin": ORIGIN})
    assert not await connects(gate, "/_event/", headers)


async def test_sockets_of_allowed_foreign_pages_may_bring_the_token_in_the_address(gate: Application) -> None:
    headers = {**LOCAL, "origin": FRIEND}
    assert await connects(gate, f"/ws/trigger?token={TOKEN}", headers)
    assert not await connects(gate, "/ws/trigger?token=wrong", headers)
    assert not await connects(gate, f"/ws/trigger?token={TOKEN}", {**LOCAL, "origin": "https://evil.example"})


def test_a_session_ends() -> None:
    credentials = Credentials(TOKEN)
    cookie = credentials.session_cookie(secure=False, now=1_000_000).partition(";")[0]
    assert credentials.is_session(cookie, now=1_000_000 + SESSION_S - 1)
    assert not credentials.is_session(cookie, now=1_000_000 + SESSION_S)


def test_another_token_ends_all_sessions() -> None:
    old, new = Credentials(TOKEN), Credentials("another")
    _, _, value = old.session_cookie(secure=False).partition(";")[0].partition("=")
    assert not new.is_session(f"{new.keys.cookie_name}={value}")


def test_two_boards_on_one_machine_keep_their_cookies_apart() -> None:
    assert Credentials(TOKEN).keys.cookie_name != Credentials("another").keys.cookie_name


async def test_without_authentication_everyone_comes_in(open_gate: Application) -> None:
    assert (await request(open_gate, "GET", "/", PAGE)).status == 200
    assert (await request(open_gate, "POST", "/api/v1/tasks", LOCAL)).status == 200
    assert await connects(open_gate, "/_event/", {**LOCAL, "origin": ORIGIN})
    assert await connects(open_gate, "/ws/trigger", LOCAL)
    assert (await request(open_gate, "GET", "/login?next=/x", PAGE)).location == "/x"


async def test_reports_of_processes_pass_with_the_token_in_their_path(gate: Application) -> None:
    assert (await request(gate, "POST", "/r/abc_-9/api/workflow-updates", LOCAL)).status == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/adws"),
        ("DELETE", "/api/adws/abcd1234"),
        ("PATCH", "/api/adws/abcd1234"),
        ("POST", "/api/adws"),
        ("POST", "/api/clarify"),
        ("POST", "/api/worktree/open/abcd1234"),
        ("POST", "/api/spec-created"),
        ("GET", "/api/stage-logs/abcd1234/plan"),
    ],
)
async def test_what_the_service_offers_needs_a_persons_rights(
    gate: Application, open_gate: Application, method: str, path: str
) -> None:
    assert (await request(gate, method, path, LOCAL)).status == 401
    assert (await request(gate, method, path, BEARER)).status == 200
    foreign = {"origin": "https://evil.example"}
    if method != "GET":
        assert (await request(gate, method, path, {**BEARER, **foreign})).status == 403
        assert (await request(open_gate, method, path, {**LOCAL, **foreign})).status == 403


async def post_form(gate: Application, headers: dict[str, str] | None = None, **fields: str) -> Answer:
    return await request(
        gate, "POST", "/login", {**LOCAL, "origin": ORIGIN, **(headers or {})}, [urlencode(fields).encode()]
    )


async def test_the_form_takes_the_token(gate: Application) -> None:
    answer = await post_form(gate, token=f" {TOKEN}\n", next="/settings?x=1")
    assert answer.status == 303
    assert answer.location == "/settings?x=1"
    assert (await request(gate, "GET", "/", {**PAGE, "cookie": answer.cookie})).status == 200


@pytest.mark.parametrize("token", ["", "wrong", TOKEN * 2, "é", "x" * 9000])
async def test_the_form_says_what_is_wrong(gate: Application, token: str) -> None:
    answer = await post_form(gate, token=token, next="/settings")
    assert answer.status == 401
    assert "set-cookie" not in answer.headers
    assert b'role="alert"' in answer.body
    assert b'value="/settings"' in answer.body or len(token) > 8192


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "/\t/evil.example",
        "evil",
        "javascript:alert(1)",
        "/login?x",
    ],
)
async def test_signing_in_never_leads_elsewhere(gate: Application, target: str) -> None:
    assert (await post_form(gate, token=TOKEN, next=target)).location == "/"
    page = await request(gate, "GET", "/login?" + urlencode({"next": target}), PAGE)
    assert b'name="next" value="/"' in page.body


async def test_the_form_cannot_be_made_to_hold_markup(gate: Application) -> None:
    page = await request(gate, "GET", "/login?" + urlencode({"next": '/"><script>alert(1)</script>'}), PAGE)
    assert b"<script" not in page.body


async def test_the_form_needs_no_script_and_no_other_request(gate: Application) -> None:
    page = (await request(gate, "GET", "/login", PAGE)).body.decode()
    assert "<script" not in page
    assert "src=" not in page
    assert page.count("url(") == page.count('url("data:') == 1


async def test_foreign_pages_cannot_sign_anyone_in(gate: Application) -> None:
    assert (await post_form(gate, {"origin": "https://evil.example"}, token=TOKEN)).status == 403
    assert (await post_form(gate, {"origin": "null"}, token=TOKEN)).status == 403


async def test_who_is_in_does_not_see_the_form(gate: Application) -> None:
    headers = await signed_in(gate)
    assert (await request(gate, "GET", "/login?next=/a", headers)).location == "/a"


async def test_the_form_knows_two_methods(gate: Application) -> None:
    answer = await request(gate, "DELETE", "/login", {**LOCAL, "origin": ORIGIN})
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD, POST"
