"""Application pings (reference section 2.2, Q27)."""

import time
from typing import Any, Final

from kanban_app.conformance.context import Context
from kanban_app.conformance.line import Json, Line, of_type
from kanban_app.conformance.registry import check
from kanban_app.conformance.verdicts import Notes, Verdict, breach, deviates, not_offered, passed, shown
from kanban_app.tac7.codec import parse_time

_ROUNDS: Final = 20
_GOOD_MS: Final = 100.0
_pong: Final = of_type("pong")


async def _ping(context: Context, line: Line, **more: object) -> Json | None:
    mark = len(line.seen)
    await line.send({"type": "ping", **more})
    seen = await line.until(_pong, context.pace.reply_s, mark)
    return None if seen is None else seen.message


@check("pong", "Q27", "R13")
async def pong(context: Context) -> Verdict:
    """A ping is answered, with the service's time at the top level."""
    async with context.peer.line() as line:
        reply = await _ping(context, line)
    if reply is None:
        return breach("a ping was not answered")
    notes = Notes()
    notes.breach_unless(holds="timestamp" in reply, text="a pong without timestamp")
    readable = "timestamp" not in reply or parse_time(reply["timestamp"]) is not None
    notes.breach_unless(holds=readable, text=f"no time: {shown(reply.get('timestamp'))}")
    notes.deviation_unless(holds="data" not in reply, text="a pong with data")
    return notes.verdict(f"fields {', '.join(sorted(reply))}")


@check("round-trip", "R17")
async def round_trip(context: Context) -> Verdict:
    """20 pings, one after the other: below 100 ms on average."""
    if not context.answers_pings:
        return not_offered("no pings are answered")
    times: list[float] = []
    async with context.peer.line() as line:
        for number in range(_ROUNDS):
            mark = len(line.seen)
            began = time.monotonic()
            await line.send({"type": "ping", "timestamp": number + 1})
            seen = await line.until(_pong, context.pace.reply_s, mark)
            if seen is None:
                return breach(f"ping {number + 1} of {_ROUNDS} was not answered")
            times.append((seen.at - began) * 1000)
    mean = sum(times) / len(times)
    text = f"mean {mean:.1f} ms, longest {max(times):.1f} ms of {_ROUNDS}"
    return passed(text) if mean < _GOOD_MS else deviates(text)


@check("pong-echo", "Q27", not_in_v0=True)
async def pong_echo(context: Context) -> Verdict:
    """`client_timestamp` is the ping's timestamp, of the same JSON type."""
    if not context.answers_pings:
        return not_offered("no pings are answered")
    given: tuple[Any, ...] = (1735689600000, 17.25, "2026-01-02T03:04:05Z", {"at": [1]})
    notes = Notes()
    async with context.peer.line() as line:
        for stamp in given:
            reply = await _ping(context, line, timestamp=stamp) or {}
            back = reply.get("client_timestamp")
            same = back == stamp and type(back) is type(stamp)
            notes.breach_unless(holds=same, text=f"{stamp!r} came back as {shown(back)}")
    return notes.verdict("numbers, text and objects come back as they were")


@check("connection-id", "Q29", not_in_v0=True)
async def connection_id(context: Context) -> Verdict:
    """By it a client tells V1 from V0; it names the connection."""
    if not context.answers_pings:
        return not_offered("no pings are answered")
    async with context.peer.line() as one, context.peer.line() as two:
        replies = [await _ping(context, line) or {} for line in (one, one, two)]
    first, again, other = (reply.get("connection_id") for reply in replies)
    if not isinstance(first, str) or not first:
        return breach("a pong without connection_id: clients take the service for V0")
    notes = Notes()
    notes.breach_unless(holds=first == again, text="changes within a connection")
    notes.breach_unless(holds=first != other, text="is the same for two connections")
    return notes.verdict(shown(first))
