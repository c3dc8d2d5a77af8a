"""Runs the checks one after the other, each with an end."""

import asyncio
import time
from collections.abc import Sequence

from websockets.exceptions import WebSocketException

from kanban_app.conformance.checks import CHECKS
from kanban_app.conformance.context import Context, Pace
from kanban_app.conformance.peer import NotReached, Peer
from kanban_app.conformance.probe import look
from kanban_app.conformance.registry import Check
from kanban_app.conformance.report import Report
from kanban_app.conformance.target import Target
from kanban_app.conformance.verdicts import Finding, Result, Verdict, breach, not_offered


async def check_service(target: Target, *, full: bool = False, pace: Pace | None = None) -> Report:
    """Check it. Raises NotReached when no connection comes about at the beginning."""
    patience = pace or Pace()
    began = time.monotonic()
    async with Peer(target) as peer:
        context = await look(peer, patience, full=full)
        if context is None:
            mute = Finding("answers", ("Q27",), Result.BREACH, "neither a ping nor an unknown message was answered")
            return Report(target.socket, "", (), (mute,), time.monotonic() - began, 0)
        chosen = [check for check in CHECKS.values() if full or not check.full]
        deadline = began + (patience.total_full_s if full else patience.total_s)
        findings = await _run_all(context, chosen, deadline)
    return Report(
        target.socket,
        context.vintage.value,
        tuple(sorted(context.extensions)),
        findings,
        time.monotonic() - began,
        len(CHECKS) - len(chosen),
    )


async def _run_all(context: Context, chosen: Sequence[Check], deadline: float) -> tuple[Finding, ...]:
    findings: list[Finding] = []
    for check in chosen:
        left = deadline - time.monotonic()
        if left <= 0:
            verdict = Verdict(Result.NOT_CHECKED, "the time for all checks was up")
        else:
            verdict = await _run(context, check, left)
        findings.append(Finding(check.name, check.ids, verdict.result, verdict.evidence))
    return tuple(findings)


async def _run(context: Context, check: Check, left: float) -> Verdict:
    if check.needs is not None and check.needs not in context.extensions:
        return not_offered(f"the extension {check.needs} is not advertised")
    if check.not_in_v0 and context.is_v0:
        return not_offered("V0 does not have it")
    limit = min(left, context.pace.burst_s + context.pace.check_s if check.full else context.pace.check_s)
    try:
        async with asyncio.timeout(limit):
            return await check.run(context)
    except TimeoutError:
        return breach(f"not through within {limit:.0f} s")
    except NotReached as refused:
        return breach(f"a further connection was refused ({refused.code})")
    except (OSError, WebSocketException) as error:
        return breach(f"the connection broke: {type(error).__name__}")
