"""The catalogue's words: complete, fillable, in one shape."""

import re
import string
from pathlib import Path

import pytest

from kanban_app import errors
from kanban_app.catalogue import CATALOGUE
from kanban_app.domain.refusal import Refusal
from kanban_app.errors import BoardError, StartRefusal, describe, from_refusal, sentence

# What each text may be filled with; whoever refuses or fails with the code gives these.
PARAMS: dict[str, set[str]] = {
    "E-CONN-1": {"url"},
    "E-CONN-2": {"host"},
    "E-CONN-3": {"url", "n"},
    "E-CONN-4": {"url"},
    "E-CONN-5": {"port", "other"},
    "E-CONN-6": {"url", "reason"},
    "E-CONN-14": {"limit"},
    "E-CONN-16": {"n"},
    "E-CONN-18": {"code", "reason"},
    "E-CONN-19": {"n", "pause"},
    "E-CONN-21": {"n"},
    "E-CONN-23": {"host"},
    "E-CONN-25": {"reason"},
    "E-PROJ-1": {"title", "reason"},
    "E-PROJ-2": {"reason"},
    "E-PROJ-3": {"limit"},
    "E-PROTO-2": {"type"},
    "E-PROTO-6": {"reason"},
    "E-VAL-1": {"workflow", "choices"},
    "E-VAL-4": {"stage", "missing", "first"},
    "E-VAL-8": {"field", "reason"},
    "E-VAL-13": {"stage", "stages"},
    "E-VAL-15": {"n"},
    "E-VAL-17": {"faults"},
    "E-VAL-18": {"name", "reason"},
    "E-IMG-1": {"what"},
    "E-DEP-1": {"path"},
    "E-DEP-2": {"cards"},
    "E-WF-1": {"workflow", "error"},
    "E-WF-2": {"status"},
    "E-VAL-19": {"faults"},
    "E-VAL-20": {"faults"},
    "E-VAL-21": {"faults"},
    "E-WF-3": {"message"},
    "E-WF-4": {"where", "message"},
    "E-WF-5": {"stage", "message"},
    "E-WF-6": {"what"},
    "E-WF-7": {"message"},
    "E-WF-8": {"message"},
    "E-WF-10": {"stage"},
    "E-WF-11": {"id"},
    "E-WF-16": {"message"},
    "E-WF-17": {"where", "message"},
    "E-WF-18": {"message"},
    "E-RATE-2": {"n"},
    "E-LOAD-1": {"n", "are", "doubt"},
    "E-TICK-1": {"ticket"},
    "E-TICK-2": {"ticket"},
    "E-TICK-3": {"ticket", "message"},
    "E-TIME-1": {"n"},
    "E-TIME-3": {"ticket"},
    "E-TIME-4": {"error"},
    "E-HEALTH-1": {"count", "error"},
    "E-HEALTH-2": {"error"},
    "E-HEALTH-3": {"warnings"},
    "E-HEALTH-4": {"n"},
    "E-HEALTH-5": {"n"},
    "E-HEALTH-6": {"p"},
    "E-HEALTH-7": {"n"},
    "E-HEALTH-8": {"n", "reason"},
    "E-HEALTH-9": {"name"},
    "E-HEALTH-12": {"what"},
    "E-SYS-2": {"error"},
    "E-SYS-3": {"what"},
    "E-SYS-4": {"what"},
    "E-SYS-5": {"field", "reason"},
    "E-SYS-6": {"error"},
    "E-SYS-7": {"error"},
    "E-SYS-8": {"what"},
    "E-SYS-10": {"error"},
    "E-SYS-12": {"reason"},
    "E-SYS-18": {"file", "reason"},
    "E-SYS-19": {"reason"},
    "E-SYS-17": {"method", "path"},
    "E-AUTH-2": {"url"},
    "E-AUTH-3": {"origin"},
    "E-AUTH-4": {"url"},
    "E-AUTH-5": {"n"},
    "E-AUTH-6": {"scope"},
    "E-RATE-3": {"n"},
    "E-LIMIT-1": {"column", "count", "limit"},
    "E-MOVE-3": {"status"},
    "E-MOVE-4": {"first"},
    "E-UNDO-1": {"what"},
}
DOMAIN = Path(errors.__file__).parent / "domain"


def fields(code: str) -> set[str]:
    entry = CATALOGUE[code]
    templates = (entry.title, entry.message, *entry.labels)
    return {name for each in templates for _, name, _, _ in string.Formatter().parse(each) if name is not None}


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_text_can_be_filled(code: str):
    assert fields(code) == PARAMS.get(code, set())
    view = describe(code, {name: f"<{name}>" for name in fields(code)})
    said = " ".join((view["title"], view["message"], *view["actions"]))
    assert "{" not in said
    assert "?" not in said
    assert all(f"<{name}>" in said for name in fields(code))


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_entry_has_words_a_status_and_a_proper_code(code: str):
    entry = CATALOGUE[code]
    assert re.fullmatch(r"E-[A-Z]+-\d+", code)
    assert entry.title
    assert entry.message
    assert 400 <= entry.status <= 599
    assert not entry.title.endswith(".")
    assert all(action and not action.endswith(".") for action in entry.labels)
    assert describe(code)["code"] == code


def test_every_code_that_the_domain_names_is_in_the_catalogue():
    sources = "".join(path.read_text(encoding="utf-8") for path in DOMAIN.glob("*.py"))
    named = set(re.findall(r'"(E-[A-Z]+-\d+)"', sources))
    assert len(named) > 15
    assert named <= set(CATALOGUE)


def test_an_unknown_code_keeps_its_name_and_gets_the_words_of_an_unexpected_problem():
    view = describe("E-ODD-1", {"x": "1"})
    assert (view["code"], view["title"]) == ("E-ODD-1", CATALOGUE["E-SYS-9"].title)
    assert view["details"] == {"x": "1"}
    assert BoardError("E-ODD-1").status == 500


def test_what_is_not_given_is_a_question_mark_and_never_an_exception():
    assert describe("E-CONN-1")["message"] == "Nothing answers at ?."


def test_values_are_text_and_no_templates():
    assert describe("E-WF-3", {"message": "{0.__class__} {x} <b>"})["message"] == "{0.__class__} {x} <b>"


def test_a_refusal_becomes_an_error_with_its_offers():
    error = from_refusal(Refusal("E-VAL-4", {"stage": "build", "missing": "plan", "first": "plan"}, ("way",)))
    view = error.view()
    assert error.status == 409
    assert view["message"] == "The stage build continues earlier work, and plan has not completed in this card's run."
    assert view["actions"] == ["Start from plan"]
    assert view["details"] == {"stage": "build", "missing": "plan", "first": "plan", "offers": ["way"]}
    assert "offers" not in from_refusal(Refusal("E-MOVE-1")).view()["details"]


def test_an_error_says_all_in_its_text():
    assert str(BoardError("E-SYS-3", {"what": "This card"})) == "Not found: This card does not exist. (E-SYS-3)"
    assert str(StartRefusal("Port 3000 is taken.")) == "Port 3000 is taken."


def test_sentence_joins_parts():
    assert sentence(["One.", "two"]) == "One; two."
