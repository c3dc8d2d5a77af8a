"""What a search through the older lines of a log has gone through (`components/log_lines.js`)."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.node import NODE, JsModule, js_module

pytestmark = pytest.mark.skipif(NODE is None, reason="needs Node")


@pytest.fixture(scope="module")
def js(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JsModule]:
    with js_module("log_lines.js", tmp_path_factory.mktemp("js")) as module:
        yield module


def lines(*seqs: int) -> list[dict[str, Any]]:
    return [{"seq": seq, "message": "", "kind": "log"} for seq in seqs]


def scan(first: int, last: int, of: str = "error") -> dict[str, Any]:
    return {"of": of, "from": first, "to": last}


def tail(js: JsModule) -> Any:
    """A log of 1000 lines of which the newest 100 are held."""
    return js.keep("takeSnapshot", {"$m": "emptyLog"}, {"last": 1000, "lines": lines(*range(901, 1001))})


def test_what_is_not_held_is_a_gap_until_it_was_searched(js: JsModule) -> None:
    log = tail(js)
    assert js.call("gapsOf", log, None) == {"17": {"from": 1, "to": 900}}
    assert js.call("gapsOf", log, scan(601, 900)) == {"11": {"from": 1, "to": 600}}
    assert js.call("gapsOf", log, scan(1, 900)) == {}
    assert js.call("gapsOf", log, scan(401, 600)) == {"7": {"from": 1, "to": 400}, "17": {"from": 601, "to": 900}}


def test_a_block_counts_only_when_all_of_it_was_searched(js: JsModule) -> None:
    assert js.call("widened", None, "error", 612, 900) == scan(651, 900)
    assert js.call("widened", None, "error", 651, 900) == scan(651, 900)
    assert js.call("widened", None, "error", 1, 900) == scan(1, 900)


def test_a_further_search_goes_on_where_the_last_one_ended(js: JsModule) -> None:
    assert js.call("widened", scan(651, 900), "error", 210, 650) == scan(251, 900)
    assert js.call("widened", scan(651, 900), "error", 1, 300) == scan(1, 300)
    assert js.call("widened", scan(651, 900), "warning,error", 210, 650) == scan(251, 650, "warning,error")


def test_what_is_let_go_of_counts_no_more(js: JsModule) -> None:
    before, after = ({"$map": [[index, {}] for index in held]} for held in ([2, 5, 9, 17], [5, 9]))
    assert js.call("narrowed", scan(1, 900), before, after, 7) == scan(151, 850)
    assert js.call("narrowed", scan(1, 900), before, before, 7) == scan(1, 900)
    assert js.call("narrowed", scan(101, 150), before, after, 7) is None


def test_a_search_downwards_goes_on_where_the_last_one_ended(js: JsModule) -> None:
    assert js.call("extended", None, "agent", 1, 612, 1000) == scan(1, 600, "agent")
    assert js.call("extended", scan(1, 600, "agent"), "agent", 601, 1000, 1000) == scan(1, 1000, "agent")
    assert js.call("extended", scan(1, 600), "agent", 601, 720, 1000) == scan(601, 700, "agent")
    assert js.call("extended", scan(1, 600, "agent"), "agent", 601, 620, 1000) == scan(1, 600, "agent")
