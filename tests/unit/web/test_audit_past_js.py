"""What the page of the audit log shows after answers and failures (`audit_past.js`), run by Node."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.node import NODE, JsModule, js_module

pytestmark = pytest.mark.skipif(NODE is None, reason="needs Node")

# Filters count by their identity; texts stand for them.
ALL, REFUSED = "all", "refused"
ERROR = {"title": "The board does not answer"}


@pytest.fixture(scope="module")
def m(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JsModule]:
    with js_module("audit_past.js", tmp_path_factory.mktemp("js")) as module:
        yield module


def first_page(m: JsModule) -> Any:
    return m.call("answered", m.call("asked", m.call("EMPTY"), False), ALL, {"entries": [3, 2], "next": "2"})


def test_older_entries_go_below_and_the_newest_in_the_place_of_all(m: JsModule) -> None:
    past = first_page(m)
    assert (past["entries"], past["next"], past["state"]) == ([3, 2], "2", "done")
    past = m.call("answered", m.call("asked", past, True), ALL, {"entries": [1], "next": ""})
    assert (past["entries"], past["next"], past["state"]) == ([3, 2, 1], "", "done")
    past = m.call("answered", m.call("asked", past, False), ALL, {"entries": [4, 3], "next": "3"})
    assert (past["entries"], past["next"]) == ([4, 3], "3")


def test_entries_of_other_filters_go_with_the_failure_and_are_not_gone_on_from(m: JsModule) -> None:
    past = m.call("failed", m.call("asked", first_page(m), False), REFUSED, ERROR)
    assert (past["entries"], past["next"], past["older"], past["error"]) == ([], "", False, ERROR)
    past = m.call("answered", m.call("asked", past, past["older"]), REFUSED, {"entries": [9], "next": ""})
    assert (past["entries"], past["error"]) == ([9], None)


@pytest.mark.parametrize("older", [False, True])
def test_what_failed_is_what_is_asked_again(m: JsModule, older: bool) -> None:
    """A refresh that failed is for the newest, though older ones are known of, too."""
    past = m.call("failed", m.call("asked", first_page(m), older), ALL, ERROR)
    assert (past["entries"], past["next"], past["older"], past["state"]) == ([3, 2], "2", older, "failed")
