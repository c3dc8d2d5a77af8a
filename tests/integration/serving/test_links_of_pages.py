"""The links of the built pages, as a project serves them."""

import re
from pathlib import Path
from typing import Final

import pytest

from kanban_app.api.project_pages import ProjectPages
from kanban_app.api.project_paths import ProjectPaths
from kanban_app.asgi import Receive, Scope, Send
from tests.support.asgi import request

LINK: Final = re.compile(r'<a\b[^>]* href="(/[^"]*)"')
# What is not about one project.
OF_ALL: Final = {"/projects/"}


class Known:
    several = True

    def is_open(self, project: str) -> bool:
        return project == "shop"

    def use(self, project: str) -> None:
        assert project == "shop"


@pytest.fixture
def pages(built_client: Path) -> list[bytes]:
    return [file.read_bytes() for file in built_client.rglob("*.html")]


async def test_every_link_of_every_page_stays_in_its_project(pages: list[bytes]) -> None:
    found: set[str] = set()
    for body in pages:

        async def page(_scope: Scope, _receive: Receive, send: Send, body: bytes = body) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
            await send({"type": "http.response.body", "body": body})

        answer = await request(ProjectPaths(ProjectPages(page, Known)), "GET", "/p/shop/", {"accept": "text/html"})
        found |= set(LINK.findall(answer.body.decode()))
    assert "/p/shop/audit/" in found
    assert {link for link in found if not link.startswith("/p/shop/")} <= OF_ALL
