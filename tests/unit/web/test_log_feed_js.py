"""What a tab asks the server for (`log_feed.js`, `live_socket.js`), run by the Node that builds the client."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.log_tab import Done, LogTab, log_tab
from tests.support.node import NODE

pytestmark = pytest.mark.skipif(NODE is None, reason="needs Node")
RUN = "0a1b2c3d"


@pytest.fixture
def tab(tmp_path: Path) -> Iterator[LogTab]:
    """Connected, with a log of ten lines open."""
    with log_tab(tmp_path) as opened:
        opened.do("show", run=RUN)
        assert opened.do("open").sent == [{"type": "open", "run": RUN, "after": None}]
        hear(opened, "snapshot", 1, 10)
        yield opened


def hear(tab: LogTab, kind: str, first: int, last: int) -> Done:
    lines: list[dict[str, Any]] = [{"seq": seq, "message": f"line {seq}"} for seq in range(first, last + 1)]
    return tab.do("message", text=json.dumps({"type": kind, "run": RUN, "first": first, "last": last, "lines": lines}))


def test_what_is_missing_is_asked_for_once_until_it_has_come(tab: LogTab) -> None:
    """A slow link has many messages under way before the answer; each of them shows the same gap."""
    assert hear(tab, "lines", 12, 13).sent == [{"type": "open", "run": RUN, "after": 10}]
    for seq in range(14, 114):
        assert hear(tab, "lines", seq, seq).sent == []
    answered = hear(tab, "lines", 11, 113)
    assert (answered.sent, answered.log["last"], answered.log["gap"]) == ([], 113, False)
    assert hear(tab, "lines", 115, 115).sent == [{"type": "open", "run": RUN, "after": 113}]
    answered = hear(tab, "snapshot", 16, 115)
    assert (answered.sent, answered.log["last"], answered.log["gap"]) == ([], 115, False)


def test_a_gap_whose_answer_was_cut_off_is_asked_for_on_the_next_socket(tab: LogTab) -> None:
    hear(tab, "lines", 12, 13)
    tab.do("close")
    assert tab.do("pass", ms=1000).connects == 1
    assert tab.do("open").sent == [{"type": "open", "run": RUN, "after": 10}]
    assert hear(tab, "lines", 11, 13).log["gap"] is False
