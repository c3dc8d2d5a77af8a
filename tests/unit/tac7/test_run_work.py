"""Plans and changes are read as leniently as messages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanban_app.tac7.run_work import DIFF_CHARS, FILES, PLAN_CHARS, read_changes, read_diff, read_plan

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "a", "é", "7"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["path", "status", "added", "diff", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = st.sampled_from(["code", "branch", "files", "total", "added", "worktree", "diff", "binary", "plan_content"])


@given(st.dictionaries(FIELDS, JSON))
def test_whatever_stands_in_it_can_be_read(answer: dict[str, object]) -> None:
    changes = read_changes(answer)
    assert changes.total >= len(changes.files)
    assert read_diff(answer).binary is (answer.get("binary") is True)
    assert isinstance(read_plan(answer).plan_content, str)


@pytest.mark.parametrize("answer", [{}, {"files": "x", "total": -1, "added": None, "code": None}])
def test_what_is_missing_is_empty(answer: dict[str, object]) -> None:
    changes = read_changes(answer)
    assert (changes.files, changes.total, changes.added, changes.code) == ([], 0, 0, None)


def test_it_is_never_longer_than_a_screen_has_use_for() -> None:
    changes = read_changes({"files": [{"path": str(n)} for n in range(FILES + 9)]})
    assert (len(changes.files), changes.total) == (FILES, FILES)
    diff = read_diff({"diff": "x" * (DIFF_CHARS + 9)})
    assert (len(diff.diff), diff.truncated) == (DIFF_CHARS, True)
    plan = read_plan({"plan_content": "x" * (PLAN_CHARS + 9)})
    assert (len(plan.plan_content), plan.truncated) == (PLAN_CHARS, True)
