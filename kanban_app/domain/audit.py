"""The audit log: who did what, when, from where, to what, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from kanban_app.domain.clean_text import clean_text

NAME_LIMIT: Final = 100
TITLE_LIMIT: Final = 200
VALUE_LIMIT: Final = 200
MOST_DETAILS: Final = 12

Details = Mapping[str, str]


class Way(StrEnum):
    """By which door a deed came in."""

    BOARD = "board"
    API = "api"
    COMMAND_LINE = "command line"
    ITSELF = "the board itself"


class Result(StrEnum):
    """What became of a deed."""

    DONE = "done"
    REFUSED = "refused"


class Group(StrEnum):
    """Kinds of actions that people look for together."""

    CARDS = "cards"
    RUNS = "runs"
    ACCESS = "access"
    SETTINGS = "settings"
    DATA = "data"


class Action(StrEnum):
    """Every deed that is recorded. Words never change their meaning: old entries keep them."""

    TASK_CREATED = "task.created"
    TASK_IMPORTED = "task.imported"
    TASK_EDITED = "task.edited"
    TASK_MOVED = "task.moved"
    TASK_LABELLED = "task.labelled"
    TASK_UNLABELLED = "task.unlabelled"
    TASK_DUPLICATED = "task.duplicated"
    TASK_ARCHIVED = "task.archived"
    TASK_DELETED = "task.deleted"
    TASK_RESTORED = "task.restored"
    TASK_PURGED = "task.purged"
    IMAGE_UPLOADED = "image.uploaded"
    IMAGE_DISCARDED = "image.discarded"
    IMAGE_ADDED = "image.added"
    IMAGE_RENAMED = "image.renamed"
    IMAGE_REMOVED = "image.removed"
    COLUMN_LIMITED = "column.limited"
    TEMPLATE_SAVED = "template.saved"
    TEMPLATE_IMPORTED = "template.imported"
    TEMPLATE_RENAMED = "template.renamed"
    TEMPLATE_DELETED = "template.deleted"
    OPERATION_UNDONE = "operation.undone"
    OPERATION_REDONE = "operation.redone"
    RUN_STARTED = "run.started"
    RUN_RETRIED = "run.retried"
    RUN_RESUMED = "run.resumed"
    RUN_RESTARTED = "run.restarted"
    RUN_PATCHED = "run.patched"
    RUN_CANCELLED = "run.cancelled"
    RUN_WITHDRAWN = "run.withdrawn"
    RUN_STARTED_AGAIN = "run.started-again"
    RUN_NOT_RUNNING = "run.not-running"
    RUN_STAGE_DONE = "run.stage-done"
    RUN_REQUEUED = "run.requeued"
    RUN_PLACE_FREED = "run.place-freed"
    RUN_STARTED_ANYWAY = "run.started-anyway"
    RUN_CHECKED = "run.checked"
    RUN_TRIGGERED = "run.triggered"
    RUN_DOUBTED = "run.doubted"
    RUN_UNSENT = "run.unsent"
    RUNS_ENDED = "run.all-ended"
    SERVICE_ASKED = "service.asked"
    SIGN_IN_DONE = "sign-in.done"
    SIGN_IN_REFUSED = "sign-in.refused"
    ACCESS_REFUSED = "access.refused"
    TOKEN_CREATED = "token.created"  # noqa: S105 - the name of a deed
    TOKEN_REVOKED = "token.revoked"  # noqa: S105 - the name of a deed
    TOKEN_ROTATED = "token.rotated"  # noqa: S105 - the name of a deed
    SETTINGS_CONNECTION = "settings.connection"
    SETTINGS_COLUMNS = "settings.columns"
    CONNECTION_RETRIED = "connection.retried"
    CONNECTION_OPENED = "connection.opened"
    CONNECTION_CLOSED = "connection.closed"
    ALERT_ACKNOWLEDGED = "alert.acknowledged"
    PROJECT_CREATED = "project.created"
    PROJECT_RENAMED = "project.renamed"
    PROJECT_ARCHIVED = "project.archived"
    PROJECT_OPENED = "project.opened"
    DATA_BACKED_UP = "data.backed-up"
    DATA_DOWNLOADED = "data.downloaded"
    DATA_RESTORED = "data.restored"
    DATA_EXPORTED = "data.exported"
    DATA_IMPORTED = "data.imported"
    DATA_REMOVED = "data.removed"
    AUDIT_EXPORTED = "audit.exported"
    AUDIT_LOST = "audit.lost"

    @property
    def group(self) -> Group:
        return _GROUPS[self.value.partition(".")[0]]


_GROUPS: Final = {
    **dict.fromkeys(("task", "image", "column", "template", "operation"), Group.CARDS),
    **dict.fromkeys(("run", "service"), Group.RUNS),
    **dict.fromkeys(("sign-in", "access", "token"), Group.ACCESS),
    **dict.fromkeys(("settings", "connection", "alert", "project"), Group.SETTINGS),
    **dict.fromkeys(("data", "audit"), Group.DATA),
}


def actions_of(group: Group) -> tuple[Action, ...]:
    return tuple(action for action in Action if action.group is group)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: a name for people, what kind of caller that is, its address ("" for none), and the way in."""

    name: str
    kind: str
    address: str
    way: Way


ITSELF: Final = Actor("the board itself", "board", "", Way.ITSELF)


@dataclass(frozen=True, slots=True)
class Target:
    """What something was done to. A title is as it was then."""

    kind: str = ""
    id: str = ""
    title: str = ""


NOTHING: Final = Target()


@dataclass(frozen=True, slots=True)
class Act:
    """What was done or refused, without who and when. `details` are short texts by fixed names; `code` is a refusal's.

    None of it holds what people wrote at length, nor a secret.
    """

    action: Action
    target: Target = NOTHING
    details: Details = field(default_factory=dict[str, str])
    code: str = ""

    @property
    def result(self) -> Result:
        return Result.REFUSED if self.code else Result.DONE


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log; `seq` is its number, 0 until it is stored. `project` is "" for what concerns all of them."""

    at: datetime
    actor: Actor
    act: Act
    project: str = ""
    seq: int = 0


def bounded(entry: Entry) -> Entry:
    """The entry with texts that are harmless everywhere, on one line each and cut where they are long."""
    actor, act = entry.actor, entry.act
    details = {_line(name, NAME_LIMIT): _line(value, VALUE_LIMIT) for name, value in act.details.items() if value}
    target = Target(act.target.kind, _line(act.target.id, NAME_LIMIT), _line(act.target.title, TITLE_LIMIT))
    return replace(
        entry,
        actor=replace(actor, name=_line(actor.name, NAME_LIMIT), address=_line(actor.address, NAME_LIMIT)),
        act=replace(
            act, target=target, details=dict(list(details.items())[:MOST_DETAILS]), code=_line(act.code, NAME_LIMIT)
        ),
    )


def _line(text: str, most: int) -> str:
    # Cut first: a text of megabytes is not to be gone through for its beginning.
    line = " ".join(clean_text(text[: 2 * most]).split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"
