"""Reflex states without a browser: events go through the real processor, deltas and errors are collected."""

import asyncio
import dataclasses
import json
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar

import reflex as rx
from reflex.istate.manager.memory import StateManagerMemory
from reflex.utils import format as wire
from reflex_base.event import Event
from reflex_base.event.processor import BaseStateEventProcessor

S = TypeVar("S", bound=rx.State)
MARK = "_rx_state_"


class Tab:
    """One browser tab. `sent` holds the vars of every delta, newest last, without Reflex's name marks."""

    def __init__(self, token: str = "tab") -> None:
        self.token = token
        self.errors: list[Exception] = []
        self.sent: list[dict[str, Any]] = []
        self._states = StateManagerMemory()
        self._processor = BaseStateEventProcessor(backend_exception_handler=self._failed)
        self._processor.configure(state_manager=self._states)
        # Reflex has no public way to listen to what a processor emits.
        context = self._processor._root_context  # pyright: ignore[reportPrivateUsage]
        assert context is not None
        self._processor._root_context = dataclasses.replace(  # pyright: ignore[reportPrivateUsage]
            context, emit_delta_impl=self._delta, emit_event_impl=self._event
        )

    def _failed(self, exception: Exception) -> None:
        self.errors.append(exception)

    async def _delta(self, _token: str, delta: Any) -> None:
        states = json.loads(wire.json_dumps(delta))
        self.sent.append({name.removesuffix(MARK): value for state in states.values() for name, value in state.items()})

    async def _event(self, _token: str, *_events: Any) -> None:
        return

    async def __aenter__(self) -> Self:
        await self._processor.start()
        # A tab that has been routed: for one that has not, Reflex hydrates first and wants a whole app for it.
        root = await self._states.get_state(rx.BaseStateToken(ident=self.token, cls=rx.State))
        root.router_data = {"pathname": "/"}
        root._clean()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._processor.stop()

    async def start(self, spec: Any, query: str = "") -> Callable[[], Any]:
        """Send an event and do not wait for its end; the result cancels it."""
        (event,) = Event.from_event_type(spec)
        sent = dataclasses.replace(event, router_data={"pathname": "/", "asPath": f"/{query}", "query": {}})
        return (await self._processor.enqueue(self.token, sent)).cancel

    async def send_from(self, spec: Any, query: str) -> None:
        """Send an event as from a page with that query, and wait for its end."""
        for event in Event.from_event_type(spec):
            sent = dataclasses.replace(event, router_data={"pathname": "/", "asPath": f"/{query}", "query": {}})
            await (await self._processor.enqueue(self.token, sent)).wait_all()

    async def load(self, spec: Any, page: str) -> None:
        """Send an event as from the page load `page`, which has a socket of its own, and wait for its end."""
        for event in Event.from_event_type(spec):
            sent = dataclasses.replace(event, router_data={"pathname": "/", "query": {}, "sid": page})
            await (await self._processor.enqueue(self.token, sent)).wait_all()

    async def send(self, spec: Any) -> list[dict[str, Any]]:
        """Send an event, wait for its end and return the deltas that it led to."""
        self.sent.clear()
        for event in Event.from_event_type(spec):
            future = await self._processor.enqueue(self.token, event)
            await future.wait_all()
        return list(self.sent)

    async def until(self, name: str, matches: Callable[[Any], bool]) -> dict[str, Any]:
        """The first delta, of those kept or to come, in which the var `name` matches."""
        async with asyncio.timeout(2):
            while True:
                for delta in self.sent:
                    if name in delta and matches(delta[name]):
                        return delta
                await asyncio.sleep(0.005)

    def forget(self) -> None:
        """As the framework does with a tab of which it has not heard for long."""
        self._states.states.clear()

    async def state(self, cls: type[S]) -> S:
        root = await self._states.get_state(rx.BaseStateToken(ident=self.token, cls=cls))
        return await root.get_state(cls)
