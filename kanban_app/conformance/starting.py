"""Starting a workflow and following it, for the checks that do."""

import time
from dataclasses import dataclass
from typing import Final

from kanban_app.conformance.context import Context, a_trigger, new_run_id
from kanban_app.conformance.line import Json, Line, data_of, of_type
from kanban_app.domain.workflows import ORCHESTRATOR

FINAL: Final = frozenset({"completed", "failed", "cancelled"})
_TICKET: Final[Json] = {
    "title": "A conformance check",
    "body": "Started by a conformance check; it asks for no work.",
    "number": 1,
    "images": [],
    "metadata": {},
    "stage": "backlog",  # any other name makes V1 restart the run (Q24)
    "workItemType": "chore",
}
_ended: Final = of_type("trigger_response", "error")


@dataclass(frozen=True, slots=True)
class Start:
    """A request to start and what the requester got for it, up to the answer. `reply` is None without one."""

    adw_id: str
    workflow: str
    messages: tuple[Json, ...]
    reply: Json | None
    ms: float

    @property
    def status(self) -> str:
        """The answer's status; the type of the answer where it has none."""
        found = data_of(self.reply).get("status")
        return str(found) if found else str((self.reply or {}).get("type", "no answer"))


def request_for(context: Context, adw_id: str, stages: tuple[str, ...] = ("plan",), **more: object) -> Json:
    """A whole request, as a board sends it; V0 has no orchestrator."""
    data: Json = {
        "workflow_type": "adw_plan_iso" if context.is_v0 else ORCHESTRATOR,
        "adw_id": adw_id,
        "issue_number": "1",
        "issue_type": "chore",
        "issue_json": _TICKET,
        "model_set": "base",
        **more,
    }
    return a_trigger(**data) if context.is_v0 else a_trigger(stages=list(stages), **data)


def is_about(message: Json, adw_id: str) -> bool:
    return data_of(message).get("adw_id") == adw_id


async def start(
    context: Context, line: Line, stages: tuple[str, ...] = ("plan",), adw_id: str | None = None, **more: object
) -> Start:
    """Ask for a start and wait for the answer."""
    run = adw_id or new_run_id()
    context.runs.append(run)
    request = request_for(context, run, stages, **more)
    mark = len(line.seen)
    began = time.monotonic()
    await line.send(request)
    seen = await line.until(_ended, context.pace.start_s, mark)
    if seen is None:
        return Start(run, request["data"]["workflow_type"], (), None, (time.monotonic() - began) * 1000)
    upto = next(index for index, item in enumerate(line.seen) if item is seen)
    personal = [item.message for item in line.seen[mark : upto + 1] if is_personal(item.message, run)]
    return Start(run, request["data"]["workflow_type"], tuple(personal), seen.message, (seen.at - began) * 1000)


def is_personal(message: Json, adw_id: str) -> bool:
    """A reply to the requester: the answer, or a status that was not broadcast."""
    if _ended(message):
        return True
    return message.get("type") == "status_update" and is_about(message, adw_id) and "seq" not in message


def is_final(message: Json, adw_id: str) -> bool:
    """Whether it says how the run ended."""
    ends = data_of(message).get("status") in FINAL
    return message.get("type") == "status_update" and is_about(message, adw_id) and ends


async def tidy(context: Context, line: Line, *adw_ids: str) -> None:
    """End runs that were only started for the check, where the service can."""
    if "cancel" in context.extensions:
        for adw_id in adw_ids:
            await line.send({"type": "cancel_workflow", "data": {"adw_id": adw_id}})
