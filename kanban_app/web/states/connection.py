"""The page about the connection: runs of others, and what of the service could not be used."""

from collections.abc import Iterable

import reflex as rx

from kanban_app.domain.commands import CreateTask
from kanban_app.domain.stages import Column, Stage
from kanban_app.errors import ErrorView, advice_of
from kanban_app.services.connection_views import ConnectionView, FrameView, OtherRun, frame_views
from kanban_app.services.trials import Ended
from kanban_app.web.states import arguments
from kanban_app.web.states.doing import carry_out, guarded
from kanban_app.web.states.plain import not_an_event
from kanban_app.web.states.shapes import NO_CONNECTION
from kanban_app.web.wiring import services


class ConnectionState(rx.State):
    """How it was when the page was loaded or something was done on it last. `said` is what came of that."""

    connection: ConnectionView = NO_CONNECTION
    others: rx.Field[list[OtherRun]] = rx.field(default_factory=list)
    frames: rx.Field[list[FrameView]] = rx.field(default_factory=list)
    said: str = ""

    @rx.event
    def show(self):
        """Everything as it is now."""
        self.show_all()

    @rx.event(background=True, supersedes=True)
    async def follow(self):
        """Show what came of `check_health`. Only for `on_load`."""
        checks = services().health_checks
        version = checks.news.version
        async with self:
            who = self.router.session.client_token
        while True:
            if ended := checks.take(who):
                async with self:
                    self.show_check(ended)
            version = await checks.news.after(version)

    @rx.event
    async def adopt(self, adw_id: str):
        """Make a card for a run that no card has."""
        error = await carry_out(
            lambda: CreateTask(adw_id=arguments.ident(adw_id, "adw_id"), stages=tuple(Stage)),
        )
        self.said = words(error) if error else f"The card is in {services().columns.title(Column.BACKLOG)}."
        self.show_all()

    @rx.event
    async def check_health(self):
        """Begin to ask the service how it is; a second press begins no second question."""

        async def begin() -> None:
            services().health_checks.begin(self.router.session.client_token, {})

        error = await guarded(begin)
        self.said = words(error, advice_of(error)) if error else "Asking the service…"

    @not_an_event
    def show_check(self, ended: Ended[ErrorView | None]) -> None:
        error = ended.error.view() if ended.error else ended.found
        self.said = words(error, advice_of(error)) if error else "The service says that it is healthy."
        self.show_all()

    @not_an_event
    def show_all(self) -> None:
        self.connection = services().reader.connection()
        self.others = services().reader.other_runs()
        self.frames = frame_views(services().quarantine.frames)


def words(error: ErrorView, advice: Iterable[str] = ()) -> str:
    return " ".join((f"{error['title']}.", error["message"], *(f"{text}." for text in advice)))
