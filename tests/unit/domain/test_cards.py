"""Creating, editing, deleting: what is allowed in a card."""

from typing import Any

import pytest

from kanban_app.domain import commands as c
from kanban_app.domain.cards import LABEL_LIMIT, TEXT_LIMIT, TITLE_LIMIT
from kanban_app.domain.model import RunStatus
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import TaskType
from tests.support.builders import World, essence

PLAN = (Stage.PLAN,)
HTML = '<img src=x onerror="alert(1)"> & </script> {{ }} %s'


def created(**fields: Any) -> tuple[World, str]:
    w = World()
    w.do(c.CreateTask(**{"stages": PLAN, **fields}))
    return w, next(iter(w.board.tasks))


def refusal(**fields: Any) -> tuple[str, str]:
    refused = World().refused(c.CreateTask(**{"stages": PLAN, **fields}))
    return refused.code, refused.params.get("faults", "")


def test_a_new_card_is_the_last_of_the_backlog_with_a_number_of_its_own():
    w = World()
    a, b = w.card(), w.card()
    w.do(c.DeleteTask(b))
    d = w.card()
    assert w.order(Column.BACKLOG) == [a, d]
    assert [w.task(t).number for t in (a, b, d)] == [1, 2, 3]
    assert (w.status(a), w.task(a).version) == (RunStatus.IDLE, 1)


@pytest.mark.parametrize(
    ("title", "description", "expected"),
    [
        ("  Log \n in\t now ", "", "Log in now"),
        ("", "\n\n  Fix the  login\nAnd more", "Fix the login"),
        ("", "x" * 200, "x" * 99 + "…"),
        ("\x00\x07", "Words", "Words"),
        ("\u200b", "Words", "Words"),
        ("", "\u200b\nWords", "Words"),
        ("👩\u200d💻 café 日本", "", "👩\u200d💻 café 日本"),
        ("a\x1b[31mb\x00\x9bc", "", "a[31mbc"),
        ("a\u202eb\u2066c", "", "abc"),
        ("broken \ud800 half", "", "broken half"),
        (HTML, "", HTML),
    ],
    ids=ascii,
)
def test_title(title: str, description: str, expected: str):
    w, card = created(title=title, description=description)
    assert w.task(card).title == expected


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("a\r\nb\rc\u2028d\x0be", "a\nb\nc\nd\ne"),
        ("  \ta\x00\x1f\x7fb  ", "ab"),
        ("a\tb  c", "a\tb  c"),
        (HTML, HTML),
        ("x" * TEXT_LIMIT, "x" * TEXT_LIMIT),
    ],
    ids=lambda text: ascii(text[:30]),
)
def test_description_is_kept_as_inert_text(description: str, expected: str):
    w, card = created(title="t", description=description)
    assert w.task(card).description == expected


@pytest.mark.parametrize("nothing", ["", "  \n", "\x00\x01", "\u200b\u200d"], ids=ascii)
def test_a_card_without_words_is_refused(nothing: str):
    code, faults = refusal(title=nothing, description=nothing)
    assert (code, faults) == ("E-VAL-17", "Give the card a title or a description.")


def test_a_title_of_ten_thousand_characters_is_refused_with_the_numbers():
    assert refusal(title="x" * 10_000) == ("E-VAL-17", "The title has 10000 characters; 200 are possible.")
    w, card = created(title="x" * TITLE_LIMIT)
    assert len(w.task(card).title) == TITLE_LIMIT


def test_all_faults_are_told_at_once():
    labels = tuple(str(i) for i in range(LABEL_LIMIT + 1))
    code, faults = refusal(title="x" * 201, description="y" * (TEXT_LIMIT + 1), stages=(), labels=labels)
    assert code == "E-VAL-17"
    assert faults.count(".") == 4
    for word in ("title", "description", "stage", "labels"):
        assert word in faults


def test_the_model_set_follows_the_type_unless_it_is_chosen():
    sets = {t: World().do(c.CreateTask("x", type=t, stages=PLAN)).task("task1").model_set for t in TaskType}
    assert sets == {"feature": "heavy", "bug": "base", "chore": "base", "patch": "base"}
    assert created(title="x", model_set="base")[0].task("task1").model_set == "base"
    assert refusal(title="x", model_set="opus")[0] == "E-VAL-2"


def test_stages_are_kept_once_each_in_running_order():
    w, card = created(title="x", stages=(Stage.TEST, Stage.PLAN, Stage.TEST))
    assert w.task(card).stages == (Stage.PLAN, Stage.TEST)


@pytest.mark.parametrize("stages", [(), PLAN, tuple(Stage)], ids=str)
def test_a_patch_has_its_own_stage(stages: tuple[Stage, ...]):
    w, card = created(title="x", type=TaskType.PATCH, stages=stages)
    assert w.task(card).stages == (Stage.BUILD,)


# Editing.


def test_an_edit_changes_what_differs_and_counts_the_version():
    w, card = created(title="x")
    w.do(c.EditTask(card, {"title": " y ", "priority": 0}, version=1))
    assert (w.task(card).title, w.task(card).version) == ("y", 2)
    w.do(c.EditTask(card, {"title": "y"}))
    assert (w.kinds(), w.task(card).version) == ([], 2)


def test_somebody_was_faster():
    w, card = created(title="x")
    w.do(c.EditTask(card, {"title": "y"}, version=1))
    refused = w.refused(c.EditTask(card, {"title": "z"}, version=1))
    assert (refused.code, refused.params) == ("E-EDIT-1", {"yours": "1", "current": "2"})
    w.do(c.EditTask(card, {"title": "z"}))
    assert w.task(card).title == "z"


def test_names_are_taken_for_what_they_name():
    w, card = created(title="x")
    changes = {"type": "bug", "stages": ["test", "build"], "labels": ["a"], "stage_models": {"test": "opus"}}
    w.do(c.EditTask(card, {**changes, "issue_number": "7", "priority": 2, "model_set": "base"}))
    task = w.task(card)
    assert (task.type, task.stages, task.labels) == (TaskType.BUG, (Stage.BUILD, Stage.TEST), ("a",))
    assert (task.stage_models, task.issue_number, task.priority) == ({"test": "opus"}, "7", 2)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"title": "", "description": ""}, "E-VAL-17"),
        ({"title": "x" * 10_000}, "E-VAL-17"),
        ({"stages": ()}, "E-VAL-17"),
        ({"model_set": "opus"}, "E-VAL-2"),
        ({"type": "epic"}, "E-VAL-3"),
        ({"stages": ["merge"]}, "E-VAL-7"),
        ({"stages": "plan"}, "E-VAL-7"),
        ({"stages": 3}, "E-VAL-7"),
        ({"labels": "abc"}, "E-VAL-8"),
        ({"labels": [1]}, "E-VAL-8"),
        ({"title": None}, "E-VAL-8"),
        ({"priority": "high"}, "E-VAL-8"),
        ({"issue_number": 7}, "E-VAL-8"),
        ({"stage_models": 7}, "E-VAL-8"),
        ({"column": "plan"}, "E-VAL-8"),
        ({"run_id": "x", "version": 9}, "E-VAL-8"),
    ],
    ids=lambda value: ascii(value)[:60],
)
def test_edits_that_are_refused(changes: dict[str, object], code: str):
    w, card = created(title="x", description="d")
    assert w.refused(c.EditTask(card, changes)).code == code


def test_a_title_that_is_taken_away_comes_from_the_description():
    w, card = created(title="x", description="From here\nand on")
    w.do(c.EditTask(card, {"title": ""}))
    assert w.task(card).title == "From here"


def test_to_patch_and_back():
    w, card = created(title="x", stages=tuple(Stage))
    w.do(c.EditTask(card, {"type": TaskType.PATCH, "stages": PLAN}))
    assert w.task(card).stages == (Stage.BUILD,)
    w.do(c.EditTask(card, {"stages": PLAN}))
    assert w.task(card).stages == (Stage.BUILD,)
    w.do(c.EditTask(card, {"type": TaskType.BUG, "stages": PLAN}))
    assert w.task(card).stages == PLAN


# Deleting.


def test_delete_and_restore():
    w, card = created(title="x")
    before = essence(w.board, card)
    w.do(c.DeleteTask(card))
    assert w.order(Column.BACKLOG) == []
    for command in (c.DeleteTask(card), c.EditTask(card, {}), c.StartTask(card), c.RetryTask(card)):
        assert w.refused(command).code == "E-SYS-3"
    w.do(c.RestoreTask(card))
    assert essence(w.board, card) == before
    w.do(c.RestoreTask(card))
    assert w.kinds() == []
    assert w.refused(c.RestoreTask("nobody")).code == "E-SYS-3"


def test_a_restored_card_does_not_share_its_place():
    w = World()
    a, b = w.card(), w.card()
    w.do(c.DeleteTask(b))
    d = w.card()
    w.do(c.RestoreTask(b))
    assert w.order(Column.BACKLOG) == [a, b, d]
    w.move(a, Column.BACKLOG, index=1)
    assert w.order(Column.BACKLOG) == [b, a, d]


@pytest.mark.parametrize(("can_cancel", "offers"), [(False, ()), (True, ("cancel-run",))])
def test_a_card_with_an_active_run_cannot_be_deleted(can_cancel: bool, offers: tuple[str, ...]):
    w = World(can_cancel=can_cancel)
    card = w.card()
    w.start(card)
    refused = w.refused(c.DeleteTask(card))
    assert (refused.code, refused.offers) == ("E-EDIT-2", offers)


def test_deleting_withdraws_what_waits():
    w, card = created(title="x")
    before = essence(w.board, card)
    w.move(card, Column.PLAN).do(c.DeleteTask(card))
    assert w.board.queue() == []
    w.do(c.RestoreTask(card))
    assert essence(w.board, card) == before
