"""Settings as text: one that a person has written, how one is written, and all of them, printed."""

from collections.abc import Iterator
from typing import Any, cast

from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from kanban_app.config import GRACE_S, SILENT_AFTER_S, AuthMode, Settings
from kanban_app.setting_names import variable
from kanban_app.setting_refusals import end_of_sentence


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


def parse_setting(name: str, text: str) -> Any:
    """The value of one setting from the text that a person wrote.

    Raises ValueError with what it must be: the end of a sentence that begins with the setting's name.
    """
    try:
        return getattr(_Alone(**cast("dict[str, Any]", {name: text})), name)
    except ValidationError as error:
        raise ValueError(end_of_sentence(error.errors()[0], Settings)) from None


def as_written(value: object) -> str:
    """A setting's value in the form in which it is written."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


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
