"""What is no request at all (reference section 1, "Bad input"): one `error` each, and the connection stays."""

from collections.abc import Mapping, Sequence

from kanban_app.conformance.context import Context, a_trigger
from kanban_app.conformance.dialogue import ask, refusal_fault
from kanban_app.conformance.line import data_of
from kanban_app.conformance.registry import check
from kanban_app.conformance.verdicts import Notes, Verdict, breach, shown

Sent = Mapping[str, object] | list[object] | str | None
_EITHER = ("validation_error", "system_error")


async def _refused(context: Context, sent: Sequence[Sent], error_types: tuple[str, ...], words: str) -> Notes:
    notes = Notes()
    for message in sent:
        fault = refusal_fault(await ask(context, message), error_types, words)
        if fault is not None:
            notes.breach(f"to {str(message)[:40]!r}: {fault}")
    return notes


@check("not-json")
async def not_json(context: Context) -> Verdict:
    notes = await _refused(context, ("{oops", "", "hello"), ("validation_error",), "Invalid JSON format")
    return notes.verdict("validation_error, Invalid JSON format; the connection stays")


@check("not-an-object", "Q20")
async def not_an_object(context: Context) -> Verdict:
    """V1 calls it an internal error; clients must not take it for a fault of the connection."""
    sent = ("[1, 2]", '"text"', "17", "null")
    notes = await _refused(context, sent, _EITHER, "")
    return notes.verdict("array, text, number and null are refused; the connection stays")


@check("type-missing")
async def type_missing(context: Context) -> Verdict:
    words = "Unknown message type: "
    notes = await _refused(context, ({"x": 1}, {"type": None}), ("validation_error",), words)
    return notes.verdict("validation_error, Unknown message type; the connection stays")


@check("type-unknown", "Q29")
async def type_unknown(context: Context) -> Verdict:
    words = "Unknown message type: hello"
    notes = await _refused(context, ({"type": "hello", "data": {}},), ("validation_error",), words)
    return notes.verdict("validation_error that names the type; the connection stays")


@check("trigger-data-null")
async def trigger_data_null(context: Context) -> Verdict:
    sent = ({"type": "trigger_workflow", "data": None}, {"type": "trigger_workflow"})
    notes = await _refused(context, sent, ("validation_error",), "Invalid request format: ")
    return notes.verdict("validation_error, Invalid request format")


@check("data-null", "Q20")
async def data_null(context: Context) -> Verdict:
    """Also to messages that are otherwise answered in another way, or not at all."""
    kinds = ("ticket_notification", "register_session", "workflow_log")
    sent = [{"type": kind, "data": None} for kind in (kinds[:1] if context.is_v0 else kinds)]
    notes = await _refused(context, sent, _EITHER, "")
    return notes.verdict("one error each; the connection stays")


@check("error-shape", "R47")
async def error_shape(context: Context) -> Verdict:
    """`error` has four fields, of which `details` and `adw_id` are always null."""
    answer = await ask(context, a_trigger(workflow_type="adw_plan_iso", adw_id="c0ffee00"))
    error = answer.of("error")
    if error is None:
        return breach(f"no error: {answer.words}")
    data = data_of(error)
    notes = Notes()
    for name in ("error_type", "message"):
        notes.breach_unless(holds=isinstance(data.get(name), str), text=f"{name} is {shown(data.get(name))}")
    for name in ("details", "adw_id"):
        notes.deviation_unless(holds=data.get(name) is None, text=f"{name} is {shown(data.get(name))}")
    return notes.verdict("error_type and message are text, details and adw_id null")
