"""What the command palette offers and finds (`palette_items.js`, `fuzzy.js`, `copies.js`), run by Node."""

from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.support.node import NODE, JsModule, js_module

pytestmark = pytest.mark.skipif(NODE is None, reason="needs Node")
ORIGIN: Final = "http://127.0.0.1:3000"
ITEM: Final[dict[str, Any]] = {"group": "Cards", "hint": "", "also": "", "keys": [], "does": ["open", ""]}


@pytest.fixture(scope="module")
def palette(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JsModule]:
    with js_module("palette_items.js", tmp_path_factory.mktemp("js")) as module:
        yield module


@pytest.fixture(scope="module")
def fuzzy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JsModule]:
    with js_module("fuzzy.js", tmp_path_factory.mktemp("js")) as module:
        yield module


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JsModule]:
    with js_module("copies.js", tmp_path_factory.mktemp("js")) as module:
        yield module


def card(number: int, title: str, **fields: Any) -> dict[str, Any]:
    plain = {"labels": [], "run_id": "", "branch": "", "status": "idle", "status_text": ""}
    return {**plain, "id": f"c{number}", "number": number, "title": title, **fields}


def labels(palette: JsModule, items: list[dict[str, Any]], query: str, recent: list[str] | None = None) -> list[str]:
    groups = palette.call("found", palette.call("prepared", items), query, recent or [])
    return [item["label"] for group in groups for item in group["items"]]


def items(*texts: str) -> list[dict[str, Any]]:
    return [{**ITEM, "key": f"card:{at}", "label": text} for at, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("query", "marked"),
    [
        ("build", "Move to [Build]"),
        ("mtb", "[M]ove [t]o [B]uild"),
        ("mvb", "[M]o[v]e to [B]uild"),
        ("build mov", "[Mov]e to [Build]"),
        ("UILD", "Move to B[uild]"),
        ("to", "Move [to] Build"),
        ("dliub", None),
        ("vb", None),
        ("build x", None),
    ],
)
def test_letters_are_found_where_they_were_meant(fuzzy: JsModule, query: str, marked: str | None) -> None:
    text = "Move to Build"
    how = fuzzy.call("fit", fuzzy.call("wordsIn", query), {"label": fuzzy.call("folded", text), "hint": ""})
    pieces = how and fuzzy.call("pieces", text, how["marks"])
    assert (pieces and "".join(f"[{piece}]" if mark else piece for piece, mark in pieces)) == marked


def test_accents_and_case_make_no_difference(fuzzy: JsModule) -> None:
    text = "Übergröße für Zoë: İstanbul 𝒜 日本"
    folded = fuzzy.call("folded", text)
    assert folded.startswith("ubergroße fur zoe")
    assert len(folded.encode("utf-16-le")) == len(text.encode("utf-16-le"))


def test_the_closest_comes_first(palette: JsModule) -> None:
    found = labels(
        palette, items("Rebuild the index", "Build", "Build the shop", "Bring up ideas later, dear"), "build"
    )
    assert found == ["Build", "Build the shop", "Rebuild the index", "Bring up ideas later, dear"]


def test_what_was_used_last_comes_first_among_equals(palette: JsModule) -> None:
    same = items("Fix the tax table", "Fix the tax total")
    assert labels(palette, same, "fix tax") == ["Fix the tax table", "Fix the tax total"]
    assert labels(palette, same, "fix tax", ["card:1"]) == ["Fix the tax total", "Fix the tax table"]
    assert labels(palette, same, "", ["card:1"]) == ["Fix the tax total"]


def board(**fields: Any) -> dict[str, Any]:
    """A board that is asked for the entries of its menus."""
    cards = {"c1": card(1, "First"), "c2": card(2, "Second", labels=["payments"], run_id="a1b2c3d4")}
    columns = [
        {"id": "backlog", "title": "Backlog", "ids": ["c1"], "count": 1},
        {"id": "build", "title": "Build", "ids": ["c2"], "count": 1},
    ]
    return {"cards": cards, "columns": columns, **fields}


def offered(palette: JsModule, step: str, **around: Any) -> list[dict[str, Any]]:
    commands = [{"id": "new", "label": "New card"}, {"id": "connect", "label": "Connect", "when": False}]
    whole = {"board": board(), "commands": commands, "typed": True, "opened": None, "origin": ORIGIN, **around}
    found: list[dict[str, Any]] = palette.call("itemsOf", {"step": step, "id": ""}, whole)
    return found


@pytest.mark.parametrize("words", ["#2", "#2 sec", "payments", "a1b2", "build second"])
def test_a_card_is_found_by_all_that_it_has(palette: JsModule, words: str) -> None:
    assert labels(palette, offered(palette, "all"), words)[0] == "#2 Second"


def test_the_run_shows_where_it_is_what_was_looked_for(palette: JsModule) -> None:
    items = palette.call("prepared", offered(palette, "all"))
    hints = {words: palette.call("found", items, words, [])[0]["items"][0]["hint"] for words in ("second", "a1b2")}
    assert hints == {"second": "Build · payments", "a1b2": "Build · payments · a1b2c3d4"}


def test_commands_without_a_reason_are_absent(palette: JsModule) -> None:
    assert labels(palette, offered(palette, "all"), "con") == ["#2 Second"]
    assert labels(palette, offered(palette, "all"), "") == ["New card"]


def test_columns_to_go_to(palette: JsModule) -> None:
    assert [item["does"] for item in offered(palette, "column")] == [["column", "backlog"], ["column", "build"]]


def test_of_a_card_that_is_gone_nothing_is_offered(palette: JsModule) -> None:
    for step in ("card", "move", "copy"):
        assert offered(palette, step) == []


def test_only_what_a_card_has_can_be_copied(copies: JsModule) -> None:
    bare = copies.call("copiesOf", card(1, "First"), ORIGIN)
    assert [copy["id"] for copy in bare] == ["copy-link", "copy-title", "copy-curl"]
    assert [copy["text"] for copy in bare] == [
        f"{ORIGIN}/?card=c1",
        "#1 First",
        f'curl -H "Authorization: Bearer $KANBAN_TOKEN" {ORIGIN}/api/v1/tasks/c1',
    ]
    whole = {
        copy["id"]: copy["text"]
        for copy in copies.call("copiesOf", card(1, "First", run_id="a1b2c3d4", branch="feat/a-1"), ORIGIN)
    }
    assert whole["copy-branch"] == "feat/a-1"
    assert whole["copy-checkout"] == "git checkout feat/a-1"
    assert whole["copy-run"] == "a1b2c3d4"


@pytest.mark.parametrize(
    ("branch", "command"),
    [
        ("feat/$(rm -rf ~)", "git checkout 'feat/$(rm -rf ~)'"),
        ("it's", "git checkout 'it'\\''s'"),
        ("-f", None),
        ("a\nrm -rf ~", None),
        ("a\u202eb", None),
        ("a", "git checkout a"),
    ],
)
def test_a_branch_cannot_become_another_command(copies: JsModule, branch: str, command: str | None) -> None:
    found = copies.call("copiesOf", card(1, "First", branch=branch), ORIGIN)
    assert next((copy["text"] for copy in found if copy["id"] == "copy-checkout"), None) == command
