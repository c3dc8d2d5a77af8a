"""Starts of workflows on any service (reference section 4.1)."""

from http import HTTPStatus
from typing import Final

from kanban_app.conformance.context import Context
from kanban_app.conformance.dialogue import terminal
from kanban_app.conformance.line import data_of
from kanban_app.conformance.peer import object_in
from kanban_app.conformance.registry import check
from kanban_app.conformance.starting import Start, is_about, start, tidy
from kanban_app.conformance.verdicts import Notes, Verdict, breach, deviates, passed, shown

_SLOW_MS: Final = 10_000.0
_ORDER: Final = ["status_update started", "status_update in_progress", "trigger_response accepted"]


@check("start", "R19", "Q2", full=True)
async def happy_path(context: Context) -> Verdict:
    """`started`, `in_progress`, then the answer, all to the requester and about the run that it named."""
    async with context.peer.line() as line:
        begun = await start(context, line)
        await line.until(lambda m: terminal(m) and m is not begun.reply, context.pace.quiet_s / 2)
        answers = len(line.messages(terminal))
        await tidy(context, line, begun.adw_id)
    if begun.reply is None:
        return breach(f"no answer within {begun.ms / 1000:.0f} s")
    notes = Notes()
    order = [f"{m.get('type')} {data_of(m).get('status', '')}".strip() for m in begun.messages]
    notes.breach_unless(holds=order == _ORDER, text=f"came {', '.join(order)}")
    notes.breach_unless(holds=answers == 1, text=f"{answers} answers")
    notes.deviation_unless(holds=begun.ms <= _SLOW_MS, text=f"answered after {begun.ms / 1000:.1f} s")
    return notes.verdict(f"{' → '.join(order)} in {begun.ms:.0f} ms")


@check("start-names", "C28", full=True)
async def start_names(context: Context) -> Verdict:
    """The run's id and the workflow's name come back as they were sent, with the fields that boards read."""
    async with context.peer.line() as line:
        begun = await start(context, line)
        await tidy(context, line, begun.adw_id)
    if begun.reply is None:
        return breach("no answer")
    notes = Notes()
    for message in begun.messages:
        data = data_of(message)
        if message.get("type") == "error":
            continue
        right = data.get("adw_id") == begun.adw_id and data.get("workflow_name") == begun.workflow
        text = f"{message.get('type')} names {shown(data.get('adw_id'))}, {shown(data.get('workflow_name'))}"
        notes.breach_unless(holds=right, text=text)
    fields = {"status", "adw_id", "workflow_name", "message", "logs_path", "error"} - set(data_of(begun.reply))
    notes.deviation_unless(holds=not fields, text=f"trigger_response without {', '.join(sorted(fields))}")
    return notes.verdict("adw_id and workflow_name in every reply")


@check("run-known", "R50", "Q18", "Q19", not_in_v0=True, full=True)
async def run_known(context: Context) -> Verdict:
    """A run that was accepted is there over HTTP: by that a client settles an uncertain start."""
    async with context.peer.line() as line:
        begun = await start(context, line)
        answer, took = await context.peer.ask_http("GET", f"/api/adws/{begun.adw_id}")
        await tidy(context, line, begun.adw_id)
    body = object_in(answer.content) if answer is not None else None
    if answer is None or body is None or answer.status_code != HTTPStatus.OK:
        return breach(f"HTTP {answer.status_code if answer is not None else 'nothing'} after {begun.status}")
    notes = Notes()
    notes.breach_unless(holds=body.get("adw_id") == begun.adw_id, text=f"names {shown(body.get('adw_id'))}")
    status = body.get("status") or body.get("workflow_status")
    notes.breach_unless(holds=isinstance(status, str), text="no status")
    return notes.verdict(f"status {shown(status)}, {took:.0f} ms")


@check("stages-missing", "Q14", not_in_v0=True, full=True)
async def stages_missing(context: Context) -> Verdict:
    """The orchestrator without stages dies at once; V1 says "accepted" all the same."""
    async with context.peer.line() as line:
        begun = await start(context, line, stages=())
    if begun.reply is None:
        return breach("no answer")
    if begun.status == "accepted":
        return deviates("accepted, though nothing can run")
    return passed(f"refused ({begun.status})")


@check("start-elsewhere", "Q2", full=True)
async def start_elsewhere(context: Context) -> Verdict:
    """Replies to a start go to nobody but the requester."""
    async with context.peer.line() as line, context.peer.line() as other:
        begun: Start = await start(context, line)
        barrier = context.barrier()
        await barrier.send_on(other)
        await other.until(barrier.wanted, context.pace.reply_s)
        strays = other.messages(lambda m: m.get("type") == "trigger_response" and is_about(m, begun.adw_id))
        await tidy(context, line, begun.adw_id)
    return breach("another connection got the answer, too") if strays else passed("only the requester was answered")
