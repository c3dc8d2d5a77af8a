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
    "task-detail", "tab-*", "log-view", "log-line", "toast",
}  # fmt: skip
# Additions; a later issue may bring them into the contract.
OURS: Final = {
    "task-error", "task-reload", "task-save-over", "question-yes", "question-no", "log-newest",
    "log-search", "log-hits", "log-level", "log-kinds", "log-copy", "log-link",
    "panel-close", "panel-retry", "panel-start", "panel-cancel", "panel-edit",
    "connect", "disconnect", "running-count", "to-*", "target-*", "move-up", "move-down", "queue-first", "queue-later",
    "settings", "settings-connection", "settings-save", "settings-test", "settings-saved",
    "settings-finding", "setting-*", "setting-*-hint",
    "connection-details", "other-run", "adopt", "held-frame", "check-health",
}  # fmt: skip
LATER: Final = {"undo", "data-grade"}
ATTRIBUTES: Final = {
    "data-count", "data-column", "data-run-status", "data-flags", "data-saving", "data-state", "data-seq",
    "data-stale",
}  # fmt: skip

_MARKED: Final = re.compile(r"""data-testid["]?\s*[:=]\s*[{]?(?P<name>f?["`][^"`]+["`]|hook(?: \+ "[^"]+")?)""")
_PASSED: Final = re.compile(r"""test_id=(?P<name>hook \+ "[^"]+")""")
_PANEL_ACTION: Final = re.compile(r"""_action\(.+(?P<name>"panel-[a-z]+")\)""")
_MENU_ENTRY: Final = re.compile(r"""\bid: (?P<name>["`][^"`]+["`])""")


@pytest.fixture(scope="module")
def source() -> str:
    files = [path for pattern in ("*.py", "*.jsx", "*.js") for path in sorted(WEB.rglob(pattern))]
    return "\n".join(path.read_text() for path in files)


def test_the_hooks_are_those_of_the_contract(source: str) -> None:
    menu = (WEB / "components" / "menu.jsx").read_text()
    found = [
        *(match["name"] for pattern in (_MARKED, _PASSED, _PANEL_ACTION) for match in pattern.finditer(source)),
        *(match["name"] for match in _MENU_ENTRY.finditer(menu)),
    ]
    assert {_pattern_of(name) for name in found} == CONTRACT | OURS


def test_every_hook_is_read_by_these_patterns(source: str) -> None:
    """A form of writing that the patterns do not know would hide a hook: two of them take their name from elsewhere."""
    from_elsewhere = ["data-testid={entry.id}", "data-testid={testId}"]
    marks = len(re.findall(r"data-testid", source))
    assert marks == len(_MARKED.findall(source)) + sum(source.count(form) for form in from_elsewhere)


@pytest.mark.parametrize("name", sorted(ATTRIBUTES))
def test_the_attributes_are_there(source: str, name: str) -> None:
    assert name in source


@pytest.mark.parametrize("name", sorted(LATER))
def test_what_comes_later_is_absent_and_not_dead(source: str, name: str) -> None:
    assert f'"{name}"' not in source


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
    assert TABS == ("overview", "log")


def _pattern_of(name: str) -> str:
    """`hook + "-menu"`, f"tab-{name}" and `column-${column.id}` as patterns with a star."""
    if name.startswith("hook"):
        return "card-*" + (name.partition('"')[2].rstrip('"'))
    return re.sub(r"[$]?\{[^}]*\}", "*", name.removeprefix("f").strip('"`'))
