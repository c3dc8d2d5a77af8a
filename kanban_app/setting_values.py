"""What values of settings can be: the types of their fields.

A check raises ValueError where the value is not what the field's description says, and `refused` with a sentence of
its own for everything else.
"""

import re
import shlex
import ssl
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

from kanban_app.setting_addresses import is_address_of, is_host, networks_of, origins_of
from kanban_app.setting_names import PREFIX
from kanban_app.setting_numbers import parse_limits, parse_port_range, parse_timeouts
from kanban_app.setting_refusals import refused

# The database itself refuses to let younger entries go.
_LEAST_AUDIT_DAYS: Final = 30
_MOST_DAYS: Final = 36_500
_SHORTEST_POLL_S: Final = 60.0  # some services stand still while they answer
_SQLITE_URL: Final = re.compile(r"sqlite(\+\w+)?:///(?P<path>.+)")
_BRANCH: Final = re.compile(r"(?!-)[A-Za-z0-9._/-]{1,200}")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# What fits into a URL, a header and a cookie without quoting.
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/=-]+")
_ONE_WORD: Final = re.compile(r"[!-~]+")


def sqlite_file(url: str) -> Path | None:
    """The file that a URL of SQLite names; None for any other text."""
    match = _SQLITE_URL.fullmatch(url)
    return Path(match["path"]) if match else None


def _host(value: str) -> str:
    if not is_host(value):
        raise ValueError
    return value


def _absolute(value: Path) -> Path:
    return value.expanduser().absolute()


def _repository(value: Path) -> Path:
    folder = _absolute(value)
    if not folder.is_dir():
        raise refused(f"names no folder: {folder}")
    if not (folder / ".git").exists():
        raise refused(f"is no git repository (there is no .git in {folder})")
    return folder


def _authorities(value: Path) -> Path:
    file = _absolute(value)
    try:
        ssl.create_default_context(cafile=file)
    except OSError as error:  # of which SSLError is one
        raise ValueError from error
    return file


def _database_url(value: str) -> str:
    file = sqlite_file(value)
    if file and "?" not in value and ":memory:" not in value:
        return f"sqlite:///{file.absolute()}"
    if "://" in value and not value.startswith("sqlite"):
        raise refused("is not supported for other databases than SQLite yet")
    raise ValueError


def _service_url(value: str) -> str:
    if not is_address_of(value, {"ws", "wss"}):
        raise ValueError
    return value


def _spelt(spelling: re.Pattern[str], value: SecretStr) -> SecretStr:
    if not spelling.fullmatch(value.get_secret_value()):
        raise ValueError
    return value


def _lower_case(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _split_origins(value: object) -> object:
    return origins_of(value.split(",")) if isinstance(value, str) else value


def _split_networks(value: object) -> object:
    if not isinstance(value, str):
        return value
    return networks_of([] if value.strip().lower() == "none" else value.split(","))


def _split_variables(value: object) -> object:
    if not isinstance(value, str):
        return value
    names = tuple(name.strip() for name in value.split(",") if name.strip())
    if any(not _VARIABLE.fullmatch(name) or name.startswith(PREFIX) for name in names):
        raise ValueError
    return names


def _branch(value: str) -> str:
    if not _BRANCH.fullmatch(value):
        raise ValueError
    return value


def _command(value: str) -> str:
    if not shlex.split(value):
        raise ValueError
    return value


def _poll_interval(value: float) -> float:
    if 0 < value < _SHORTEST_POLL_S:
        raise ValueError
    return value


def _audit_days(value: int) -> int:
    if value and not _LEAST_AUDIT_DAYS <= value <= _MOST_DAYS:
        raise ValueError
    return value


def _readable_by(parse: Callable[[str], object]) -> AfterValidator:
    """The text itself, when `parse` does not refuse it."""

    def check(value: str) -> str:
        parse(value)
        return value

    return AfterValidator(check)


Host = Annotated[str, AfterValidator(_host)]
Folder = Annotated[Path, AfterValidator(_absolute)]
Repository = Annotated[Path, AfterValidator(_repository)]
Authorities = Annotated[Path, AfterValidator(_authorities)]
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
ServiceUrl = Annotated[str, AfterValidator(_service_url)]
ServiceToken = Annotated[SecretStr, AfterValidator(partial(_spelt, _ONE_WORD))]
AccessToken = Annotated[SecretStr, AfterValidator(partial(_spelt, _TOKEN))]
LOWER_CASE: Final = BeforeValidator(_lower_case)
Origins = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split_origins)]
Networks = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split_networks)]
VariableNames = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split_variables)]
Branch = Annotated[str, AfterValidator(_branch)]
Command = Annotated[str, AfterValidator(_command)]
PollInterval = Annotated[float, AfterValidator(_poll_interval)]
AuditDays = Annotated[int, AfterValidator(_audit_days)]
PortRange = Annotated[str, _readable_by(parse_port_range)]
Timeouts = Annotated[str, _readable_by(parse_timeouts)]
HealthLatency = Annotated[str, _readable_by(partial(parse_limits, "health_latency_ms"))]
HealthReliability = Annotated[str, _readable_by(partial(parse_limits, "health_reliability"))]
HealthDisconnects = Annotated[str, _readable_by(partial(parse_limits, "health_disconnects"))]
