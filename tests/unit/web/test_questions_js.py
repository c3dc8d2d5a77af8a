"""Which moves are asked about (`components/questions.js`), run by the Node that also builds the client."""

from collections.abc import Iterator

import pytest

from tests.support.node import JsModule, js_module


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JsModule]:
    with js_module("questions.js", tmp_path_factory.mktemp("questions")) as module:
        yield module


def title(questions: JsModule, status: str, column: str, **fields: object) -> str | None:
    card = {"id": "a", "column": "plan", "status": status, "can_cancel": True, "can_merge": False, **fields}
    asked = questions.call("questionFor", card, column)
    return asked and asked["title"]


@pytest.mark.parametrize("status", ["idle", "held", "queued", "completed", "failed", "refused", "cancelled"])
def test_completing_by_hand_is_asked_about(questions: JsModule, status: str) -> None:
    assert title(questions, status, "completed") == "Mark as complete?"


@pytest.mark.parametrize("status", ["sending", "uncertain", "running", "waiting"])
def test_completing_an_active_card_is_left_to_the_refusal(questions: JsModule, status: str) -> None:
    assert title(questions, status, "completed") is None


@pytest.mark.parametrize("status", ["running", "waiting"])
def test_parking_a_run_that_can_be_stopped_is_asked_about(questions: JsModule, status: str) -> None:
    assert title(questions, status, "backlog") == "Stop the run and park the card?"


def test_completing_what_can_be_merged_opens_the_merge_dialog(questions: JsModule) -> None:
    card = {"id": "a", "column": "ready-to-merge", "status": "completed", "can_merge": True}
    assert questions.call("questionFor", card, "completed") == {"title": "Merge this card?", "merge": card}
    assert questions.call("questionFor", card, "backlog") is None


def test_starting_over_offers_to_clear_up_where_the_service_can(questions: JsModule) -> None:
    asked = questions.call("restartQuestion", True, "Build")
    assert "begins with Build" in asked["text"]
    assert asked["option"]["label"] == "Remove the old worktree and its files"
    assert not questions.call("restartQuestion", False, "Build")["option"]


@pytest.mark.parametrize("status", ["running", "sending", "uncertain", "waiting"])
def test_parking_a_run_that_cannot_be_stopped_is_left_to_the_refusal(questions: JsModule, status: str) -> None:
    assert title(questions, status, "backlog", can_cancel=False) is None


@pytest.mark.parametrize("status", ["idle", "held", "queued", "sending", "uncertain", "failed"])
def test_parking_what_does_not_run_just_goes(questions: JsModule, status: str) -> None:
    assert title(questions, status, "backlog") is None


@pytest.mark.parametrize("column", ["plan", "build", "ready-to-merge", "errored"])
def test_other_moves_just_go(questions: JsModule, column: str) -> None:
    assert title(questions, "running", column) is None
