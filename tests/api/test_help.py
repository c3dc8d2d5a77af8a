"""What to do about an error: a page of the app for each code, without script and without anything from elsewhere."""

import re
from pathlib import Path

import pytest

from kanban_app.catalogue import CATALOGUE
from kanban_app.services import troubleshooting
from kanban_app.services.help_pages import entry_html
from kanban_app.services.troubleshooting import MOST_BYTES, HelpEntry, read_folder
from tests.api.desk import Desk

OUTSIDE = re.compile(r"""(?:src|href|url\()\s*=?\s*["']?(?:https?:)?//""")


async def test_every_code_has_a_page(desk: Desk) -> None:
    for code in CATALOGUE:
        answer = await desk.client.get(f"/help/{code}")
        assert answer.status_code == 200, code
        assert f'<p class="code">{code}</p>' in answer.text
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert "<script" not in answer.text
        assert not OUTSIDE.search(answer.text), code


async def test_the_list_leads_to_every_page(desk: Desk) -> None:
    answer = await desk.client.get("/help/")
    assert answer.status_code == 200
    assert set(re.findall(r'href="(E-[A-Z]+-\d+)"', answer.text)) == set(CATALOGUE)
    assert answer.text.index('"E-CONN-2"') < answer.text.index('"E-CONN-10"') < answer.text.index('"E-AUTH-1"')


async def test_links_between_entries_lead_to_pages(desk: Desk) -> None:
    for code in CATALOGUE:
        text = (await desk.client.get(f"/help/{code}")).text
        body = text.partition("<main>")[2]
        assert set(re.findall(r'href="([^"]*)"', body)) <= set(CATALOGUE), code


async def test_nothing_is_loaded_from_elsewhere(desk: Desk) -> None:
    policy = (await desk.client.get("/help/E-CONN-1")).headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "script-src" not in policy


async def test_the_way_to_the_list(desk: Desk) -> None:
    answer = await desk.client.get("/help")
    assert (answer.status_code, answer.headers["location"]) == (308, "/help/")


@pytest.mark.parametrize("code", ["E-NONE-1", "%3Cscript%3E", "a" * 5000])
async def test_an_unknown_code_leads_to_the_list(desk: Desk, code: str) -> None:
    answer = await desk.client.get(f"/help/{code}")
    assert answer.status_code == 404
    assert '<a href="./">All errors</a>' in answer.text
    assert "<script>" not in answer.text
    assert len(answer.text) < 6000


async def test_a_code_in_small_letters(desk: Desk) -> None:
    assert (await desk.client.get("/help/e-conn-1")).status_code == 200


def test_a_text_cannot_bring_markup_or_foreign_links() -> None:
    text = "<b onclick=x>Bold</b> [there](https://example.org) [code](runs.md#e-wf-4) [page](../git.md) ![p](a.png)"
    html = entry_html(HelpEntry("E-SYS-9", "Title", text, "system"))
    assert "<b" not in html
    assert "example.org" not in html
    assert '<a href="E-WF-4">code</a>' in html
    assert "page (docs/git.md)" in html
    assert "<img" not in html


def test_an_installation_without_documents(tmp_path: Path) -> None:
    assert read_folder(tmp_path / "none").entries == {}


def test_a_file_that_is_too_long_or_no_text_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "long.md").write_text("## E-SYS-1\n" + "x" * MOST_BYTES)
    (tmp_path / "bytes.md").write_bytes(b"## E-SYS-2\n\xff\xfe")
    (tmp_path / "good.md").write_text("# Page\n\n## E-SYS-3\n**Not found**\n\nText.\n\n## E-SYS-4\nNo title.\n")
    found = read_folder(tmp_path).entries
    assert [(entry.code, entry.title, entry.text) for entry in found.values()] == [
        ("E-SYS-3", "Not found", "Text."),
        ("E-SYS-4", "", "No title."),
    ]


async def test_without_an_entry_the_page_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kanban_app.api.help_pages.troubleshooting", lambda: troubleshooting.Troubleshooting({}, ""))
    answer = await desk.client.get("/help/E-CONN-1")
    assert answer.status_code == 404
    assert "no document about it" in answer.text
