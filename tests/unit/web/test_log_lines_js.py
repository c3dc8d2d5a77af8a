"""The log that a tab holds (`components/log_lines.js`), run by the Node that also builds the client."""

from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.support.node import NODE, JsModule, Kept, js_module

pytestmark = pytest.mark.skipif(NODE is None, reason="needs Node")
BLOCK: Final = 50
KEPT: Final = 400


@pytest.fixture(scope="module")
def js(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JsModule]:
    with js_module("log_lines.js", tmp_path_factory.mktemp("js")) as module:
        yield module


def lines(first: int, last: int, **more: Any) -> list[dict[str, Any]]:
    return [{"seq": seq, "message": f"line {seq}", "kind": "log", **more} for seq in range(first, last + 1)]


def held(log: dict[str, Any]) -> list[int]:
    return sorted(line["seq"] for block in log["blocks"].values() for line in block["lines"] if line)


def snapshot(first: int, last: int) -> dict[str, Any]:
    return {"first": first, "last": last, "lines": lines(first, last)}


def is_sound(log: dict[str, Any]) -> None:
    """Every line is in its place, the counts are right, and nothing is beyond the last number."""
    for index, block in log["blocks"].items():
        places = [(place, line["seq"]) for place, line in enumerate(block["lines"]) if line]
        assert all(seq == int(index) * BLOCK + place + 1 for place, seq in places)
        assert block["count"] == len(places)
    assert not held(log) or held(log)[-1] <= log["last"]


def test_a_snapshot_and_what_follows_it(js: JsModule) -> None:
    log = js.keep("takeSnapshot", {"$m": "emptyLog"}, snapshot(801, 1000))
    log = js.keep("takeLines", log, lines(1001, 1010))
    seen = js.call("bounded", log, 0)
    is_sound(seen)
    assert (seen["known"], seen["last"], seen["gap"], held(seen)) == (True, 1010, False, list(range(801, 1011)))
    assert js.call("heldUpTo", log) == 1010


def test_before_the_first_answer_nothing_is_known(js: JsModule) -> None:
    assert js.call("heldUpTo", {"$m": "emptyLog"}) is None
    assert js.call("heldUpTo", js.keep("takeLines", {"$m": "emptyLog"}, [])) == 0


@pytest.mark.parametrize("came", [lines(12, 14), [*lines(11, 12), *lines(14, 15)]], ids=["later", "with a hole"])
def test_lines_that_do_not_connect_are_asked_for_and_not_shown(js: JsModule, came: list[dict[str, Any]]) -> None:
    log = js.keep("takeSnapshot", {"$m": "emptyLog"}, snapshot(1, 10))
    log = js.keep("takeLines", log, came)
    seen = js.call("bounded", log, 0)
    assert (seen["gap"], seen["last"], held(seen)) == (True, 10, list(range(1, 11)))
    healed = js.call("takeLines", log, lines(11, 16))
    assert (healed["gap"], held(healed)) == (False, list(range(1, 17)))


def test_a_server_with_fewer_lines_is_believed(js: JsModule) -> None:
    log = js.keep("takeSnapshot", {"$m": "emptyLog"}, snapshot(1, 90))
    seen = js.call("takeSnapshot", log, snapshot(1, 7))
    assert (seen["last"], held(seen)) == (7, list(range(1, 8)))


def test_what_came_twice_is_there_once_as_it_came_first(js: JsModule) -> None:
    log = js.keep("takeSnapshot", {"$m": "emptyLog"}, snapshot(1, 10))
    seen = js.call("takeLines", log, [{**line, "message": "again"} for line in lines(6, 12)])
    is_sound(seen)
    assert held(seen) == list(range(1, 13))
    assert seen["blocks"]["0"]["lines"][9]["message"] == "line 10"


def test_a_gap_after_a_snapshot_is_filled_by_pages(js: JsModule) -> None:
    log = js.keep("takeSnapshot", {"$m": "emptyLog"}, snapshot(1, 100))
    log = js.keep("takeSnapshot", log, snapshot(901, 1000))
    assert js.call("missingPages", log, 0, 19) == [0, 1, 2, 3, 4]
    assert js.call("missingPages", log, 18, 19) == []
    for page in range(5):
        log = js.keep("takePage", log, lines(page * 200 + 1, page * 200 + 200))
    seen = js.call("bounded", log, 0)
    is_sound(seen)
    assert held(seen) == list(range(1, 1001))
    assert js.call("missingPages", log, 0, 19) == []


def test_of_a_long_log_the_newest_and_what_is_near_are_held(js: JsModule) -> None:
    log = js.keep("takeSnapshot", {"$m": "emptyLog"}, snapshot(1, 30_000))
    seen = js.call("bounded", log, 100)
    blocks = {int(index) for index in seen["blocks"]}
    assert len(blocks) == KEPT
    assert set(range(590, 600)) <= blocks
    assert set(range(1, 250)) <= blocks
    assert seen["last"] == 30_000


def test_lines_that_are_no_tools_change_no_joins(js: JsModule) -> None:
    """Tools are joined anew only when lines of tools have come."""
    tools = [{"seq": 3, "kind": "tool_use", "data": {"id": "a"}, "message": ""}]
    log = js.keep("takeSnapshot", {"$m": "emptyLog"}, {"first": 1, "last": 60, "lines": [*lines(1, 2), *tools]})
    more = js.keep("takeLines", log, lines(61, 62))
    assert js.call("toolsKey", _blocks(log)) == js.call("toolsKey", _blocks(more))


def _blocks(log: Kept) -> dict[str, Any]:
    return {**log, "name": "blocks"}


def test_each_result_belongs_to_the_call_before_it(js: JsModule) -> None:
    def tool(seq: int, kind: str, name: str) -> dict[str, Any]:
        return {"seq": seq, "kind": kind, "data": {"id": name}, "message": ""}

    said = [
        tool(1, "tool_use", "a"),
        tool(2, "tool_use", "b"),
        tool(3, "tool_result", "b"),
        tool(4, "tool_result", "a"),
        tool(5, "tool_result", "nobody's"),
        tool(6, "tool_use", "a"),
        tool(7, "tool_result", "a"),
        tool(8, "tool_use", "open"),
    ]
    log = js.keep("takeSnapshot", {"$m": "emptyLog"}, {"first": 1, "last": 8, "lines": said})
    joined = js.call("joinTools", _blocks(log))
    assert {int(call): result["seq"] for call, result in joined["resultOf"].items()} == {1: 4, 2: 3, 6: 7}
    assert {int(result): call for result, call in joined["callOf"].items()} == {4: 1, 3: 2, 7: 6}


def test_lines_that_were_removed_take_no_room_and_are_not_asked_for(js: JsModule) -> None:
    log = js.keep("takeSnapshot", {"$m": "emptyLog"}, {**snapshot(951, 1000), "removed": 950, "kept": "after 90 days"})
    seen = js.call("bounded", log, 0)
    is_sound(seen)
    assert (seen["removed"], seen["kept"], seen["last"]) == (950, "after 90 days", 1000)
    assert js.call("missingPages", log, 0, 100) == []
    assert [js.call("sizeOf", log, index) for index in (0, 18, 19)] == [0, 0, 50]
    assert js.call("bounded", js.keep("takeLines", log, lines(1001, 1002)), 0)["removed"] == 950


def test_a_page_tells_that_what_was_before_it_is_gone(js: JsModule) -> None:
    log = js.keep("takeSnapshot", {"$m": "emptyLog"}, snapshot(801, 1000))
    log = js.keep("takeFrom", log, 400, lines(501, 700))
    seen = js.call("bounded", log, 0)
    is_sound(seen)
    assert seen["removed"] == 500
    assert js.call("missingPages", log, 0, 100) == [3]
    assert js.call("bounded", js.keep("takeFrom", log, 600, lines(601, 800)), 0)["removed"] == 500
