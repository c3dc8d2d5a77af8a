"""Every button that a failure may offer does something, and nothing is offered that no button does."""

from pathlib import Path
from typing import Final

import pytest

from kanban_app.catalogue import CATALOGUE, LABELS, Act
from kanban_app.services.ways import _DECISIONS, is_possible
from kanban_app.web.states.cards import _OF_ATTEMPT, _OF_CARD, _OF_DIALOG
from kanban_app.web.states.shapes import NO_CARD
from kanban_app.web.states.toasts import LINKS, OPERATIONS

WEB: Final = Path(__file__).parents[2] / "kanban_app" / "web"
EDITOR: Final = {Act.RELOAD_CARD, Act.SAVE_OVER}
TOAST: Final = {Act.RETRY_NOW, Act.CONNECT, Act.CHECK, Act.ADD_STAGE_AND_RUN, Act.EDIT}
OF_CARD: Final = {act for act in Act if act not in EDITOR | {Act.ADD_STAGE_AND_RUN}}


def source(*parts: str) -> str:
    return WEB.joinpath(*parts).read_text()


def test_each_has_one_kind_of_handler() -> None:
    kinds = [set(OPERATIONS), set(LINKS), EDITOR, TOAST]
    assert set().union(*kinds) == set(Act) == set(LABELS)
    assert sum(map(len, kinds)) == len(Act)


@pytest.mark.parametrize("act", sorted(OPERATIONS))
def test_operations_are_known_to_the_board(act: Act) -> None:
    assert act in _OF_CARD or act in _OF_ATTEMPT or act in _OF_DIALOG


@pytest.mark.parametrize("act", sorted(TOAST))
def test_what_a_toast_does_itself(act: Act) -> None:
    where = source("components", "toasts.py") if act is Act.EDIT else source("states", "toasts.py")
    assert f"Act.{act.name}" in where


@pytest.mark.parametrize("act", sorted(EDITOR))
def test_the_form_has_its_own(act: Act) -> None:
    assert f"LABELS[Act.{act.name}]" in source("components", "editor.py")


@pytest.mark.parametrize("act", sorted(OF_CARD))
def test_a_card_has_a_button_for_it(act: Act) -> None:
    assert f"Act.{act.name}" in source("components", "card.py")


@pytest.mark.parametrize("act", sorted(Act))
def test_a_button_stands_only_where_it_works(act: Act) -> None:
    of_the_page = act in {Act.RETRY_NOW, Act.CONNECT, Act.OPEN_SETTINGS, Act.RELOAD}
    assert is_possible(act, None) == of_the_page
    if act in _DECISIONS | EDITOR | {Act.RETRY, Act.START, Act.START_OVER, Act.OPEN_LOG, Act.ADD_STAGE_AND_RUN}:
        assert not is_possible(act, NO_CARD)


def test_no_label_stands_as_advice() -> None:
    """A label among the advice would be a button that does nothing."""
    for code, entry in CATALOGUE.items():
        advice = [action for action in entry.actions if not isinstance(action, Act)]
        assert not set(advice) & set(LABELS.values()), code
