"""What the documents name exists, and what users rely on is documented."""

import re
from pathlib import Path

import pytest

from kanban_app.catalogue import CATALOGUE
from kanban_app.cli import _parser
from kanban_app.config import Settings, variable

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("name", [variable(name) for name in Settings.model_fields])
def test_every_setting_is_in_the_readme(name: str) -> None:
    assert f"`{name}`" in README


def test_the_readme_names_no_setting_that_does_not_exist() -> None:
    known = {variable(name) for name in Settings.model_fields}
    assert set(re.findall(r"KANBAN_[A-Z0-9_]+", README)) <= known


def test_the_readme_names_no_command_that_does_not_exist() -> None:
    named = set(re.findall(r"python -m kanban_app ([a-z][a-z-]*)", README))
    assert named
    for command in named:
        arguments = ["ws://localhost"] if command == "conformance" else []
        assert _parser().parse_args([command, *arguments]).command == command


def test_the_readme_names_no_make_target_that_does_not_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\bmake (run|test|test-long|dev|bench)\b", README)) <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_and_images_lead_somewhere(document: Path) -> None:
    text = document.read_text()
    for target in re.findall(r"\]\(([^)#]+)\)", text) + re.findall(r'src="([^"]+)"', text):
        if "://" not in target:
            assert (document.parent / target).exists(), target


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_every_error_has_words(code: str) -> None:
    text = CATALOGUE[code]
    assert text.title
    assert text.message
    assert text.title[-1] not in ".!"
