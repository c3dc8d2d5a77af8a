"""Frames (reference section 1, Q28)."""

import json
from typing import Final

from kanban_app.conformance.context import Context
from kanban_app.conformance.dialogue import ask_on, terminal
from kanban_app.conformance.line import ABNORMAL
from kanban_app.conformance.registry import check
from kanban_app.conformance.verdicts import Verdict, breach, deviates, passed

_MIB: Final = 1024 * 1024
_ALLOWED: Final = 8 * _MIB
"""Bytes of the largest frame that our client sends."""
_LIMIT: Final = 16 * _MIB
_UNSUPPORTED: Final = 1003
_TOO_LARGE: Final = 1009


@check("binary-frame", "Q28")
async def binary_frame(context: Context) -> Verdict:
    """Only text is understood. Silence would be the worst: the request would never get an answer."""
    async with context.peer.line() as line:
        await line.send(json.dumps({"type": "conformance"}).encode())
        answered = await line.until(terminal, context.pace.reply_s) is not None
        code = line.closed
    if code == _UNSUPPORTED:
        return passed("closed with 1003")
    if code is not None:
        how = "without a close frame" if code == ABNORMAL else f"with {code}"
        return deviates(f"closed {how}")
    return deviates("taken as text") if answered else breach("swallowed without an answer")


@check("large-frame", "R48", "Q28")
async def large_frame(context: Context) -> Verdict:
    """8 MiB are within the limit of every vintage."""
    ticket = {"id": "1", "title": "A conformance check", "description": "x" * (_ALLOWED - 200)}
    async with context.peer.line() as line:
        answer = await ask_on(context, line, {"type": "ticket_notification", "data": ticket})
    if answer.of("ticket_notification_response") is None:
        return breach(f"8 MiB: {answer.words}")
    return passed(f"8 MiB answered in {answer.ms:.0f} ms")


@check("oversized-frame", "R48", "Q28")
async def oversized_frame(context: Context) -> Verdict:
    """More than 16 MiB ends the connection with 1009."""
    async with context.peer.line() as line:
        await line.send('{"type": "conformance", "data": "' + "x" * _LIMIT + '"}')
        await line.until(terminal, context.pace.reply_s)
        code = await line.until_closed(context.pace.quiet_s)
    if code == _TOO_LARGE:
        return passed("closed with 1009")
    return deviates("accepted" if code is None else f"closed with {code}")
