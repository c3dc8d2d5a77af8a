"""Every reachable choice of stages maps to a request that the service accepts (C1, C2)."""

from itertools import combinations

import pytest

from kanban_app.domain import commands as c
from kanban_app.domain.cards import stages_for
from kanban_app.domain.model import RunStatus
from kanban_app.domain.stages import Column, Stage, stage_of
from kanban_app.domain.workflows import (
    ORCHESTRATOR,
    PATCH_WORKFLOW,
    WORKFLOWS,
    TaskType,
    Vintage,
    choose_workflow,
    is_dependent,
    known_to,
    stages_of,
)
from kanban_app.tac7.requests import TriggerRequest, build_trigger
from tests.support.builders import World

SUBSETS = [subset for size in range(1, 6) for subset in combinations(Stage, size)]
P, B, T, R, D = Stage
V0_NAMES = {
    "adw_plan_iso": [(P,), (P, T), (P, R), (P, D), (P, T, R), (P, T, D), (P, R, D), (P, T, R, D), (P, B, T, D),
                     (P, B, R, D)],
    "adw_plan_build_iso": [(P, B)],
    "adw_plan_build_test_iso": [(P, B, T)],
    "adw_plan_build_test_review_iso": [(P, B, T, R)],
    "adw_plan_build_document_iso": [(P, B, D)],
    "adw_plan_build_review_iso": [(P, B, R)],
    "adw_sdlc_iso": [(P, B, T, R, D)],
    "adw_build_iso": [s for s in SUBSETS if s[0] is B],
    "adw_test_iso": [s for s in SUBSETS if s[0] is T],
    "adw_review_iso": [s for s in SUBSETS if s[0] is R],
    "adw_document_iso": [s for s in SUBSETS if s[0] is D],
}  # fmt: skip


def name_of(subset: tuple[Stage, ...]) -> str:
    return "+".join(subset)


def test_there_are_31_lists():
    assert len(SUBSETS) == 31


@pytest.mark.parametrize("vintage", Vintage)
@pytest.mark.parametrize("task_type", TaskType)
@pytest.mark.parametrize("wish", SUBSETS, ids=name_of)
def test_c01_c02_every_wish_has_a_workflow_that_the_service_knows(
    task_type: TaskType, wish: tuple[Stage, ...], vintage: Vintage
):
    stages = stages_for(task_type, wish)
    choice = choose_workflow(task_type, stages, vintage)
    assert choice.name in known_to(vintage)
    assert choice.stages
    assert choice.stages == stages[: len(choice.stages)]
    assert stages_of(choice.name, choice.stages) == choice.stages
    if vintage is not Vintage.V0:
        assert choice.stages == stages
    if is_dependent(choice.name):
        assert vintage is Vintage.V0
        assert Stage.PLAN not in stages
    assert choice.name not in {"adw_sdlc_ZTE_iso", "adw_ship_iso", "adw_merge_iso"}


@pytest.mark.parametrize(("name", "wish"), [(n, s) for n, all_of in V0_NAMES.items() for s in all_of], ids=str)
def test_v0_gets_the_composite_or_the_first_stage(name: str, wish: tuple[Stage, ...]):
    choice = choose_workflow(TaskType.BUG, wish, Vintage.V0)
    assert choice.name == name
    assert choice.stages == (wish if len(WORKFLOWS[name].stages) > 1 else wish[:1])


@pytest.mark.parametrize("vintage", Vintage)
@pytest.mark.parametrize("task_type", TaskType)
@pytest.mark.parametrize("wish", SUBSETS, ids=name_of)
def test_c01_c02_every_wish_is_accepted_by_the_service_as_it_is_sent(
    task_type: TaskType, wish: tuple[Stage, ...], vintage: Vintage
):
    """The first request of a card and, on V0, those for what is left: until nothing is."""
    left = stages_for(task_type, wish)
    while left:
        choice = choose_workflow(task_type, left, vintage)
        request = TriggerRequest(
            "a" * 32, "cafe0001", choice.name, "7", task_type.value, "A card", "", stages=tuple(choice.stages)
        )
        sent = build_trigger(request, vintage, with_request_id=False).data
        assert sent.workflow_type in known_to(vintage)
        assert (sent.adw_id, sent.issue_number, sent.issue_json is not None) == ("cafe0001", "7", True)
        assert sent.stages == (list(choice.stages) if choice.name == ORCHESTRATOR else None)
        left = left[len(choice.stages) :]


@pytest.mark.parametrize("vintage", Vintage)
@pytest.mark.parametrize("task_type", TaskType)
@pytest.mark.parametrize("wish", SUBSETS, ids=name_of)
def test_c37_c38_a_run_keeps_to_its_list_and_ends_ready(task_type: TaskType, wish: tuple[Stage, ...], vintage: Vintage):
    """No card walks into a stage that was not chosen, and none is left in its last one."""
    w = World()
    stages = stages_for(task_type, wish)
    card = w.card(wish, task_type=task_type)
    w.move(card, Column(stages[0].value))
    visited = [w.place(card)]
    for _ in range(len(stages)):
        if w.status(card) is RunStatus.QUEUED:
            w.accept(card, vintage)
        if vintage is Vintage.V0:
            w.do(c.StageDone(w.attempt(card).id))
        elif w.attempt(card).is_open:
            current = w.attempt(card).current
            for column in Column:  # whatever else is announced leaves it where it is
                if stage_of(column) not in stages and column not in {Column.READY, Column.COMPLETED, Column.ERRORED}:
                    w.stage(card, column)
            assert w.attempt(card).current is current
            following = stages[stages.index(current) + 1 :] if current else ()
            w.stage(card, Column(following[0].value)) if following else w.finish(card)
        visited.append(w.place(card))
    assert visited == [*(Column(stage.value) for stage in stages), Column.READY]
    assert w.status(card) is RunStatus.COMPLETED
    assert w.attempt(card).progress == 100


@pytest.mark.parametrize("name", ["adw_ship_iso", "adw_sdlc_ZTE_iso"])
def test_what_changes_the_main_branch_by_itself_is_offered_by_no_way_of_the_board(name: str):
    w = World()
    card = w.card()
    w.start(card).finish(card)
    assert w.refused(c.StartTask(card, workflow_type=name)).code == "E-VAL-1"
    for wish in SUBSETS:
        assert all(choose_workflow(TaskType.FEATURE, wish, vintage).name != name for vintage in Vintage)


def test_the_table_of_v0_names_every_list():
    assert sorted(s for all_of in V0_NAMES.values() for s in all_of) == sorted(SUBSETS)


@pytest.mark.parametrize("vintage", Vintage)
def test_a_patch_is_a_patch_everywhere(vintage: Vintage):
    choice = choose_workflow(TaskType.PATCH, (Stage.BUILD,), vintage)
    assert (choice.name, choice.stages) == (PATCH_WORKFLOW, (Stage.BUILD,))


def test_14_types_in_v0_and_16_in_v1():
    assert (len(known_to(Vintage.V0)), len(known_to(Vintage.V1)), len(known_to(Vintage.OURS))) == (14, 16, 16)
    assert set(known_to(Vintage.V1)) - set(known_to(Vintage.V0)) == {"adw_merge_iso", ORCHESTRATOR}


def test_stages_of_a_request():
    assert stages_of("adw_plan_build_iso", (Stage.TEST,)) == (Stage.PLAN, Stage.BUILD)
    assert stages_of(ORCHESTRATOR, (Stage.TEST,)) == (Stage.TEST,)
    assert stages_of("adw_merge_iso") == ()
    assert not is_dependent(None)
    assert not is_dependent("adw_nobody_iso")
