"""The backups of a running board."""

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import cast

from kanban_app.config import Settings
from kanban_app.domain.audit_trail import Trail
from kanban_app.services.backups import Backups, BackupWork, Found
from kanban_app.store.copying import rest
from kanban_app.upkeep.backup import backups_in, folder_of, make_backup, prune
from kanban_app.upkeep.trouble import CannotDo

log = logging.getLogger(__name__)


class _Ending:
    """Ends the work of a thread, which nothing else can: a stop of the program must not wait for a backup."""

    def __init__(self) -> None:
        self._ended = threading.Event()

    def set(self) -> None:
        self._ended.set()

    def between(self) -> None:
        if self._ended.is_set():
            raise CannotDo("The app is stopping.")
        rest()


@asynccontextmanager
async def backups(settings: Settings, trail: Trail | None = None) -> AsyncGenerator[Backups]:
    """The backups of all projects, made when they are due as long as the block runs."""
    ending = _Ending()
    known = backups_of(settings, ending.between, trail)
    task = asyncio.create_task(_scheduled(known), name="backups")
    try:
        yield known
    finally:
        ending.set()
        task.cancel()
        await known.aclose()
        await asyncio.gather(task, return_exceptions=True)


async def _scheduled(known: Backups) -> None:
    try:
        await known.run()
    except Exception:
        log.exception("the making of backups has ended by a fault of this program")
        known.failed = "The making of backups has ended by a fault of this program; its log has the details."


def backups_of(settings: Settings, between: Callable[[], None] = rest, trail: Trail | None = None) -> Backups:
    """`settings` are those of the first project."""
    folder = folder_of(settings)
    work = BackupWork(
        folder=folder,
        make=partial(make_backup, settings, between=between),
        list=lambda: cast("list[Found]", backups_in(folder)),
        remove_old=partial(prune, folder),
        failure=CannotDo,
    )
    return Backups(work, settings.backup_every_h, settings.backups_kept, trail or Trail())
