"""What commands leave in the audit log of the first project."""

import getpass
from collections.abc import Generator
from contextlib import contextmanager

from kanban_app.config import Settings
from kanban_app.domain.audit import NOTHING, Action, Actor, Target, Way
from kanban_app.services.acting import acting, done
from kanban_app.serving.console import say
from kanban_app.store.audit_beside import append_beside
from kanban_app.store.failures import StoreUnavailable


@contextmanager
def on_the_command_line() -> Generator[None]:
    """What is done in the block is done by whoever is logged in to this machine."""
    with acting(Actor(_user(), "local", "", Way.COMMAND_LINE)):
        yield


def record(settings: Settings, action: Action, target: Target = NOTHING, **details: str) -> None:
    """Write down what was done. Where that cannot be, a sentence says so: the deed is done all the same. Blocks."""
    if not settings.database_path.exists():
        return
    with on_the_command_line():
        entry = done(action, target, **details)
    try:
        append_beside(settings.database_path, entry)
    except StoreUnavailable as problem:
        reason = problem.detail or problem.reason
        say(f"This is not in the audit log: the database cannot be written ({reason}).")


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "somebody"
