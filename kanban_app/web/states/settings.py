"""The settings of the connection: what is in force, what a trial found, and what becomes of a form.

A secret never goes to the browser: it learns only whether there is one.
"""

from typing import Any, Final, TypedDict

import reflex as rx

from kanban_app.config import CONNECTION_SETTINGS
from kanban_app.errors import ErrorView, advice_of
from kanban_app.services.connection_settings import SECRETS, FaultyFields, Probe, SettingView
from kanban_app.services.connection_views import ConnectionView
from kanban_app.services.trials import Ended
from kanban_app.web.states import arguments
from kanban_app.web.states.doing import guarded
from kanban_app.web.states.editions import next_edition
from kanban_app.web.states.plain import not_an_event
from kanban_app.web.states.shapes import NO_CONNECTION, NO_ERROR
from kanban_app.web.wiring import services

FRAME_S: Final = 0.1
FORGET: Final = "forget-"
_VINTAGES: Final = {
    "v0": "an older TAC-7 service (V0)",
    "v1": "a TAC-7 service (V1)",
    "ours": "an Agentic Kanban service",
}


class Finding(TypedDict):
    """What a trial connection found, in words; `kind` is "", "good" or "bad".

    `code` is that of what is wrong, `suggestion` a better address.
    """

    kind: str
    code: str
    title: str
    message: str
    actions: list[str]
    suggestion: str


NO_FINDING: Final = Finding(kind="", code="", title="", message="", actions=[], suggestion="")


class SettingsState(rx.State):
    """`edition` is another one whenever the form was filled anew: it makes the browser build it again.
    `answered` is the save of which it was told last how it ended.
    """

    ready: bool = False
    edition: rx.Field[int] = rx.field(0)
    answered: str = ""
    values: rx.Field[dict[str, str]] = rx.field(default_factory=dict)
    locked: rx.Field[dict[str, bool]] = rx.field(default_factory=dict)
    kept: rx.Field[dict[str, bool]] = rx.field(default_factory=dict)
    faults: rx.Field[dict[str, str]] = rx.field(default_factory=dict)
    error: ErrorView = NO_ERROR
    finding: Finding = NO_FINDING
    busy: bool = False
    saved: bool = False
    connection: ConnectionView = NO_CONNECTION
    queue_count: int = 0
    running_count: int = 0

    @rx.event(background=True, supersedes=True)
    async def follow(self):
        """Fill the form, and show how the connection stands from then on. Only for `on_load`."""
        async with services().hub.subscribe() as subscription:
            async with self:
                self.fill()
                self.show_connection()
                self.ready = True
            async for frame in subscription.frames(FRAME_S):
                if frame.connection or frame.tasks:
                    async with self:
                        self.show_connection()

    @rx.event
    async def save(self, form: dict[str, Any]):
        """Keep and apply the settings of the form; a refusal leaves everything as it was, the form too."""

        async def work() -> None:
            settings = services().settings
            await settings.save(await settings.draft(fields_of(form)))

        error = await self.done(work)
        self.answered = arguments.answered(form)
        if error is None:
            self.fill()
            self.saved = True

    @rx.event(background=True, supersedes=True)
    async def follow_trials(self):
        """Show what came of `test`. Only for `on_load`."""
        trials = services().settings.trials
        version = trials.news.version
        async with self:
            who = self.router.session.client_token
        while True:
            async with self:
                self.busy = trials.is_under_way(who)
                # Taken and shown under one lock: a reload ends this handler wherever it waits.
                if ended := trials.take(who):
                    await self.show_trial(ended)
            version = await trials.news.after(version)

    @rx.event
    async def test(self, form: dict[str, Any]):
        """Begin to try the settings of the form without keeping them; a second press begins no second one."""

        async def work() -> None:
            services().settings.trials.begin(self.router.session.client_token, fields_of(form))

        self.busy = await self.done(work) is None

    @rx.event
    def retry_now(self):
        services().retry_now()

    @not_an_event
    async def done(self, work: Any) -> ErrorView | None:
        """Carry out a handler's work; what is not acceptable is shown at its field, everything else below the form.

        Until its end nothing changes: a handler that a reconnect ends leaves what was said of an earlier one.
        """
        faults: dict[str, str] = {}

        async def watched() -> ErrorView | None:
            try:
                await work()
            except FaultyFields as problem:
                faults.update((name, f"{text[:1].upper()}{text[1:]}.") for name, text in problem.faults.items())
                return problem.view()
            return None

        error = await guarded(watched)
        self.faults, self.error, self.finding, self.saved = faults, error or NO_ERROR, NO_FINDING, False
        return error

    @not_an_event
    async def show_trial(self, ended: Ended[Probe]) -> None:
        async def work() -> None:
            if ended.error is not None:
                raise ended.error

        await self.done(work)
        self.finding = finding_of(ended.found) if ended.found else NO_FINDING
        self.busy = False

    @not_an_event
    def fill(self) -> None:
        views: dict[str, SettingView] = {view["name"]: view for view in services().settings.views()}
        self.values = {name: view["value"] for name, view in views.items()}
        self.locked = {name: view["locked"] for name, view in views.items()}
        self.kept = {name: view["is_set"] for name, view in views.items()}
        self.edition = next_edition()

    @not_an_event
    def show_connection(self) -> None:
        reader = services().reader
        self.connection = reader.connection()
        self.queue_count = reader.queue_count()
        self.running_count = reader.active_runs()


def fields_of(form: object) -> dict[str, str | None]:
    """The settings in a submitted form. A secret that was left empty stays as it is, unless it is to be forgotten."""
    given = form if isinstance(form, dict) else {}
    fields: dict[str, str | None] = {}
    for name in CONNECTION_SETTINGS:
        if name not in given and f"{FORGET}{name}" not in given:
            continue
        text = arguments.text(given.get(name), name)
        keep = name in SECRETS and not text and not given.get(f"{FORGET}{name}")
        fields[name] = None if keep else text
    return fields


def finding_of(probe: Probe) -> Finding:
    if probe.error is not None:
        error = probe.error
        actions = advice_of(error)
        return Finding(
            kind="bad",
            code=error["code"],
            title=error["title"],
            message=error["message"],
            actions=actions,
            suggestion=probe.suggestion,
        )
    what = _VINTAGES.get(probe.vintage, "a trigger service")
    took = "" if probe.round_trip_ms is None else f" It answers within {probe.round_trip_ms:.0f} ms."
    return Finding(kind="good", code="", title="Connected", message=f"This is {what}.{took}", actions=[], suggestion="")
