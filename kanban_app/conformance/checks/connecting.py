"""The handshake (reference section 1)."""

import asyncio
import time
from typing import Final

from kanban_app.conformance.context import Context
from kanban_app.conformance.dialogue import terminal
from kanban_app.conformance.peer import NotReached
from kanban_app.conformance.registry import check
from kanban_app.conformance.verdicts import Verdict, breach, deviates, passed

_GOOD_S: Final = 2.0
_WRONG: Final = "/ws/conformance-wrong-path"


@check("connect", "R14")
async def connect(context: Context) -> Verdict:
    """A connection stands within 2 s, and the service says nothing by itself."""
    began = time.monotonic()
    async with context.peer.line() as line:
        took = time.monotonic() - began
        greeting = await line.until(terminal, context.pace.quiet_s / 4)
    if greeting is not None:
        return deviates(f"sent {greeting.message.get('type')} before anybody asked")
    return passed(f"connected in {took * 1000:.1f} ms") if took <= _GOOD_S else deviates(f"took {took:.1f} s")


@check("wrong-path")
async def wrong_path(context: Context) -> Verdict:
    """Another path is refused in the handshake: a client with a wrong address must not believe that it is connected."""
    try:
        async with context.peer.line(_WRONG):
            return breach(f"{_WRONG} was accepted")
    except NotReached as refused:
        if refused.status is None:
            return deviates("refused without an HTTP answer")
        return passed(f"refused with HTTP {refused.status}")


@check("subprotocol")
async def subprotocol(context: Context) -> Verdict:
    """An offered subprotocol is ignored."""
    try:
        async with context.peer.line(subprotocol="conformance.v1") as line:
            chosen = line.socket.subprotocol
    except NotReached as refused:
        return breach(f"an offered subprotocol is refused (HTTP {refused.status})")
    return passed("an offered one is ignored") if chosen is None else deviates(f"chose {chosen}")


@check("frame-ping")
async def frame_ping(context: Context) -> Verdict:
    """Pings of the WebSocket protocol itself are answered."""
    async with context.peer.line() as line:
        try:
            async with asyncio.timeout(context.pace.reply_s):
                seconds = await (await line.socket.ping())
        except TimeoutError:
            return breach("an RFC 6455 ping was not answered")
    return passed(f"answered in {seconds * 1000:.1f} ms")
