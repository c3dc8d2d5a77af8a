"""The settings of the code are those of the contract."""

from typing import Final

from kanban_app.config import CONNECTION_SETTINGS, Settings, variable

CONTRACT: Final = {
    "KANBAN_HOST": "127.0.0.1",
    "KANBAN_PORT": 3000,
    "KANBAN_DATA_DIR": ".kanban",
    "KANBAN_DATABASE_URL": None,
    "KANBAN_TAC7_URL": None,
    "KANBAN_EMBEDDED": None,
    "KANBAN_TAC7_TOKEN": None,
    "KANBAN_TAC7_CA_FILE": None,
    "KANBAN_AUTH": "token",
    "KANBAN_TOKEN": None,
    "KANBAN_ALLOWED_ORIGINS": (),
    "KANBAN_PROJECT_DIR": None,
    "KANBAN_MAX_CONCURRENT_RUNS": 15,
    "KANBAN_TRIGGERS_PER_MINUTE": 28,
    "KANBAN_TRIGGER_GRACE_S": None,
    "KANBAN_HEARTBEAT_S": 15.0,
    "KANBAN_RUN_SILENT_AFTER_S": None,
    "KANBAN_STUCK_AFTER_S": 1800.0,
    "KANBAN_TRIGGER_TIMEOUTS": "30",
    "KANBAN_ANNOUNCE_TICKETS": False,
    "KANBAN_DEMO_SPEED": 1.0,
    "KANBAN_STOP_RUNS_ON_EXIT": False,
    "KANBAN_LOG_LEVEL": "info",
    "KANBAN_LOG_FORMAT": "console",
}
EDITABLE: Final = {
    "KANBAN_TAC7_URL",
    "KANBAN_TAC7_TOKEN",
    "KANBAN_MAX_CONCURRENT_RUNS",
    "KANBAN_TRIGGERS_PER_MINUTE",
    "KANBAN_TRIGGER_GRACE_S",
    "KANBAN_RUN_SILENT_AFTER_S",
    "KANBAN_TRIGGER_TIMEOUTS",
    "KANBAN_HEARTBEAT_S",
}


def test_names_and_defaults() -> None:
    found = {variable(name): field.default for name, field in Settings.model_fields.items()}
    assert {name: str(value) for name, value in found.items()} == {name: str(value) for name, value in CONTRACT.items()}


def test_what_the_screen_may_edit() -> None:
    assert {variable(name) for name in CONNECTION_SETTINGS} == EDITABLE


def test_every_setting_says_what_it_takes() -> None:
    assert all(field.description for field in Settings.model_fields.values())
