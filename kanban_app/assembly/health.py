"""The health of the connection and of the service: how those who ask and who watch are put together."""

from collections.abc import Callable
from dataclasses import dataclass, field

from kanban_app.client.connection import TriggerClient
from kanban_app.config import Settings
from kanban_app.connecting import find_elsewhere
from kanban_app.domain.connection import Connection
from kanban_app.errors import BoardError, ErrorView
from kanban_app.runtime import Launch
from kanban_app.services.dispatcher import Dispatcher
from kanban_app.services.health.check import HealthCheck, in_the_background
from kanban_app.services.health.monitor import Monitor
from kanban_app.services.health.surroundings import Surroundings
from kanban_app.services.hub import Hub
from kanban_app.services.keeper import Keeper
from kanban_app.services.quarantine import Quarantine
from kanban_app.services.resync import Resync
from kanban_app.services.trials import Trials
from kanban_app.store.database import Store
from kanban_app.tac7.client_session import NotSent
from kanban_app.tac7.health import HealthReport


@dataclass(slots=True, kw_only=True)
class HealthWiring:
    """The check, which asks the service, also for tabs that do not wait (`checks`), and the monitor.

    `in_force` gives the settings of the moment, `connection` what the board shows; `publish` tells the screens.
    """

    launch: Launch
    store: Store
    client: TriggerClient
    keeper: Keeper
    hub: Hub
    dispatcher: Dispatcher
    quarantine: Quarantine
    resync: Resync
    in_force: Callable[[], Settings]
    connection: Callable[[], Connection]
    publish: Callable[[], None]
    check: HealthCheck = field(init=False)
    checks: Trials[ErrorView | None] = field(init=False)
    monitor: Monitor = field(init=False)

    def __post_init__(self) -> None:
        self.check = HealthCheck(self.keeper, self.client, self.service_restarted)
        self.checks = in_the_background(self.ask)
        self.monitor = self._watching()
        self.resync.on_catching_up.append(self.monitor.catching_up)
        self.resync.on_caught_up.append(self.monitor.caught_up)

    async def ask(self) -> HealthReport:
        try:
            return await self.check.ask()
        except NotSent:
            raise BoardError(self.connection().error_code or "E-CONN-7", self.connection().error_params) from None
        finally:
            self.dispatcher.wake()  # starts wait while some services stand still for this

    def service_restarted(self) -> None:
        self.monitor.service_restarted()
        self.resync.restarted()

    def _watching(self) -> Monitor:
        around = Surroundings(
            connection=lambda: self.client.connection,
            traffic=lambda: self.client.traffic,
            board=lambda: self.keeper.board,
            viewers=lambda: self.hub.viewers,
            frames=lambda: (self.quarantine.is_alarmed, self.quarantine.counts.total()),
            ask=self.ask,
            find_elsewhere=lambda: find_elsewhere(self.launch, self.in_force()),
            tell=self.keeper.tell,
            on_change=self.publish,
        )
        settings = self.launch.settings
        return Monitor(around, self.store, self.check, settings.health_thresholds, poll_s=settings.health_poll_s)
