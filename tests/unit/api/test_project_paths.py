"""How the prefix of a project comes off a path, and how the pages of projects are served."""

import gzip

import pytest

from kanban_app.api.project_pages import ProjectPages
from kanban_app.api.project_paths import ProjectPaths
from kanban_app.asgi import Application, Receive, Scope, Send, prefix_of, project_of
from tests.support.asgi import request

HTML = {"accept": "text/html"}
PAGE = b'<script>{"basename":"/","ssr":false}</script>'


class Seen:
    """An app that answers with a page and keeps the scope that it was asked with."""

    scope: Scope

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        if scope["path"] == "/settings":
            headers = [(b"location", b"http://host/settings/")]
            await send({"type": "http.response.start", "status": 307, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", b"45"), (b"etag", b'"x"')]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": PAGE[:10], "more_body": True})
        await send({"type": "http.response.body", "body": PAGE[10:]})


class Known:
    """Projects of a test."""

    several = True

    def __init__(self) -> None:
        self.used: list[str] = []

    def is_open(self, project: str) -> bool:
        return project in {"default", "shop"}

    def use(self, project: str) -> None:
        self.used.append(project)


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def known() -> Known:
    return Known()


@pytest.fixture
def app(seen: Seen, known: Known) -> Application:
    return ProjectPaths(ProjectPages(seen, lambda: known))


@pytest.mark.parametrize(
    ("path", "project", "inside"),
    [
        ("/api/v1/board", "default", "/api/v1/board"),
        ("/p/shop/api/v1/board", "shop", "/api/v1/board"),
        ("/p/shop/p/shop/api/v1", "shop", "/p/shop/api/v1"),
        ("/p/Shop/api/v1", "default", "/p/Shop/api/v1"),
        ("/p/-/api/v1", "default", "/p/-/api/v1"),
        ("/p//api/v1", "default", "/p//api/v1"),
        ("/p/shop/api/a\nb", "shop", "/api/a\nb"),
    ],
)
async def test_the_prefix_names_the_project(app: Application, seen: Seen, path: str, project: str, inside: str) -> None:
    await request(app, "GET", path, {"accept": "application/json", "x-kanban-project": "other"})
    assert (project_of(seen.scope), seen.scope["path"]) == (project, inside)
    named = [value for name, value in seen.scope["headers"] if name == b"x-kanban-project"]
    assert named == ([project.encode()] if project != "default" else [])
    assert prefix_of(seen.scope) == ("" if project == "default" else f"/p/{project}")


async def test_a_page_is_told_where_it_is(app: Application, known: Known) -> None:
    answer = await request(app, "GET", "/p/shop/", HTML)
    assert answer.body == PAGE.replace(b'"/"', b'"/p/shop/"')
    assert answer.headers["content-length"] == str(len(answer.body))
    assert "etag" not in answer.headers
    assert answer.cookie == "kanban_project=shop"
    assert known.used == ["shop"]


@pytest.mark.parametrize(
    ("link", "there"),
    [
        ('<a href="/">', "/p/shop/"),
        ('<a data-testid="settings" href="/settings/">', "/p/shop/settings/"),
        ('<a href="/audit/" data-testid="open-audit">', "/p/shop/audit/"),
        ('<a href="/projects/">', "/projects/"),
        ('<a href="../api/v1/export">', "../api/v1/export"),
        ('<link href="/">', "/"),
    ],
)
async def test_links_that_are_in_the_file_stay_in_the_project(link: str, there: str) -> None:
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
        await send({"type": "http.response.body", "body": PAGE + link.encode()})

    answer = await request(ProjectPaths(ProjectPages(page, Known)), "GET", "/p/shop/", HTML)
    assert f'href="{there}"'.encode() in answer.body


async def test_a_long_page_is_compressed_for_who_understands_it(app: Application, seen: Seen) -> None:
    async def long(scope: Scope, receive: Receive, send: Send) -> None:
        assert b"accept-encoding" not in dict(scope["headers"])
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
        await send({"type": "http.response.body", "body": PAGE + b" " * 5000})

    wrapped = ProjectPaths(ProjectPages(long, Known))
    answer = await request(wrapped, "GET", "/p/shop/", {**HTML, "accept-encoding": "gzip, br"})
    assert answer.headers["content-encoding"] == "gzip"
    assert b'"basename":"/p/shop/"' in gzip.decompress(answer.body)


@pytest.mark.parametrize(
    ("path", "cookie", "target"),
    [
        ("/p/shop", "", "/p/shop/"),
        ("/p/shop?card=1", "", "/p/shop/?card=1"),
        ("/p/shop/settings", "", "http://host/p/shop/settings/"),
        ("/p/gone/", "", "/projects/"),
        ("/", "", "/p/default/"),
        ("/", "a=1; kanban_project=shop; b=2", "/p/shop/"),
        ("/", "kanban_project=gone", "/p/default/"),
        ("/", "kanban_project=//evil.example", "/p/default/"),
    ],
)
async def test_where_one_is_led(app: Application, path: str, cookie: str, target: str) -> None:
    assert (await request(app, "GET", path, {**HTML, "cookie": cookie})).location == target


async def test_plain_addresses_stay_as_they_are(app: Application) -> None:
    assert (await request(app, "GET", "/?card=1", HTML)).body == PAGE
    assert (await request(app, "GET", "/settings/", HTML)).body == PAGE


async def test_with_one_project_nobody_is_led_anywhere(app: Application, known: Known) -> None:
    known.several = False
    assert (await request(app, "GET", "/", HTML)).body == PAGE
