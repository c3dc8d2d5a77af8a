"""Settings as text: what is printed of them."""

from pathlib import Path

import pytest

from kanban_app.config import Settings, load_settings
from kanban_app.setting_texts import printable
from tests.support.environment import without_settings


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    without_settings(monkeypatch, tmp_path)


def test_printing_masks_secrets_and_shows_what_is_in_force(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KANBAN_TOKEN", "hush")
    monkeypatch.setenv("KANBAN_TAC7_TOKEN", "hush-hush")
    monkeypatch.setenv("KANBAN_TAC7_URL", "ws://127.0.0.1:8500/ws/trigger")
    lines = dict(printable(load_settings()))
    assert list(lines) == [f"KANBAN_{name.upper()}" for name in Settings.model_fields]
    assert "hush" not in "".join(lines.values())
    assert lines["KANBAN_TOKEN"] == lines["KANBAN_TAC7_TOKEN"] == "********"
    assert lines["KANBAN_EMBEDDED"] == "false"
    assert lines["KANBAN_DATABASE_URL"].startswith("sqlite:////")


def test_printing_shows_what_holds_where_nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = dict(printable(load_settings()))
    assert lines["KANBAN_TOKEN"] == "******** (made at the first start, kept in the data folder)"
    assert (lines["KANBAN_TRIGGER_GRACE_S"], lines["KANBAN_RUN_SILENT_AFTER_S"]) == ("0", "600")
    monkeypatch.setenv("KANBAN_AUTH", "none")
    monkeypatch.setenv("KANBAN_TAC7_URL", "ws://127.0.0.1:8500/ws/trigger")
    lines = dict(printable(load_settings()))
    assert lines["KANBAN_TOKEN"] == ""
    assert lines["KANBAN_TRIGGER_GRACE_S"] == "0 or 3, by what the service can do"
