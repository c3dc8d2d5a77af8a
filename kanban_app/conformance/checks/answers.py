"""Exactly one terminal per request, in the order of the requests (reference section 4.3)."""

from uuid import uuid4

from kanban_app.conformance.context import Context, a_trigger
from kanban_app.conformance.dialogue import terminal
from kanban_app.conformance.line import Json
from kanban_app.conformance.registry import check
from kanban_app.conformance.verdicts import Verdict, breach, passed


def _burst(context: Context) -> list[tuple[Json | str, str]]:
    """Requests of every kind that start nothing, each with the type of its terminal."""
    title = "A conformance check"
    known: list[tuple[Json | str, str]] = [
        ({"type": "ticket_notification", "data": {"id": 1, "title": title}}, "ticket_notification_response"),
        (a_trigger(workflow_type="adw_plan_iso"), "error"),
        ({"type": "ticket_notification", "data": {"id": None, "title": title}}, "ticket_notification_response"),
        ({"type": "conformance"}, "error"),
        (a_trigger(), "error"),
        ({"type": "ticket_notification", "data": {"id": 2, "title": title}}, "ticket_notification_response"),
        ("{oops", "error"),
    ]
    if context.answers_pings:
        known = [step for pair in known for step in (pair, ({"type": "ping", "timestamp": 1}, "pong"))]
    if not context.is_v0:
        registration: Json = {"type": "register_session", "data": {"session_id": uuid4().hex}}
        known.insert(3, (registration, "session_registered"))
        known.append(({"type": "workflow_log", "data": {"adw_id": "x"}}, "error"))
    if "cancel" in context.extensions:
        known.append(({"type": "cancel_workflow", "data": {"adw_id": "0c0ffee0"}}, "cancel_response"))
    return known


@check("one-answer-each", "R23", "C16")
async def one_answer_each(context: Context) -> Verdict:
    """All at once: a client that counts terminals must come out even."""
    burst = _burst(context)
    expected = [kind for _, kind in burst]
    async with context.peer.line() as line:
        for message, _ in burst:
            await line.send(message)
        count = 0

        def is_last(message: Json) -> bool:
            nonlocal count
            count += terminal(message)
            return count == len(expected)

        if await line.until(is_last, context.pace.reply_s) is not None:
            await line.until(terminal, context.pace.quiet_s / 2, len(line.seen))
        got = [str(seen.message["type"]) for seen in line.seen if terminal(seen.message)]
        closed = line.closed
    if closed is not None:
        return breach(f"the connection was closed with {closed}")
    if sorted(got) != sorted(expected):
        return breach(_difference(got, expected))
    return _judge_order(got, expected)


def _judge_order(got: list[str], expected: list[str]) -> Verdict:
    """A cancellation is answered in turn with the broadcasts, so its place says nothing."""
    pairs = zip(_ordered(got), _ordered(expected), strict=True)
    for place, (found, wanted) in enumerate(pairs):
        if found != wanted:
            return breach(f"answer {place + 1} is {found} instead of {wanted}: out of order")
    return passed(f"{len(expected)} requests at once, {len(got)} answers in their order")


def _ordered(kinds: list[str]) -> list[str]:
    return [kind for kind in kinds if kind != "cancel_response"]


def _difference(got: list[str], expected: list[str]) -> str:
    kinds = sorted({*got, *expected})
    counts = [(kind, got.count(kind), expected.count(kind)) for kind in kinds]
    return ", ".join(f"{found} {kind} for {wanted} requests" for kind, found, wanted in counts if found != wanted)
