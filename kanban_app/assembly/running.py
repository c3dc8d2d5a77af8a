"""The running app of a project: what is started, and in which order. Used by the composition root only."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from kanban_app.assembly.board import open_board
from kanban_app.assembly.database import database_url, prepare_database
from kanban_app.assembly.embedded import embedded_service
from kanban_app.errors import StartRefusal
from kanban_app.runtime import Launch
from kanban_app.services.container import ApiServices
from kanban_app.store.auditing import AuditTable
from kanban_app.store.database import Store
from kanban_app.store.failures import StoreUnavailable
from kanban_app.trigger_service.service import TriggerService


@dataclass(slots=True)
class Running:
    """What the routes and pages need of a running app."""

    services: ApiServices
    trigger_service: TriggerService | None
    store: Store


@asynccontextmanager
async def running(launch: Launch, shared: AuditTable | None = None) -> AsyncGenerator[Running]:
    """Everything from the store to the client, started; stopped in reverse order at the end of the block.

    `shared` is the audit log of the first project, for the others: theirs is beside it.
    Raises StartRefusal when the database cannot be used. A part that breaks later ends the whole program.
    """
    settings = launch.settings
    # Done by `serve` already, before it built the front end; then there is nothing left to do here.
    await asyncio.to_thread(prepare_database, settings)
    async with AsyncExitStack() as started:
        yield await _started(launch, shared, database_url(settings), started)


async def _started(launch: Launch, shared: AuditTable | None, url: str, started: AsyncExitStack) -> Running:
    try:
        store = await started.enter_async_context(await Store.open(url))
        embedded = launch.settings.runs_embedded_service
        service = await started.enter_async_context(embedded_service(launch, store)) if embedded else None
        services = await started.enter_async_context(open_board(launch, store, service, shared))
        return Running(services, service, store)
    except StoreUnavailable as error:
        raise StartRefusal(f"The database cannot be used: {error.detail or error.reason}.") from None
