"""Fifteen starts at once (R25)."""

import asyncio
import time
from typing import Final

from kanban_app.conformance.checks.health import FROZEN_S, longest_silence
from kanban_app.conformance.context import Context, new_run_id
from kanban_app.conformance.line import data_of, of_type
from kanban_app.conformance.registry import check
from kanban_app.conformance.starting import request_for, tidy
from kanban_app.conformance.verdicts import Notes, Verdict, breach

_CROWD: Final = 15
_answer: Final = of_type("trigger_response", "error")


@check("fifteen-at-once", "R25", "R26", "Q3", "Q4", full=True)
async def fifteen_at_once(context: Context) -> Verdict:
    """On one connection: each is answered once, about its own run; meanwhile others are served, too."""
    runs = [new_run_id() for _ in range(_CROWD)]
    context.runs.extend(runs)
    async with context.peer.line() as line, context.peer.line() as calm, asyncio.TaskGroup() as group:
        watch = group.create_task(longest_silence(context, calm))
        began = time.monotonic()
        for adw_id in runs:
            await line.send(request_for(context, adw_id))
        last = await line.until(lambda _: len(line.messages(_answer)) >= _CROWD, context.pace.burst_s)
        watch.cancel()
        worst = await watch
        answers = line.messages(_answer)
        await tidy(context, line, *runs)
    if last is None:
        return breach(f"{len(answers)} answers to {_CROWD} starts")
    notes = Notes()
    named = [data_of(answer).get("adw_id") for answer in answers]
    notes.breach_unless(holds=named == runs, text="answers in another order, or about other runs")
    odd = [str(data_of(a).get("status") or a.get("type")) for a in answers if data_of(a).get("status") != "accepted"]
    notes.breach_unless(holds=not odd, text=f"not accepted: {', '.join(odd[:3])}")
    notes.deviation_unless(holds=worst < FROZEN_S, text=f"no ping was answered for {worst:.1f} s meanwhile")
    return notes.verdict(
        f"{_CROWD} accepted in {(last.at - began) * 1000:.0f} ms, longest ping meanwhile {worst * 1000:.0f} ms"
    )
