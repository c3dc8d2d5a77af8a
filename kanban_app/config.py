"""The settings of a process: read once from the environment and `.env`, then frozen.

Connection settings (`CONNECTION_SETTINGS`) can also be edited in the UI, where the store keeps them; a value from the
environment wins, and `Settings.is_set` tells whether there is one.
"""

import re
import shlex
import ssl
from collections.abc import Iterable, Iterator
from enum import StrEnum
from ipaddress import ip_address, ip_network
from math import inf
from pathlib import Path
from typing import Annotated, Any, Final, Self, cast
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from kanban_app.domain.health import Limits, Thresholds
from kanban_app.domain.workflows import WORKFLOWS
from kanban_app.errors import StartRefusal

PREFIX: Final = "KANBAN_"
# The database itself refuses to let younger entries go.
_LEAST_AUDIT_DAYS: Final = 30
_MOST_DAYS: Final = 36_500
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
TAB_KEPT_S: Final = 900
"""For how long what is known of a tab is kept once it is gone; the store has all of it."""

# What only the embedded service does; of that what it does for a project alone, and for the worktrees that it makes.
_OF_WORKTREES: Final = ("setup_command", "port_range")
_OF_A_PROJECT: Final = ("prepare_worktrees", *_OF_WORKTREES, "pass_env")
_EMBEDDED_ONLY: Final = (
    "project_dir",
    "base_branch",
    *_OF_A_PROJECT,
    "run_time_limit_s",
    "run_niceness",
    "clarify_command",
    "editor_command",
)
_SQLITE_URL: Final = re.compile(r"sqlite(\+\w+)?:///(?P<path>.+)")
_HOST_NAME: Final = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?")
_BRANCH: Final = re.compile(r"(?!-)[A-Za-z0-9._/-]{1,200}")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# What fits into a URL, a header and a cookie without quoting.
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/=-]+")
_SHORTEST_POLL_S: Final = 60.0  # some services stand still while they answer
_LOWEST_FREE_PORT: Final = 1024
_HIGHEST_PORT: Final = 65_535


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

    host: str = Field(default="127.0.0.1", description="a host name or an IP address to listen on")
    port: int = Field(default=3000, ge=0, le=_HIGHEST_PORT, description="a port number from 0 (any free one) to 65535")
    data_dir: Path = Field(default=Path(".kanban"), description="a folder")
    database_url: str | None = Field(default=None, description="a SQLAlchemy URL such as sqlite:////var/lib/kanban.db")
    tac7_url: str | None = Field(
        default=None, description="a WebSocket address such as ws://127.0.0.1:8500/ws/trigger (ws:// or wss://)"
    )
    embedded: bool | None = Field(default=None, description="true or false")
    tac7_token: SecretStr | None = Field(default=None, description="one word without spaces")
    tac7_ca_file: Path | None = Field(default=None, description="a readable PEM file of certificates")
    auth: AuthMode = Field(default=AuthMode.TOKEN, description="token or none")
    token: SecretStr | None = Field(default=None, description="one word of letters, digits and ._~+/=-")
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="addresses such as https://board.example.org, separated by commas"
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("127.0.0.0/8", "::1/128"),
        description="IP addresses or networks such as 10.0.0.0/8, separated by commas, or none",
    )
    project_dir: Path | None = Field(default=None, description="the folder of a git repository")
    base_branch: str | None = Field(default=None, description="the name of a branch")
    prepare_worktrees: bool = Field(default=False, description="true or false")
    setup_command: str | None = Field(default=None, description="a command with its arguments, without a shell")
    port_range: str = Field(default="9200-9299", description="two port numbers from 1024 on, such as 9200-9299")
    pass_env: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="names of environment variables, separated by commas"
    )
    run_time_limit_s: float | None = Field(
        default=None, gt=0, allow_inf_nan=False, description="a number of seconds above 0"
    )
    run_niceness: int = Field(default=5, ge=0, le=19, description="a whole number from 0 to 19")
    clarify_command: str | None = Field(default=None, description="a command with its arguments, without a shell")
    editor_command: str | None = Field(default=None, description="a command with its arguments, without a shell")
    max_concurrent_runs: int = Field(default=15, ge=1, description="a whole number from 1")
    triggers_per_minute: int = Field(default=28, ge=1, description="a whole number from 1")
    trigger_grace_s: float | None = Field(
        default=None, ge=0, allow_inf_nan=False, description="a number of seconds from 0"
    )
    run_silent_after_s: float | None = Field(
        default=None, gt=0, allow_inf_nan=False, description="a number of seconds above 0"
    )
    stuck_after_s: float = Field(default=1800.0, gt=0, allow_inf_nan=False, description="a number of seconds above 0")
    trigger_timeouts: str = Field(
        default="30",
        description="a number of seconds above 0, and others by workflow type if need be, such as 30, adw_sdlc_iso=120",
    )
    heartbeat_s: float = Field(
        default=15.0, ge=1, le=60, allow_inf_nan=False, description="a number of seconds from 1 to 60"
    )
    health_poll_s: float = Field(
        default=300.0, ge=0, allow_inf_nan=False, description="a number of seconds from 60, or 0 for never"
    )
    health_latency_ms: str = Field(
        default="100, 300, 1000",
        description="three numbers of milliseconds above 0, none smaller than the one before, such as 100, 300, 1000",
    )
    health_reliability: str = Field(
        default="0.95, 0.90, 0.70",
        description="three shares between 0 and 1, none larger than the one before, such as 0.95, 0.90, 0.70",
    )
    health_disconnects: str = Field(
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
    log_level: LogLevel = Field(default=LogLevel.INFO, description="debug, info, warning or error")
    log_format: LogFormat = Field(default=LogFormat.CONSOLE, description="console or json")
    keep_logs_days: int = Field(default=90, ge=0, le=36_500, description="a whole number of days, 0 for always")
    keep_log_lines: int = Field(default=2_000_000, ge=0, description="a whole number of lines, 0 for any number")
    keep_events_days: int = Field(default=365, ge=0, le=36_500, description="a whole number of days, 0 for always")
    keep_audit_days: int = Field(default=365, description="a whole number of days from 30, 0 for always")
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
        match = _SQLITE_URL.fullmatch(self.database_url or "")
        return Path(match["path"]) if match else self.data_dir / DATABASE_FILE

    @field_validator("host")
    @classmethod
    def _host(cls, value: str) -> str:
        if not (_is_address(value) or _HOST_NAME.fullmatch(value)):
            raise _unfit
        return value

    @field_validator("data_dir")
    @classmethod
    def _data_dir(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("database_url")
    @classmethod
    def _database_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        match = _SQLITE_URL.fullmatch(value)
        if match and "?" not in value and ":memory:" not in value:
            return f"sqlite:///{Path(match['path']).absolute()}"
        if "://" in value and not value.startswith("sqlite"):
            raise _refuse("is not supported for other databases than SQLite yet")
        raise _unfit

    @field_validator("keep_audit_days")
    @classmethod
    def _keep_audit_days(cls, value: int) -> int:
        if value and not _LEAST_AUDIT_DAYS <= value <= _MOST_DAYS:
            raise _unfit
        return value

    @field_validator("tac7_url")
    @classmethod
    def _tac7_url(cls, value: str | None) -> str | None:
        if value is not None and not _is_address_of(value, {"ws", "wss"}):
            raise _unfit
        return value

    @field_validator("tac7_token")
    @classmethod
    def _tac7_token(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.fullmatch(r"[!-~]+", value.get_secret_value()):
            raise _unfit
        return value

    @field_validator("tac7_ca_file")
    @classmethod
    def _tac7_ca_file(cls, value: Path | None) -> Path | None:
        if value is None:
            return None
        file = value.expanduser().absolute()
        try:
            ssl.create_default_context(cafile=file)
        except (OSError, ValueError) as error:  # of which SSLError is one
            raise _unfit from error
        return file

    @field_validator("token")
    @classmethod
    def _token(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _TOKEN.fullmatch(value.get_secret_value()):
            raise _unfit
        return value

    @field_validator("auth", "log_level", "log_format", mode="before")
    @classmethod
    def _lower_case(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: object) -> object:
        return _origins(value.split(",")) if isinstance(value, str) else value

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _split_networks(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        texts = [] if value.strip().lower() == "none" else value.split(",")
        try:
            return tuple(str(ip_network(text.strip())) for text in texts if text.strip())
        except ValueError:
            raise _unfit from None

    @field_validator("trigger_timeouts")
    @classmethod
    def _trigger_timeouts(cls, value: str) -> str:
        try:
            parse_timeouts(value)
        except ValueError:
            raise _unfit from None
        return value

    @field_validator("health_poll_s")
    @classmethod
    def _health_poll_s(cls, value: float) -> float:
        if 0 < value < _SHORTEST_POLL_S:
            raise _unfit
        return value

    @field_validator("health_latency_ms", "health_reliability", "health_disconnects")
    @classmethod
    def _health_limits(cls, value: str, info: ValidationInfo) -> str:
        try:
            parse_limits(info.field_name or "", value)
        except ValueError:
            raise _unfit from None
        return value

    @field_validator("project_dir")
    @classmethod
    def _project_dir(cls, value: Path | None) -> Path | None:
        if value is None:
            return None
        folder = value.expanduser().absolute()
        if not folder.is_dir():
            raise _refuse(f"names no folder: {folder}")
        if not (folder / ".git").exists():
            raise _refuse(f"is no git repository (there is no .git in {folder})")
        return folder

    @field_validator("base_branch")
    @classmethod
    def _base_branch(cls, value: str | None) -> str | None:
        if value is not None and not _BRANCH.fullmatch(value):
            raise _unfit
        return value

    @field_validator("setup_command", "clarify_command", "editor_command")
    @classmethod
    def _command(cls, value: str | None) -> str | None:
        try:
            if value is not None and not shlex.split(value):
                raise _unfit
        except ValueError:
            raise _unfit from None
        return value

    @field_validator("port_range")
    @classmethod
    def _port_range(cls, value: str) -> str:
        try:
            parse_port_range(value)
        except ValueError:
            raise _unfit from None
        return value

    @field_validator("pass_env", mode="before")
    @classmethod
    def _split_names(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        names = tuple(name.strip() for name in value.split(",") if name.strip())
        if any(not _VARIABLE.fullmatch(name) or name.startswith(PREFIX) for name in names):
            raise _unfit
        return names

    @model_validator(mode="after")
    def _closed_when_reachable(self) -> Self:
        if self.auth is AuthMode.NONE and not is_loopback(self.host):
            raise _refuse(
                f"{PREFIX}AUTH=none works on a loopback address only, and {PREFIX}HOST is {self.host}: "
                f"use {PREFIX}AUTH=token, or {PREFIX}HOST=127.0.0.1"
            )
        return self

    @model_validator(mode="after")
    def _some_service(self) -> Self:
        if self.tac7_url is None and not self.runs_embedded_service:
            raise _refuse(f"Nothing would run the workflows: set {PREFIX}TAC7_URL, or leave {PREFIX}EMBEDDED alone")
        return self


class _Alone(Settings):
    """Settings from arguments only."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)


def load_settings() -> Settings:
    """The settings of this process; `StartRefusal` with one sentence when any of them is not valid."""
    try:
        return Settings()
    except ValidationError as error:
        raise StartRefusal("; ".join(_sentences(error.errors())) + ".") from None
    except UnicodeDecodeError:
        raise StartRefusal("The file .env is not UTF-8 text.") from None


def parse_timeouts(text: str) -> tuple[float, dict[str, float]]:
    """The seconds of "30, adw_sdlc_iso=120": for all workflow types, and for those that are named.

    Raises ValueError unless there is one number for all, every other one has the name of a workflow type, once, and all
    are above 0 and finite.
    """
    general, named = list[float](), dict[str, float]()
    for part in text.split(","):
        name, equals, number = part.rpartition("=")
        seconds = float(number)
        if not 0 < seconds < inf:
            raise ValueError(part)
        if not equals:
            general.append(seconds)
            continue
        if name.strip() not in WORKFLOWS or name.strip() in named:
            raise ValueError(part)
        named[name.strip()] = seconds
    if len(general) != 1:
        raise ValueError(text)
    return general[0], named


def parse_limits(name: str, text: str) -> Limits:
    """The limits of degraded, unhealthy and critical that a setting of health names.

    Raises ValueError unless these are three numbers that such a setting can have, in order.
    """
    numbers = [float(part) for part in text.split(",")]
    falling = name == "health_reliability"
    fit = all(0 < number <= 1 if falling else 0 < number < inf for number in numbers)
    if len(numbers) != 3 or not fit or numbers != sorted(numbers, reverse=falling):  # noqa: PLR2004
        raise ValueError(text)
    if name != "health_disconnects":
        return Limits(numbers[0], numbers[1], numbers[2], falling=falling)
    if any(number != int(number) for number in numbers):
        raise ValueError(text)
    return Limits(numbers[0] - 0.5, numbers[1] - 0.5, numbers[2] - 0.5)  # so many are already too many


def parse_port_range(text: str) -> tuple[int, int]:
    """The first and the last port of "9200-9299". Raises ValueError unless these are two ports of users, in order."""
    first, last = (int(part) for part in text.split("-"))
    if not _LOWEST_FREE_PORT <= first < last <= _HIGHEST_PORT:
        raise ValueError(text)
    return first, last


def variable(name: str) -> str:
    return PREFIX + name.upper()


def parse_setting(name: str, text: str) -> Any:
    """The value of one setting from the text that a person wrote.

    Raises ValueError with what it must be: the end of a sentence that begins with the setting's name.
    """
    try:
        return getattr(_Alone(**cast("dict[str, Any]", {name: text})), name)
    except ValidationError as error:
        raise ValueError(_end_of_sentence(error.errors()[0], name)) from None


def as_written(value: object) -> str:
    """A setting's value in the form in which it is written."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def unknown_variables(names: Iterable[str]) -> list[str]:
    """The names that look like settings of ours but are none: most likely spelling mistakes."""
    known = {variable(name) for name in Settings.model_fields}
    return sorted(name for name in names if name.upper().startswith(PREFIX) and name.upper() not in known)


def idle_variables(settings: Settings) -> Iterator[tuple[str, str]]:
    """The variables that are set and change nothing, each with what it would need."""
    if not settings.runs_embedded_service:
        names, need = _EMBEDDED_ONLY, f"the built-in service ({PREFIX}TAC7_URL unset, or {PREFIX}EMBEDDED=true)"
    elif settings.project_dir is None:
        names, need = _OF_A_PROJECT, f"{PREFIX}PROJECT_DIR"
    elif not settings.prepare_worktrees:
        names, need = _OF_WORKTREES, f"{PREFIX}PREPARE_WORKTREES=true"
    else:
        return
    for name in names:
        if getattr(settings, name) != Settings.model_fields[name].default:
            yield variable(name), need


def is_loopback(host: str) -> bool:
    """Whether only programs of this machine can reach `host`."""
    if _is_address(host):
        return ip_address(host).is_loopback
    return host.lower() == "localhost" or host.lower().endswith(".localhost")


def printable(settings: Settings) -> Iterator[tuple[str, str]]:
    """Variable and effective value of every setting, with secrets masked."""
    for name in Settings.model_fields:
        value: object = getattr(settings, name)
        yield variable(name), _printable(name, value, settings)


def _printable(name: str, value: object, settings: Settings) -> str:
    match name, value:
        case _, SecretStr():
            return "********"
        case "token", None if settings.auth is AuthMode.TOKEN:
            return "******** (made at the first start, kept in the data folder)"
        case "trigger_grace_s", None:
            return "0" if settings.tac7_url is None else f"0 or {GRACE_S:g}, by what the service can do"
        case "run_silent_after_s", None:
            return f"{SILENT_AFTER_S:g}"
        case "database_url", None:
            return f"sqlite:///{settings.database_path}"
        case "embedded", None:
            return str(settings.runs_embedded_service).lower()
        case _, None | ():
            return "none" if name == "trusted_proxies" else ""
        case _, bool():
            return str(value).lower()
        case "allowed_origins" | "pass_env" | "trusted_proxies", tuple():
            return ",".join(cast("tuple[str, ...]", value))
        case _:
            return str(value)


# A value that is not what the field's description says; and a sentence of its own for everything else.
_unfit: Final = PydanticCustomError("unfit", "unfit")


def _refuse(sentence: str) -> PydanticCustomError:
    return PydanticCustomError("refused", "{sentence}", {"sentence": sentence})


def _sentences(errors: Iterable[ErrorDetails]) -> Iterator[str]:
    for error in errors:
        if not error["loc"]:
            yield error["msg"]
            continue
        name = str(error["loc"][0])
        yield f"{variable(name)} {_end_of_sentence(error, name)}"


def _end_of_sentence(error: ErrorDetails, name: str) -> str:
    return error["msg"] if error["type"] == "refused" else f"must be {Settings.model_fields[name].description}"


def _origins(values: Iterable[str]) -> tuple[str, ...]:
    origins = tuple(value.strip().rstrip("/").lower() for value in values if value.strip())
    for origin in origins:
        if not _is_address_of(origin, {"http", "https"}) or urlsplit(origin).path:
            raise _unfit
    return origins


def _is_address_of(value: str, schemes: set[str]) -> bool:
    """A user name or password is not part of an address here: addresses are shown, secrets have their own variables."""
    try:
        parts = urlsplit(value)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        return False


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
