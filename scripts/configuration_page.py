"""Writes docs/configuration.md from the settings in kanban_app/config.py: `python scripts/configuration_page.py`.

With `--check` nothing is written, and the exit code says whether the file is up to date.
"""

import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

# A script finds the program by its own place.
from kanban_app.config import CONNECTION_SETTINGS, Settings  # noqa: E402
from kanban_app.setting_names import variable  # noqa: E402
from kanban_app.setting_texts import as_written  # noqa: E402

PAGE: Final = ROOT / "docs" / "configuration.md"

MEANINGS: Final[dict[str, dict[str, str]]] = {
    "Where it listens, and where it keeps things": {
        "host": "Where the one port listens. Anything but loopback makes the board reachable for others.",
        "port": "The one port, for pages, API and sockets.",
        "data_dir": "Everything that must survive: database, logs, images of cards, backups, the access token, "
        "the demonstration's repository.",
        "database_url": "Only SQLite for now.",
        "backup_every_h": "Hours between two backups that the running board makes by itself "
        "([Operations](operations.md)).",
        "backups_kept": "How many backups are kept.",
        "keep_logs_days": "How long lines of logs of ended runs are kept; `0` = always.",
        "keep_log_lines": "How many of them; `0` = any number.",
        "keep_audit_days": "How long the audit log is kept (30 days at least); `0` = always.",
        "keep_events_days": "How long the history of cards is kept; `0` = always.",
        "keep_events": "How many entries of all histories together; `0` = any number.",
    },
    "Who may come in": {
        "auth": "`none` lets everybody in who reaches the port, and is for loopback only.",
        "token": "The access token: `?token=` once in a browser, `Authorization: Bearer` for programs.",
        "allowed_origins": "Other addresses of this board, for instance behind a proxy.",
        "trusted_proxies": "Where a reverse proxy may be whose word on the browser's address, host and scheme counts "
        "([Reverse proxy](reverse-proxy.md)); `none` for nowhere.",
    },
    "The workflow service": {
        "tac7_url": "The address of a trigger service elsewhere.",
        "tac7_token": "Sent to it as `Authorization: Bearer`.",
        "tac7_ca_file": "Certificate authorities that are trusted for a `wss://` service instead of the system's.",
        "embedded": "Whether the built-in service answers at `/ws/trigger`; `false` needs `KANBAN_TAC7_URL`.",
        "heartbeat_s": "Seconds between two pings.",
        "announce_tickets": "Whether the service is told of new cards.",
        "health_poll_s": "How often it is asked how it is; `0` = never ([Health](health.md)).",
        "health_latency_ms": "From which round trip on the connection is degraded, unhealthy, critical.",
        "health_reliability": "Below which share of what worked it is so.",
        "health_disconnects": "After how many lost connections in an hour it is so.",
    },
    "Starts and runs": {
        "max_concurrent_runs": "Beyond it, starts wait in a visible queue.",
        "triggers_per_minute": "Starts sent per minute; TAC-7 services refuse more than 30.",
        "trigger_timeouts": "How long the answer to a start may take, by workflow type if need be.",
        "trigger_grace_s": "How long a start can be undone before it is sent.",
        "run_silent_after_s": "How long a run may say nothing, while connected, before it is flagged.",
        "stuck_after_s": 'How long a run may stay in a stage without a word before its card says "Action needed".',
        "stop_runs_on_exit": "Whether runs end with the app, as units and containers want it.",
    },
    "The built-in service and your repository": {
        "project_dir": "The git repository that it works in, with its scripts in `adws/` "
        "([Workflow scripts](workflow-scripts.md)).",
        "base_branch": "Where worktrees begin and merges go.",
        "prepare_worktrees": "Whether it makes worktree and branch of a run before its first script starts, for "
        "scripts that do not ([Git](git.md)).",
        "setup_command": "Run once in each worktree that it has made, e.g. `npm ci`.",
        "port_range": "The ports that such worktrees get two of.",
        "pass_env": "Environment variables that scripts get beside the fixed ones, e.g. `ANTHROPIC_API_KEY`.",
        "run_time_limit_s": "After how many seconds a run is ended.",
        "run_niceness": "How much a run yields to other programs.",
        "clarify_command": "Answers `/api/clarify`: reads the card as JSON, prints its analysis as JSON.",
        "editor_command": "Opens a worktree on the service's machine when another board asks for it; the path is its "
        "last argument.",
        "demo_speed": "Factor on the demonstration's pauses; `0` = none.",
    },
    "Logs": {
        "log_level": "How much the app says.",
        "log_format": "`json` for machines.",
        "log_file_mb": "Megabytes of each file of the log in `logs/` of the data folder; `0` = none.",
        "log_files": "How many such files.",
    },
}
# Where the value of the field is not what holds when nothing is set.
DEFAULTS: Final = {
    "trusted_proxies": "`127.0.0.0/8,::1/128`",
    "data_dir": "`./.kanban`",
    "database_url": "a file in the data folder",
    "tac7_url": "unset = the built-in service",
    "tac7_ca_file": "the system's authorities",
    "embedded": "`true` without, `false` with `KANBAN_TAC7_URL`",
    "token": "random, kept in the data folder",
    "project_dir": "unset = a demonstration repository in the data folder",
    "base_branch": "the branch that is checked out",
    "trigger_grace_s": "`0` when the service can cancel, else `3`",
    "run_silent_after_s": "`600`; `120` on services that do not watch their processes",
}
OF_THE_FIRST: Final = ("tac7_url", "tac7_token", "embedded", "project_dir", "base_branch", "database_url")

HEAD: Final = (
    "# Configuration\n\n"
    "Environment variables with the prefix `KANBAN_`, also read from a file `.env` in the folder in which the app is "
    "started; the environment wins over the file. They are read once, at the start. `python -m kanban_app config` "
    "prints what holds, secrets masked, or says in a sentence which value is not acceptable and what it must be. Names "
    "that are misspelt are told at the start, and so are settings that change nothing as things are.\n\n"
    "Those marked with ° can also be changed at `/settings/` while the board runs. A value from the environment wins, "
    "and the field is then read-only.\n\n"
    "With [several projects](guide.md#several-projects), {first} are about the first project alone; all others hold "
    "for every one, and limits are counted for each by itself.\n"
)


def page() -> str:
    """The whole text. Raises KeyError or ValueError when the settings and what is said of them differ."""
    said = [name for group in MEANINGS.values() for name in group]
    if sorted(said) != sorted(Settings.model_fields):
        different = sorted(set(said) ^ set(Settings.model_fields))
        raise ValueError(f"MEANINGS in scripts/configuration_page.py and the settings differ in: {different}")
    *most, last = (f"`{variable(name)}`" for name in OF_THE_FIRST)
    parts = [HEAD.format(first=f"{', '.join(most)} and {last}")]
    parts += [_table(title, group) for title, group in MEANINGS.items()]
    parts.append("Made from the settings by `scripts/configuration_page.py`.\n")
    return "\n".join(parts)


def _table(title: str, group: dict[str, str]) -> str:
    rows = "\n".join(_row(name, meaning) for name, meaning in group.items())
    return f"## {title}\n| variable | default | takes | meaning |\n|---|---|---|---|\n{rows}\n"


def _row(name: str, meaning: str) -> str:
    mark = " °" if name in CONNECTION_SETTINGS else ""
    takes = (Settings.model_fields[name].description or "").replace("|", "\\|")
    return f"| `{variable(name)}`{mark} | {_default(name)} | {takes} | {meaning} |"


def _default(name: str) -> str:
    if name in DEFAULTS:
        return DEFAULTS[name]
    value: object = Settings.model_fields[name].default
    return "unset" if value is None or value == () else f"`{as_written(value)}`"


def main() -> int:
    text = page()
    if "--check" in sys.argv[1:]:
        return 0 if PAGE.is_file() and PAGE.read_text() == text else 1
    PAGE.write_text(text)
    print(f"{PAGE} is up to date.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
