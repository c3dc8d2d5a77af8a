"""What to run for a request, and the demonstration, which serves every workflow type that it can serve honestly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol, cast

from kanban_app.domain.stages import Stage, in_order
from kanban_app.domain.workflows import ORCHESTRATOR, stages_of
from kanban_app.tac7.client_messages import TriggerWorkflowData
from kanban_app.trigger_service.config import ServiceConfig

PACKAGE_ROOT: Final = Path(__file__).resolve().parents[2]
_DEMO_MODULE: Final = "kanban_app.trigger_service.workflows.demo"
_WITHOUT_DEMO: Final = frozenset({"adw_ship_iso", "adw_merge_iso", "adw_sdlc_ZTE_iso"})


@dataclass(frozen=True, slots=True)
class Program:
    """A command that carries out a request. `stages` are those that it goes through.

    `passed` is environment that is written nowhere, `project` the repository whose scripts need the run's state.
    """

    argv: tuple[str, ...]
    cwd: Path
    stages: tuple[Stage, ...]
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    passed: Mapping[str, str] = field(default_factory=dict[str, str])
    project: Path | None = None
    demo: bool = False


@dataclass(frozen=True, slots=True)
class NoProgram:
    """The request cannot be carried out here; `message` goes to the client as a validation error."""

    message: str


class Programs(Protocol):
    """Chooses what to run. Called in a thread, before anything is written or promised."""

    def choose(self, request: TriggerWorkflowData, adw_id: str) -> Program | NoProgram: ...


class DemoPrograms:
    """Every request becomes the demonstration workflow."""

    def __init__(self, config: ServiceConfig) -> None:
        self._config = config

    def choose(self, request: TriggerWorkflowData, adw_id: str) -> Program | NoProgram:
        name = request.workflow_type
        if name in _WITHOUT_DEMO:
            return NoProgram(f"Unknown workflow type: {name} (the demonstration ships nothing)")
        stages = _requested_stages(request) if name == ORCHESTRATOR else stages_of(name)
        if isinstance(stages, NoProgram):
            return stages
        command = (self._config.python, "-P", "-u", "-m", _DEMO_MODULE, request.issue_number or "0", adw_id)
        options = ("--workflow", name, "--stages", ",".join(stages))
        return Program(command + options, self._config.data_dir, stages, self._environment(), demo=True)

    def _environment(self) -> dict[str, str]:
        return {
            "PYTHONPATH": str(PACKAGE_ROOT),
            "KANBAN_DEMO_DIR": str(self._config.demo_dir),
            "KANBAN_DEMO_SPEED": str(self._config.demo_speed),
        }


def _requested_stages(request: TriggerWorkflowData) -> tuple[Stage, ...] | NoProgram:
    """The orchestrator's stages; a `config` wins over the list, as in V1."""
    given: object = request.config.get("stages") if request.config else request.stages
    names = [str(name).strip().lower() for name in cast(Sequence[object], given)] if isinstance(given, list) else []
    known = {stage.value: stage for stage in Stage} | {"implement": Stage.BUILD}
    unknown = [name for name in names if name not in known]
    if unknown:
        return NoProgram(f"Invalid request format: stages cannot be run by this service: {', '.join(unknown)[:200]}")
    if not names:
        return NoProgram("Invalid request format: stages must name at least one stage")
    return in_order(known[name] for name in names)
