"""What a search, filters and a sort leave of the board (`finding.js`), run by the Node that builds the client."""

from collections.abc import Iterator
from typing import Any, Final

import pytest

from kanban_app.domain.model import RunStatus
from kanban_app.domain.workflows import TaskType
from tests.support.node import NODE, JsModule, js_module

pytestmark = pytest.mark.skipif(NODE is None, reason="needs Node")
NOTHING: Final[dict[str, Any]] = {"q": "", "type": [], "label": [], "column": [], "status": [], "sort": "own"}


@pytest.fixture(scope="module")
def finding(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JsModule]:
    with js_module("finding.js", tmp_path_factory.mktemp("js")) as module:
        yield module


def card(number: int, title: str = "A card", **fields: Any) -> dict[str, Any]:
    plain = {"type": "feature", "labels": [], "column": "backlog", "status": "idle", "priority": 0, "run_id": ""}
    return {**plain, "id": f"c{number}", "number": number, "title": title, **fields}


def shown(finding: JsModule, cards: list[dict[str, Any]], hits: dict[str, Any] | None = None, **wanted: Any) -> str:
    columns = [{"id": "backlog", "title": "Backlog", "ids": [c["id"] for c in cards], "count": len(cards)}]
    (column,) = finding.call("arranged", columns, {c["id"]: c for c in cards}, {**NOTHING, **wanted}, hits or {})
    assert column["count"] == len(cards)
    return " ".join(column["ids"])


@pytest.mark.parametrize(
    ("search", "changes"),
    [
        ("", {}),
        ("?q=two+words&sort=title", {"q": "two words", "sort": "title"}),
        (
            "?type=bug&type=chore&label=a%2Cb&column=plan",
            {"type": ["bug", "chore"], "label": ["a,b"], "column": ["plan"]},
        ),
        ("?type=absurd&status=failed&status=failed&sort=absurd&label=", {"status": ["failed"]}),
        ("?q=" + "x" * 300, {"q": "x" * 200}),
    ],
)
def test_it_is_read_from_a_url(finding: JsModule, search: str, changes: dict[str, Any]) -> None:
    assert finding.call("findingOf", search) == {**NOTHING, **changes}


def test_it_is_written_beside_what_else_the_url_has(finding: JsModule) -> None:
    wanted = {**NOTHING, "q": "a b", "label": ["x&y"], "sort": "newest"}
    written = finding.call("searchWith", "?card=c1&q=old&type=bug", wanted)
    assert written == "?card=c1&q=a+b&label=x%26y&sort=newest"
    assert finding.call("findingOf", written) == wanted
    assert finding.call("searchWith", "?q=old&sort=title", NOTHING) == ""
    assert finding.call("searchWith", "", {**NOTHING, "q": "  "}) == ""
    assert finding.call("pathWith", "/?card=c1&tab=log", wanted).startswith("/?card=c1&tab=log&q=a+b")
    assert finding.call("pathWith", "/", NOTHING) == "/"


def test_words_are_all_needed_anywhere_in_what_is_known(finding: JsModule) -> None:
    cards = [card(1, "Export Invoices"), card(2, "Export", labels=["invoices"]), card(3, "Export", run_id="abcdef01")]
    assert shown(finding, cards, q="export VOICE") == "c1 c2"
    assert shown(finding, cards, q="abcdef") == "c3"
    assert shown(finding, cards, q="#2") == "c2"
    assert shown(finding, cards, q=" ") == "c1 c2 c3"


def test_what_the_server_has_found_is_shown_as_far_as_the_filters_let_it(finding: JsModule) -> None:
    cards = [card(1), card(2, type="bug"), card(3)]
    hits = {"c1": {}, "c2": {}, "toString": {}}
    assert shown(finding, cards, hits, q="described") == "c1 c2"
    assert shown(finding, cards, hits, q="described", type=["bug"]) == "c2"


def test_of_each_group_one_choice_is_enough(finding: JsModule) -> None:
    cards = [
        card(1, type="bug", labels=["ui"]),
        card(2, type="chore", labels=["api", "ui"]),
        card(3, type="bug", status="queued"),
        card(4, type="bug", status="refused"),
    ]
    assert shown(finding, cards, type=["bug", "chore"], label=["ui"]) == "c1 c2"
    assert shown(finding, cards, status=["waiting", "failed"]) == "c3 c4"
    assert shown(finding, cards, column=["plan"]) == ""
    assert shown(finding, cards, column=["plan", "backlog"], status=["failed"]) == "c4"


def test_sorts(finding: JsModule) -> None:
    cards = [card(1, "b 10", priority=1), card(3, "a", priority=-2), card(2, "B 9", priority=1)]
    assert shown(finding, cards) == "c1 c3 c2"
    assert shown(finding, cards, sort="newest") == "c3 c2 c1"
    assert shown(finding, cards, sort="priority") == "c1 c2 c3"
    assert shown(finding, cards, sort="title") == "c3 c2 c1"


def test_counts(finding: JsModule) -> None:
    assert finding.call("countOf", {"ids": ["a"], "count": 12}) == "12"
    assert finding.call("countOf", {"ids": ["a"], "count": 12, "narrowed": True}) == "1 of 12"
    assert finding.call("filterCount", {**NOTHING, "q": "x", "type": ["bug"], "label": ["a", "b"]}) == 3
    assert finding.call("isNarrowed", {**NOTHING, "q": "  ", "sort": "title"}) is False


def test_a_choice_is_made_and_taken_back(finding: JsModule) -> None:
    once = finding.call("toggled", NOTHING, "type", "bug")
    assert once["type"] == ["bug"]
    assert finding.call("toggled", once, "type", "bug") == NOTHING


def test_labels_are_those_of_cards_and_those_that_are_chosen(finding: JsModule) -> None:
    cards = {"c1": card(1, labels=["b", "a"]), "c2": card(2, labels=["a"])}
    assert finding.call("labelsOf", cards, ["gone"]) == ["a", "b", "gone"]


def test_every_type_and_status_can_be_chosen(finding: JsModule) -> None:
    """The lists here are the browser's own; a new one in the domain must come here, too."""
    assert {value for value, _ in finding.call("TYPES")} == {kind.value for kind in TaskType}
    assert {status for _, _, of in finding.call("STATUSES") for status in of} == {status.value for status in RunStatus}
