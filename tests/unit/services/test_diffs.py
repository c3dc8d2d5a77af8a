"""Diffs as the screen gets them: numbers, colours, and nothing that hides."""

from time import monotonic

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kanban_app.services import colouring, diffs
from kanban_app.services.colouring import CLASSES, colour
from kanban_app.services.diffs import LINE_LIMIT, HunkView, hunks_of, mode_of

DIFF = """diff --git a/app.py b/app.py
index 1..2 100644
--- a/app.py
+++ b/app.py
@@ -1,3 +1,3 @@
 import os
-old = 'a'
+new = 1  # why
 rest
@@ -10 +10,2 @@ def main():
 last
+more
\\ No newline at end of file
"""


def texts(hunk: HunkView) -> list[str]:
    return [line["kind"] + "".join(text for _, text in line["parts"]) for line in hunk["lines"]]


def one(body: str, path: str = "a.txt") -> HunkView:
    (hunk,) = hunks_of(f"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,9 +1,9 @@\n{body}", path)
    return hunk


def test_lines_have_their_numbers() -> None:
    first, second = hunks_of(DIFF, "app.py")
    assert [(line["kind"], line["old"], line["new"]) for line in first["lines"]] == [
        (" ", 1, 1),
        ("-", 2, None),
        ("+", None, 2),
        (" ", 3, 3),
    ]
    assert second["title"] == "def main():"
    assert [line["new"] for line in second["lines"]] == [10, 11]
    assert [line["bare"] for line in second["lines"]] == [False, True]
    assert texts(first) == [" import os", "-old = 'a'", "+new = 1  # why", " rest"]


def test_both_sides_have_colours() -> None:
    first, _ = hunks_of(DIFF, "src/app.py")
    assert ("keyword", "import") in first["lines"][0]["parts"]
    assert ("string", "'a'") in first["lines"][1]["parts"]
    assert first["lines"][2]["parts"][-1] == ("comment", "# why")


def test_empty_lines_without_their_space_count() -> None:
    (hunk,) = hunks_of("diff --git a/x b/x\n@@ -1,3 +1,3 @@\n a\n\n-b\n+c\n\n", "x")
    assert [(line["kind"], line["old"], line["new"]) for line in hunk["lines"]] == [
        (" ", 1, 1),
        (" ", 2, 2),
        ("-", 3, None),
        ("+", None, 3),
    ]


def test_headers_in_a_files_own_text_are_text() -> None:
    hunk = one("---- a/x\n+++ b/x\n+@@ -1 +1 @@\n+diff --git a/x b/x\n-\\ No newline\n")
    assert texts(hunk) == ["---- a/x", "+++ b/x", "+@@ -1 +1 @@", "+diff --git a/x b/x", "-\\ No newline"]


def test_a_changed_type_has_the_hunks_of_both() -> None:
    parts = hunks_of("diff --git a/x b/x\n@@ -1 +0,0 @@\n-file\ndiff --git a/x b/x\n@@ -0,0 +1 @@\n+target\n", "x")
    assert [texts(hunk) for hunk in parts] == [["-file"], ["+target"]]


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a\x1b[31mb\0", "a␛[31mb␀"),
        ("if admin\u202e // ton", "if admin[U+202E] // ton"),
        ("a\u2028b\x85c", "a[U+2028]b[U+0085]c"),
        ("a\tb", "a\tb"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
)
def test_what_would_not_be_seen_is_shown(text: str, seen: str) -> None:
    assert texts(one(f"+{text}\n", "a.py")) == [f"+{seen}"]


def test_line_ends_are_shown_where_they_are_what_has_changed() -> None:
    assert texts(one("-a\r\n+a\n")) == ["-a␍", "+a"]
    assert texts(one(" a\r\n-b\r\n+c\r\n")) == [" a", "-b", "+c"]


def test_very_long_lines_are_cut() -> None:
    (line,) = texts(one("+" + "x" * (LINE_LIMIT + 5) + "\n", "a.js"))
    assert line == "+" + "x" * LINE_LIMIT + "…"


def test_without_time_there_are_no_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diffs, "COLOURING_S", -1.0)
    first, _ = hunks_of(DIFF, "app.py")
    assert first["lines"][0]["parts"] == [("", "import os")]


def test_a_changed_mode() -> None:
    assert mode_of("diff --git a/x b/x\nold mode 100644\nnew mode 100755\n") == "100644 → 100755"
    assert mode_of("diff --git a/x b/x\n@@ -1,2 +1,2 @@\n old mode 1\n new mode 2\n") == ""


LINES = st.lists(st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs", "Cc"])), max_size=6)
NAMES = st.sampled_from(["a.py", "a.js", "a.html", "a.md", "Makefile", "a.json", "a.rb", "a.c", "a.css", "a.sh", "a"])


@settings(deadline=None)  # the first of each kind loads what knows its language
@given(LINES, NAMES)
def test_colours_never_change_a_text(lines: list[str], name: str) -> None:
    found = colour(lines, name, monotonic() + 5)
    if found is not None:
        assert ["".join(text for _, text in parts) for parts in found] == lines or (lines == [] and found == [[]])
        assert {kind for parts in found for kind, _ in parts} <= CLASSES | {""}


def test_unknown_and_very_long_texts_have_no_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    until = monotonic() + 5
    assert colour(["import os"], "a.unknown", until) is None
    assert colour(["x" * 2000], "a.py", until) is None
    monkeypatch.setattr(colouring, "_LONGEST_TEXT", 5)
    assert colour(["import os"], "a.py", until) is None
