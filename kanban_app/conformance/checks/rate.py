"""The rate limit (reference section 1, Q1). A refused request uses up a place, so nothing has to be started.

Each check has connections of its own; none waits for the window to pass.
"""

from typing import Final

from kanban_app.conformance.context import Context, a_trigger
from kanban_app.conformance.dialogue import Answer, ask, ask_on
from kanban_app.conformance.line import Json, Line, data_of, of_type
from kanban_app.conformance.registry import check
from kanban_app.conformance.verdicts import Notes, Verdict, breach, deviates, not_offered, passed, shown

_LIMIT: Final = 30
_SENT_BY_BOARDS: Final = 28
"""What our client sends in a minute at most."""
_error: Final = of_type("error")


def _is_limited(message: Json | None) -> bool:
    text = str(data_of(message).get("message", ""))
    return "rate_limit_error" in str(data_of(message)) or "Rate limit exceeded" in text


async def _fill(context: Context, line: Line) -> list[Json]:
    """The answers to one start more than the limit allows."""
    for _ in range(_LIMIT + 1):
        await line.send(a_trigger())
    await line.until(lambda _: len(line.messages(_error)) > _LIMIT, context.pace.reply_s)
    return line.messages(_error)


@check("rate-limit", "R24", "Q1")
async def rate_limit(context: Context) -> Verdict:
    """30 starts in 60 s on one connection; the 31st is refused in words that a client can tell."""
    async with context.peer.line() as line:
        answers = await _fill(context, line)
        closed = line.closed
    if closed is not None:
        return breach(f"the connection was closed with {closed}")
    limited = [index for index, answer in enumerate(answers) if _is_limited(answer)]
    if not limited:
        return _unlimited(context, len(answers))
    if limited[0] < _SENT_BY_BOARDS:
        return breach(f"start {limited[0] + 1} was refused: boards send {_SENT_BY_BOARDS} a minute")
    if limited[0] != _LIMIT:
        return deviates(f"start {limited[0] + 1} was the first to be refused")
    data = data_of(answers[_LIMIT])
    if data.get("error_type") == "rate_limit_error" or str(data.get("message")).startswith("Rate limit exceeded"):
        return passed(f"30 pass, the 31st: {shown(data.get('message'))}")
    return deviates(f"the 31st is refused as {shown(data.get('error_type'))}: {shown(data.get('message'))[:60]}")


def _unlimited(context: Context, answers: int) -> Verdict:
    if answers <= _LIMIT:
        return breach(f"{answers} answers to {_LIMIT + 1} starts")
    if context.is_v0:
        return not_offered("V0 has no limit")
    return deviates(f"{_LIMIT + 1} starts in a row were not limited: none, or refused ones do not count")


@check("rate-scope", "R24")
async def rate_scope(context: Context) -> Verdict:
    """At the limit other messages pass, and a new connection has a budget of its own."""
    async with context.peer.line() as line:
        await _fill(context, line)
        ticket = {"type": "ticket_notification", "data": {"id": 1, "title": "A conformance check"}}
        told: Answer = await ask_on(context, line, ticket)
        fresh = await ask(context, a_trigger())
    notes = Notes()
    passes = told.of("ticket_notification_response") is not None
    notes.breach_unless(holds=passes, text=f"at the limit a ticket gets {told.words}")
    held = _is_limited(fresh.of("error"))
    notes.deviation_unless(holds=not held, text="another connection is limited, too")
    return notes.verdict("tickets and pings pass; another connection has a budget of its own")
