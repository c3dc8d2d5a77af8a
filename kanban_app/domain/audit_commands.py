"""What the audit log says of commands and of what becomes of triggers. Every command has its line here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from kanban_app.domain import commands as c
from kanban_app.domain import events as e
from kanban_app.domain import reported as r
from kanban_app.domain.audit import Act, Action, Details, Target
from kanban_app.domain.events import Event
from kanban_app.domain.model import Attempt, Board, RunStatus
from kanban_app.domain.refusal import Refusal

_COMMANDS: Final[Mapping[type[Any], Action]] = {
    c.CreateTask: Action.TASK_CREATED,
    c.ImportCard: Action.TASK_IMPORTED,
    c.EditTask: Action.TASK_EDITED,
    c.DeleteTask: Action.TASK_DELETED,
    c.ArchiveTask: Action.TASK_ARCHIVED,
    c.RestoreTask: Action.TASK_RESTORED,
    c.AddImages: Action.IMAGE_ADDED,
    c.RemoveImage: Action.IMAGE_REMOVED,
    c.RenameImage: Action.IMAGE_RENAMED,
    c.PurgeTask: Action.TASK_PURGED,
    c.DuplicateTask: Action.TASK_DUPLICATED,
    c.LabelTask: Action.TASK_LABELLED,
    c.LimitColumn: Action.COLUMN_LIMITED,
    c.MoveTask: Action.TASK_MOVED,
    c.StartTask: Action.RUN_STARTED,
    c.RetryTask: Action.RUN_RETRIED,
    c.ResumeTask: Action.RUN_RESUMED,
    c.RestartTask: Action.RUN_RESTARTED,
    c.PatchTask: Action.RUN_PATCHED,
    c.CancelRun: Action.RUN_CANCELLED,
    c.Withdraw: Action.RUN_WITHDRAWN,
    c.StartAgain: Action.RUN_STARTED_AGAIN,
    c.NotRunning: Action.RUN_NOT_RUNNING,
    c.StageDone: Action.RUN_STAGE_DONE,
    c.Requeue: Action.RUN_REQUEUED,
    c.FreePlace: Action.RUN_PLACE_FREED,
    c.StartAnyway: Action.RUN_STARTED_ANYWAY,
    c.SaveTemplate: Action.TEMPLATE_SAVED,
    c.ImportTemplate: Action.TEMPLATE_IMPORTED,
    c.RenameTemplate: Action.TEMPLATE_RENAMED,
    c.DeleteTemplate: Action.TEMPLATE_DELETED,
    c.UndoOperation: Action.OPERATION_UNDONE,
}
# What services and runs report is in the history of cards; the fate of each trigger is here, too.
_REPORTS: Final[Mapping[type[Any], Action]] = {
    r.Sending: Action.RUN_TRIGGERED,
    r.Refused: Action.RUN_TRIGGERED,
    r.Uncertain: Action.RUN_DOUBTED,
    r.Unsent: Action.RUN_UNSENT,
}


@dataclass(frozen=True, slots=True)
class Scene:
    """A message with what it has led to: its events, and the boards before and after."""

    message: Any  # of the type that the tables here name
    events: Sequence[Event]
    before: Board
    after: Board


def act_of_command(scene: Scene, refusal: Refusal | None) -> Act:
    """What the log says of a command. KeyError for one that nobody has put down here."""
    command = scene.message
    kind = _kind(command)
    action = _COMMANDS[kind]
    if isinstance(command, c.LabelTask) and not command.on:
        action = Action.TASK_UNLABELLED
    if isinstance(command, c.UndoOperation) and command.redo:
        action = Action.OPERATION_REDONE
    details = _DETAILS.get(kind, _no_details)(scene)
    return Act(action, _target(scene), {**details, **_started(scene)}, refusal.code if refusal else "")


def act_of_report(scene: Scene) -> Act | None:
    """What the log says of a report; None for one that is not about a trigger, or that changed nothing."""
    report = scene.message
    action = _REPORTS.get(_kind(report))
    attempt = scene.after.attempts.get(getattr(report, "attempt_id", ""))
    if action is None or attempt is None or not scene.events:
        return None
    details = {"run": attempt.adw_id, "attempt": attempt.id, "asked": attempt.author}
    match report:
        case r.Sending():
            details["workflow"] = report.workflow_type
            if scene.before.attempts[attempt.id].status is RunStatus.UNCERTAIN:
                details["repeat"] = "under the same request id"
        case r.Uncertain():
            details["reason"] = report.reason
        case _:
            pass
    code = report.failure.code if isinstance(report, r.Refused) else ""
    return Act(action, _card(scene, attempt.task_id), details, code)


def _kind(message: object) -> type[object]:
    return type(message)


def _target(scene: Scene) -> Target:
    command = scene.message
    match command:
        case c.LimitColumn():
            return Target("column", command.column.value)
        case c.SaveTemplate() | c.ImportTemplate() | c.RenameTemplate() | c.DeleteTemplate():
            return _template(scene)
        case c.CreateTask() | c.ImportCard():
            made = next((x.task for x in scene.events if isinstance(x, e.TaskCreated | e.CardImported)), None)
            title = command.task.title if isinstance(command, c.ImportCard) else command.title
            return Target("task", made.id, made.title) if made else Target("task", "", title)
        case _:
            return _card(scene, _task_id(scene))


def _card(scene: Scene, task_id: str) -> Target:
    """Under the title that it had: a card that is deleted for good has none afterwards."""
    task = scene.before.tasks.get(task_id) or scene.after.tasks.get(task_id)
    return Target("task", task_id, task.title if task else "")


def _template(scene: Scene) -> Target:
    command = scene.message
    saved = next((x.template for x in scene.events if isinstance(x, e.TemplateSaved)), None)
    template_id = saved.id if saved else getattr(command, "template_id", "")
    known = scene.before.templates.get(template_id)
    given = command.template.name if isinstance(command, c.ImportTemplate) else getattr(command, "name", "")
    return Target("template", template_id, known.name if known else given)


def _task_id(scene: Scene) -> str:
    command = scene.message
    if (task_id := getattr(command, "task_id", None)) is not None:
        return str(task_id)
    if isinstance(command, c.CancelRun):
        run = scene.before.runs.get(command.adw_id)
        return (run.task_id or "") if run else ""
    attempt = _attempt(scene)
    return attempt.task_id if attempt else ""


def _attempt(scene: Scene) -> Attempt | None:
    return scene.before.attempts.get(getattr(scene.message, "attempt_id", ""))


def _started(scene: Scene) -> Details:
    opened = next((x.attempt for x in scene.events if isinstance(x, e.AttemptOpened)), None)
    return {"run": opened.adw_id, "attempt": opened.id} if opened else {}


def _no_details(_scene: Scene) -> Details:
    return {}


def _of_attempt(scene: Scene) -> Details:
    attempt = _attempt(scene)
    run = {"run": attempt.adw_id} if attempt else {}
    return {**run, "attempt": scene.message.attempt_id}


def _of_move(scene: Scene) -> Details:
    command: c.MoveTask = scene.message
    task = scene.before.tasks.get(command.task_id)
    return {
        "from": task.column.value if task else "",
        "to": command.column.value,
        "action": command.action or "",
        "method": command.method or "",
        "into": command.target or "",
    }


def _of_edit(scene: Scene) -> Details:
    """The names of what was changed: texts can be long, and hold anything."""
    command: c.EditTask = scene.message
    return {
        "fields": ", ".join(sorted(map(str, command.changes))),
        "images-added": str(len(command.add_images) or ""),
        "images-removed": str(len(command.remove_images) or ""),
    }


def _of_create(scene: Scene) -> Details:
    command: c.CreateTask = scene.message
    return {"type": command.type.value, "stages": ", ".join(command.stages), "run": command.adw_id or ""}


def _of_images(scene: Scene) -> Details:
    command = scene.message
    if isinstance(command, c.AddImages):
        return {"image": ", ".join(image.name for image in command.images)}
    task = scene.before.tasks.get(command.task_id)
    known = next((image.name for image in task.images if image.id == command.image_id), "") if task else ""
    return {"image": known or command.image_id, "name": getattr(command, "name", "")}


def _of_copy(scene: Scene) -> Details:
    return {"copy": next((x.task.id for x in scene.events if isinstance(x, e.TaskCreated)), "")}


def _of_start(scene: Scene) -> Details:
    command: c.StartTask = scene.message
    return {
        "stages": ", ".join(command.stages),
        "workflow": command.workflow_type or "",
        "model-set": command.model_set or "",
    }


def _of_undo(scene: Scene) -> Details:
    command: c.UndoOperation = scene.message
    return {"operation": command.op_id, "stop": "yes" if command.stop else ""}


def _of_limit(scene: Scene) -> Details:
    command: c.LimitColumn = scene.message
    return {"column": command.column.value, "limit": "any number" if command.limit is None else str(command.limit)}


_DETAILS: Final[Mapping[type[Any], Callable[[Scene], Details]]] = {
    c.CreateTask: _of_create,
    c.EditTask: _of_edit,
    c.DuplicateTask: _of_copy,
    c.AddImages: _of_images,
    c.RemoveImage: _of_images,
    c.RenameImage: _of_images,
    c.LabelTask: lambda scene: {"label": scene.message.label},
    c.LimitColumn: _of_limit,
    c.MoveTask: _of_move,
    c.StartTask: _of_start,
    c.ResumeTask: lambda scene: {"stages": scene.message.stage.value},
    c.RestartTask: lambda scene: {"remove-old": "yes" if scene.message.remove_old else ""},
    c.CancelRun: lambda scene: {"run": scene.message.adw_id},
    c.Withdraw: _of_attempt,
    c.StartAgain: _of_attempt,
    c.NotRunning: _of_attempt,
    c.StageDone: _of_attempt,
    c.Requeue: lambda scene: {**_of_attempt(scene), "place": str(scene.message.place)},
    c.FreePlace: _of_attempt,
    c.StartAnyway: _of_attempt,
    c.RenameTemplate: lambda scene: {"name": scene.message.name},
    c.UndoOperation: _of_undo,
}
