"""A run that takes the place of another: what the other has left is removed before the new one starts.

The client names the run; without that nothing is ever removed (reference, Q25).
"""

import logging
from collections.abc import Mapping
from typing import Any, Final, cast

from kanban_app.tac7.client_messages import TicketData, TriggerWorkflowData
from kanban_app.trigger_service.config import ServiceConfig
from kanban_app.trigger_service.git.cleanup import Removed, remove_run
from kanban_app.trigger_service.protocols import RunLedger
from kanban_app.trigger_service.reports import ADW_ID

RESTARTABLE: Final = frozenset({"plan", "build", "test", "review", "document", "errored"})
"""The stages of a card from which its run can be restarted."""

_log: Final = logging.getLogger(__name__)


def replaced_by(request: TriggerWorkflowData, adw_id: str) -> str | None:
    """The run whose place the requested one takes, if it takes one."""
    issue: Mapping[str, Any] = request.issue_json or {}
    metadata = issue.get("metadata")
    old = cast(Mapping[str, Any], metadata).get("adw_id") if isinstance(metadata, dict) else None
    return old if _is_restart(issue.get("stage"), old) and old != adw_id else None


def replaced_with(ticket: TicketData) -> str | None:
    """The same for the announcement of a card."""
    return ticket.old_adw_id if _is_restart(ticket.stage, ticket.old_adw_id) else None


def _is_restart(stage: object, old: object) -> bool:
    named = isinstance(stage, str) and stage.strip().lower() in RESTARTABLE
    return named and isinstance(old, str) and ADW_ID.fullmatch(old) is not None


async def clear(config: ServiceConfig, ledger: RunLedger, adw_id: str) -> Removed:
    """Remove what a run has left, unless it is active. The caller sees to it that it is not started meanwhile."""
    launch = await ledger.latest_for(adw_id)
    if launch is not None and launch.finished_at is None:
        return Removed(errors=(f"run {adw_id} is still active, so that all of it is left as it is",))
    removed = await remove_run(config, adw_id, launch.worktree if launch else None)
    _log.info("cleared up after run %s: %s", adw_id, removed.words)
    return removed
