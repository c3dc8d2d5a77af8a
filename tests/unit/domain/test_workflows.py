"""Every reachable choice of stages maps to a request that the service accepts (C1, C2)."""

from itertools import combinations

import pytest

from kanban_app.domain.cards import stages_for
from kanban_app.domain.stages import Stage
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
def test_every_wish_has_a_workflow_that_the_service_knows(
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
