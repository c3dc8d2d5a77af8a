"""The DOM hooks of the screen are those of the contract, and a few of our own that tests use."""

import re
from pathlib import Path
from typing import Final

import pytest

from kanban_app.domain.connection import ConnectionState
from kanban_app.domain.model import Flag, RunStatus
from kanban_app.domain.stages import Column, Stage
from kanban_app.web.states.panel import TABS

WEB: Final = Path(__file__).parents[2] / "kanban_app" / "web"

CONTRACT: Final = {
    "board", "column-*", "card-*", "card-*-progress", "card-*-step", "card-*-last-log", "card-*-handle", "card-*-menu",
    "move-to-*", "start", "cancel", "retry", "edit", "delete",
    "connection-status", "retry-now", "queue-count",
    "new-task", "task-title", "task-description", "task-type", "task-stage-*", "task-save",
    "task-detail", "tab-*", "log-view", "log-line", "toast", "undo",
}  # fmt: skip
# Additions; a later issue may bring them into the contract.
OURS: Final = {
    "help-link", "task-error", "task-reload", "task-conflict", "task-restore", "task-anew",
    "question-yes", "question-no", "log-newest",
    "attempts", "agent-view", "agent-open-all", "history-older", "log-attempt", "log-download",
    "log-search", "log-hits", "log-level", "log-kinds", "log-copy", "log-link", "log-removed",
    "panel-close", "panel-retry", "panel-start", "panel-cancel", "panel-edit",
    "connect", "disconnect", "running-count", "to-*", "target-*", "move-up", "move-down", "queue-first", "queue-later",
    "settings", "settings-connection", "settings-save", "settings-test", "settings-saved",
    "settings-finding", "setting-*", "setting-*-hint",
    "merge", "patch", "restart", "question-option", "panel-merge", "panel-patch", "history",
    "merge-dialog", "merge-method-*", "merge-preview", "merge-again", "merge-confirm", "merge-mark", "merge-cancel",
    "patch-dialog", "patch-text", "patch-save", "patch-error",
    "backup", "backup-now", "backup-last", "backup-made", "backup-error",
    "export", "import", "import-file", "import-found", "import-error",
    "search", "filter", "filter-*", "sort", "found", "found-in-log", "clear-all",
    "task-description-*", "task-description-shown",
    "notifications", "notifications-*", "notifications-read", "notification", "toasts-more",
    "notifications-settings", "notify-*", "sound-*", "notify-try",
    "images", "image-open", "image-remove", "image-input", "image-fault", "image-retry", "task-images",
    "image-view", "image-name", "image-rename", "image-close", "image-download",
    "task-labels", "task-blocked-by", "task-priority", "task-due", "task-issue-number",
    "task-template", "task-templates", "template-name", "template-save",
    "task-models", "task-model-set", "task-model-*", "panel-facts",
    "projects", "project-*", "project-name", "project-switcher", "to-project-*", "project-rename",
    "project-create", "project-error", "new-project-*",
    "columns-save", "columns-saved", "column-title-*", "column-colour-*",
    "commands", "palette-words", "palette-option", "palette-close", "shortcuts", "single-keys",
    "panel-menu", "card-missing", "copy", "copy-by-hand", "part-missing", "part-again",
    "plan", "plan-copy", "plan-again", "*-again", "diff", "diff-more", "diff-view-*",
    "changes", "changes-filter", "changes-refresh", "changes-file", "changes-more",
    "redo", "connection-details", "other-run", "adopt", "held-frame", "check-health",
}  # fmt: skip
OF_SEVERAL: Final = {
    "archive", "duplicate", "select", "pick-*", "selection", "quick-add", "quick-left",
    "quick-left-again", "quick-left-discard", "limit-value", "limit-save",
    "bulk-move", "bulk-to-*", "bulk-label", "bulk-label-name", "bulk-label-add", "bulk-label-remove", "bulk-archive",
    "bulk-delete", "bulk-clear",
    "column-*-menu", "column-select", "column-limit", "archive-completed", "open-archive",
    "removed-*", "removed-search", "removed-card", "said", "restore", "purge", "purge-yes", "purge-no", "empty-bin",
    "tokens", "token-name", "token-scope-*", "token-create", "token-secret", "token-error", "token-revoke",
    "token-revoke-now",
    "open-audit", "audit", "audit-*", "audit-q", "audit-refresh", "audit-clear", "audit-entry", "audit-more",
}  # fmt: skip
OF_STATUS: Final = {
    "status", "status-link", "status-old", "status-grade", "status-connection", "area-*", "alerts", "alert",
    "alert-acknowledge", "chart-*", "timeline", "recoveries", "diagnosis", "diagnosis-copy", "diagnosis-show",
    "status-signed-out", "status-reload", "indicator-*", "notice",
}  # fmt: skip
ATTRIBUTES: Final = {
    "data-count", "data-column", "data-run-status", "data-flags", "data-saving", "data-state", "data-seq",
    "data-stale", "data-grade",
}  # fmt: skip

_MARKED: Final = re.compile(r"""data-testid["]?\s*[:=]\s*[{]?(?P<name>f?["`][^"`]+["`]|hook(?: \+ "[^"]+")?)""")
_PASSED: Final = re.compile(r"""test_id=(?P<name>(?:hook \+ )?"[^"]+")""")
_PANEL_ACTION: Final = re.compile(r"""_action\(.+(?P<name>"panel-[a-z]+")\)""")
_MENU_ENTRY: Final = re.compile(r"""\bid: (?P<name>["`][^"`]+["`])""")


@pytest.fixture(scope="module")
def source() -> str:
    files = [path for pattern in ("*.py", "*.jsx", "*.js") for path in sorted(WEB.rglob(pattern))]
    return "\n".join(path.read_text() for path in files)


def test_the_hooks_are_those_of_the_contract(source: str) -> None:
    menus = (WEB / "components" / name for name in ("menu.jsx", "column_menu.jsx"))
    menu = "\n".join(path.read_text() for path in menus)
    found = [
        *(match["name"] for pattern in (_MARKED, _PASSED, _PANEL_ACTION) for match in pattern.finditer(source)),
        *(match["name"] for match in _MENU_ENTRY.finditer(menu)),
    ]
    assert {_pattern_of(name) for name in found} == CONTRACT | OURS | OF_SEVERAL | OF_STATUS


def test_every_hook_is_read_by_these_patterns(source: str) -> None:
    """A form of writing that the patterns do not know would hide a hook: two of them take their name from elsewhere."""
    from_elsewhere = ["data-testid={entry.id}", "data-testid={testId}", '"data-testid": test_id}']
    marks = len(re.findall(r"data-testid", source))
    assert marks == len(_MARKED.findall(source)) + sum(source.count(form) for form in from_elsewhere)


@pytest.mark.parametrize("name", sorted(ATTRIBUTES))
def test_the_attributes_are_there(source: str, name: str) -> None:
    assert name in source


def test_values() -> None:
    assert [column.value for column in Column] == (
        ["backlog", "plan", "build", "test", "review", "document", "ready-to-merge", "completed", "errored"]
    )
    assert [stage.value for stage in Stage] == ["plan", "build", "test", "review", "document"]
    assert {state.value for state in ConnectionState} == {
        "connecting",
        "connected",
        "reconnecting",
        "paused",
        "disconnected",
        "offline",
    }
    assert {status.value for status in RunStatus} == {
        "idle",
        "held",
        "queued",
        "sending",
        "uncertain",
        "running",
        "waiting",
        "completed",
        "failed",
        "refused",
        "cancelled",
    }
    assert {flag.value for flag in Flag} == {"silent", "stuck", "mute", "demo"}
    assert TABS == ("overview", "attempts", "log", "agent", "plan", "changes", "history")


def _pattern_of(name: str) -> str:
    """`hook + "-menu"`, f"tab-{name}" and `column-${column.id}` as patterns with a star."""
    if name.startswith("hook"):
        return "card-*" + (name.partition('"')[2].rstrip('"'))
    return re.sub(r"[$]?\{[^}]*\}", "*", name.removeprefix("f").strip('"`'))
