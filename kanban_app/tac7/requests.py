"""A wish to start a workflow, and its wire form for each vintage."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from kanban_app.domain.stages import Stage
from kanban_app.domain.workflows import MERGE_WORKFLOW, ORCHESTRATOR, Vintage, known_to
from kanban_app.tac7.client_messages import MAX_REASON, TriggerWorkflow, TriggerWorkflowData

_ADW_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_RESTARTING: Final = frozenset({*Stage, "errored"})


class RequestRefused(ValueError):
    """The request cannot be sent as it is; `code` and `params` are the catalogue's. Nothing was sent."""

    def __init__(self, code: str, params: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.params = dict(params or {})


@dataclass(frozen=True, slots=True)
class TriggerRequest:
    """One attempt's request. `attempt_id` is its idempotency key where the service knows `request_id`.

    `issue_number`, `title`, `body` and `issue_type` are always sent (Q31). `stages` count for the orchestrator only;
    `stage_models` maps stages to model names and reaches the orchestrator alone. `options` are those of the attempt:
    `method`, `target` and `expect` of a merge, the text of a `patch`, or the id of the run that this one `replaces`;
    `left` is then the column in which that run's card was. `images` are those of the ticket, as they are sent.
    """

    attempt_id: str
    adw_id: str
    workflow_type: str
    issue_number: str
    issue_type: str
    title: str
    body: str
    stages: tuple[str, ...] = ()
    model_set: str = "base"
    stage_models: Mapping[str, str] = field(default_factory=dict[str, str])
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    left: str = ""
    images: tuple[Mapping[str, object], ...] = ()
    trigger_reason: str = "Agentic Kanban"


def build_trigger(request: TriggerRequest, vintage: Vintage, *, with_request_id: bool) -> TriggerWorkflow:
    """The `trigger_workflow` of a request. Raises RequestRefused where a service would refuse it or ignore the fault.

    E-VAL-1: not a workflow of this vintage; E-VAL-2, E-VAL-3: model set or type; E-VAL-16: the run's id;
    E-VAL-12: the orchestrator without stages, to which V1 says "accepted".
    """
    _check(request, vintage)
    orchestrated = request.workflow_type == ORCHESTRATOR
    models = {stage: model for stage, model in request.stage_models.items() if stage in request.stages}
    data = TriggerWorkflowData.model_validate(
        {
            "workflow_type": request.workflow_type,
            "adw_id": request.adw_id,
            "issue_number": request.issue_number,
            "model_set": request.model_set,
            "issue_type": request.issue_type,
            "issue_json": _issue(request, vintage),
            "stages": list(request.stages) if orchestrated and not models else None,
            "config": _merge_config(request, vintage)
            or (_config(request.stages, models) if orchestrated and models else None),
            "trigger_reason": request.trigger_reason[:MAX_REASON],
            "request_id": request.attempt_id if with_request_id else None,
        }
    )
    return TriggerWorkflow(data=data)


def _check(request: TriggerRequest, vintage: Vintage) -> None:
    if not _ADW_ID.fullmatch(request.adw_id):
        raise RequestRefused("E-VAL-16", {"id": request.adw_id})
    known = known_to(vintage)
    if request.workflow_type not in known:
        raise RequestRefused("E-VAL-1", {"workflow": request.workflow_type, "choices": ", ".join(known)})
    if request.workflow_type == ORCHESTRATOR and not request.stages:
        raise RequestRefused("E-VAL-12")
    if request.model_set not in {"base", "heavy"}:
        raise RequestRefused("E-VAL-2", {"value": request.model_set})
    if request.issue_type not in {"feature", "bug", "chore", "patch"}:
        raise RequestRefused("E-VAL-3", {"value": request.issue_type})


def _issue(request: TriggerRequest, vintage: Vintage) -> dict[str, object]:
    number, patch, replaces = request.issue_number, request.options.get("patch"), request.options.get("replaces")
    told = {"patch_request": patch} if patch else {}
    return {
        "title": request.title,
        # V0 reads nothing but title and body.
        "body": patch if patch and vintage is Vintage.V0 else request.body,
        "number": int(number) if number.isascii() and number.isdigit() else number,
        "images": [dict(image) for image in request.images],
        "metadata": {"adw_id": replaces} if replaces else {},
        # Any other name makes V1 restart the run from its first stage (Q24), and remove what the metadata name (Q25).
        "stage": (request.left if request.left in _RESTARTING else "errored") if replaces else "backlog",
        "workItemType": request.issue_type,
        **told,
    }


def _merge_config(request: TriggerRequest, vintage: Vintage) -> dict[str, object] | None:
    """How to merge; what is not said is the service's to choose. Others than ours have one way only."""
    if request.workflow_type != MERGE_WORKFLOW or vintage is not Vintage.OURS or not request.options:
        return None
    return {"merge": {name: request.options.get(name) for name in ("method", "target", "expect")}}


def _config(stages: tuple[str, ...], models: Mapping[str, str]) -> dict[str, object]:
    chosen = {stage: {"custom_args": {"model": model}} for stage, model in models.items()}
    return {"stages": list(stages), "stage_config": chosen}
