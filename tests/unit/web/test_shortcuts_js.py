"""The table of the keys (`shortcuts.js`) and the way from card to card (`walking.js`), run by Node."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.node import NODE, JsModule, js_module

pytestmark = pytest.mark.skipif(NODE is None, reason="needs Node")
README: Final = Path(__file__).parents[3] / "README.md"
COLUMNS: Final = [
    {"id": "backlog", "cards": ["a", "b", "c"]},
    {"id": "plan", "cards": []},
    {"id": "build", "cards": ["d"]},
]


@pytest.fixture(scope="module")
def shortcuts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JsModule]:
    with js_module("shortcuts.js", tmp_path_factory.mktemp("js")) as module:
        yield module


@pytest.fixture(scope="module")
def walking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JsModule]:
    with js_module("walking.js", tmp_path_factory.mktemp("js")) as module:
        yield module


def pressed(key: str, **held: bool) -> dict[str, Any]:
    return {"key": key, **dict.fromkeys(("ctrlKey", "metaKey", "shiftKey", "altKey"), False), **held}


@pytest.mark.parametrize(
    ("event", "does"),
    [
        (pressed("k", ctrlKey=True), "palette"),
        (pressed("K", metaKey=True), "palette"),
        (pressed("k", ctrlKey=True, metaKey=True), None),
        (pressed("k", ctrlKey=True, altKey=True), None),
        (pressed("k", ctrlKey=True, shiftKey=True), None),
        (pressed("z", metaKey=True), "undo"),
        (pressed("Z", ctrlKey=True, shiftKey=True), "redo"),
        (pressed("y", ctrlKey=True), "redo"),
        (pressed("y", metaKey=True), None),
        (pressed("/"), "find"),
        (pressed("/", shiftKey=True), "find"),
        (pressed("?", shiftKey=True), "help"),
        (pressed("?", ctrlKey=True), None),
        (pressed("n"), "new"),
        (pressed("N"), "new"),
        (pressed("N", shiftKey=True), None),
        (pressed("n", ctrlKey=True), None),
        (pressed("x"), "select"),
        (pressed("X"), "select"),
        (pressed("ArrowDown"), "down"),
        (pressed("ArrowDown", altKey=True), None),
        (pressed("Enter"), None),
        (pressed("Escape"), None),
        (pressed("Dead"), None),
    ],
)
def test_a_key_does_what_its_row_says(shortcuts: JsModule, event: dict[str, Any], does: str | None) -> None:
    assert shortcuts.call("shortcutOf", event, True) == does


@pytest.mark.parametrize("key", ["n", "?", "/", "j", "x"])
def test_single_signs_can_be_switched_off(shortcuts: JsModule, key: str) -> None:
    assert shortcuts.call("shortcutOf", pressed(key), False) is None


def test_what_is_left_then(shortcuts: JsModule) -> None:
    assert shortcuts.call("shortcutOf", pressed("k", ctrlKey=True), False) == "palette"
    assert shortcuts.call("shortcutOf", pressed("ArrowDown"), False) == "down"


def test_no_key_does_two_things(shortcuts: JsModule) -> None:
    rows = [row for group in shortcuts.call("SHORTCUTS") for row in group["rows"]]
    keys = [key for row in rows for key in row["keys"]]
    assert len(set(keys)) == len(keys)
    assert len({row["id"] for row in rows}) == len(rows)


def test_readme_has_the_same_table(shortcuts: JsModule) -> None:
    wanted = [
        (" or ".join(shortcuts.call("nameOf", key, False) for key in row["keys"]), row["words"])
        for group in shortcuts.call("SHORTCUTS")
        for row in group["rows"]
    ]
    section = README.read_text().split("## Keys\n")[1].split("\n## ")[0]
    assert re.findall(r"^\| (?!key|-)(.+?) \| (.+?) \|$", section, re.MULTILINE) == wanted


def test_keys_have_the_names_of_the_machine(shortcuts: JsModule) -> None:
    names = [shortcuts.call("nameOf", key, True) for key in ("Mod+Shift+z", "Ctrl+y", "ArrowLeft", "?")]
    assert names == ["Cmd+Shift+Z", "Ctrl+Y", "Left", "?"]


@pytest.mark.parametrize(
    ("card", "way", "there"),
    [
        ("a", "down", ("backlog", "b")),
        ("c", "down", None),
        ("b", "up", ("backlog", "a")),
        ("a", "up", None),
        ("c", "right", ("build", "d")),
        ("d", "right", None),
        ("d", "left", ("backlog", "a")),
        ("gone", "down", None),
    ],
)
def test_from_card_to_card(walking: JsModule, card: str, way: str, there: tuple[str, str] | None) -> None:
    found = walking.call("neighbour", COLUMNS, card, way)
    assert (found and (found["column"], found["id"])) == there
