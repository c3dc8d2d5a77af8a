"""One board with its client: what is loaded before it runs, the tasks that it lives by, and how they end."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Coroutine, Iterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Final

from structlog.contextvars import bound_contextvars

from kanban_app.assembly.api_services import api_services
from kanban_app.assembly.wiring import Wiring
from kanban_app.client.connection import TriggerClient
from kanban_app.connecting import client_settings, refusal_of, try_out
from kanban_app.domain.reported import ForgetImages
from kanban_app.runtime import Launch
from kanban_app.services.connection_settings import ConnectionSettings
from kanban_app.services.container import ApiServices
from kanban_app.services.counted_traffic import CountedTraffic
from kanban_app.services.ingest import CURSOR_KEY, cursor_from_json
from kanban_app.services.keeper import Keeper
from kanban_app.services.pace import PACE_KEY
from kanban_app.store.auditing import AuditTable
from kanban_app.store.database import Store
from kanban_app.store.failures import StoreUnavailable
from kanban_app.trigger_service.service import TriggerService

log = logging.getLogger(__name__)

FLUSH_S: Final = 1.0
DRAIN_S: Final = 1.0


@asynccontextmanager
async def open_board(
    launch: Launch, store: Store, embedded: TriggerService | None = None, shared: AuditTable | None = None
) -> AsyncGenerator[ApiServices]:
    """The board with all of its tasks running; what the client has heard by the end of the block is kept."""
    cursor = cursor_from_json(await store.setting(CURSOR_KEY))
    settings = ConnectionSettings(
        launch.settings, store, partial(refusal_of, launch), partial(try_out, launch), project=launch.project_id
    )
    in_force = await settings.load()
    client = TriggerClient(client_settings(launch, in_force), cursor, traffic=CountedTraffic(launch.project_id))
    wiring = Wiring(launch, in_force, store, client, cursor, embedded=embedded, shared=shared)
    settings.on_change = wiring.use
    launch.on_stopping.append(wiring.stopping.set)
    await wiring.columns.load()
    await wiring.keeper.load()
    await wiring.keeper.report([ForgetImages(wiring.attachments.forgotten_before())])
    await wiring.attachments.clean()
    await wiring.quarantine.load(store)
    await wiring.health.monitor.load()
    await wiring.dispatcher.recover(cursor.journal, await store.setting(PACE_KEY))
    async with asyncio.TaskGroup() as tasks:

        def own(name: str, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
            return tasks.create_task(_vital(launch, name, work), name=name)

        sending = own("dispatcher", wiring.dispatcher.run())
        aside = [own(name, work) for name, work in _works_aside(wiring)]
        holding = own("quarantine", wiring.quarantine.run(store))
        receiving = own("client", client.run())
        storing = [own("ingest", wiring.ingest.run(client.events)), own("ticks", _flush_ticks(wiring.keeper))]
        try:
            yield api_services(wiring, store, settings)
        finally:
            wiring.stopping.set()
            await settings.trials.aclose()
            await wiring.health.checks.aclose()
            await _ended(sending, *aside, receiving)
            # What the client has heard is kept, also of services that would not say it again.
            with suppress(TimeoutError):
                await asyncio.wait_for(client.events.join(), DRAIN_S)
            await _ended(*storing, holding)
    try:
        if wiring.audit_writing is not None:
            await wiring.audit_writing.write()
        await wiring.keeper.flush()
        await wiring.quarantine.save(store)
    except StoreUnavailable as problem:
        log.warning("the newest progress could not be stored: %s", problem)


def _works_aside(wiring: Wiring) -> Iterator[tuple[str, Coroutine[None, None, None]]]:
    """What runs as long as the board does and nothing waits for, by its name."""
    yield "inquiry", wiring.inquiry.run()
    yield "resync", wiring.resync.run()
    yield "log index", wiring.indexing.run()
    yield "connection news", wiring.news.run()
    yield "health monitor", wiring.health.monitor.run()
    yield "storage watch", wiring.storage.run()
    yield "janitor", wiring.janitor.run()
    if wiring.audit_writing is not None:
        yield "audit log", wiring.audit_writing.run()
    if wiring.launch.settings.announce_tickets:
        yield "announcer", wiring.announcer.run()


async def _flush_ticks(keeper: Keeper) -> None:
    """Bring percentage ticks into the rows, at most once a second, and only when there were any."""
    dirty = asyncio.Event()
    keeper.on_unsaved.append(dirty.set)
    while True:
        await dirty.wait()
        dirty.clear()
        await asyncio.sleep(FLUSH_S)
        try:
            await keeper.flush()
        except StoreUnavailable as problem:
            log.warning("progress waits: the store cannot write: %s", problem)
            dirty.set()


async def _vital(launch: Launch, name: str, work: Coroutine[None, None, None]) -> None:
    """A task without which the board would only look alive: its end is that of the program, with a sentence."""
    try:
        with bound_contextvars(project=launch.project_id):
            await work
    except Exception:
        log.exception("the %s has ended by a fault of this program", name)
    launch.give_up(f"A part of the program ({name}) has failed; the log has the details. Nothing stored is lost.")


async def _ended(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
