"""Which program merges the work of a run: the project's own script, or ours."""

import logging
import re
from collections.abc import Mapping
from typing import Any, Final, cast

from kanban_app.domain.workflows import MERGE_WORKFLOW
from kanban_app.tac7.client_messages import TriggerWorkflowData
from kanban_app.trigger_service.config import ServiceConfig
from kanban_app.trigger_service.git.command import GitFailed
from kanban_app.trigger_service.git.merging import Method, tidy_repository
from kanban_app.trigger_service.git.refusals import listed
from kanban_app.trigger_service.layout import ProjectLayout
from kanban_app.trigger_service.programs import PACKAGE_ROOT, NoProgram, Program, Programs

_log: Final = logging.getLogger(__name__)
_MODULE: Final = "kanban_app.trigger_service.workflows.merge"
_BRANCH: Final = re.compile(r"(?!-)[^\x00-\x20\x7f]{1,200}")
_SHA: Final = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


class WithMerge:
    """Merges by our own program where the request says how (`config.merge`), or where `inner` has no script for it."""

    def __init__(self, inner: Programs, config: ServiceConfig) -> None:
        self._inner = inner
        self._config = config

    def choose(self, request: TriggerWorkflowData, adw_id: str) -> Program | NoProgram:
        if request.workflow_type != MERGE_WORKFLOW:
            return self._inner.choose(request, adw_id)
        wish = (request.config or {}).get("merge")
        if wish is None and self._has_script():
            return self._inner.choose(request, adw_id)
        if wish is not None and not isinstance(wish, dict):
            return NoProgram("Invalid request format: config.merge must be an object")
        return self._program(cast(Mapping[str, Any], wish or {}), adw_id)

    def _has_script(self) -> bool:
        project = self._config.project_dir
        return project is not None and (ProjectLayout(project).scripts / f"{MERGE_WORKFLOW}.py").is_file()

    def _program(self, wish: Mapping[str, Any], adw_id: str) -> Program | NoProgram:
        method, target, expect = wish.get("method") or Method.SQUASH, wish.get("target"), wish.get("expect")
        if method not in list(Method):
            return NoProgram(f"Invalid request format: config.merge.method must be one of {', '.join(Method)}")
        if not _fits(target, _BRANCH):
            return NoProgram("Invalid request format: config.merge.target must be the name of a branch")
        if not _fits(expect, _SHA):
            return NoProgram("Invalid request format: config.merge.expect must be the whole id of a commit")
        options = {
            "--repository": str(self._config.repository),
            "--scratch": str(self._config.scratch_dir),
            "--method": str(method),
            "--base": self._config.base_branch,
            "--target": target,
            "--expect": expect,
        }
        given = [f"{name}={value}" for name, value in options.items() if value]
        argv = (self._config.python, "-P", "-u", "-m", _MODULE, *given, "--", adw_id)
        demo = self._config.project_dir is None
        return Program(argv, self._config.data_dir, (), {"PYTHONPATH": str(PACKAGE_ROOT)}, demo=demo)


async def finish_killed_merge(config: ServiceConfig) -> None:
    """Let no merge that was killed together with an earlier service stay half done. Never raises."""
    try:
        left = await tidy_repository(config.repository, config.scratch_dir)
    except (GitFailed, OSError):
        _log.exception("what a killed merge may have left in %s could not be looked at", config.repository)
        return
    if left:
        _log.warning("a killed merge was finished but for files that have been changed since: %s", listed(left))


def _fits(value: object, pattern: re.Pattern[str]) -> bool:
    return value is None or value == "" or (isinstance(value, str) and pattern.fullmatch(value) is not None)
