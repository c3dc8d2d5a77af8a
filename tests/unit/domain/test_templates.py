"""Templates: what is kept of a card, and under which names."""

import pytest

from kanban_app.domain import commands as c
from kanban_app.domain.stages import Stage
from kanban_app.domain.templates import NAME_LIMIT, TEMPLATE_LIMIT
from kanban_app.domain.workflows import TaskType
from tests.support.builders import World

PLAN = (Stage.PLAN,)


def names(w: World) -> list[str]:
    return [template.name for template in w.board.kept_templates()]


def saved(*given: str) -> World:
    return World().do(*(c.SaveTemplate(name, stages=PLAN) for name in given))


def test_it_keeps_what_a_card_has():
    w = World().do(
        c.SaveTemplate(
            "  A  bug ",
            type=TaskType.BUG,
            stages=(Stage.TEST, Stage.PLAN),
            labels=("ui", "UI"),
            description=" How to see it:\r\n ",
            stage_models={"plan": "opus"},
        )
    )
    (template,) = w.board.kept_templates()
    assert (template.name, template.type, template.stages) == ("A bug", TaskType.BUG, (Stage.PLAN, Stage.TEST))
    assert (template.labels, template.description) == (("ui",), "How to see it:")
    assert (template.model_set, template.stage_models) == ("", {"plan": "opus"})


def test_they_are_renamed_and_deleted():
    w = saved("Two", "one")
    two, one = (template.id for template in reversed(w.board.kept_templates()))
    assert names(w) == ["one", "Two"]
    w.do(c.RenameTemplate(two, "ONE MORE"), c.RenameTemplate(one, "One"), c.RenameTemplate(one, "One"))
    assert (names(w), w.kinds()) == (["One", "ONE MORE"], [])
    w.do(c.DeleteTemplate(one))
    assert names(w) == ["ONE MORE"]
    for command in (c.DeleteTemplate(one), c.RenameTemplate(one, "x"), c.DeleteTemplate("nothing")):
        assert w.refused(command).code == "E-SYS-3"
    w.do(c.SaveTemplate("One", stages=PLAN))


@pytest.mark.parametrize("name", ["", " \n", "\u200b", "KEPT", "x" * (NAME_LIMIT + 1)], ids=ascii)
def test_names_that_are_refused(name: str):
    w = saved("Kept", "Other")
    other = w.board.kept_templates()[1].id
    assert w.refused(c.SaveTemplate(name, stages=PLAN)).code == "E-VAL-20"
    assert w.refused(c.RenameTemplate(other, name)).code == "E-VAL-20"


def test_what_no_card_may_have_is_refused():
    w = World()
    assert w.refused(c.SaveTemplate("x")).code == "E-VAL-17"
    assert w.refused(c.SaveTemplate("x", stages=PLAN, model_set="opus")).code == "E-VAL-2"
    assert w.refused(c.SaveTemplate("x", stages=PLAN, labels=("y" * 100,))).code == "E-VAL-17"


def test_there_is_an_end():
    w = saved(*map(str, range(TEMPLATE_LIMIT)))
    assert w.refused(c.SaveTemplate("one more", stages=PLAN)).code == "E-VAL-20"
