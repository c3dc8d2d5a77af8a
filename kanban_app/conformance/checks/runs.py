"""Runs of a service with our extensions: what they promise is kept (ADR 2)."""

import asyncio
import time
from typing import Final
from uuid import uuid4

from kanban_app.conformance.checks.numbering import gap_in, numbers_of, register
from kanban_app.conformance.context import Context, new_run_id
from kanban_app.conformance.line import Json, Line, data_of, of_type
from kanban_app.conformance.peer import object_in
from kanban_app.conformance.registry import check
from kanban_app.conformance.starting import is_about, is_final, is_personal, request_for, start, tidy
from kanban_app.conformance.verdicts import Notes, Verdict, breach, passed, shown

_answer: Final = of_type("trigger_response", "error")
_POLL_S: Final = 0.1
_LONG: Final = ("plan", "build", "test", "review", "document")


async def _two_at_once(context: Context, line: Line, first: Json, second: Json) -> list[Json]:
    """The answers to two requests that are sent back to back, and what comes too much."""
    for request in (first, second):
        await line.send(request)
    seen = await line.until(_answer, context.pace.start_s)
    if seen is not None:
        await line.until(lambda _: len(line.messages(_answer)) > 1, context.pace.start_s)
        await line.until(lambda _: len(line.messages(_answer)) > 2, context.pace.quiet_s / 2)  # noqa: PLR2004
    return line.messages(_answer)


def _status(message: Json | None) -> str:
    found = data_of(message).get("status")
    return str(found) if found else str((message or {}).get("type", "no answer"))


@check("request-id", "R23", needs="request_id", full=True)
async def request_id(context: Context) -> Verdict:
    """Every reply to a start, and every broadcast of it, carries the request's id at its top level."""
    request = uuid4().hex
    async with context.peer.line() as line:
        begun = await start(context, line, request_id=request)
        ended = await line.until(lambda m: is_final(m, begun.adw_id), context.pace.run_s)
        about = line.messages(lambda m: is_personal(m, begun.adw_id) or is_about(m, begun.adw_id))
    bare = sorted({str(m.get("type")) for m in about if m.get("request_id") != request})
    if begun.status != "accepted":
        return breach(f"the start was not accepted ({begun.status})")
    notes = Notes()
    notes.breach_unless(holds=not bare, text=f"without it: {', '.join(bare)}")
    notes.breach_unless(holds=ended is not None, text="the run did not end")
    return notes.verdict(f"in all {len(about)} messages about the run")


@check("request-repeated", "R23", "C16", needs="request_id", full=True)
async def request_repeated(context: Context) -> Verdict:
    """The same request twice, and again on another connection: the first answer each time, and one start."""
    adw_id, request = new_run_id(), uuid4().hex
    message = request_for(context, adw_id, request_id=request)
    async with context.peer.line() as line, context.peer.line() as other:
        answers = await _two_at_once(context, line, message, message)
        again = await start(context, other, adw_id=adw_id, request_id=request)
        both = (*line.seen, *other.seen)
        starts = [s for s in both if is_personal(s.message, adw_id) and _status(s.message) == "started"]
        await tidy(context, line, adw_id)
    told = [data_of(answer) for answer in answers] + [data_of(again.reply)]
    notes = Notes()
    notes.breach_unless(holds=len(starts) == 1, text=f"started {len(starts)} times")
    notes.breach_unless(holds=len(answers) == 2, text=f"{len(answers)} answers to 2 requests")  # noqa: PLR2004
    same = all(data == told[0] for data in told) and told[0].get("status") == "accepted"
    notes.breach_unless(holds=same, text=f"answers {', '.join(str(data.get('status')) for data in told)}")
    return notes.verdict("3 requests, 1 start, the same answer 3 times")


@check("run-active", "Q23", needs="request_id", full=True)
async def run_active(context: Context) -> Verdict:
    """A second start of a run that is active is `ignored`. V1 would start a second process, so it is not asked."""
    adw_id = new_run_id()
    requests = [request_for(context, adw_id, _LONG, request_id=uuid4().hex) for _ in range(2)]
    async with context.peer.line() as line:
        answers = await _two_at_once(context, line, *requests)
        await tidy(context, line, adw_id)
    statuses = [_status(answer) for answer in answers]
    if statuses == ["accepted", "ignored"]:
        return passed("the second start is ignored")
    return breach(f"answers {', '.join(statuses) or 'none'}")


@check("cancel-run", "F6", needs="cancel", full=True)
async def cancel_run(context: Context) -> Verdict:
    """A run that is cancelled ends, everybody hears of it, and there is nothing to cancel afterwards."""
    async with context.peer.line() as line, context.peer.line() as other:
        begun = await start(context, line, _LONG)
        cancel = {"type": "cancel_workflow", "data": {"adw_id": begun.adw_id, "request_id": "conformance"}}
        told = await _cancel(context, line, cancel)
        ends = [await each.until(lambda m: is_final(m, begun.adw_id), context.pace.run_s) for each in (line, other)]
        again = await _cancel(context, line, cancel)
    notes = Notes()
    notes.breach_unless(holds=_status(told) == "accepted", text=f"cancel_response: {_status(told)}")
    if not all(ends):
        notes.breach("no final status_update after the cancellation")
    else:
        how = _status(ends[0].message if ends[0] else None)
        notes.breach_unless(holds=how in {"cancelled", "failed"}, text=f"ended as {how}")
    notes.breach_unless(holds=_status(again) == "ignored", text=f"afterwards: {_status(again)}")
    return notes.verdict("accepted, ended as cancelled for everybody, then ignored")


async def _cancel(context: Context, line: Line, cancel: Json) -> Json | None:
    mark = len(line.seen)
    await line.send(cancel)
    seen = await line.until(of_type("cancel_response", "error"), context.pace.start_s, mark)
    return None if seen is None else seen.message


@check("run-to-its-end", "R60", needs="cancel", full=True)
async def run_to_its_end(context: Context) -> Verdict:
    """A run of two stages ends as completed, and the service knows it afterwards."""
    async with context.peer.line() as line:
        begun = await start(context, line, ("plan", "build"))
        ended = await line.until(lambda m: is_final(m, begun.adw_id), context.pace.run_s)
        moves = line.messages(lambda m: m.get("type") == "stage_transition" and is_about(m, begun.adw_id))
        logs = line.messages(lambda m: m.get("type") == "workflow_log" and is_about(m, begun.adw_id))
    if ended is None:
        return breach("the end of the run was never told")
    known = await _status_over_http(context, begun.adw_id, "completed")
    notes = Notes()
    how = _status(ended.message)
    notes.breach_unless(
        holds=how == "completed", text=f"ended as {how}: {shown(data_of(ended.message).get('message'))}"
    )
    notes.breach_unless(holds=known == "completed", text=f"HTTP says {shown(known)} afterwards")
    path = [str(data_of(move).get("to_stage")) for move in moves]
    return notes.verdict(f"{' → '.join(path)}, {len(logs)} log lines, completed")


async def _status_over_http(context: Context, adw_id: str, expected: str) -> str:
    """The last status that the service names before it is the expected one, or before patience ends."""
    known = ""
    deadline = time.monotonic() + context.pace.reply_s
    while known != expected and time.monotonic() < deadline:
        answer, _ = await context.peer.ask_http("GET", f"/api/adws/{adw_id}")
        body = (object_in(answer.content) if answer is not None else None) or {}
        known = str(body.get("status") or body.get("workflow_status"))
        await asyncio.sleep(_POLL_S if known != expected else 0)
    return known


@check("run-resumed", "Q8", "R15", "R23", needs="since", full=True)
async def run_resumed(context: Context) -> Verdict:
    """A connection cut in the middle of a run: the next one hears the rest, each message once, as a witness did."""
    async with context.peer.line() as witness:
        async with context.peer.line() as line:
            before = await register(context, line)
            begun = await start(context, line, ("plan", "build"))
            await line.until(lambda m: isinstance(m.get("seq"), int) and is_about(m, begun.adw_id), context.pace.run_s)
            line.socket.transport.abort()
            heard = numbers_of(line)
        since = heard[-1] if heard else before.get("last")
        async with context.peer.line() as back:
            await register(context, back, since=since, journal=before.get("journal"))
            end = await back.until(lambda m: is_final(m, begun.adw_id), context.pace.run_s)
            await witness.until(lambda m: is_final(m, begun.adw_id), context.pace.run_s)
            numbers = heard + numbers_of(back)
            differs = _differences(witness, back)
    notes = Notes()
    gap = gap_in(numbers)
    notes.breach_unless(holds=end is not None, text="the end did not come")
    notes.breach_unless(holds=gap is None, text=f"{gap}")
    notes.breach_unless(holds=not differs, text=f"number {differs[:1]} is another message than before")
    return notes.verdict(f"{len(heard)} before the cut, {len(numbers) - len(heard)} after, no gap, no repeat")


def _differences(one: Line, two: Line) -> list[int]:
    first = {seen.message["seq"]: seen.message for seen in one.seen if "seq" in seen.message}
    second = {seen.message["seq"]: seen.message for seen in two.seen if "seq" in seen.message}
    return [seq for seq in first.keys() & second.keys() if first[seq] != second[seq]]
