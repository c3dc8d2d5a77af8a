"""What one may ask over HTTP about runs (reference sections 5.3 and 5.4), without having one."""

from http import HTTPStatus

from kanban_app.conformance.context import Context, new_run_id
from kanban_app.conformance.peer import ABSENT, object_in
from kanban_app.conformance.registry import check
from kanban_app.conformance.verdicts import Notes, Verdict, breach, deviates, not_offered, passed


@check("run-unknown", "R50", not_in_v0=True)
async def run_unknown(context: Context) -> Verdict:
    """By this answer a client settles a start of which it does not know whether it happened."""
    answer, _ = await context.peer.ask_http("GET", f"/api/adws/{new_run_id()}")
    if answer is None:
        return breach("no answer over HTTP")
    if answer.status_code != HTTPStatus.NOT_FOUND:
        return breach(f"HTTP {answer.status_code} for a run that nobody started")
    body = object_in(answer.content) or {}
    named = isinstance(body.get("error") or body.get("detail"), str)
    return passed("404 with a reason") if named else deviates("404 without a reason")


@check("run-list", "Q19", not_in_v0=True)
async def run_list(context: Context) -> Verdict:
    answer, took = await context.peer.ask_http("GET", "/api/adws/list")
    body = object_in(answer.content) if answer is not None else None
    if answer is None or answer.status_code in ABSENT:
        return not_offered("GET /api/adws/list")
    if answer.status_code != HTTPStatus.OK or body is None or not isinstance(body.get("adws"), list):
        return breach(f"HTTP {answer.status_code} without a list")
    return passed(f"{len(body['adws'])} runs in {took:.0f} ms")


@check("execution-log", "Q8", not_in_v0=True)
async def execution_log(context: Context) -> Verdict:
    """Requests for a log that cannot be there."""
    run = new_run_id()
    cases = {"/api/execution-logs/abc/plan": 400, f"/api/execution-logs/{run}/conformance": 400}
    cases[f"/api/execution-logs/{run}/plan"] = 404
    statuses: dict[str, int] = {}
    for path in cases:
        answer, _ = await context.peer.ask_http("GET", path)
        statuses[path] = answer.status_code if answer is not None else 0
    if set(statuses.values()) <= ABSENT:
        return not_offered("GET /api/execution-logs")
    notes = Notes()
    for path, expected in cases.items():
        notes.deviation_unless(holds=statuses[path] == expected, text=f"{path}: HTTP {statuses[path]}")
    return notes.verdict("400 for a bad id or stage, 404 for an unknown run")
