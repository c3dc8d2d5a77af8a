"""The settings of the connection to the trigger service: the environment's, else the saved ones, else the defaults.

A saved setting takes effect at once and is kept in the store under the id of its service. There is one service for
now; a board for each of several projects would have one each.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, TypedDict, cast

from kanban_app.asgi import FIRST_PROJECT
from kanban_app.config import CONNECTION_SETTINGS, Settings
from kanban_app.domain.audit import Act, Action, Entry
from kanban_app.errors import BoardError, ErrorView
from kanban_app.services.acting import entry_of
from kanban_app.services.storage import cannot_save
from kanban_app.services.trials import Trials
from kanban_app.setting_names import variable
from kanban_app.setting_texts import as_written, parse_setting
from kanban_app.store.failures import StoreUnavailable

SERVICE: Final = "default"
SECRETS: Final = frozenset({"tac7_token"})


class SettingsStore(Protocol):
    """Where saved settings are."""

    async def setting(self, key: str) -> object: ...
    async def save_setting(self, key: str, value: object, audit: Sequence[Entry] = ()) -> None: ...


@dataclass(frozen=True, slots=True)
class Probe:
    """What a trial connection found. `suggestion` is an address at which a service did answer."""

    error: ErrorView | None = None
    vintage: str = ""
    round_trip_ms: float | None = None
    suggestion: str = ""


class SettingView(TypedDict):
    """One setting for a form: `value` as a person writes it, "" for the default; never a secret.

    `locked` when the environment gives it, under the name `variable`. `is_set` tells of a secret whether there is one.
    """

    name: str
    value: str
    locked: bool
    variable: str
    is_set: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """Settings as they would be. `saved` is what the store would hold: texts by name."""

    settings: Settings
    saved: Mapping[str, str]


class FaultyFields(BoardError):
    """Not acceptable: `faults` says of each field what it must be."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("E-VAL-19", {"faults": " ".join(f"{reason}." for reason in faults.values())})
        self.faults = dict(faults)


@dataclass(slots=True)
class ConnectionSettings:
    """`deployed` are the settings of the process.

    `refuse` says why an address cannot be used, None when it can; `probe` tries settings out; `on_change` puts new ones
    to work.
    """

    deployed: Settings
    store: SettingsStore
    refuse: Callable[[str], Awaitable[str | None]]
    probe: Callable[[Settings], Awaitable[Probe]]
    on_change: Callable[[Settings], Awaitable[None]] | None = None
    project: str = FIRST_PROJECT
    trials: Trials[Probe] = field(init=False)
    """Drafts that are tried out while nobody waits."""
    _saved: dict[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        self.trials = Trials(self._try_out)

    async def load(self) -> Settings:
        """The settings to start with. What is saved but not acceptable any more counts as not set."""
        known = cast("Mapping[str, object]", await self.store.setting(saved_under()) or {})
        saved = {name: str(value) for name, value in known.items() if name in CONNECTION_SETTINGS}
        self._saved = {name: text for name, text in saved.items() if _fault(name, text) is None}
        return self.current

    @property
    def current(self) -> Settings:
        """All settings of the process, the saved ones included."""
        return self._with(self._saved)

    def views(self) -> list[SettingView]:
        current = self.current
        return [self._view(name, current) for name in CONNECTION_SETTINGS]

    async def draft(self, form: Mapping[str, str | None]) -> Draft:
        """Settings with the fields of a form: a text ("" for the default), None to leave one as it is.

        Fields that the environment gives are left alone. Raises FaultyFields.
        """
        texts = {
            name: text.strip()
            for name, text in form.items()
            if name in CONNECTION_SETTINGS and text is not None and not self.deployed.is_set(name)
        }
        faults = {name: fault for name, text in texts.items() if (fault := _fault(name, text)) is not None}
        address = texts.get("tac7_url")
        if address and "tac7_url" not in faults and (refusal := await self.refuse(address)) is not None:
            faults["tac7_url"] = refusal
        if faults:
            raise FaultyFields(faults)
        saved = {name: text for name, text in {**self._saved, **texts}.items() if text}
        return Draft(self._with(saved), saved)

    async def save(self, draft: Draft) -> None:
        """Keep and apply them. Raises BoardError (E-SYS-12) when they cannot be kept; then nothing has changed."""
        try:
            await self.store.save_setting(saved_under(), dict(draft.saved), self._recorded(draft))
        except StoreUnavailable as problem:
            raise cannot_save(problem) from problem
        self._saved = dict(draft.saved)
        if self.on_change is not None:
            await self.on_change(draft.settings)

    def _recorded(self, draft: Draft) -> list[Entry]:
        """Which settings are others than before. Of addresses and secrets no more than that they have changed."""
        names = [name for name in CONNECTION_SETTINGS if draft.saved.get(name) != self._saved.get(name)]
        plain = {name: draft.saved.get(name, "") for name in names if name not in SECRETS}
        numbers = {name: text for name, text in plain.items() if _is_number(text)}
        details = {"changed": ", ".join(map(variable, names)), **numbers}
        act = Act(Action.SETTINGS_CONNECTION, details=details)
        return [entry_of(act, self.project)] if names else []

    async def _try_out(self, fields: Mapping[str, str | None]) -> Probe:
        return await self.probe((await self.draft(fields)).settings)

    def _with(self, saved: Mapping[str, str]) -> Settings:
        free = {name: parse_setting(name, text) for name, text in saved.items() if not self.deployed.is_set(name)}
        return self.deployed.model_copy(update=free)

    def _view(self, name: str, current: Settings) -> SettingView:
        value: object = getattr(current, name)
        written = value != Settings.model_fields[name].default
        return SettingView(
            name=name,
            value=as_written(value) if written and name not in SECRETS else "",
            locked=self.deployed.is_set(name),
            variable=variable(name),
            is_set=value is not None,
        )


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()


def saved_under() -> str:
    """The key under which the store keeps them."""
    return f"service.{SERVICE}"


def _fault(name: str, text: str) -> str | None:
    """What a text is not, as the end of a sentence; None when it will do. An empty one stands for the default."""
    if not text:
        return None
    try:
        parse_setting(name, text)
    except ValueError as error:
        return str(error)
    return None
