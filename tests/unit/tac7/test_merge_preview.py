"""Previews of merges are read as leniently as messages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanban_app.tac7.merge_preview import COMMITS, FILES, read_merge_preview

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "a", "é", "7"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["sha", "path", "added", "at", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = st.sampled_from(["possible", "code", "reason", "method", "head", "ahead", "commits", "files", "conflicts"])


@given(st.dictionaries(FIELDS, JSON))
def test_whatever_stands_in_it_can_be_read(answer: dict[str, object]) -> None:
    preview = read_merge_preview(answer)
    assert preview.ahead >= 0
    assert preview.possible is (answer.get("possible") is True)


@pytest.mark.parametrize("answer", [{}, {"commits": None, "files": "x", "conflicts": 3, "ahead": -1, "code": None}])
def test_what_is_missing_is_empty(answer: dict[str, object]) -> None:
    preview = read_merge_preview(answer)
    assert (preview.commits, preview.files, preview.conflicts, preview.ahead) == ([], [], [], 0)
    assert (preview.possible, preview.code) == (False, None)


def test_it_is_never_longer_than_a_screen_has_use_for() -> None:
    answer = {
        "commits": [{"sha": str(n)} for n in range(COMMITS + 9)],
        "files": [{"path": str(n)} for n in range(FILES + 9)],
        "conflicts": [str(n) for n in range(FILES + 9)],
    }
    preview = read_merge_preview(answer)
    assert (len(preview.commits), len(preview.files), len(preview.conflicts)) == (COMMITS, FILES, FILES)
    assert preview.commits[0].sha == "0"
