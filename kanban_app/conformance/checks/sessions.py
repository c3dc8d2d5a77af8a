"""`register_session` (reference section 2.4)."""

import asyncio
from uuid import uuid4

from kanban_app.conformance.context import Context, a_log, new_run_id
from kanban_app.conformance.dialogue import ask, ask_on
from kanban_app.conformance.line import Line, data_of
from kanban_app.conformance.registry import check
from kanban_app.conformance.verdicts import Notes, Verdict, breach, deviates, passed, shown


def _registration(session_id: object) -> dict[str, object]:
    return {"type": "register_session", "data": {"session_id": session_id, "client_info": {"name": "conformance"}}}


@check("register", "C17", not_in_v0=True)
async def register(context: Context) -> Verdict:
    """A connection may register, and again under another id."""
    notes = Notes()
    async with context.peer.line() as line:
        for session_id in (uuid4().hex, uuid4().hex):
            answer = await ask_on(context, line, _registration(session_id))
            data = data_of(answer.of("session_registered"))
            right = data.get("session_id") == session_id and isinstance(data.get("message"), str)
            notes.breach_unless(holds=right, text=f"{answer.words}, session_id {shown(data.get('session_id'))}")
    return notes.verdict("session_registered with the id")


@check("register-refusals", not_in_v0=True)
async def register_refusals(context: Context) -> Verdict:
    notes = Notes()
    for session_id in (None, "", [1], {"a": 1}):
        answer = await ask(context, _registration(session_id))
        notes.breach_unless(holds=answer.of("error") is not None, text=f"{session_id!r}: {answer.words}")
    return notes.verdict("none, empty, list and object are refused")


@check("shared-session", "Q5", not_in_v0=True)
async def shared_session(context: Context) -> Verdict:
    """Two connections of the same session id both get broadcasts; in V1 one of them starves."""
    session_id, text = uuid4().hex, uuid4().hex
    async with context.peer.line() as one, context.peer.line() as two, context.peer.line() as sender:
        for line in (one, two):
            await ask_on(context, line, _registration(session_id))
        await sender.send(a_log(text, new_run_id()))
        first, second = await asyncio.gather(*(_got(line, text, context.pace.reply_s) for line in (one, two)))
    if first and second:
        return passed("both got the broadcast")
    return deviates("one of two connections starves") if first or second else breach("none of two got the broadcast")


async def _got(line: Line, text: str, seconds: float) -> bool:
    return await line.until(lambda m: data_of(m).get("message") == text, seconds) is not None
