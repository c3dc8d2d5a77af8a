"""Runs in worktrees that the service makes for them, where `KANBAN_PREPARE_WORKTREES` says so."""

import asyncio
import json
from dataclasses import replace
from typing import Final

from kanban_app.domain.workflows import MERGE_WORKFLOW
from kanban_app.tac7.client_messages import TriggerWorkflowData
from kanban_app.trigger_service.config import ServiceConfig
from kanban_app.trigger_service.git import worktrees
from kanban_app.trigger_service.git.command import GitFailed
from kanban_app.trigger_service.git.refusals import Refused
from kanban_app.trigger_service.programs import PACKAGE_ROOT, NoProgram, Program, Programs

# Isolated: the environment is for the script, which gets it as it is.
_START: Final = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from kanban_app.trigger_service.workflows.prepared import main; sys.exit(main())"
)


class WithWorktree:
    """Lets the programs of `inner` begin with their worktree, and refuses what could not have one."""

    def __init__(self, inner: Programs, config: ServiceConfig) -> None:
        self._inner = inner
        self._config = config

    def choose(self, request: TriggerWorkflowData, adw_id: str) -> Program | NoProgram:
        program = self._inner.choose(request, adw_id)
        root = self._config.project_dir
        if isinstance(program, NoProgram) or root is None or request.workflow_type == MERGE_WORKFLOW:
            return program
        try:
            asyncio.run(worktrees.check(root, adw_id, self._config.base_branch))
        except (Refused, GitFailed) as refusal:
            return NoProgram(f"No worktree can be made for this run: {refusal}")
        return replace(program, argv=self._begin(program, request.workflow_type, adw_id))

    def _begin(self, program: Program, workflow: str, adw_id: str) -> tuple[str, ...]:
        config = self._config
        first, last = config.port_range
        options = {
            "--repository": str(config.repository),
            "--workflow": workflow,
            "--stage": program.stages[0].value if program.stages else None,
            "--base": config.base_branch,
            "--ports": f"{first}-{last}",
            "--ports-register": str(config.ports_register) if config.ports_register else None,
            "--setup": json.dumps(config.setup_command) if config.setup_command else None,
        }
        given = [f"{name}={value}" for name, value in options.items() if value]
        start = (config.python, "-I", "-u", "-c", _START, str(PACKAGE_ROOT))
        return (*start, adw_id, *given, "--", *program.argv)
