"""What a card shows of a program's line."""

import pytest

from kanban_app.domain.plain_text import plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[32m38 passed\x1b[0m, \x1b[1;33m1 skipped\x1b[0m", "38 passed, 1 skipped"),
        ("\x1b]0;title\x07done", "done"),
        ("\x1b]8;;https://example.org\x1b\\a link\x1b]8;;\x1b\\", "a link"),
        ("\x1b[2K\r 40 %", " 40 %"),
        ("bell\x07 and half a sequence \x1b", "bell and half a sequence "),
        ("tabs\tand\nlines stay", "tabs\tand\nlines stay"),
        ("[not] a sequence", "[not] a sequence"),
    ],
)
def test_what_only_a_terminal_understands_is_left_out(text: str, shown: str) -> None:
    assert plain(text) == shown
