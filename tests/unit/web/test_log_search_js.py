"""What of a log is shown, found and coloured (`log_search.js`, `ansi.js`), run by the Node that builds the client."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.node import NODE, JsModule, js_module

pytestmark = pytest.mark.skipif(NODE is None, reason="needs Node")
ALL: Final = {"level": "all", "hidden": ""}
NO_JOINS: Final[dict[str, Any]] = {"resultOf": {"$map": []}, "callOf": {"$map": []}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("js")


@pytest.fixture(scope="module")
def search(folder: Path) -> Iterator[JsModule]:
    with js_module("log_search.js", folder) as module:
        yield module


@pytest.fixture(scope="module")
def ansi(folder: Path) -> Iterator[JsModule]:
    with js_module("ansi.js", folder) as module:
        yield module


def line(seq: int, message: str, level: str = "info", kind: str = "log") -> dict[str, Any]:
    return {"seq": seq, "message": message, "level": level, "kind": kind, "at": 0}


def log_of(*lines: dict[str, Any], last: int) -> dict[str, Any]:
    blocks: dict[int, list[Any]] = {}
    for entry in lines:
        index = (entry["seq"] - 1) // 50
        blocks.setdefault(index, [None] * 50)[(entry["seq"] - 1) % 50] = entry
    entries = [[index, {"index": index, "lines": held, "count": 0}] for index, held in blocks.items()]
    return {"known": True, "last": last, "blocks": {"$map": entries}, "gap": False}


def test_levels_and_kinds_filter(search: JsModule) -> None:
    no_thoughts = search.call("withGroup", ALL, "thinking", False)
    worse = {**no_thoughts, "level": "warning"}
    assert search.call("passes", no_thoughts, line(1, "", kind="thinking")) is False
    assert search.call("passes", no_thoughts, line(1, "", kind="stage")) is True
    assert search.call("passes", worse, line(1, "", level="info")) is False
    assert search.call("passes", worse, line(1, "", level="error")) is True
    assert search.call("passes", {**ALL, "hidden": "log"}, line(1, "", kind="of a newer app")) is False
    assert search.call("withGroup", no_thoughts, "thinking", True) == ALL
    assert search.call("isFiltering", ALL) is False


def test_rows_are_lines_and_holes(search: JsModule) -> None:
    log = log_of(line(2, "two"), line(3, "three"), last=6)
    rows = search.call("rowsOf", log, 0, NO_JOINS, ALL)
    assert [row.get("seq") or (row["hole"], row["to"]) for row in rows] == [(1, 1), 2, 3, (4, 6)]
    assert [row["seq"] for row in search.call("rowsOf", log, 0, NO_JOINS, {**ALL, "level": "error"})] == []


def test_a_call_is_shown_for_the_sake_of_its_result(search: JsModule) -> None:
    call, result = line(1, "Read", kind="tool_use"), line(2, "no such file", level="error", kind="tool_result")
    joins = {"resultOf": {"$map": [[1, result]]}, "callOf": {"$map": [[2, 1]]}}
    log = log_of(call, result, last=2)
    for wanted in (ALL, {**ALL, "level": "error"}):
        assert [row["seq"] for row in search.call("rowsOf", log, 0, joins, wanted)] == [1]


def test_search_ignores_case_and_colours(search: JsModule) -> None:
    log = log_of(line(1, "All \x1b[32mGreen\x1b[0m"), line(60, "green again"), line(61, "red"), last=61)
    assert search.call("hitsOf", log, "gREEN", ALL) == [1, 60]
    assert search.call("hitsOf", log, "l green", ALL) == [1]
    assert search.call("hitsOf", log, "", ALL) == []
    assert search.call("hitsOf", log, "green", {**ALL, "level": "error"}) == []


@pytest.mark.parametrize(
    ("start", "step", "expected"), [(0, 1, 3), (3, 1, 7), (9, 1, 3), (3, -1, 9), (8, -1, 7), (0, -1, 9)]
)
def test_hits_go_round(search: JsModule, start: int, step: int, expected: int) -> None:
    assert search.call("nextHit", [3, 7, 9], start, step) == expected
    assert search.call("nextHit", [], start, step) == 0


def test_what_is_found_is_marked_across_colours(search: JsModule) -> None:
    parts = [{"text": "one tw", "className": ""}, {"text": "o three two", "className": "ansi-red"}]
    marked = search.call("marked", parts, "TWO")
    assert "".join(part["text"] for part in marked) == "one two three two"
    assert [(part["text"], part["className"]) for part in marked if part.get("found")] == [
        ("tw", ""),
        ("o", "ansi-red"),
        ("two", "ansi-red"),
    ]


def test_text_to_copy(search: JsModule) -> None:
    log = log_of(line(1, "\x1b[31mbad\x1b[0m", level="error"), line(2, "good"), last=2)
    (text,) = search.call("asText", log, {**ALL, "level": "error"})
    assert text.endswith("error   bad")
    assert len(search.call("asText", log, ALL)) == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", [("plain", "")]),
        ("", []),
        ("\x1b[31mred\x1b[0m plain", [("red", "ansi-red"), (" plain", "")]),
        (
            "\x1b[1;32mok\x1b[22m still\x1b[39m not",
            [("ok", "ansi-bold ansi-green"), (" still", "ansi-green"), (" not", "")],
        ),
        ("\x1b[mreset", [("reset", "")]),
        ("\x1b[90mgrey \x1b[97mwhite", [("grey ", "ansi-gray"), ("white", "ansi-white")]),
        ("\x1b[38;5;196mred", [("red", "ansi-red")]),
        ("\x1b[38;2;20;200;30mgreen", [("green", "ansi-green")]),
        ("\x1b[38;2;300;0;0mno colour", [("no colour", "")]),
        ("\x1b[38;5mcut", [("cut", "")]),
        ("\x1b[41mon\x1b[49m off", [("on", "ansi-on-red"), (" off", "")]),
        ("\x1b[7mturned", [("turned", "ansi-on-gray")]),
        ("a\x1b[2Kb\x1b]0;title\x07c\x1b(d", [("a", ""), ("b", ""), ("c", ""), ("(d", "")]),
        ("beep\x07\x00\x9b1mend", [("beep", ""), ("end", "")]),
        ("one\r\ntwo\tthree", [("one", ""), ("\ntwo\tthree", "")]),
        ("half \x1b[3", [("half ", ""), ("3", "")]),
    ],
)
def test_terminal_colours(ansi: JsModule, text: str, expected: list[tuple[str, str]]) -> None:
    assert [(part["text"], part["className"]) for part in ansi.call("parts", text)] == expected
    assert ansi.call("plain", text) == "".join(part for part, _ in expected)


def test_what_the_server_is_asked_for(search: JsModule) -> None:
    assert search.call("wantedOf", ALL) == {"kinds": [], "levels": []}
    worse = {**search.call("withGroup", ALL, "log", False), "level": "warning"}
    assert search.call("wantedOf", worse) == {
        "kinds": ["text", "thinking", "tool_use", "tool_result", "file", "stage", "status"],
        "levels": ["warning", "error"],
    }
    assert search.call("hidesAll", worse) is False
    assert search.call("hidesAll", {**ALL, "hidden": "file log state text thinking tool"}) is True


def test_the_agent_view_shows_what_agents_do(search: JsModule) -> None:
    agent = search.call("AGENT")
    shown = ("stage", "thinking", "text", "tool_use", "tool_result", "file")
    assert [
        kind for kind in (*shown, "log", "status", "other") if search.call("passes", agent, line(1, "", kind=kind))
    ] == [*shown]
    assert search.call("isFiltering", agent) is True
    assert search.call("wantedOf", agent) == {"kinds": [*shown], "levels": []}
    assert search.call("keyOf", agent) != search.call("keyOf", ALL)


def test_a_turn_begins_where_an_agent_speaks_after_it_has_acted(search: JsModule) -> None:
    kinds = ["stage", "thinking", "text", "tool_use", "file", "text", "text", "tool_use"]
    begins = [search.call("beginsTurn", kind, before) for before, kind in zip(["", *kinds], kinds, strict=False)]
    assert begins == [False, True, False, False, False, True, False, False]


def test_hits_of_the_server_and_those_that_came_after(search: JsModule) -> None:
    found = {"state": "done", "seqs": [3, 70], "older": 0, "upTo": 80}
    assert search.call("allHits", found, [70, 79, 81]) == [3, 70, 81]
    assert search.call("allHits", {**found, "state": "failed"}, [70, 79]) == [70, 79]
    assert search.call("allHits", None, []) == []
