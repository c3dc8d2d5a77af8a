"""Whether the databases are sound, looked at before anything is written to them."""

import logging
from pathlib import Path
from typing import Final

from kanban_app.errors import StartRefusal, describe
from kanban_app.store.copying import soundness
from kanban_app.store.failures import StoreUnavailable
from kanban_app.upkeep.backup import backups_in

log = logging.getLogger(__name__)

LIMIT_S: Final = 5.0
"""A start waits no longer for the check of a database; about a gigabyte is looked through in this time."""


def refuse_damaged(database: Path, backups: Path) -> None:
    """Raise StartRefusal, with the way out, where a database is damaged. Nothing is changed."""
    if not database.is_file() or not database.stat().st_size:
        return
    try:
        found = soundness(database, limit_s=LIMIT_S)
    except StoreUnavailable:
        return  # whoever opens it next says so
    if not found.finished:
        log.info("the check of %s was broken off after %g s; `doctor --full` goes on to its end", database, LIMIT_S)
    if found.is_damaged:
        log.debug("the database %s is damaged: %s", database, "; ".join(found.problems))
        raise StartRefusal(damage(database, found.problems[0], backups))


def damage(database: Path, problem: str, backups: Path) -> str:
    """What to say of a damaged database: what is wrong, and how to go on."""
    view = describe("E-SYS-18", {"file": str(database), "reason": problem.rstrip(".")})
    newest = next(iter(backups_in(backups)), None)
    if newest is None:
        return f"{view['message']} There is no backup in {backups}: keep the file (docs/operations.md, E-SYS-18)."
    return (
        f"{view['message']} `python -m kanban_app restore {newest.path}` puts back the newest backup and keeps the "
        "damaged files aside (E-SYS-18)."
    )
