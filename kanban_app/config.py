"""The settings of a process: read once from the environment and `.env`, then frozen.

Connection settings (`CONNECTION_SETTINGS`) can also be edited in the UI, where the store keeps them; a value from the
environment wins, and `Settings.is_set` tells whether there is one.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from kanban_app.domain.health import Thresholds
from kanban_app.errors import StartRefusal
from kanban_app.setting_addresses import is_loopback
from kanban_app.setting_names import PREFIX
from kanban_app.setting_numbers import HIGHEST_PORT, parse_limits, parse_timeouts
from kanban_app.setting_refusals import refusal_of, refused
from kanban_app.setting_values import (
    LOWER_CASE,
    AccessToken,
    AuditDays,
    Authorities,
    Branch,
    Command,
    DatabaseUrl,
    Folder,
    HealthDisconnects,
    HealthLatency,
    HealthReliability,
    Host,
    Networks,
    Origins,
    PollInterval,
    PortRange,
    Repository,
    ServiceToken,
    ServiceUrl,
    Timeouts,
    VariableNames,
    sqlite_file,
)

CONNECTION_SETTINGS: Final = (
    "tac7_url",
    "tac7_token",
    "max_concurrent_runs",
    "triggers_per_minute",
    "trigger_grace_s",
    "run_silent_after_s",
    "trigger_timeouts",
    "heartbeat_s",
)
DATABASE_FILE: Final = "kanban.db"
# What holds where nothing is set; the grace, for a service that cannot stop what it has begun.
GRACE_S: Final = 3.0
SILENT_AFTER_S: Final = 600.0
TAB_KEPT_S: Final = 3600
"""For how long what is known of a tab is kept once it is gone; the store has all of it."""


class AuthMode(StrEnum):
    TOKEN = "token"  # noqa: S105 - the name of a mode
    NONE = "none"


class LogLevel(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    CONSOLE = "console"
    JSON = "json"


class Settings(BaseSettings):
    """One attribute per variable; the description of each completes the sentence "KANBAN_X must be …"."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=True,
    )

    host: Host = Field(default="127.0.0.1", description="a host name or an IP address to listen on")
    port: int = Field(default=3000, ge=0, le=HIGHEST_PORT, description="a port number from 0 (any free one) to 65535")
    data_dir: Folder = Field(default=Path(".kanban"), description="a folder")
    database_url: DatabaseUrl | None = Field(
        default=None, description="a SQLAlchemy URL such as sqlite:////var/lib/kanban.db"
    )
    tac7_url: ServiceUrl | None = Field(
        default=None, description="a WebSocket address such as ws://127.0.0.1:8500/ws/trigger (ws:// or wss://)"
    )
    embedded: bool | None = Field(default=None, description="true or false")
    tac7_token: ServiceToken | None = Field(default=None, description="one word without spaces")
    tac7_ca_file: Authorities | None = Field(default=None, description="a readable PEM file of certificates")
    auth: Annotated[AuthMode, LOWER_CASE] = Field(default=AuthMode.TOKEN, description="token or none")
    token: AccessToken | None = Field(default=None, description="one word of letters, digits and ._~+/=-")
    allowed_origins: Origins = Field(
        default=(), description="addresses such as https://board.example.org, separated by commas"
    )
    trusted_proxies: Networks = Field(
        default=("127.0.0.0/8", "::1/128"),
        description="IP addresses or networks such as 10.0.0.0/8, separated by commas, or none",
    )
    project_dir: Repository | None = Field(default=None, description="the folder of a git repository")
    base_branch: Branch | None = Field(default=None, description="the name of a branch")
    prepare_worktrees: bool = Field(default=False, description="true or false")
    setup_command: Command | None = Field(default=None, description="a command with its arguments, without a shell")
    port_range: PortRange = Field(default="9200-9299", description="two port numbers from 1024 on, such as 9200-9299")
    pass_env: VariableNames = Field(default=(), description="names of environment variables, separated by commas")
    run_time_limit_s: float | None = Field(
        default=None, gt=0, allow_inf_nan=False, description="a number of seconds above 0"
    )
    run_niceness: int = Field(default=5, ge=0, le=19, description="a whole number from 0 to 19")
    clarify_command: Command | None = Field(default=None, description="a command with its arguments, without a shell")
    editor_command: Command | None = Field(default=None, description="a command with its arguments, without a shell")
    max_concurrent_runs: int = Field(default=15, ge=1, description="a whole number from 1")
    triggers_per_minute: int = Field(default=28, ge=1, description="a whole number from 1")
    trigger_grace_s: float | None = Field(
        default=None, ge=0, allow_inf_nan=False, description="a number of seconds from 0"
    )
    run_silent_after_s: float | None = Field(
        default=None, gt=0, allow_inf_nan=False, description="a number of seconds above 0"
    )
    stuck_after_s: float = Field(default=1800.0, gt=0, allow_inf_nan=False, description="a number of seconds above 0")
    trigger_timeouts: Timeouts = Field(
        default="30",
        description="a number of seconds above 0, and others by workflow type if need be, such as 30, adw_sdlc_iso=120",
    )
    heartbeat_s: float = Field(
        default=15.0, ge=1, le=60, allow_inf_nan=False, description="a number of seconds from 1 to 60"
    )
    health_poll_s: PollInterval = Field(
        default=300.0, ge=0, allow_inf_nan=False, description="a number of seconds from 60, or 0 for never"
    )
    health_latency_ms: HealthLatency = Field(
        default="100, 300, 1000",
        description="three numbers of milliseconds above 0, none smaller than the one before, such as 100, 300, 1000",
    )
    health_reliability: HealthReliability = Field(
        default="0.95, 0.90, 0.70",
        description="three shares between 0 and 1, none larger than the one before, such as 0.95, 0.90, 0.70",
    )
    health_disconnects: HealthDisconnects = Field(
        default="3, 3, 10",
        description="three whole numbers from 1, none smaller than the one before, such as 3, 3, 10",
    )
    announce_tickets: bool = Field(default=False, description="true or false")
    demo_speed: float = Field(default=1.0, ge=0, allow_inf_nan=False, description="a number from 0")
    stop_runs_on_exit: bool = Field(default=False, description="true or false")
    backup_every_h: float = Field(
        default=24.0, ge=0, allow_inf_nan=False, description="a number of hours from 0 (no backups by itself)"
    )
    backups_kept: int = Field(default=7, ge=1, description="a whole number from 1")
    log_level: Annotated[LogLevel, LOWER_CASE] = Field(
        default=LogLevel.INFO, description="debug, info, warning or error"
    )
    log_format: Annotated[LogFormat, LOWER_CASE] = Field(default=LogFormat.CONSOLE, description="console or json")
    keep_logs_days: int = Field(default=90, ge=0, le=36_500, description="a whole number of days, 0 for always")
    keep_log_lines: int = Field(default=2_000_000, ge=0, description="a whole number of lines, 0 for any number")
    keep_events_days: int = Field(default=365, ge=0, le=36_500, description="a whole number of days, 0 for always")
    keep_audit_days: AuditDays = Field(default=365, description="a whole number of days from 30, 0 for always")
    keep_events: int = Field(default=1_000_000, ge=0, description="a whole number of events, 0 for any number")
    log_file_mb: int = Field(default=10, ge=0, le=10_000, description="a whole number from 0 (no file) to 10000")
    log_files: int = Field(default=5, ge=0, le=100, description="a whole number from 0 (no file) to 100")

    def is_set(self, name: str) -> bool:
        """Whether the environment (or `.env`) gives the value, so that nothing else may change it."""
        return name in self.model_fields_set

    @property
    def runs_embedded_service(self) -> bool:
        return self.tac7_url is None if self.embedded is None else self.embedded

    @property
    def trigger_timeout_s(self) -> float:
        """How long a service may take to answer a start."""
        return parse_timeouts(self.trigger_timeouts)[0]

    @property
    def trigger_timeouts_s(self) -> dict[str, float]:
        """The same by workflow type, where it differs."""
        return parse_timeouts(self.trigger_timeouts)[1]

    @property
    def health_thresholds(self) -> Thresholds:
        """Where grades begin, as far as they can be set."""
        names = ("health_latency_ms", "health_reliability", "health_disconnects")
        latency, reliability, disconnects = (parse_limits(name, getattr(self, name)) for name in names)
        return Thresholds(latency_ms=latency, reliability=reliability, disconnects=disconnects)

    @property
    def database_path(self) -> Path:
        """The SQLite file."""
        return sqlite_file(self.database_url or "") or self.data_dir / DATABASE_FILE

    @model_validator(mode="after")
    def _closed_when_reachable(self) -> Self:
        if self.auth is AuthMode.NONE and not is_loopback(self.host):
            raise refused(
                f"{PREFIX}AUTH=none works on a loopback address only, and {PREFIX}HOST is {self.host}: "
                f"use {PREFIX}AUTH=token, or {PREFIX}HOST=127.0.0.1"
            )
        return self

    @model_validator(mode="after")
    def _some_service(self) -> Self:
        if self.tac7_url is None and not self.runs_embedded_service:
            raise refused(f"Nothing would run the workflows: set {PREFIX}TAC7_URL, or leave {PREFIX}EMBEDDED alone")
        return self


def load_settings() -> Settings:
    """The settings of this process; `StartRefusal` with one sentence when any of them is not valid."""
    try:
        return Settings()
    except ValidationError as error:
        raise StartRefusal(refusal_of(error, Settings)) from None
    except UnicodeDecodeError:
        raise StartRefusal("The file .env is not UTF-8 text.") from None
