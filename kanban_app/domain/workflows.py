"""The workflow types of both protocol vintages, and which one carries out a list of stages.

Source: reference sections 2.1 (types and rules) and 7.5 (queue to workflow). `adw_ship_iso` and `adw_sdlc_ZTE_iso`
change the main branch without a person who has seen what they bring in: no choice leads to them, and a start that names
one is refused (E-VAL-1). `adw_merge_iso` does so at a person's word, and only for a card that is ready for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kanban_app.domain.stages import Stage


class Vintage(StrEnum):
    """What kind of trigger service is at the other end."""

    V0 = "v0"
    V1 = "v1"
    OURS = "ours"


class TaskType(StrEnum):
    FEATURE = "feature"
    BUG = "bug"
    CHORE = "chore"
    PATCH = "patch"


ORCHESTRATOR: Final = "adw_orchestrator"
PATCH_WORKFLOW: Final = "adw_patch_iso"
MERGE_WORKFLOW: Final = "adw_merge_iso"
MERGE_METHODS: Final = ("squash", "merge", "rebase")
_METHOD_OF_V1: Final = MERGE_METHODS[0]
_FULL: Final = tuple(Stage)


@dataclass(frozen=True, slots=True)
class Workflow:
    """One workflow type.

    `stages` is empty where the request decides (orchestrator) or where nothing on the board runs (ship, merge).
    `dependent`: refused without the id of an existing run. `needs_issue`: refused without number, type or ticket data
    unless it is dependent and has a run id.
    """

    name: str
    stages: tuple[Stage, ...]
    dependent: bool = False
    needs_issue: bool = True
    in_v0: bool = True


WORKFLOWS: Final[dict[str, Workflow]] = {
    workflow.name: workflow
    for workflow in (
        Workflow("adw_plan_iso", (Stage.PLAN,)),
        Workflow(PATCH_WORKFLOW, (Stage.BUILD,)),
        Workflow("adw_build_iso", (Stage.BUILD,), dependent=True),
        Workflow("adw_test_iso", (Stage.TEST,), dependent=True),
        Workflow("adw_review_iso", (Stage.REVIEW,), dependent=True),
        Workflow("adw_document_iso", (Stage.DOCUMENT,), dependent=True),
        Workflow("adw_ship_iso", (), dependent=True),
        Workflow(MERGE_WORKFLOW, (), dependent=True, needs_issue=False, in_v0=False),
        Workflow("adw_sdlc_ZTE_iso", _FULL),
        Workflow("adw_plan_build_iso", (Stage.PLAN, Stage.BUILD)),
        Workflow("adw_plan_build_test_iso", (Stage.PLAN, Stage.BUILD, Stage.TEST)),
        Workflow("adw_plan_build_test_review_iso", (Stage.PLAN, Stage.BUILD, Stage.TEST, Stage.REVIEW)),
        Workflow("adw_plan_build_document_iso", (Stage.PLAN, Stage.BUILD, Stage.DOCUMENT)),
        Workflow("adw_plan_build_review_iso", (Stage.PLAN, Stage.BUILD, Stage.REVIEW)),
        Workflow("adw_sdlc_iso", _FULL),
        Workflow(ORCHESTRATOR, (), in_v0=False),
    )
}


@dataclass(frozen=True, slots=True)
class WorkflowChoice:
    """A workflow type and the stages of the wish that it carries out."""

    name: str
    stages: tuple[Stage, ...]


def known_to(vintage: Vintage) -> tuple[str, ...]:
    """The workflow types that a service of this vintage accepts."""
    return tuple(w.name for w in WORKFLOWS.values() if w.in_v0 or vintage is not Vintage.V0)


def is_dependent(workflow_type: str | None) -> bool:
    """Whether a service refuses this workflow type without the id of an existing run."""
    workflow = WORKFLOWS.get(workflow_type or "")
    return workflow is not None and workflow.dependent


def not_offered(
    workflow_type: str | None, options: Mapping[str, str], vintage: Vintage | None, *, merges: bool
) -> str | None:
    """What of a wish the service at the other end cannot do, in the words of E-SYS-4; None when it can do all of it.

    `options` are those of the attempt, `merges` tells whether the service has that extension. While it is not known
    (`vintage` is None) nothing is denied.
    """
    if vintage is None or merges:
        return None
    if workflow_type == MERGE_WORKFLOW and vintage is Vintage.V0:
        return "Merging"
    if options.get("method", _METHOD_OF_V1) != _METHOD_OF_V1:
        return f"Merging by {options['method']}"
    if "target" in options:
        return "Merging into a branch of one's choice"
    if "expect" in options:
        return "Merging one commit only"
    return "Removing an earlier run" if "replaces" in options else None


def choose_workflow(task_type: TaskType, stages: Sequence[Stage], vintage: Vintage) -> WorkflowChoice:
    """The request for `stages` (in running order, not empty) of a card.

    V1 and our own service take the orchestrator; V0 gets the composite that covers the list, else its first stage.
    """
    wanted = tuple(stages)
    if task_type is TaskType.PATCH:
        return WorkflowChoice(PATCH_WORKFLOW, (Stage.BUILD,))
    if vintage is not Vintage.V0:
        return WorkflowChoice(ORCHESTRATOR, wanted)
    for workflow in WORKFLOWS.values():
        if workflow.in_v0 and workflow.stages == wanted and workflow.name not in {PATCH_WORKFLOW, "adw_sdlc_ZTE_iso"}:
            return WorkflowChoice(workflow.name, wanted)
    first = wanted[0]
    return WorkflowChoice(f"adw_{first.value}_iso", (first,))


def stages_of(workflow_type: str, requested: Sequence[Stage] = ()) -> tuple[Stage, ...]:
    """The stages that a request for `workflow_type` runs; `requested` counts for the orchestrator only."""
    workflow = WORKFLOWS.get(workflow_type)
    if workflow is None or workflow_type == ORCHESTRATOR:
        return tuple(requested)
    return workflow.stages
