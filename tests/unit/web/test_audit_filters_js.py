"""What the page of the audit log is narrowed to, in its address and as a question to the API; run by Node."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qs

import pytest

from kanban_app.domain.audit import Group, Result
from tests.support.node import NODE, JsModule, js_module

pytestmark = pytest.mark.skipif(NODE is None, reason="needs Node")

NOTHING: Final = {"q": "", "target": "", "span": "", "group": "", "kind": "", "outcome": ""}
NOON: Final = 1_777_636_800_000


@pytest.fixture(scope="module")
def m(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JsModule]:
    with js_module("audit_filters.js", tmp_path_factory.mktemp("js")) as module:
        yield module


def test_the_choices_are_those_of_the_api(m: JsModule) -> None:
    assert [choice["id"] for choice in m.call("GROUPS")] == ["", *Group]
    assert [choice["id"] for choice in m.call("OUTCOMES")] == ["", *Result]


@pytest.mark.parametrize(
    "search", ["", "?", "?span=1y&group=secrets&kind=cat&outcome=maybe", "?group=__proto__&x=1", "?q="]
)
def test_what_is_no_choice_does_not_count(m: JsModule, search: str) -> None:
    assert m.call("filtersOf", search) == NOTHING


def test_an_address_keeps_its_filters(m: JsModule) -> None:
    filters = {**NOTHING, "q": "a & b=“c”", "span": "7d", "outcome": "refused"}
    search = m.call("searchOf", filters)
    assert m.call("filtersOf", search) == filters
    assert m.call("searchOf", NOTHING) == ""
    assert len(m.call("filtersOf", "?q=" + "x" * 5000)["q"]) == 200


def test_a_span_is_a_question_about_the_time_before_now(m: JsModule) -> None:
    asked = m.call("questionOf", {**NOTHING, "span": "1d", "q": "x"}, NOON, {"limit": 50, "before": ""})
    assert parse_qs(asked) == {"q": ["x"], "from": ["2026-04-30T12:00:00.000Z"], "limit": ["50"]}


@pytest.mark.parametrize(
    ("what", "kind", "title", "parts"),
    [
        ("moved “Fix” to Plan", "task", "Fix", ["moved ", "“Fix”", " to Plan"]),
        ("moved a card", "task", "", ["moved a card", "", ""]),
        ("made the project “Fix”", "project", "Fix", ["made the project “Fix”", "", ""]),
        ("moved “<b>”", "task", "<b>", ["moved ", "“<b>”", ""]),
    ],
)
def test_the_title_of_a_card_is_found_in_its_sentence(
    m: JsModule, what: str, kind: str, title: str, parts: list[str]
) -> None:
    assert m.call("partsOf", {"what": what, "target": {"kind": kind, "title": title}}) == parts
