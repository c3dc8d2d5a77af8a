"""The extension `cancel`, as far as it needs no run (ADR 2)."""

from kanban_app.conformance.context import Context, new_run_id
from kanban_app.conformance.dialogue import ask
from kanban_app.conformance.line import data_of
from kanban_app.conformance.registry import check
from kanban_app.conformance.verdicts import Notes, Verdict, breach, passed


@check("cancel-unknown", needs="cancel")
async def cancel_unknown(context: Context) -> Verdict:
    """A run that is not active: `ignored`, with the run's id and the request's."""
    adw_id = new_run_id()
    data = {"adw_id": adw_id, "request_id": "conformance"}
    answer = await ask(context, {"type": "cancel_workflow", "data": data})
    reply = answer.of("cancel_response")
    told = data_of(reply)
    if reply is None:
        return breach(f"advertised, but: {answer.words}")
    if told.get("status") != "ignored" or told.get("adw_id") != adw_id:
        return breach(f"status {told.get('status')} for the run {told.get('adw_id')}")
    if reply.get("request_id") != "conformance":
        return breach("request_id does not come back")
    return passed("ignored")


@check("cancel-refusals", "Q22", needs="cancel")
async def cancel_refusals(context: Context) -> Verdict:
    cases: list[object] = [None, {}, {"adw_id": ""}, {"adw_id": "../../etc"}, {"adw_id": 7}]
    notes = Notes()
    for data in cases:
        answer = await ask(context, {"type": "cancel_workflow", "data": data})
        notes.breach_unless(holds=answer.of("error") is not None, text=f"{data}: {answer.words}")
    return notes.verdict(f"{len(cases)} of {len(cases)} refused")
