"""Which script of a project a request runs, and with which words: no process is started here."""

import json
from pathlib import Path
from typing import Any

import pytest

from kanban_app.domain.stages import Stage
from kanban_app.tac7.client_messages import TriggerWorkflowData
from kanban_app.trigger_service.programs import NoProgram, Program
from kanban_app.trigger_service.scripts import ScriptPrograms
from tests.support.adw_project import STAGE_SCRIPTS, AdwProject, make_project
from tests.support.service_app import new_config

RUN = "abcd1234"


@pytest.fixture
def project(tmp_path: Path) -> AdwProject:
    return make_project(tmp_path / "project", **STAGE_SCRIPTS, adw_orchestrator="orchestrator", adw_merge_iso="merger")


def choose(project: AdwProject, workflow_type: str, adw_id: str = RUN, **data: Any) -> Program | NoProgram:
    config = new_config(project.root.parent / "data", project_dir=project.root)
    return ScriptPrograms(config).choose(TriggerWorkflowData(workflow_type=workflow_type, **data), adw_id)


def words(project: AdwProject, workflow_type: str, **data: Any) -> list[str]:
    """What comes after the interpreter, the script by its name."""
    program = choose(project, workflow_type, **data)
    assert isinstance(program, Program), program
    place = next(index for index, word in enumerate(program.argv) if word.endswith(".py"))
    return [Path(program.argv[place]).name, *program.argv[place + 1 :]]


def refusal(project: AdwProject, workflow_type: str, **data: Any) -> str:
    program = choose(project, workflow_type, **data)
    assert isinstance(program, NoProgram), program
    return program.message


@pytest.mark.parametrize(
    ("workflow_type", "data", "expected"),
    [
        ("adw_plan_iso", {"issue_number": "7"}, ["adw_plan_iso.py", "7", RUN]),
        ("adw_plan_iso", {"issue_json": {"title": "t", "number": 9}}, ["adw_plan_iso.py", "9", RUN]),
        ("adw_plan_iso", {"issue_json": {"title": "t"}}, ["adw_plan_iso.py", RUN]),
        ("adw_plan_iso", {"issue_json": {"number": ["x"]}}, ["adw_plan_iso.py", RUN]),
        ("adw_merge_iso", {"issue_number": "7"}, ["adw_merge_iso.py", RUN]),
        (
            "adw_orchestrator",
            {"issue_number": "7", "stages": ["test", "plan"]},
            ["adw_orchestrator.py", "7", RUN, "--stages", "test,plan"],
        ),
        (
            "adw_orchestrator",
            {"issue_number": "7", "stages": ["test"], "config": {"stages": ["plan"], "x": "ü"}},
            ["adw_orchestrator.py", "7", RUN, "--config", json.dumps({"stages": ["plan"], "x": "ü"})],
        ),
    ],
)
def test_words_of_the_command_line(
    project: AdwProject, workflow_type: str, data: dict[str, Any], expected: list[str]
) -> None:
    assert words(project, workflow_type, **data) == expected


def test_a_number_that_the_request_lacks_comes_out_of_the_state(project: AdwProject) -> None:
    project.agents(RUN).mkdir(parents=True)
    (project.agents(RUN) / "adw_state.json").write_text('{"issue_number": 12}')
    assert words(project, "adw_build_iso") == ["adw_build_iso.py", "12", RUN]


def test_names_of_scripts_are_compared_without_case(project: AdwProject) -> None:
    project.add("adw_sdlc_zte_iso", "composite")
    assert words(project, "adw_sdlc_ZTE_iso", issue_number="7") == ["adw_sdlc_zte_iso.py", "7", RUN]
    project.add("adw_sdlc_ZTE_iso", "composite")
    assert words(project, "adw_sdlc_ZTE_iso", issue_number="7")[0] == "adw_sdlc_ZTE_iso.py"


@pytest.mark.parametrize(
    ("workflow_type", "data", "missing"),
    [
        ("adw_patch_iso", {"issue_number": "7"}, "adw_patch_iso"),
        ("adw_ship_iso", {}, "adw_ship_iso"),
        ("adw_orchestrator", {"stages": ["plan", "test"]}, "adw_test_iso"),
        ("adw_sdlc_iso", {"issue_number": "7"}, "adw_test_iso"),
        ("adw_sdlc_ZTE_iso", {"issue_number": "7"}, "adw_merge_iso"),
    ],
)
def test_a_missing_script_is_named(project: AdwProject, workflow_type: str, data: dict[str, Any], missing: str) -> None:
    (project.root / "adws" / "adw_orchestrator.py").unlink()
    if missing == "adw_merge_iso":
        (project.root / "adws" / "adw_merge_iso.py").unlink()
    if missing == "adw_test_iso":
        (project.root / "adws" / "adw_test_iso.py").unlink()
    expected = f"Workflow refused: there is no script adws/{missing}.py in {project.root}"
    assert refusal(project, workflow_type, **data) == expected


def test_a_project_without_scripts_refuses(tmp_path: Path) -> None:
    assert "there is no script adws/adw_plan_iso.py" in refusal(AdwProject(tmp_path), "adw_plan_iso")


def test_a_link_out_of_the_project_is_refused(project: AdwProject, tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.touch()
    (project.root / "adws" / "adw_patch_iso.py").symlink_to(outside)
    assert "leads out of the project" in refusal(project, "adw_patch_iso", issue_number="7")
    inside = project.root / "adws" / "adw_ship_iso.py"
    inside.symlink_to(project.root / "adws" / "adw_plan_iso.py")
    assert words(project, "adw_ship_iso") == ["adw_ship_iso.py", RUN]


@pytest.mark.parametrize(
    "data",
    [
        {"adw_id": "--help", "issue_number": "7"},
        {"issue_number": "--stages"},
        {"issue_number": "7\x00"},
        {"issue_number": "7\n8"},
        {"issue_number": "7" * 101},
        {"issue_json": {"number": "-7"}},
        {"issue_number": "7", "config": {"x": "y" * 100_000}},
        {"issue_number": "7", "config": {"stage_config": {"plan": {"custom_args": {"model": "--x"}}}}},
    ],
)
def test_what_a_script_could_take_for_something_else_is_refused(project: AdwProject, data: dict[str, Any]) -> None:
    assert refusal(project, "adw_plan_iso", **data).startswith("Invalid request format: ")


def test_the_model_of_a_single_stage_reaches_its_script(project: AdwProject) -> None:
    config = {"stage_config": {"plan": {"custom_args": {"model": "opus"}}}}
    program = choose(project, "adw_plan_iso", issue_number="7", config=config)
    assert isinstance(program, Program)
    assert program.env["ADW_MODEL"] == "opus"


def test_python_of_the_project_goes_first(project: AdwProject, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    without = choose(project, "adw_plan_iso", issue_number="7")
    for folder in ("venv", ".venv"):
        python = project.root / folder / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.touch(mode=0o755)
        program = choose(project, "adw_plan_iso", issue_number="7")
        assert isinstance(program, Program)
        assert program.argv[0] == str(python)
    uv = tmp_path / "uv"
    uv.touch(mode=0o755)
    with_uv = choose(project, "adw_plan_iso", issue_number="7")
    assert isinstance(without, Program)
    assert isinstance(with_uv, Program)
    assert without.argv[0] == new_config(tmp_path).python
    assert with_uv.argv[:2] == (str(uv), "run")


def test_the_stages_of_a_run_are_known_under_any_name(project: AdwProject) -> None:
    """A stage that is not known would not be waited for: a run that dies in it would count as completed."""
    program = choose(project, "adw_orchestrator", config={"stages": ["plan", "implement", "merge"]})
    assert isinstance(program, Program)
    assert program.stages == (Stage.PLAN, Stage.BUILD)
