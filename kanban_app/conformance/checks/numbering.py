"""The extension `since`: broadcasts carry a gapless `seq`, and a registration brings again what was missed (ADR 2)."""

import itertools
from typing import Final
from uuid import uuid4

from kanban_app.conformance.context import Context, a_log, new_run_id
from kanban_app.conformance.dialogue import ask_on
from kanban_app.conformance.line import Json, Line, data_of
from kanban_app.conformance.registry import check
from kanban_app.conformance.verdicts import Notes, Verdict, breach, passed

_LINES: Final = 20


def gap_in(numbers: list[int]) -> str | None:
    """What is wrong with numbers that should follow each other."""
    for before, after in itertools.pairwise(numbers):
        if after != before + 1:
            return f"{after} after {before}"
    return None


def numbers_of(line: Line) -> list[int]:
    """The numbers on a line in the order in which they came, from its last registration on.

    What came before that comes again by it, and clients leave it out.
    """
    kinds = [seen.message.get("type") for seen in line.seen]
    begin = len(kinds) - kinds[::-1].index("session_registered") if "session_registered" in kinds else 0
    return [seen.message["seq"] for seen in line.seen[begin:] if isinstance(seen.message.get("seq"), int)]


async def register(context: Context, line: Line, **more: object) -> Json:
    """The data of the registration's answer; empty when there was none."""
    message = {"type": "register_session", "data": {"session_id": uuid4().hex, **more}}
    return data_of((await ask_on(context, line, message)).of("session_registered"))


async def _say(context: Context, sender: Line, witness: Line, count: int) -> bool:
    """Broadcast so many lines; False when the witness does not get the last one."""
    adw_id, end = new_run_id(), uuid4().hex
    for number in range(count - 1):
        await sender.send(a_log(f"line {number}", adw_id))
    await sender.send(a_log(end, adw_id))
    return await witness.until(lambda m: data_of(m).get("message") == end, context.pace.reply_s) is not None


@check("numbers-gapless", "Q8", needs="since")
async def numbers_gapless(context: Context) -> Verdict:
    """Every broadcast carries the number after the last one, the same for everybody."""
    async with context.peer.line() as sender, context.peer.line() as other:
        for line in (sender, other):
            await register(context, line)
        if not await _say(context, sender, other, _LINES):
            return breach("a broadcast did not come")
        numbers = numbers_of(other)
        bare = len(other.messages(lambda m: m.get("type") == "workflow_log" and "seq" not in m))
        shared = {seen.message["seq"]: seen.message for seen in sender.seen if "seq" in seen.message}
        differs = [m.message["seq"] for m in other.seen if shared.get(m.message.get("seq"), m.message) != m.message]
    notes = Notes()
    notes.breach_unless(holds=not bare, text=f"{bare} broadcasts without a number")
    gap = gap_in(numbers)
    notes.breach_unless(holds=gap is None, text=f"{gap}")
    notes.breach_unless(holds=not differs, text=f"number {differs[:1]} names two messages")
    return notes.verdict(f"{len(numbers)} broadcasts, {numbers[:1]} to {numbers[-1:]}, no gap")


@check("since-replays", "Q8", "R23", needs="since")
async def since_replays(context: Context) -> Verdict:
    """What was sent during an absence comes again, in order and once, and the live stream follows on it."""
    async with context.peer.line() as sender:
        before = await register(context, sender)
        if not await _say(context, sender, sender, _LINES):
            return breach("a broadcast did not come")
        async with context.peer.line() as back:
            answer = await register(context, back, since=before.get("last"), journal=before.get("journal"))
            if not await _say(context, sender, back, 3):
                return breach("nothing came after the registration")
            numbers = numbers_of(back)
    last = before.get("last")
    if not isinstance(last, int) or not before.get("journal"):
        return breach("session_registered has no last or no journal")
    notes = Notes()
    replaying = answer.get("replaying")
    notes.breach_unless(
        holds=isinstance(replaying, int) and replaying >= _LINES, text=f"{replaying} replayed of {_LINES} missed"
    )
    if numbers[:1] != [last + 1]:
        notes.breach(f"begins with {numbers[:1]} after {last}")
    gap = gap_in(numbers)
    notes.breach_unless(holds=gap is None, text=f"{gap}")
    return notes.verdict(f"{replaying} replayed from {last + 1} on, then live, no gap, no repeat")


@check("since-absent", needs="since")
async def since_absent(context: Context) -> Verdict:
    """Who does not ask for a replay gets none; who brings a number of another journal is not silenced by it."""
    async with context.peer.line() as sender:
        await register(context, sender)
        await _say(context, sender, sender, 3)
        async with context.peer.line() as fresh, context.peer.line() as stranger:
            last = (await register(context, fresh)).get("last")
            await register(context, stranger, since=10**9, journal="conformance")
            heard = await _say(context, sender, fresh, 2) and bool(
                await stranger.until(lambda m: isinstance(m.get("seq"), int), context.pace.reply_s)
            )
            numbers = numbers_of(fresh)
    if not heard:
        return breach("a broadcast after the registration did not come")
    if numbers[:1] != [(last or 0) + 1]:
        return breach(f"without since the stream begins with {numbers[:1]} after {last}")
    return passed("no replay without since; a foreign number silences nobody")
