"""The settings of the code are those of the contract."""

from typing import Final

from kanban_app.config import CONNECTION_SETTINGS, Settings
from kanban_app.setting_names import variable

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
    "KANBAN_TRUSTED_PROXIES": ("127.0.0.0/8", "::1/128"),
    "KANBAN_PROJECT_DIR": None,
    "KANBAN_BASE_BRANCH": None,
    "KANBAN_PREPARE_WORKTREES": False,
    "KANBAN_SETUP_COMMAND": None,
    "KANBAN_PORT_RANGE": "9200-9299",
    "KANBAN_PASS_ENV": (),
    "KANBAN_RUN_TIME_LIMIT_S": None,
    "KANBAN_RUN_NICENESS": 5,
    "KANBAN_CLARIFY_COMMAND": None,
    "KANBAN_EDITOR_COMMAND": None,
    "KANBAN_MAX_CONCURRENT_RUNS": 15,
    "KANBAN_TRIGGERS_PER_MINUTE": 28,
    "KANBAN_TRIGGER_GRACE_S": None,
    "KANBAN_HEARTBEAT_S": 15.0,
    "KANBAN_RUN_SILENT_AFTER_S": None,
    "KANBAN_STUCK_AFTER_S": 1800.0,
    "KANBAN_TRIGGER_TIMEOUTS": "30",
    "KANBAN_HEALTH_POLL_S": 300.0,
    "KANBAN_HEALTH_LATENCY_MS": "100, 300, 1000",
    "KANBAN_HEALTH_RELIABILITY": "0.95, 0.90, 0.70",
    "KANBAN_HEALTH_DISCONNECTS": "3, 3, 10",
    "KANBAN_ANNOUNCE_TICKETS": False,
    "KANBAN_DEMO_SPEED": 1.0,
    "KANBAN_STOP_RUNS_ON_EXIT": False,
    "KANBAN_BACKUP_EVERY_H": 24.0,
    "KANBAN_BACKUPS_KEPT": 7,
    "KANBAN_KEEP_LOGS_DAYS": 90,
    "KANBAN_KEEP_LOG_LINES": 2_000_000,
    "KANBAN_KEEP_EVENTS_DAYS": 365,
    "KANBAN_KEEP_AUDIT_DAYS": 365,
    "KANBAN_KEEP_EVENTS": 1_000_000,
    "KANBAN_LOG_LEVEL": "info",
    "KANBAN_LOG_FORMAT": "console",
    "KANBAN_LOG_FILE_MB": 10,
    "KANBAN_LOG_FILES": 5,
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
