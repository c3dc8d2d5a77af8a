"""Variables that are set and change nothing."""

from pathlib import Path

import pytest

from kanban_app.config import load_settings
from kanban_app.setting_mistakes import idle_variables, unknown_variables
from tests.support.environment import without_settings


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    without_settings(monkeypatch, tmp_path)


def test_spelling_mistakes_are_found() -> None:
    assert unknown_variables(["KANBAN_PROT", "KANBAN_PORT", "PATH"]) == ["KANBAN_PROT"]


def test_settings_that_change_nothing_are_named_with_what_they_need(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert list(idle_variables(load_settings())) == []
    monkeypatch.setenv("KANBAN_SETUP_COMMAND", "npm ci")
    monkeypatch.setenv("KANBAN_PASS_ENV", "ANTHROPIC_API_KEY")
    demonstration = dict.fromkeys(["KANBAN_SETUP_COMMAND", "KANBAN_PASS_ENV"], "KANBAN_PROJECT_DIR")
    assert dict(idle_variables(load_settings())) == demonstration
    (tmp_path / ".git").mkdir()
    monkeypatch.setenv("KANBAN_PROJECT_DIR", str(tmp_path))
    assert dict(idle_variables(load_settings())) == {"KANBAN_SETUP_COMMAND": "KANBAN_PREPARE_WORKTREES=true"}
    monkeypatch.setenv("KANBAN_PREPARE_WORKTREES", "true")
    assert list(idle_variables(load_settings())) == []
    monkeypatch.setenv("KANBAN_TAC7_URL", "ws://127.0.0.1:8500/ws/trigger")
    names = {name for name, need in idle_variables(load_settings()) if "built-in service" in need}
    assert names == {f"KANBAN_{name}" for name in ("PROJECT_DIR", "PREPARE_WORKTREES", "SETUP_COMMAND", "PASS_ENV")}
    monkeypatch.setenv("KANBAN_EMBEDDED", "true")
    assert list(idle_variables(load_settings())) == []
