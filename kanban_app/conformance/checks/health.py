"""`GET /health` (reference section 5.1)."""

import asyncio
import time
from http import HTTPStatus
from typing import Final

from kanban_app.conformance.context import Context
from kanban_app.conformance.line import Json, Line, names_in, of_type
from kanban_app.conformance.peer import object_in
from kanban_app.conformance.registry import check
from kanban_app.conformance.verdicts import Notes, Verdict, breach, shown

FROZEN_S: Final = 1.0
"""A loop that answers no ping for so long serves nobody."""

_PAUSE_S: Final = 0.02
_FIELDS: Final = (
    "service",
    "active_connections",
    "total_workflows_triggered",
    "uptime_seconds",
    "health_check",
    "error",
)


@check("health", "R20", "R21", "Q6", "Q32")
async def health(context: Context) -> Verdict:
    """200 also when the service is unhealthy, the documented fields, and no standstill meanwhile."""
    await context.peer.ask_http("GET", "/conformance")  # the first call of the library takes longer than any answer
    async with context.peer.line() as line, asyncio.TaskGroup() as group:
        watch = group.create_task(longest_silence(context, line))
        answer, took = await context.peer.ask_http("GET", "/health")
        watch.cancel()
        worst = await watch
    if answer is None:
        return breach("no answer over HTTP")
    notes = Notes()
    notes.breach_unless(holds=answer.status_code == HTTPStatus.OK, text=f"HTTP {answer.status_code}")
    body = object_in(answer.content)
    if body is None:
        return breach(f"HTTP {answer.status_code}, no JSON object")
    _judge(notes, body, context)
    notes.deviation_unless(holds=worst < FROZEN_S, text=f"no ping was answered for {worst:.1f} s meanwhile")
    return notes.verdict(f"{shown(body.get('status'))} in {took:.1f} ms, longest ping meanwhile {worst * 1000:.1f} ms")


def _judge(notes: Notes, body: Json, context: Context) -> None:
    status = body.get("status")
    notes.breach_unless(holds=status in {"healthy", "unhealthy"}, text=f"status {shown(status)}")
    missing = [name for name in _FIELDS if name not in body]
    notes.deviation_unless(holds=not missing, text=f"without {', '.join(missing)}")
    named = names_in(body.get("extensions"))
    agree = named == context.extensions or not context.answers_pings
    notes.breach_unless(holds=agree, text=f"names the extensions {shown(sorted(named))}, the pong others")


async def longest_silence(context: Context, line: Line) -> float:
    """Ping until cancelled; the longest time that one took, an unanswered one included."""
    worst = 0.0
    began = time.monotonic()
    try:
        while context.answers_pings:
            began = time.monotonic()
            mark = len(line.seen)
            await line.send({"type": "ping", "timestamp": 1})
            seen = await line.until(of_type("pong"), context.pace.check_s, mark)
            if seen is None:
                break
            worst = max(worst, seen.at - began)
            began = time.monotonic()
            await asyncio.sleep(_PAUSE_S)
    except asyncio.CancelledError:
        return max(worst, time.monotonic() - began)
    return worst
