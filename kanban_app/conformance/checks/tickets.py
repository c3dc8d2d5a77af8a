"""`ticket_notification` (reference section 2.3). Nothing is started by one."""

from collections.abc import Mapping

from kanban_app.conformance.context import Context
from kanban_app.conformance.dialogue import ask
from kanban_app.conformance.line import data_of
from kanban_app.conformance.registry import check
from kanban_app.conformance.verdicts import Notes, Verdict, breach, shown
from kanban_app.tac7.codec import parse_time

_KIND = "ticket_notification"


async def _notify(context: Context, ticket: Mapping[str, object]) -> tuple[dict[str, object], str]:
    """The data of the response (empty when none came), and what came."""
    answer = await ask(context, {"type": _KIND, "data": dict(ticket)})
    return data_of(answer.of("ticket_notification_response")), answer.words


@check("ticket", "C3", "F4")
async def ticket(context: Context) -> Verdict:
    data, words = await _notify(
        context,
        {
            "id": "conformance-1",
            "title": "A conformance check",
            "workItemType": "feature",
            "queuedStages": ["plan", "build"],
            "stage": "backlog",
            "images": [],
            "createdAt": "2026-01-02T03:04:05Z",
            "metadata": {},
            "progress": 0,
        },
    )
    if not data:
        return breach(f"no ticket_notification_response: {words}")
    notes = Notes()
    notes.breach_unless(holds=data.get("status") == "received", text=f"status {shown(data.get('status'))}")
    notes.breach_unless(holds=isinstance(data.get("message"), str), text="no message")
    notes.deviation_unless(holds=parse_time(data.get("timestamp")) is not None, text="no timestamp")
    notes.deviation_unless(holds=data.get("error") is None, text=f"error {shown(data.get('error'))}")
    return notes.verdict(f"received; fields {', '.join(sorted(data))}")


@check("ticket-ids", "Q12", "C4")
async def ticket_ids(context: Context) -> Verdict:
    """Any id that is not null becomes text without blanks around it; `id` wins over `ticket_id`."""
    cases: list[tuple[dict[str, object], str]] = [
        ({"id": 18}, "18"),
        ({"id": " 19 "}, "19"),
        ({"ticket_id": "20"}, "20"),
        ({"ticket_id": 21}, "21"),
        ({"id": "22", "ticket_id": "23"}, "22"),
    ]
    notes = Notes()
    for given, expected in cases:
        data, words = await _notify(context, {**given, "title": "A conformance check"})
        right = data.get("status") == "received" and data.get("ticket_id") == expected
        notes.breach_unless(holds=right, text=f"{given} became {shown(data.get('ticket_id'))} ({words})")
    return notes.verdict("numbers, blanks and both names are normalised")


@check("ticket-values")
async def ticket_values(context: Context) -> Verdict:
    """What is accepted without complaint: numbers written as text, null, other fields."""
    cases: list[dict[str, object]] = [
        {"progress": 50.0},
        {"progress": "50"},
        {"progress": None},
        {"description": None, "metadata": None, "queuedStages": None, "images": None},
        {"issue_json": {"title": "x"}, "conformance": 1},
    ]
    notes = Notes()
    for case in cases:
        data, words = await _notify(context, {"id": "1", "title": "A conformance check", **case})
        notes.breach_unless(holds=data.get("status") == "received", text=f"{case}: {words}")
    return notes.verdict(f"{len(cases)} of {len(cases)} received")


@check("ticket-refusals", "R48")
async def ticket_refusals(context: Context) -> Verdict:
    """A ticket that cannot be taken is answered by a response with status `error`."""
    title = "A conformance check"
    cases: list[dict[str, object]] = [
        {"id": None, "title": title},
        {"id": None, "ticket_id": "7", "title": title},
        {"id": "  ", "title": title},
        {"title": title},
        {"id": "1"},
        {"id": "1", "title": "  "},
        {"id": "1", "title": 7},
        {"id": "1", "title": title, "progress": 12.5},
        {"id": "1", "title": title, "description": 7},
        {"id": "1", "title": title, "queuedStages": "plan"},
    ]
    notes = Notes()
    for case in cases:
        data, words = await _notify(context, case)
        told = data.get("status") == "error" and bool(data.get("error")) and isinstance(data.get("ticket_id"), str)
        notes.breach_unless(holds=told, text=f"{case}: {words}")
    return notes.verdict(f"{len(cases)} of {len(cases)} refused with status error")
