"""The documents hold together, as files on a code host and as a site: links, anchors, pictures and the navigation."""

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
DOCS: Final = ROOT / "docs"
PAGES: Final = sorted(DOCS.rglob("*.md"))
DOCUMENTS: Final = [ROOT / "README.md", ROOT / "CHANGELOG.md", *PAGES]
MOST_BYTES: Final = 1_500_000
"""What all pictures together may take."""
"""In the navigation already, while they are being written."""

_FENCE: Final = re.compile(r"^(`{3,}|~{3,})[^\n]*\n.*?^\1`*[ \t]*$", re.MULTILINE | re.DOTALL)
_SPAN: Final = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)
_LINK: Final = re.compile(r"\]\(([^()\s]+)(?:\s+\"[^\"]*\")?\)")
_TAG: Final = re.compile(r"\b(?:src|href)=\"([^\"]+)\"")
_HEADING: Final = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t]*#*$", re.MULTILINE)
_PICTURE: Final = re.compile(r"\.(png|jpe?g|gif|webp|svg)$")


def without_code(text: str) -> str:
    return _SPAN.sub("", _FENCE.sub("", text))


def targets_in(text: str) -> list[str]:
    """Where the links and pictures of a Markdown text lead."""
    prose = without_code(text)
    return _LINK.findall(prose) + _TAG.findall(prose)


def anchors_in(text: str) -> set[str]:
    """The anchors of a text's headings that code hosts and the site's generator make alike."""
    titles = [re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", found) for found in _HEADING.findall(_FENCE.sub("", text))]
    return _numbered(map(_on_a_host, titles)) & _numbered(map(_on_the_site, titles), sign="_")


def _on_a_host(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _on_the_site(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain).strip().lower())


def _numbered(slugs: Iterator[str], sign: str = "-") -> set[str]:
    found: dict[str, int] = {}
    for slug in slugs:
        found[slug] = found.get(slug, 0) + 1
    return {slug if n == 0 else f"{slug}{sign}{n}" for slug, count in found.items() for n in range(count)}


@cache
def anchors_of(document: Path) -> set[str]:
    return anchors_in(document.read_text())


def faults_of(document: Path) -> list[str]:
    """The links of a document that lead nowhere."""
    return [target for target in targets_in(document.read_text()) if not _leads_somewhere(document, target)]


def _leads_somewhere(document: Path, target: str) -> bool:
    if re.match(r"[a-z]+:", target):
        # A picture from elsewhere would be fetched by everybody who reads the page.
        return not _PICTURE.search(target)
    path, _, anchor = target.partition("#")
    file = document.parent / path if path else document
    if not file.exists() or not file.resolve().is_relative_to(ROOT):
        return False
    return not anchor or (file.suffix == ".md" and anchor in anchors_of(file))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_anchors_and_pictures_lead_somewhere(document: Path) -> None:
    assert faults_of(document) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(DOCS)))
def test_pages_of_the_site_lead_to_pages_of_the_site(page: Path) -> None:
    outside = [
        target
        for target in targets_in(page.read_text())
        if not re.match(r"[a-z]+:|#", target) and not (page.parent / target).resolve().is_relative_to(DOCS)
    ]
    assert outside == []


def navigation() -> list[str]:
    """The pages of the navigation, in order."""
    nav = tomllib.loads((ROOT / "zensical.toml").read_text())["project"]["nav"]
    return list(_pages_in(nav))


def _pages_in(entry: Any) -> Iterator[str]:
    if isinstance(entry, str):
        yield entry
    for inner in entry.values() if isinstance(entry, dict) else entry if isinstance(entry, list) else ():
        yield from _pages_in(inner)


def test_the_navigation_has_every_page_once() -> None:
    shown = navigation()
    assert len(shown) == len(set(shown))
    assert set(shown) == {str(page.relative_to(DOCS)) for page in PAGES}


def test_every_page_begins_with_its_title() -> None:
    assert [page for page in PAGES if not page.read_text().startswith("# ")] == []


def test_the_pictures_are_used_and_small() -> None:
    used = {(doc.parent / target).resolve() for doc in DOCUMENTS for target in targets_in(doc.read_text())}
    pictures = [file for file in (DOCS / "images").rglob("*") if file.is_file()]
    assert [file.name for file in pictures if file not in used] == []
    assert sum(file.stat().st_size for file in pictures) < MOST_BYTES


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("[a](other.md)", []),
        ("[a](other.md#second-title)", []),
        ("[a](other.md#in-code)", ["other.md#in-code"]),
        ("[a](#here) and [b](#there)\n\n## Here", ["#there"]),
        ("[a](gone.md) and `[b](gone.md)`\n\n```md\n[c](gone.md)\n```", ["gone.md"]),
        ("![a](picture.png) ![b](gone.png)", ["gone.png"]),
        ('<img src="gone.png" alt="x">', ["gone.png"]),
        ("[![a](gone.png)](other.md)", ["gone.png"]),
        ("![a](https://example.org/a.png) [b](https://example.org/)", ["https://example.org/a.png"]),
    ],
)
def test_the_checker_finds_what_leads_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, faults: list[str]
) -> None:
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    (tmp_path / "other.md").write_text("# Title\n\n## Second `title`\n\n```\n## In code\n```\n")
    (tmp_path / "picture.png").write_bytes(b"")
    document = tmp_path / "page.md"
    document.write_text(text)
    assert faults_of(document) == faults
