"""Triggers that must not start anything (reference section 2.1).

Each is wrong in two ways where that is possible, so that a service which overlooks the first one still starts nothing.
"""

from typing import Final

from kanban_app.conformance.context import Context, a_trigger
from kanban_app.conformance.dialogue import Answer, ask, refusal_fault
from kanban_app.conformance.line import data_of
from kanban_app.conformance.registry import check
from kanban_app.conformance.verdicts import Notes, Verdict, breach, deviates, passed, shown
from kanban_app.domain.workflows import WORKFLOWS, known_to

_VALIDATION: Final = ("validation_error",)
_SHAPE: Final = "Invalid request format: "
# Dependent and without a run: refused for that where its shape passes.
_DEPENDENT: Final = "adw_build_iso"


def _message(answer: Answer) -> str:
    return str(data_of(answer.of("error")).get("message", ""))


@check("workflow-unknown", "C1", "Q29")
async def workflow_unknown(context: Context) -> Verdict:
    """Names that are not in the list: glued ones, the wrong case, none at all."""
    names = ("adw_conformance_iso", "adw_plan_implement_iso", "adw_sdlc_zte_iso", "", None, 7)
    notes = Notes()
    for name in names:
        answer = await ask(context, a_trigger(workflow_type=name))
        fault = refusal_fault(answer, _VALIDATION, "")
        worded = _message(answer).startswith((_SHAPE, "Unknown workflow type"))
        if fault is not None or not worded:
            notes.breach(f"{name!r}: {fault or shown(_message(answer))[:60]}")
    return notes.verdict(f"{len(names)} of {len(names)} refused")


@check("dependent-without-run")
async def dependent_without_run(context: Context) -> Verdict:
    """A workflow that continues a run is refused without `adw_id`; an empty one counts as none."""
    names = [name for name in known_to(context.vintage) if WORKFLOWS[name].dependent]
    notes = Notes()
    for name in names:
        for adw_id in (None, ""):
            answer = await ask(context, a_trigger(workflow_type=name, adw_id=adw_id))
            fault = refusal_fault(answer, _VALIDATION, "")
            worded = "depend" in _message(answer).lower()
            if fault is not None or not worded:
                notes.breach(f"{name} with {adw_id!r}: {fault or shown(_message(answer))[:60]}")
    return notes.verdict(f"{len(names)} types refused")


@check("ticket-needed", "C5", "C6")
async def ticket_needed(context: Context) -> Verdict:
    """Without number, type and ticket there is nothing to work on; empty ones count as none."""
    names = [name for name in known_to(context.vintage) if WORKFLOWS[name].needs_issue]
    independent = [name for name in names if not WORKFLOWS[name].dependent]
    notes = Notes()
    for name in independent:
        answer = await ask(context, a_trigger(workflow_type=name, issue_number="", issue_json={}))
        fault = refusal_fault(answer, _VALIDATION, "")
        worded = "issue_number" in _message(answer)
        if fault is not None or not worded:
            notes.breach(f"{name}: {fault or shown(_message(answer))[:60]}")
    return notes.verdict(f"{len(independent)} types refused")


@check("field-shapes", "R48")
async def field_shapes(context: Context) -> Verdict:
    """Fields of a wrong type or outside their list."""
    cases: list[dict[str, object]] = [
        {"model_set": None},
        {"model_set": "premium"},
        {"issue_type": "epic"},
        {"issue_json": [1]},
        {"issue_json": "text"},
        {"trigger_reason": None},
        {"adw_id": 12345678},
    ]
    if not context.is_v0:
        cases.extend([{"stages": [1, 2]}, {"stages": "plan"}, {"config": [1]}])
    notes = Notes()
    for case in cases:
        fault = refusal_fault(await ask(context, a_trigger(workflow_type=_DEPENDENT, **case)), _VALIDATION, _SHAPE)
        if fault is not None:
            notes.breach(f"{case}: {fault}")
    return notes.verdict(f"{len(cases)} of {len(cases)} refused as Invalid request format")


@check("number-as-integer", "Q12", "C7")
async def number_as_integer(context: Context) -> Verdict:
    """V0 refuses an `issue_number` that is no text; later services turn it into text."""
    answer = await ask(context, a_trigger(workflow_type=_DEPENDENT, issue_number=7))
    fault = refusal_fault(answer, _VALIDATION, "")
    if fault is not None:
        return breach(fault)
    if not _message(answer).startswith(_SHAPE):
        return passed("an integer is taken as text")
    return deviates("an integer is refused") if context.is_v0 else breach("an integer is refused")


@check("unknown-fields")
async def unknown_fields(context: Context) -> Verdict:
    """Fields that the service does not know are dropped, else no newer client could speak to it."""
    answer = await ask(context, a_trigger(workflow_type=_DEPENDENT, conformance={"x": [1]}, request_source="x"))
    fault = refusal_fault(answer, _VALIDATION, "")
    dropped = fault is None and not _message(answer).startswith(_SHAPE)
    return passed("dropped") if dropped else breach(fault or shown(_message(answer))[:80])


@check("run-id-unsafe", "Q22")
async def run_id_unsafe(context: Context) -> Verdict:
    """An `adw_id` becomes part of a path."""
    notes = Notes()
    for adw_id in ("../../etc", "a/b", "a\\b", "x" * 300):
        answer = await ask(context, a_trigger(workflow_type="adw_plan_iso", adw_id=adw_id))
        fault = refusal_fault(answer, _VALIDATION, "")
        if fault is not None:
            notes.breach(f"{adw_id[:20]!r}: {fault}")
        elif not _message(answer).startswith(_SHAPE):
            notes.deviation(f"{adw_id[:20]!r} is not looked at")
    return notes.verdict("separators and overlong ids are refused")
