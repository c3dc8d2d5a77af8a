"""`workflow_log`, which comes back as a broadcast (reference section 2.5), and who gets broadcasts."""

from contextlib import AsyncExitStack
from typing import Final
from uuid import uuid4

from kanban_app.conformance.context import LOG_FIELDS, Context, a_log, new_run_id
from kanban_app.conformance.dialogue import ask, terminal
from kanban_app.conformance.line import Json, Line, data_of
from kanban_app.conformance.registry import check
from kanban_app.conformance.verdicts import Notes, Verdict, breach, shown

_LINES: Final = 50
_CONNECTIONS: Final = 5


async def _logs(context: Context, line: Line, adw_id: str, end: str) -> list[Json]:
    """The logs of the run on this line up to the one with the text `end`, without it."""
    await line.until(lambda m: data_of(m).get("message") == end, context.pace.reply_s)
    logs = line.messages(lambda m: m.get("type") == "workflow_log" and data_of(m).get("adw_id") == adw_id)
    return [log for log in logs if data_of(log)["message"] != end]


@check("log-broadcast", "C19", "C28", not_in_v0=True)
async def log_broadcast(context: Context) -> Verdict:
    """Another connection gets the line as it was sent, once; the sender gets no answer."""
    adw_id, end = new_run_id(), uuid4().hex
    sent = a_log("a line", adw_id, conformance={"kept": [1, None]})
    async with context.peer.line() as sender, context.peer.line() as other:
        await sender.send(sent)
        await sender.send(a_log(end, adw_id))
        got = await _logs(context, other, adw_id, end)
        answers = sender.messages(terminal)
    if not got:
        return breach(f"another connection got nothing; the sender got {[m.get('type') for m in answers] or 'nothing'}")
    notes = Notes()
    notes.breach_unless(holds=len(got) == 1, text=f"came {len(got)} times")
    notes.breach_unless(holds=data_of(got[0]) == sent["data"], text=f"changed to {shown(data_of(got[0]))}")
    notes.deviation_unless(holds=not answers, text=f"the sender is answered: {[m.get('type') for m in answers]}")
    return notes.verdict("verbatim with unknown keys, once, without an answer")


@check("log-missing", not_in_v0=True)
async def log_missing(context: Context) -> Verdict:
    """Each of the five keys must be there."""
    notes = Notes()
    for name in LOG_FIELDS:
        message = a_log("a line", new_run_id())
        del message["data"][name]
        answer = await ask(context, message)
        text = str(data_of(answer.of("error")).get("message", ""))
        notes.breach_unless(holds=name in text, text=f"without {name}: {answer.words}")
    return notes.verdict("refused with the names of the missing keys")


@check("log-order", "C17", "C22", not_in_v0=True)
async def log_order(context: Context) -> Verdict:
    """50 lines, some of the same text, reach another connection in order, each once."""
    adw_id, end = new_run_id(), uuid4().hex
    texts = [f"line {number // 2}" for number in range(_LINES)]
    async with context.peer.line() as sender, context.peer.line() as other:
        for text in (*texts, end):
            await sender.send(a_log(text, adw_id))
        got = [data_of(log)["message"] for log in await _logs(context, other, adw_id, end)]
    if got == texts:
        return Notes().verdict(f"{len(texts)} of {len(texts)} in order")
    same = sorted(got) == sorted(texts)
    return breach("out of order" if same else f"{len(got)} lines of {len(texts)}")


@check("every-connection", "Q21", "C17", not_in_v0=True)
async def every_connection(context: Context) -> Verdict:
    """Five connections, one of which has just gone: each gets every broadcast once."""
    adw_id, end = new_run_id(), uuid4().hex
    async with AsyncExitStack() as stack:
        lines = [await stack.enter_async_context(context.peer.line()) for _ in range(_CONNECTIONS)]
        async with context.peer.line() as gone:
            gone.socket.transport.abort()
        for text in ("a line", end):
            await lines[0].send(a_log(text, adw_id))
        counts = [len(await _logs(context, line, adw_id, end)) for line in lines[1:]]
    if counts == [1] * len(counts):
        return Notes().verdict(f"{_CONNECTIONS} connections, each once")
    return breach(f"{_CONNECTIONS - 1} listeners got it {', '.join(map(str, counts))} times")
