"""The one place where wishes and reports become facts."""

from collections.abc import Callable
from typing import Any, Final

from kanban_app.domain import (
    agents,
    archiving,
    cards,
    commands,
    copying,
    dependencies,
    images,
    importing,
    limits,
    moves,
    patching,
    reported,
    reports,
    starts,
    templates,
    undoing,
)
from kanban_app.domain.commands import Command
from kanban_app.domain.events import Event
from kanban_app.domain.evolve import evolve_all
from kanban_app.domain.facts import Facts
from kanban_app.domain.model import Board
from kanban_app.domain.refusal import Refusal
from kanban_app.domain.reported import Report

Message = Command | Report

_RULES: Final[dict[type[Any], Callable[[Board, Any, Facts], list[Event] | Refusal]]] = {
    commands.CreateTask: cards.decide_create,
    commands.ImportCard: importing.decide_import,
    commands.EditTask: cards.decide_edit,
    commands.DeleteTask: cards.decide_delete,
    commands.AddImages: images.decide_add_images,
    commands.RemoveImage: images.decide_remove_image,
    commands.RenameImage: images.decide_rename_image,
    reported.ForgetImages: images.decide_forget_images,
    commands.ArchiveTask: archiving.decide_archive,
    commands.RestoreTask: archiving.decide_restore,
    commands.PurgeTask: archiving.decide_purge,
    commands.DuplicateTask: copying.decide_duplicate,
    commands.LabelTask: copying.decide_label,
    commands.LimitColumn: limits.decide_limit,
    commands.MoveTask: moves.decide_move,
    commands.StartTask: starts.decide_start,
    commands.RetryTask: starts.decide_retry,
    commands.ResumeTask: moves.decide_resume,
    commands.RestartTask: starts.decide_restart,
    commands.PatchTask: patching.decide_patch,
    commands.CancelRun: starts.decide_cancel,
    commands.Withdraw: starts.decide_withdraw,
    commands.StartAgain: starts.decide_start_again,
    commands.NotRunning: starts.decide_not_running,
    commands.StageDone: starts.decide_stage_done,
    commands.Requeue: starts.decide_requeue,
    commands.FreePlace: starts.decide_free_place,
    commands.StartAnyway: dependencies.decide_start_anyway,
    commands.SaveTemplate: templates.decide_save_template,
    commands.ImportTemplate: templates.decide_import_template,
    commands.RenameTemplate: templates.decide_rename_template,
    commands.DeleteTemplate: templates.decide_delete_template,
    commands.UndoOperation: undoing.decide_undo,
    reported.Release: reports.on_release,
    reported.Sending: reports.on_sending,
    reported.Unsent: reports.on_unsent,
    reported.Accepted: reports.on_accepted,
    reported.Refused: reports.on_refused,
    reported.Uncertain: reports.on_uncertain,
    reported.CancelRefused: reports.on_cancel_refused,
    reported.StageReported: reports.on_stage,
    reported.StatusReported: reports.on_status,
    reported.RunDescribed: reports.on_described,
    reported.AgentEnded: agents.on_agent_ended,
    reported.SignOfLife: reports.on_sign,
    reported.StandsStill: reports.on_standstill,
    reported.Noted: reports.on_noted,
}

_NOT_IN_THE_ARCHIVE: Final = (
    commands.EditTask,
    commands.MoveTask,
    commands.StartTask,
    commands.RetryTask,
    commands.ResumeTask,
    commands.RestartTask,
    commands.PatchTask,
    commands.DuplicateTask,
    commands.LabelTask,
    commands.AddImages,
    commands.RemoveImage,
    commands.RenameImage,
)
# All ways by which a person brings a card into a column. Taking a start back and stopping a run hold in any case.
_WITHIN_LIMITS: Final = (
    commands.CreateTask,
    commands.DuplicateTask,
    commands.RestoreTask,
    commands.MoveTask,
    commands.StartTask,
    commands.RetryTask,
    commands.ResumeTask,
    commands.RestartTask,
    commands.PatchTask,
    commands.UndoOperation,
)


def decide(board: Board, message: Message, facts: Facts) -> list[Event] | Refusal:
    """What follows from `message`: events to store and apply in this order (perhaps none), or a refusal.

    Reports of services are never refused; what cannot concern the board any more yields no events.
    """
    if isinstance(message, _NOT_IN_THE_ARCHIVE) and (refusal := archiving.archived_refusal(board, message.task_id)):
        return refusal
    decided = _RULES[type(message)](board, message, facts)
    if isinstance(decided, Refusal) or not board.limits or not isinstance(message, _WITHIN_LIMITS):
        return decided
    return limits.limit_refusal(board, evolve_all(board, decided)) or decided
