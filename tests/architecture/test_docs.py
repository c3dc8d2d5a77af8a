"""What the documents name exists, and what users rely on is documented."""

import re
from pathlib import Path

import pytest

from kanban_app.catalogue import CATALOGUE
from kanban_app.cli import _parser
from kanban_app.config import Settings
from kanban_app.setting_names import variable
from scripts.configuration_page import PAGE, page

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("name", [variable(name) for name in Settings.model_fields])
def test_every_setting_is_documented(name: str) -> None:
    assert f"`{name}`" in PAGE.read_text()


def test_the_page_of_settings_is_that_of_the_code() -> None:
    assert PAGE.read_text() == page(), "run: python scripts/configuration_page.py"


def test_the_readme_names_no_setting_that_does_not_exist() -> None:
    known = {variable(name) for name in Settings.model_fields}
    assert set(re.findall(r"KANBAN_[A-Z0-9_]+", README)) <= known


def test_the_readme_names_no_command_that_does_not_exist() -> None:
    named = set(re.findall(r"python -m kanban_app ([a-z][a-z-]*)", README))
    assert named
    for command in named:
        needed = {"conformance": ["ws://localhost"], "restore": ["backup.tar.gz"], "token": ["list"]}
        arguments = needed.get(command, [])
        assert _parser().parse_args([command, *arguments]).command == command


def test_the_readme_names_no_make_target_that_does_not_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\bmake (run|test|test-long|dev|bench)\b", README)) <= targets


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_every_error_has_words(code: str) -> None:
    text = CATALOGUE[code]
    assert text.title
    assert text.message
    assert text.title[-1] not in ".!"


def test_the_guide_has_the_keys_of_the_readme() -> None:
    table = README.partition("## Keys\n")[2].partition("| key |")[2].partition("\n\n")[0]
    assert table
    assert table in (ROOT / "docs" / "guide.md").read_text()
