"""The HTTP side of the service: all of V1's endpoints (reference section 5), put together."""

from collections.abc import Callable
from datetime import datetime

from starlette.routing import BaseRoute

from kanban_app.trigger_service.broadcaster import Broadcaster
from kanban_app.trigger_service.config import ServiceConfig
from kanban_app.trigger_service.deletion import Deletion, RemoveRun
from kanban_app.trigger_service.endpoints.files import FileEndpoints
from kanban_app.trigger_service.endpoints.health import HealthEndpoint
from kanban_app.trigger_service.endpoints.reports import ReportEndpoints
from kanban_app.trigger_service.endpoints.runs import RunEndpoints
from kanban_app.trigger_service.endpoints.tools import ToolEndpoints
from kanban_app.trigger_service.known_runs import KnownRuns
from kanban_app.trigger_service.protocols import RunLedger, RunRecords
from kanban_app.trigger_service.supervisor import Supervisor
from kanban_app.trigger_service.triggers import TriggerDesk
from kanban_app.trigger_service.waiting_line import WaitingLine


class HttpApi:
    """Makes the endpoints; without `records` runs can be asked about by id only."""

    def __init__(
        self,
        config: ServiceConfig,
        ledger: RunLedger,
        hub: Broadcaster,
        supervisor: Supervisor,
        desk: TriggerDesk,
        *,
        line: WaitingLine,
        records: RunRecords | None,
        remove: RemoveRun,
        clock: Callable[[], datetime],
    ) -> None:
        runs = KnownRuns(config, ledger, supervisor, records)
        deletion = Deletion(config, runs, records, hub=hub, desk=desk, remove=remove, clock=clock) if records else None
        self._tools = ToolEndpoints(config, runs)
        self._endpoints = (
            HealthEndpoint(config, hub, supervisor, desk, line),
            ReportEndpoints(hub, supervisor, clock),
            RunEndpoints(runs, records, deletion, clock),
            FileEndpoints(config, runs),
            self._tools,
        )

    def routes(self) -> list[BaseRoute]:
        return [route for endpoints in self._endpoints for route in endpoints.routes()]

    def close(self) -> None:
        """Leave what was started for people to them."""
        self._tools.close()
