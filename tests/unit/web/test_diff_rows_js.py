"""The rows of a diff (`diff_rows.js`), run by the Node that builds the client."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.node import NODE, JsModule, js_module

pytestmark = pytest.mark.skipif(NODE is None, reason="needs Node")


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JsModule]:
    with js_module("diff_rows.js", tmp_path_factory.mktemp("js")) as module:
        yield module


def lines(kinds: str) -> list[dict[str, Any]]:
    return [{"kind": kind, "at": place} for place, kind in enumerate(kinds)]


def beside(rows: JsModule, kinds: str) -> list[tuple[int | None, int | None]]:
    made = rows.call("besides", lines(kinds))
    return [(before and before["at"], now and now["at"]) for before, now in made]


def test_what_was_stands_beside_what_is(rows: JsModule) -> None:
    assert beside(rows, " --+ ") == [(0, 0), (1, 3), (2, None), (4, 4)]
    assert beside(rows, "++") == [(None, 0), (None, 1)]
    assert beside(rows, "-+-+") == [(0, 1), (2, 3)]
    assert beside(rows, "") == []


def test_the_first_lines_of_all_hunks(rows: JsModule) -> None:
    hunks = [{"title": "a", "lines": lines("  ")}, {"title": "b", "lines": lines("+++")}, {"title": "c", "lines": []}]
    kept = rows.call("firstLines", hunks, 3)
    assert [(hunk["title"], len(hunk["lines"])) for hunk in kept] == [("a", 2), ("b", 1)]
    assert rows.call("lineCount", hunks) == 5
    assert rows.call("firstLines", hunks, 2) == hunks[:1]


def test_a_path_hides_nothing(rows: JsModule) -> None:
    assert rows.call("visible", "a/\u202egpj.exe\n") == "a/[U+202E]gpj.exe[U+000A]"
    assert rows.call("visible", "<script>ü 名.py") == "<script>ü 名.py"


def test_files_by_all_words_of_a_filter(rows: JsModule) -> None:
    files = [{"path": "src/App.py", "old_path": ""}, {"path": "docs/find.md", "old_path": "docs/search.md"}]
    found = {query: len(rows.call("matching", files, query)) for query in ("", " ", "app", "DOCS find", "search", "x")}
    assert found == {"": 2, " ": 2, "app": 1, "DOCS find": 1, "search": 1, "x": 0}
