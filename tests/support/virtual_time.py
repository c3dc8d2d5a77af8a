"""Time that passes only when a test lets it: hours of waiting in milliseconds, the same at every run.

`VirtualLoop` is an event loop whose clock jumps to the next timer as soon as nothing else is to be done. `told_by`
lets the product read the time of day and the monotonic clock from it. What goes to a thread is done on the loop;
sockets have no place here.
"""

import asyncio
import inspect
import selectors
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from types import ModuleType, SimpleNamespace
from typing import Any, Final
from unittest.mock import patch

START: Final = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
STEP_S: Final = 1e-7
"""What each turn of the loop takes: as in life, no timer finds the clock where it has left it."""
THREAD_S: Final = 0.001
"""What work in a thread takes: a real one would be done when the machine likes, at another virtual time at each run."""


class StandStill(Exception):
    """Nothing is to be done and no timer runs: whoever waits would wait for ever."""


class _Jumping(selectors.BaseSelector):
    """Looks, and instead of waiting lets the loop's clock jump."""

    def __init__(self) -> None:
        self.now = 0.0
        self._inner = selectors.DefaultSelector()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = self._inner.select(0)
        if timeout is None and not ready:
            raise StandStill
        self.now += STEP_S if ready else max(STEP_S, timeout or 0.0)
        return ready

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._inner.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._inner.unregister(fileobj)

    def get_map(self) -> Any:
        return self._inner.get_map()

    def close(self) -> None:
        self._inner.close()


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.virtual = _Jumping()
        super().__init__(self.virtual)

    def time(self) -> float:
        return self.virtual.now

    def wall(self) -> datetime:
        return START + timedelta(seconds=self.virtual.now)

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        async def work() -> Any:
            await asyncio.sleep(THREAD_S)
            return func(*args)

        return self.create_task(work())


class _LikeDatetime(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, datetime)


@contextmanager
def told_by(loop: VirtualLoop) -> Iterator[None]:
    """Every module of the product reads this loop's clock: `datetime.now`, `time.monotonic`, `time.time`."""

    class Told(datetime, metaclass=_LikeDatetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return loop.wall().astimezone(tz)

    class Clock(SimpleNamespace):
        def __getattr__(self, name: str) -> Any:
            return getattr(time, name)

    clock = Clock(monotonic=loop.time, time=lambda: loop.wall().timestamp())
    patches: list[Any] = []
    for module, name in _readers():
        patches.append(patch.object(module, name, Told if name == "datetime" else clock))
    for function in _with_default_clock():
        defaults = tuple(loop.time if value is time.monotonic else value for value in function.__defaults__)
        patches.append(patch.object(function, "__defaults__", defaults))
    for one in patches:
        one.start()
    try:
        yield
    finally:
        for one in patches:
            one.stop()


def client_modules() -> list[ModuleType]:
    """Those that hold the connection."""
    return [module for module in _modules() if module.__name__.startswith("kanban_app.client.")]


def _modules() -> list[ModuleType]:
    return [module for name, module in sorted(sys.modules.items()) if name.startswith("kanban_app.")]


@cache
def _readers() -> list[tuple[ModuleType, str]]:
    """Where the product reads a clock. The modules must have been imported before the first use."""
    found = [(module, "datetime") for module in _modules() if getattr(module, "datetime", None) is datetime]
    return found + [(module, "time") for module in _modules() if getattr(module, "time", None) is time]


@cache
def _with_default_clock() -> list[Any]:
    """Constructors whose default is the monotonic clock itself, which no patch of a module reaches."""
    classes = {value for module in _modules() for value in vars(module).values() if inspect.isclass(value)}
    starters = [vars(one).get("__init__") for one in classes if one.__module__.startswith("kanban_app.")]
    return [one for one in starters if inspect.isfunction(one) and time.monotonic in (one.__defaults__ or ())]
