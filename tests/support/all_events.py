"""Every event of every state, found by itself: browsers can call them all, with whatever they like."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

import reflex as rx

from kanban_app.web import states

# Feeds have no arguments and end with their tab; `setvar` is Reflex's own.
LEFT_OUT: Final = frozenset({"setvar", "follow", "follow_trials", "stay"})


def all_states(state: type[rx.State] = rx.State) -> Iterator[type[rx.State]]:
    for module in iter_modules(states.__path__, f"{states.__name__}."):
        import_module(module.name)
    for found in state.__subclasses__():
        if found.__module__.startswith("kanban_app."):
            yield found
        yield from all_states(found)


STATES: Final = sorted(set(all_states()), key=lambda state: state.__name__)
HANDLERS: Final = [(state, name) for state in STATES for name in sorted(state.event_handlers) if name not in LEFT_OUT]
