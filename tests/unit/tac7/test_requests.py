import json
from dataclasses import replace

import pytest

from kanban_app.domain.workflows import ORCHESTRATOR, Vintage
from kanban_app.tac7.codec import encode
from kanban_app.tac7.requests import RequestRefused, TriggerRequest, build_trigger
from tests.support.builders import COMMIT

REQUEST = TriggerRequest("a1", "0a1b2c3d", "adw_plan_iso", "7", "bug", "Title", "Body")
ORCHESTRATED = replace(REQUEST, workflow_type=ORCHESTRATOR, stages=("plan", "build"))


def wire(request: TriggerRequest, vintage: Vintage = Vintage.V1, *, ours: bool = False) -> dict[str, object]:
    return json.loads(encode(build_trigger(request, vintage, with_request_id=ours)))["data"]


def test_the_wire_form_says_everything_that_scripts_need() -> None:
    assert wire(REQUEST) == {
        "workflow_type": "adw_plan_iso",
        "adw_id": "0a1b2c3d",
        "issue_number": "7",
        "model_set": "base",
        "issue_type": "bug",
        "issue_json": {
            "title": "Title",
            "body": "Body",
            "number": 7,
            "images": [],
            "metadata": {},
            "stage": "backlog",
            "workItemType": "bug",
        },
        "trigger_reason": "Agentic Kanban",
    }


def test_stages_go_to_the_orchestrator_only() -> None:
    assert wire(ORCHESTRATED)["stages"] == ["plan", "build"]
    assert "stages" not in wire(replace(REQUEST, stages=("plan",)))


def test_models_of_stages_go_through_the_configuration() -> None:
    data = wire(replace(ORCHESTRATED, stage_models={"plan": "opus", "test": "haiku"}))
    assert "stages" not in data
    stage_config = {"plan": {"custom_args": {"model": "opus"}}}
    assert data["config"] == {"stages": ["plan", "build"], "stage_config": stage_config}


def test_the_request_id_goes_to_our_service_only() -> None:
    assert "request_id" not in wire(REQUEST)
    assert wire(REQUEST, Vintage.OURS, ours=True)["request_id"] == "a1"


def test_reasons_are_kept_short_and_odd_numbers_as_text() -> None:
    data = wire(replace(REQUEST, trigger_reason="x" * 900, issue_number="PROJ-7"))
    assert len(str(data["trigger_reason"])) == 500
    assert data["issue_json"]["number"] == "PROJ-7"  # type: ignore[index]


@pytest.mark.parametrize(
    ("request_", "vintage", "code"),
    [
        (replace(ORCHESTRATED, stages=()), Vintage.V1, "E-VAL-12"),
        (ORCHESTRATED, Vintage.V0, "E-VAL-1"),
        (replace(REQUEST, workflow_type="adw_sdlc_zte_iso"), Vintage.V1, "E-VAL-1"),
        (replace(REQUEST, adw_id="../x"), Vintage.V1, "E-VAL-16"),
        (replace(REQUEST, model_set="premium"), Vintage.V1, "E-VAL-2"),
        (replace(REQUEST, issue_type="epic"), Vintage.V1, "E-VAL-3"),
    ],
)
def test_refused_here_what_a_service_would_refuse(request_: TriggerRequest, vintage: Vintage, code: str) -> None:
    with pytest.raises(RequestRefused) as refused:
        build_trigger(request_, vintage, with_request_id=False)
    assert refused.value.code == code


MERGE = replace(REQUEST, workflow_type="adw_merge_iso")


def test_how_to_merge_is_said_to_our_service_only() -> None:
    wish = replace(MERGE, options={"method": "rebase", "expect": COMMIT})
    merge = {"method": "rebase", "target": None, "expect": COMMIT}
    assert wire(wish, Vintage.OURS)["config"] == {"merge": merge}
    assert "config" not in wire(replace(wish, options={"method": "squash"}), Vintage.V1)
    assert "config" not in wire(MERGE, Vintage.OURS)


@pytest.mark.parametrize("vintage", Vintage)
def test_a_patch_takes_its_text_along(vintage: Vintage) -> None:
    issue = wire(replace(REQUEST, workflow_type="adw_patch_iso", options={"patch": "Make it larger"}), vintage)[
        "issue_json"
    ]
    assert isinstance(issue, dict)
    assert issue["patch_request"] == "Make it larger"
    assert issue["body"] == ("Make it larger" if vintage is Vintage.V0 else "Body")
    assert (issue["stage"], issue["metadata"]) == ("backlog", {})


@pytest.mark.parametrize(("left", "stage"), [("test", "test"), ("errored", "errored"), ("ready-to-merge", "errored")])
def test_a_run_that_replaces_another_says_which(left: str, stage: str) -> None:
    issue = wire(replace(ORCHESTRATED, options={"replaces": "deadbeef"}, left=left), Vintage.OURS)["issue_json"]
    assert isinstance(issue, dict)
    assert (issue["stage"], issue["metadata"]) == (stage, {"adw_id": "deadbeef"})


def test_a_card_that_lies_in_a_stage_is_no_restart() -> None:
    issue = wire(replace(ORCHESTRATED, left="test"), Vintage.OURS)["issue_json"]
    assert isinstance(issue, dict)
    assert (issue["stage"], issue["metadata"]) == ("backlog", {})
