"""The workflow scripts of a project: which one a request runs, and how it is called (reference section 6.1)."""

import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from kanban_app.domain.stages import Stage
from kanban_app.domain.workflows import MERGE_WORKFLOW, ORCHESTRATOR, stages_of
from kanban_app.tac7.client_messages import TriggerWorkflowData
from kanban_app.trigger_service.config import ServiceConfig
from kanban_app.trigger_service.layout import ProjectLayout
from kanban_app.trigger_service.programs import PACKAGE_ROOT, NoProgram, Program
from kanban_app.trigger_service.run_state import read_state
from kanban_app.trigger_service.workflows.stage_plan import MERGE, StagePlan, plan_stages, usual_name

# V1's list but for PYTHONPATH, which would be ours; the runner's own environment has HOME, PATH and their like.
_PASSED: Final = (
    "GITHUB_PAT",
    "CLAUDE_CODE_PATH",
    "CLAUDE_BASH_MAINTAIN_PROJECT_WORKING_DIR",
    "E2B_API_KEY",
    "CLOUDFLARED_TUNNEL_TOKEN",
)
_ZERO_TOUCH: Final = "adw_sdlc_ZTE_iso"
_ISSUE_NUMBER: Final = re.compile(r"(?!-)[^\x00-\x1f\x7f]{1,100}")
# One argument of a process may have 128 kB on Linux.
_MAX_CONFIG_BYTES: Final = 100_000
_BUILT_IN: Final = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from kanban_app.trigger_service.workflows.orchestrator import main; sys.exit(main())"
)


class _Refused(Exception):
    """The request cannot be carried out; the text goes to the client."""


class ScriptPrograms:
    """Requests run `adws/<workflow_type>.py` of the project, unchanged.

    Where the script of the orchestrator or of a composite is missing, a built-in program runs the scripts of its stages
    one after the other. Looks into files: `choose` is for a thread.
    """

    def __init__(self, config: ServiceConfig) -> None:
        self._config = config
        self._layout = ProjectLayout(config.repository)

    def choose(self, request: TriggerWorkflowData, adw_id: str) -> Program | NoProgram:
        try:
            return self._program(_Call.of(request, adw_id, self._layout))
        except _Refused as refused:
            return NoProgram(str(refused))

    def _program(self, call: "_Call") -> Program:
        own = self._find(call.name)
        if own is not None:
            command = (*self._interpreter(), str(own), *call.words())
            return self._with_environment(command, call.stages, call.model_env())
        if call.name != ORCHESTRATOR and len(call.stages) <= 1:
            raise _Refused(self._missing(call.name))
        return self._built_in(call)

    def _built_in(self, call: "_Call") -> Program:
        try:
            planned = plan_stages(call.stage_names, call.config)
        except ValueError as error:
            raise _Refused(f"Invalid request format: {error}") from None
        stages = [{**stage.as_json(), "command": self._stage_command(stage, call)} for stage in planned]
        # Isolated: what scripts get as PYTHONPATH is not for our interpreter, and ours is not for them.
        command = (self._config.python, "-I", "-u", "-c", _BUILT_IN, str(PACKAGE_ROOT))
        keeps_on = bool(call.config.get("continue_on_failure"))
        told = json.dumps({"stages": stages, "continue_on_failure": keeps_on})
        return self._with_environment((*command, call.adw_id, call.name, told), call.stages, {})

    def _stage_command(self, stage: StagePlan, call: "_Call") -> list[str]:
        name = f"adw_{stage.name}_iso"
        script = self._find(name)
        if script is None:
            raise _Refused(self._missing(name))
        number = () if stage.name == MERGE else call.number
        return [*self._interpreter(), str(script), *number, call.adw_id, *stage.flags]

    def _find(self, workflow_type: str) -> Path | None:
        """The script of a workflow type; file names are compared without case, the exact one goes first."""
        folder = self._layout.scripts
        wanted = f"{workflow_type}.py"
        exact = folder / wanted
        others = (path for path in sorted(folder.glob("*.py")) if path.name.lower() == wanted.lower())
        found = exact if exact.is_file() else next((path for path in others if path.is_file()), None)
        if found is not None and not self._layout.contains(found):
            raise _Refused(f"Workflow refused: {self._shown(found)} is a link that leads out of the project")
        return found

    def _missing(self, workflow_type: str) -> str:
        return f"Workflow refused: there is no script {self._shown(self._layout.scripts / f'{workflow_type}.py')}"

    def _shown(self, path: Path) -> str:
        return f"{path.relative_to(self._layout.root)} in {self._layout.root}"

    def _interpreter(self) -> tuple[str, ...]:
        uv = shutil.which("uv")
        if uv is not None:
            return (uv, "run")
        places = (self._layout.root / folder / "bin" / "python" for folder in (".venv", "venv"))
        own = next((str(python) for python in places if os.access(python, os.X_OK)), None)
        return (own or shutil.which("python3") or self._config.python,)

    def _with_environment(self, argv: tuple[str, ...], stages: tuple[Stage, ...], more: Mapping[str, str]) -> Program:
        names = (*_PASSED, *self._config.pass_env)
        passed = {name: os.environ[name] for name in names if name in os.environ}
        if "GITHUB_PAT" in passed:
            passed.setdefault("GH_TOKEN", passed["GITHUB_PAT"])
        root = self._layout.root
        return Program(argv, root, stages, {"PWD": str(root), **more}, passed=passed, project=root)


@dataclass(frozen=True, slots=True)
class _Call:
    """A request, as far as a command line is made of it."""

    name: str
    adw_id: str
    number: tuple[str, ...]
    stage_names: tuple[str, ...]
    config: Mapping[str, Any]

    @classmethod
    def of(cls, request: TriggerWorkflowData, adw_id: str, layout: ProjectLayout) -> "_Call":
        """Raises _Refused for what a script could take for something else."""
        if adw_id.startswith("-"):
            raise _Refused("Invalid request format: adw_id must not begin with a hyphen")
        number = _issue_number(request, adw_id, layout)
        if number is not None and not _ISSUE_NUMBER.fullmatch(number):
            raise _Refused("Invalid request format: issue_number is not usable")
        config = request.config or {}
        if len(json.dumps(config).encode()) > _MAX_CONFIG_BYTES:
            raise _Refused(f"Invalid request format: config may have {_MAX_CONFIG_BYTES} bytes")
        names = _stage_names(request, config)
        return cls(request.workflow_type, adw_id, (number,) if number else (), names, config)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Those of the board that it will run."""
        known = {stage.value: stage for stage in Stage}
        names = map(usual_name, self.stage_names)
        return tuple(dict.fromkeys(known[name] for name in names if name in known))

    def words(self) -> tuple[str, ...]:
        """What comes after the script's path."""
        if self.name == MERGE_WORKFLOW:
            return (self.adw_id,)
        if self.name != ORCHESTRATOR:
            return (*self.number, self.adw_id)
        if self.config:
            return (*self.number, self.adw_id, "--config", json.dumps(self.config))
        return (*self.number, self.adw_id, "--stages", ",".join(self.stage_names))

    def model_env(self) -> dict[str, str]:
        """The model that was chosen for the only stage of a workflow. V1 has no way to tell its script."""
        if self.name == ORCHESTRATOR or len(self.stages) != 1:
            return {}
        try:
            model = plan_stages(self.stage_names, self.config)[0].model
        except ValueError as error:
            raise _Refused(f"Invalid request format: {error}") from None
        return {"ADW_MODEL": model} if model else {}


def _stage_names(request: TriggerWorkflowData, config: Mapping[str, Any]) -> tuple[str, ...]:
    if request.workflow_type != ORCHESTRATOR:
        names = tuple(stage.value for stage in stages_of(request.workflow_type))
        return (*names, MERGE) if request.workflow_type == _ZERO_TOUCH else names
    given: object = config.get("stages") if config else request.stages
    return tuple(str(name) for name in cast(list[object], given)) if isinstance(given, list) else ()


def _issue_number(request: TriggerWorkflowData, adw_id: str, layout: ProjectLayout) -> str | None:
    """A script that gets none takes the run's id for it; so the ticket and the run's state are asked as well."""
    of_ticket = (request.issue_json or {}).get("number")
    places = (request.issue_number, of_ticket, read_state(layout, adw_id).get("issue_number"))
    return next((str(number) for number in places if number and isinstance(number, (str, int))), None)
