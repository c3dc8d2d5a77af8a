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


def typed(tab: LogTab, query: str) -> Done:
    """Look for a text, and wait until somebody who types has paused."""
    tab.do("find", query=query)
    return tab.do("pass", ms=500)


def answer(tab: LogTab, asked: Done, seqs: list[int], count: int, status: int = 200) -> None:
    (request,) = asked.asked
    tab.do("answer", id=request["id"], status=status, body={"seqs": seqs, "count": count, "last": 10})


def test_a_text_is_looked_for_once_the_typing_pauses(tab: LogTab) -> None:
    for query in ("n", "ne", "need"):
        assert tab.do("find", query=query).asked == []
    asked = typed(tab, "needle & co")
    assert [request["url"] for request in asked.asked] == [f"/api/v1/runs/{RUN}/log/matches?q=needle+%26+co"]
    assert tab.do("found").value == {"state": "busy", "seqs": [], "older": 0}
    answer(tab, asked, [3, 7], 2)
    assert tab.do("found").value == {"state": "done", "seqs": [3, 7], "older": 0}


def test_an_answer_to_an_earlier_text_is_not_shown(tab: LogTab) -> None:
    first, second = typed(tab, "one"), typed(tab, "two")
    answer(tab, first, [1], 1)
    assert tab.do("found").value["state"] == "busy"
    answer(tab, second, [2], 1)
    assert tab.do("found").value["seqs"] == [2]
    tab.do("find", query="")
    assert tab.do("found").value == {}


def test_older_hits_are_asked_for_when_they_are_wanted(tab: LogTab) -> None:
    answer(tab, typed(tab, "one"), [8, 9], 5)
    assert tab.do("found").value["older"] == 3
    asked = tab.do("older")
    assert [request["url"] for request in asked.asked] == [f"/api/v1/runs/{RUN}/log/matches?q=one&before=8"]
    answer(tab, asked, [2, 4], 3)
    assert tab.do("found").value == {"state": "done", "seqs": [2, 4, 8, 9], "older": 1}
    failed = tab.do("older")
    answer(tab, failed, [], 0, status=503)
    assert tab.do("found").value == {"state": "done", "seqs": [2, 4, 8, 9], "older": 1}


def test_a_search_that_fails_says_so(tab: LogTab) -> None:
    answer(tab, typed(tab, "one"), [], 0, status=503)
    assert tab.do("found").value["state"] == "failed"


def test_a_text_is_looked_for_anew_after_many_lines(tab: LogTab) -> None:
    answer(tab, typed(tab, "one"), [3], 1)
    hear(tab, "lines", 11, 400)
    assert tab.do("pass", ms=5000).asked == []
    hear(tab, "lines", 401, 420)
    assert len(tab.do("pass", ms=5000).asked) == 1
