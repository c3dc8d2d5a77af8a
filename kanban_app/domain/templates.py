"""Templates: what a new card can start from, by a name of its own."""

from dataclasses import replace
from typing import Final

from kanban_app.domain import events as e
from kanban_app.domain.cards import clean_labels, clean_text, faults_of, model_fault, stages_for
from kanban_app.domain.commands import DeleteTemplate, ImportTemplate, RenameTemplate, SaveTemplate
from kanban_app.domain.facts import Facts
from kanban_app.domain.importing import ID
from kanban_app.domain.made_title import is_visible
from kanban_app.domain.model import Board, Template
from kanban_app.domain.moves import Decision
from kanban_app.domain.refusal import Refusal

NAME_LIMIT: Final = 60
TEMPLATE_LIMIT: Final = 100


def decide_save_template(board: Board, command: SaveTemplate, facts: Facts) -> Decision:
    name = _name(command.name)
    template = Template(
        id=facts.task_id,
        name=name,
        created_at=facts.now,
        type=command.type,
        stages=stages_for(command.type, command.stages),
        labels=clean_labels(command.labels),
        description=clean_text(command.description),
        model_set=command.model_set or "",
        stage_models=dict(command.stage_models),
    )
    refusal = _name_fault(board, name) or faults_of(name, template.stages, template.labels, template.description)
    refusal = refusal or (model_fault(template.model_set) if template.model_set else None)
    if refusal:
        return refusal
    if len(board.kept_templates()) >= TEMPLATE_LIMIT:
        return _refused(f"There are {TEMPLATE_LIMIT} templates already. Delete one first.")
    return [e.TemplateSaved(template)]


def decide_import_template(board: Board, command: ImportTemplate, facts: Facts) -> Decision:
    """Whoever imports the same file twice has imported it once."""
    given = command.template
    kept = [template.name.casefold() for template in board.kept_templates()]
    if given.id in board.templates or _name(given.name).casefold() in kept:
        return []
    if not ID.fullmatch(given.id):
        return Refusal("E-VAL-8", {"field": "id", "reason": "it has to be letters, digits, - and _"})
    same = {name: getattr(given, name) for name in ("name", "type", "stages", "labels", "description", "stage_models")}
    decided = decide_save_template(board, SaveTemplate(**same, model_set=given.model_set), facts)
    if isinstance(decided, Refusal):
        return decided
    (saved,) = (event.template for event in decided if isinstance(event, e.TemplateSaved))
    return [e.TemplateSaved(replace(saved, id=given.id, created_at=given.created_at))]


def decide_rename_template(board: Board, command: RenameTemplate, _facts: Facts) -> Decision:
    template = board.template(command.template_id)
    if template is None:
        return Refusal("E-SYS-3", {"what": "This template"})
    name = _name(command.name)
    if name == template.name:
        return []
    return _name_fault(board, name, template.id) or [e.TemplateSaved(replace(template, name=name))]


def decide_delete_template(board: Board, command: DeleteTemplate, facts: Facts) -> Decision:
    template = board.template(command.template_id)
    if template is None:
        return Refusal("E-SYS-3", {"what": "This template"})
    return [e.TemplateDeleted(template.id, facts.now)]


def _name(text: str) -> str:
    return " ".join(clean_text(text).split())


def _name_fault(board: Board, name: str, own_id: str = "") -> Refusal | None:
    if not is_visible(name):
        return _refused("Give the template a name.")
    if len(name) > NAME_LIMIT:
        return _refused(f"The name has {len(name)} characters; {NAME_LIMIT} are possible.")
    if any(t.name.casefold() == name.casefold() and t.id != own_id for t in board.kept_templates()):
        return _refused("There is a template of this name already.")
    return None


def _refused(faults: str) -> Refusal:
    return Refusal("E-VAL-20", {"faults": faults})
