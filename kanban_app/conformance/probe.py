"""The first look: which vintage it is, and by what one can tell that it has answered everything."""

from uuid import uuid4

from kanban_app.conformance.context import Context, Pace, ping_barrier, unknown_type_barrier
from kanban_app.conformance.line import Line, names_in, of_type
from kanban_app.conformance.peer import Peer
from kanban_app.domain.workflows import Vintage


async def look(peer: Peer, pace: Pace, *, full: bool) -> Context | None:
    """None when nothing at all is answered. Raises NotReached."""
    async with peer.line() as line:
        ping = ping_barrier()
        await ping.send_on(line)
        pong = await line.until(of_type("pong"), pace.reply_s)
        if pong is None and not await _answers_unknown_types(line, pace):
            return None
        message = pong.message if pong is not None else {}
        extensions = names_in(message.get("extensions"))
        vintage = await _vintage(line, pace, extensions, has_id="connection_id" in message)
    return Context(peer, pace, vintage, extensions, answers_pings=pong is not None, full=full)


async def _answers_unknown_types(line: Line, pace: Pace) -> bool:
    barrier = unknown_type_barrier()
    await barrier.send_on(line)
    return await line.until(barrier.wanted, pace.reply_s) is not None


async def _vintage(line: Line, pace: Pace, extensions: frozenset[str], *, has_id: bool) -> Vintage:
    if extensions:
        return Vintage.OURS
    if has_id:
        return Vintage.V1
    return Vintage.V1 if await _registers(line, pace) else Vintage.V0


async def _registers(line: Line, pace: Pace) -> bool:
    """V0 does not know the message; the session id is nobody else's, so nobody starves (Q5)."""
    mark = len(line.seen)
    await line.send({"type": "register_session", "data": {"session_id": uuid4().hex}})
    seen = await line.until(of_type("session_registered", "error"), pace.reply_s, mark)
    return seen is not None and seen.message.get("type") == "session_registered"
