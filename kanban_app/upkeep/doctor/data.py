"""The data folder, what is in it, and whether there is room for more."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from kanban_app.config import Settings
from kanban_app.serving.data_dir import TOKEN_FILE
from kanban_app.store import migrate
from kanban_app.store.copying import revision_of, soundness
from kanban_app.store.failures import DatabaseTooNew, StoreUnavailable
from kanban_app.upkeep.backup import backups_in, folder_of
from kanban_app.upkeep.contents import Part, databases
from kanban_app.upkeep.doctor.finding import Finding, fail, ok, warn
from kanban_app.upkeep.integrity import LIMIT_S, damage
from kanban_app.upkeep.trouble import why
from kanban_app.upkeep.unfinished import MARKER

LITTLE: Final = 500_000_000
TOO_LITTLE: Final = 50_000_000
_OF_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def data(settings: Settings, *, full: bool) -> Iterator[Finding]:
    folder = settings.data_dir
    if not folder.exists():
        yield not_yet(folder)
        return
    yield rights(folder)
    yield from secret_files(folder)
    yield room(folder, shutil.disk_usage(folder).free)
    if (folder / MARKER).exists():
        yield warn("Restore", "one was cut short", "Start the board: it completes the restore first.")
    found = databases(settings)
    if not found:
        yield ok("Database", "none yet; the first start makes it")
    for part in found:
        yield from database(part, folder_of(settings), full=full)
    yield backups(settings, now=datetime.now(UTC))


def not_yet(folder: Path) -> Finding:
    """Whether the first start could make it."""
    above = next(parent for parent in folder.parents if parent.exists())
    if above.is_dir() and os.access(above, os.W_OK | os.X_OK):
        return ok("Data folder", f"{folder} does not exist yet; the first start makes it")
    return fail(
        "Data folder",
        f"{folder} does not exist and cannot be made in {above}",
        "Set KANBAN_DATA_DIR to a folder that this user can write to.",
    )


def rights(folder: Path) -> Finding:
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
            file.flush()
    except OSError as problem:
        advice = "Make it writable for this user (ownership, a mount that is read-only, space), or set KANBAN_DATA_DIR."
        return fail("Data folder", f"{folder} cannot be written: {why(problem)}", advice)
    if folder.stat().st_mode & _OF_OTHERS:
        return warn("Data folder", f"{folder} can be read by other users of this machine", f"chmod 700 {folder}")
    return ok("Data folder", f"{folder} can be written, by its owner only")


def secret_files(folder: Path) -> Iterator[Finding]:
    token = folder / TOKEN_FILE
    if token.exists() and token.stat().st_mode & _OF_OTHERS:
        advice = f"chmod 600 {token}; if others may have read it, delete the file: the next start makes another token."
        yield fail("Access token", "its file can be read by other users of this machine", advice)


def room(folder: Path, free: int) -> Finding:
    text = f"{free / 1_000_000:,.0f} MB are free in {folder}"
    advice = "Free some space: old backups, `before-restore-…` folders and worktrees of old runs take most."
    if free < TOO_LITTLE:
        return fail("Disk", text, advice)
    if free < LITTLE:
        return warn("Disk", text, advice)
    return ok("Disk", text)


def database(part: Part, backups_dir: Path, *, full: bool) -> Iterator[Finding]:
    subject = "Database" if "/" not in part.name else f"Database of {part.name.split('/')[1]}"
    try:
        found = soundness(part.path, full=full, limit_s=None if full else LIMIT_S)
        if found.is_damaged:
            text, _, advice = damage(part.path, found.problems[0], backups_dir).partition(". ")
            yield fail(subject, text, advice)
            return
        revision = revision_of(part.path)
        current = migrate.is_current(revision) if revision else False
    except DatabaseTooNew as problem:
        text = f"{part.path} was made by a newer version of this program (form {problem.revision})"
        yield fail(subject, text, "Update the program, or restore an older backup.")
        return
    except StoreUnavailable as problem:
        advice = "Look at the rights of the file, and at the disk."
        yield fail(subject, f"{part.path} cannot be used: {why(problem)}", advice)
        return
    if not revision:
        advice = "Set KANBAN_DATABASE_URL or KANBAN_DATA_DIR to something else."
        yield fail(subject, f"{part.path} is of another program", advice)
        return
    checked = "sound" if found.finished else f"no damage found within {LIMIT_S:g} s (`doctor --full` checks all of it)"
    form = f"form {revision}" if current else f"form {revision}, brought up to date at the next start"
    size = part.path.stat().st_size / 1_000_000
    yield ok(subject, f"opens, {checked}, {form}, {size:,.1f} MB")


def backups(settings: Settings, now: datetime) -> Finding:
    newest = next(iter(backups_in(folder_of(settings))), None)
    advice = "Start the board, or run `python -m kanban_app backup`."
    if newest is None:
        if not settings.backup_every_h:
            text = "there is none, and none is made by itself (KANBAN_BACKUP_EVERY_H is 0)"
            return warn("Backup", text, "Run `python -m kanban_app backup`.")
        return ok("Backup", "none yet; the running board makes one")
    age = now - newest.made_at
    text = f"the last one is {age.total_seconds() / 3600:,.0f} hours old"
    if settings.backup_every_h and age > 2 * timedelta(hours=settings.backup_every_h):
        return warn("Backup", f"{text}, and one is due every {settings.backup_every_h:g}", advice)
    return ok("Backup", text)
