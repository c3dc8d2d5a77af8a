"""Entries of the audit log as sentences for people."""

from collections.abc import Callable, Mapping
from typing import Final

from kanban_app.domain.audit import Act, Action, Actor, Entry, Group, Result, Way

# Verb for what was wished, verb for what was done, and the rest in parts. A part with a detail that is missing is left
# out; `it` is the target.
_Words = tuple[str, str, tuple[str, ...]]
_IT: Final = (" {it}",)
_RUN: Final = (" {it}", ", run {run}")
_STARTED: Final = (", which started run {run}",)

_WORDS: Final[Mapping[Action, _Words]] = {
    Action.TASK_CREATED: ("create", "created", (" {it}",)),
    Action.TASK_IMPORTED: ("take over", "took over", (" {it}", " from a file")),
    Action.TASK_EDITED: ("edit", "edited", (" {it}", ": {fields}")),
    Action.TASK_MOVED: ("move", "moved", (" {it}", " from {from}", " to {to}", " ({action})", *_STARTED)),
    Action.TASK_LABELLED: ("label", "labelled", (" {it}", " “{label}”")),
    Action.TASK_UNLABELLED: ("take a label off", "took a label off", (" {it}", ": “{label}”")),
    Action.TASK_DUPLICATED: ("duplicate", "duplicated", _IT),
    Action.TASK_ARCHIVED: ("archive", "archived", _IT),
    Action.TASK_DELETED: ("delete", "deleted", _IT),
    Action.TASK_RESTORED: ("bring back", "brought back", _IT),
    Action.TASK_PURGED: ("delete for good", "deleted for good", _IT),
    Action.IMAGE_UPLOADED: ("upload", "uploaded", (" the image {image}", " for a card")),
    Action.IMAGE_DISCARDED: ("discard", "discarded", (" an uploaded image",)),
    Action.IMAGE_ADDED: ("add", "added", (" the image {image}", " to {it}")),
    Action.IMAGE_RENAMED: ("rename", "renamed", (" the image {image}", " of {it}", " to {name}")),
    Action.IMAGE_REMOVED: ("remove", "removed", (" the image {image}", " from {it}")),
    Action.COLUMN_LIMITED: ("limit", "limited", (" {column}", " to {limit}")),
    Action.TEMPLATE_SAVED: ("save", "saved", (" the template {it}",)),
    Action.TEMPLATE_IMPORTED: ("take over", "took over", (" the template {it}", " from a file")),
    Action.TEMPLATE_RENAMED: ("rename", "renamed", (" the template {it}", " to “{name}”")),
    Action.TEMPLATE_DELETED: ("delete", "deleted", (" the template {it}",)),
    Action.OPERATION_UNDONE: ("undo", "undid", (" a change of {it}",)),
    Action.OPERATION_REDONE: ("redo", "redid", (" a change of {it}", *_STARTED)),
    Action.RUN_STARTED: ("start", "started", (" {it}", " at {stages}", ", run {run}")),
    Action.RUN_RETRIED: ("retry", "retried", _RUN),
    Action.RUN_RESUMED: ("resume", "resumed", (" {it}", " at {stages}", ", run {run}")),
    Action.RUN_RESTARTED: ("restart", "restarted", _RUN),
    Action.RUN_PATCHED: ("patch", "patched", _RUN),
    Action.RUN_CANCELLED: ("stop", "stopped", (" the run {run}", " of {it}")),
    Action.RUN_WITHDRAWN: ("withdraw", "withdrew", (" the start of {it}", ", run {run}")),
    Action.RUN_STARTED_AGAIN: ("start again", "started again", _RUN),
    Action.RUN_NOT_RUNNING: ("say", "said", (" that {it} is not running", ", run {run}")),
    Action.RUN_STAGE_DONE: ("say", "said", (" that the stage of {it} is done", ", run {run}")),
    Action.RUN_REQUEUED: ("put", "put", (" {it}", " at place {place} in line")),
    Action.RUN_PLACE_FREED: ("free", "freed", (" the place of {it}", ", run {run}")),
    Action.RUN_STARTED_ANYWAY: ("start", "started", (" {it} without waiting for other cards", ", run {run}")),
    Action.RUN_CHECKED: ("ask", "asked", (" the service how {it} stands", ", run {run}")),
    Action.RUN_TRIGGERED: (
        "send",
        "sent",
        (" the trigger of {it} to the service", " again, {repeat}", ": {workflow}", ", run {run}"),
    ),
    Action.RUN_DOUBTED: ("note", "noted", (" that nobody knows whether {it} has started", ", run {run}")),
    Action.RUN_UNSENT: ("put", "put", (" the trigger of {it} back into line", ", run {run}")),
    Action.RUNS_ENDED: ("end", "ended", (" the runs that went on without the board", ": {count}")),
    Action.SERVICE_ASKED: ("ask", "asked", (" the built-in service", ": {request}", ", run {run}")),
    Action.SIGN_IN_DONE: ("sign in", "signed in", (" by {by}",)),
    Action.SIGN_IN_REFUSED: ("sign in", "signed in", (" with a wrong token", " (tries within ten minutes: {count})")),
    Action.ACCESS_REFUSED: ("use", "used", (" {request}",)),
    Action.TOKEN_CREATED: ("make", "made", (" the API token {it}", " ({scopes})")),
    Action.TOKEN_REVOKED: ("revoke", "revoked", (" the API token {it}",)),
    Action.TOKEN_ROTATED: ("make", "made", (" another access token",)),
    Action.SETTINGS_CONNECTION: ("change", "changed", (" settings of the connection", ": {changed}")),
    Action.SETTINGS_COLUMNS: ("change", "changed", (" names or colours of columns", ": {changed}")),
    Action.CONNECTION_RETRIED: ("have", "had", (" the connection tried again",)),
    Action.CONNECTION_OPENED: ("connect", "connected", (" the board",)),
    Action.CONNECTION_CLOSED: ("disconnect", "disconnected", (" the board",)),
    Action.ALERT_ACKNOWLEDGED: ("acknowledge", "acknowledged", (" the alert {it}",)),
    Action.PROJECT_CREATED: ("make", "made", (" the project {it}",)),
    Action.PROJECT_RENAMED: ("rename", "renamed", (" the project {it}", " to “{name}”")),
    Action.PROJECT_ARCHIVED: ("archive", "archived", (" the project {it}",)),
    Action.PROJECT_OPENED: ("open", "opened", (" the project {it}",)),
    Action.DATA_BACKED_UP: ("make", "made", (" a backup", ": {file}")),
    Action.DATA_DOWNLOADED: ("download", "downloaded", (" the backup {file}",)),
    Action.DATA_RESTORED: ("restore", "restored", (" the backup {file}",)),
    Action.DATA_EXPORTED: ("export", "exported", (" the board",)),
    Action.DATA_IMPORTED: ("import", "imported", (" a file", ": cards {cards}")),
    Action.DATA_REMOVED: ("remove", "removed", (" what is old", ": {what}")),
    Action.AUDIT_EXPORTED: ("export", "exported", (" the audit log",)),
    Action.AUDIT_LOST: ("write", "could not write", (" entries of this log: {count} are missing",)),
}
_PLACES: Final = frozenset({"from", "to", "column", "stages", "changed"})
_ACTORS: Final = {
    ("person", "a person"): "Somebody",
    ("local", "this machine"): "Somebody at this machine",
    ("token", "access token"): "A program with the access token",
}
WAYS: Final[Mapping[Way, str]] = {
    Way.BOARD: "on the board",
    Way.API: "over the API",
    Way.COMMAND_LINE: "on the command line",
    Way.ITSELF: "by itself",
}
GROUPS: Final[Mapping[Group, str]] = {
    Group.CARDS: "Cards and templates",
    Group.RUNS: "Runs and triggers",
    Group.ACCESS: "Sign-in and tokens",
    Group.SETTINGS: "Settings and projects",
    Group.DATA: "Backups, export and import",
}


def who_words(actor: Actor) -> str:
    """Who it was, as the beginning of a sentence."""
    known = _ACTORS.get((actor.kind, actor.name))
    if known:
        return known
    if actor.kind == "token":
        return f"The program “{actor.name}”"
    return f"{actor.name[:1].upper()}{actor.name[1:]}"


def what_words(act: Act, title: Callable[[str], str] = str) -> str:
    """What was done, as the rest of that sentence; `title` names columns and stages by their ids."""
    wished, done, parts = _WORDS[act.action]
    filled = {name: _named(name, value, title) for name, value in act.details.items() if value}
    filled["it"] = f"“{act.target.title}”" if act.target.title else _nameless(act)
    rest = "".join(part.format_map(filled) for part in parts if _is_filled(part, filled))
    return f"wanted to {wished}{rest}" if act.result is Result.REFUSED else f"{done}{rest}"


def sentence(entry: Entry, title: Callable[[str], str] = str) -> str:
    return f"{who_words(entry.actor)} {what_words(entry.act, title)}"


def _is_filled(part: str, filled: Mapping[str, str]) -> bool:
    name = part.partition("{")[2].partition("}")[0]
    return not name or name in filled


def _named(name: str, value: str, title: Callable[[str], str]) -> str:
    return ", ".join(map(title, value.split(", "))) if name in _PLACES else value


def _nameless(act: Act) -> str:
    return {"task": "a card", "template": "a template"}.get(act.target.kind, act.target.id or "it")
