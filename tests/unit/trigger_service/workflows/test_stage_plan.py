"""What a request's config asks of each stage."""

from typing import Any

import pytest

from kanban_app.trigger_service.workflows.stage_plan import StagePlan, plan_stages


def config(**stages: dict[str, Any]) -> dict[str, Any]:
    return {"stage_config": stages}


def test_stages_stay_in_the_order_asked_for_once_each() -> None:
    planned = plan_stages(["review", "implement", "build", "plan"], {})
    assert planned == [StagePlan("review"), StagePlan("build"), StagePlan("plan")]


def test_a_model_is_a_flag_but_not_for_a_merge() -> None:
    asked = {"custom_args": {"model": "opus"}}
    build, merge = plan_stages(["build", "merge"], config(build=asked, merge=asked))
    assert build == StagePlan("build", "opus", ("--model=opus",))
    assert merge == StagePlan("merge", "opus")


def test_flags_reach_the_stages_that_know_them() -> None:
    everything = {"custom_args": {"skip_e2e": True, "skip_resolution": True, "skip_review": False}}
    planned = plan_stages(["build", "test", "review"], config(build=everything, test=everything, review=everything))
    assert [stage.flags for stage in planned] == [(), ("--skip-e2e",), ("--skip-resolution",)]


def test_what_is_not_wanted_is_left_out_with_a_reason() -> None:
    test, review = plan_stages(
        ["test", "review"], config(test={"enabled": False}, review={"custom_args": {"skip_review": True}})
    )
    assert (test.skipped, review.skipped) == ("Not enabled for this run", "The review was to be skipped")


@pytest.mark.parametrize(
    ("names", "given"),
    [
        ([], {}),
        (["clarify"], {}),
        (["plan", "Plan"], {}),
        (["plan"], config(plan={"custom_args": {"model": "--help"}})),
        (["plan"], config(plan={"custom_args": {"model": ["opus"]}})),
        (["plan"], config(plan={"custom_args": {"model": "a b"}})),
    ],
)
def test_what_no_stage_script_could_carry_out_is_refused(names: list[str], given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"stage|model"):
        plan_stages(names, given)


@pytest.mark.parametrize(
    "given", [{"stage_config": []}, {"stage_config": {"plan": 1}}, config(plan={"custom_args": 1})]
)
def test_nonsense_around_it_asks_for_nothing(given: dict[str, Any]) -> None:
    assert plan_stages(["plan"], given) == [StagePlan("plan")]


def test_what_is_asked_of_implement_is_asked_of_build() -> None:
    (build,) = plan_stages(["implement"], config(implement={"custom_args": {"model": "opus"}}))
    assert build == StagePlan("build", "opus", ("--model=opus",))
    (build,) = plan_stages(["implement"], config(build={"enabled": False}, implement={"enabled": True}))
    assert build.skipped == "Not enabled for this run"
