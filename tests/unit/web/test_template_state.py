"""Templates in the form of a card."""

from typing import Any

import pytest

from kanban_app.web.states.editor import EditorState
from kanban_app.web.states.templates import TemplateState
from tests.support.fake_services import FakeBoard
from tests.support.headless import Tab

OP = "00000000-0000-4000-8000-{:012x}"
FIELDS = {"title": "Its own", "description": "Steps:", "type": "bug", "stage-plan": "on", "labels": '["ui"]'}


async def names(tab: Tab) -> list[str]:
    return [template["name"] for template in (await tab.state(TemplateState)).templates]


async def test_a_form_is_kept_renamed_and_deleted(tab: Tab, board: FakeBoard):
    await tab.send(EditorState.create())
    await tab.send(TemplateState.keep(OP.format(1), "A bug", FIELDS))
    await tab.send(TemplateState.keep(OP.format(1), "A bug", FIELDS))
    (template,) = (await tab.state(TemplateState)).templates
    assert (template["name"], template["type"], template["labels"]) == ("A bug", "bug", ["ui"])
    assert (template["description"], template["stages"]) == ("Steps:", ["plan"])
    await tab.send(TemplateState.rename(OP.format(2), template["id"], "Any bug"))
    assert await names(tab) == ["Any bug"]
    await tab.send(TemplateState.delete(OP.format(3), template["id"]))
    assert await names(tab) == []
    assert board.keeper.board.tasks == {}


async def test_a_refusal_is_told_there(tab: Tab, board: FakeBoard):
    await tab.send(TemplateState.keep(OP.format(1), "A bug", FIELDS))
    await tab.send(TemplateState.keep(OP.format(2), "a bug", FIELDS))
    assert (await tab.state(TemplateState)).error["code"] == "E-VAL-20"
    await tab.send(EditorState.create())
    assert ((await tab.state(TemplateState)).error["code"], await names(tab)) == ("", ["A bug"])


@pytest.mark.parametrize(
    ("op_id", "name", "fields"),
    [
        (None, "x", FIELDS),
        (OP.format(1), 7, FIELDS),
        (OP.format(1), "x", None),
        (OP.format(1), "x", {**FIELDS, "type": "epic"}),
        (OP.format(1), "x", {**FIELDS, "labels": "[1]"}),
    ],
)
async def test_hostile_forms_are_refused(tab: Tab, board: FakeBoard, op_id: Any, name: Any, fields: Any):
    await tab.send(TemplateState.keep(op_id, name, fields))
    assert (await tab.state(TemplateState)).error["code"] != ""
    assert board.keeper.board.templates == {}
    assert tab.errors == []
