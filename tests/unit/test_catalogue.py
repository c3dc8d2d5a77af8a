"""The error catalogue is complete, and every row comes about in the way that its tag says, or not at all."""

import errno
import json
import re
import socket
import ssl
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, cast

import pytest
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.frames import Close
from websockets.http11 import Response

from kanban_app import catalogue
from kanban_app.catalogue import CATALOGUE, Tag
from kanban_app.client.service_http import _error_of, _run_of
from kanban_app.client.trouble import of_closing, of_connecting
from kanban_app.client.urls import parse_url
from kanban_app.domain import reported as r
from kanban_app.domain.model import Failure
from kanban_app.domain.records import LogLevel
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import MERGE_WORKFLOW, ORCHESTRATOR
from kanban_app.services.announcer import _trouble
from kanban_app.services.histories import Histories
from kanban_app.services.ingest import Ingest, _outcome
from kanban_app.services.quarantine import Quarantine
from kanban_app.services.resync import reports_of
from kanban_app.services.translate import Meaning, translate
from kanban_app.tac7 import messages as m
from kanban_app.tac7.codec import Unreadable, decode_server
from kanban_app.tac7.health import read_health
from kanban_app.tac7.order import Age, UpdateOrder
from kanban_app.tac7.reading import normalise_log
from kanban_app.tac7.refusals import classify
from kanban_app.tac7.server_messages import StatusUpdateData, WorkflowLogData
from kanban_app.tac7.session_events import Cursor, Received, TicketAnswered, TriggerAnswered
from tests.support.builders import START, World

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGE: Final = ROOT / "kanban_app"

# How many codes each family of the reference's catalogue has, numbered from 1 without holes: 118 in all.
FAMILIES: Final = {
    "CONN": 25,
    "PROTO": 11,
    "VAL": 18,
    "TICK": 5,
    "WF": 17,
    "RATE": 2,
    "LOAD": 4,
    "TIME": 8,
    "SYS": 16,
    "AUTH": 2,
    "HEALTH": 10,
}
REFERENCE: Final = {f"E-{family}-{number}" for family, count in FAMILIES.items() for number in range(1, count + 1)}
OWN: Final = {
    *(
        "E-MOVE-1",
        "E-MOVE-2",
        "E-MOVE-3",
        "E-MOVE-4",
        "E-MOVE-5",
        "E-MOVE-6",
        "E-IMG-1",
        "E-DEP-1",
        "E-DEP-2",
        "E-EDIT-1",
        "E-EDIT-2",
        "E-LIMIT-1",
        "E-ARCH-1",
        "E-ARCH-2",
        "E-ARCH-3",
        "E-UNDO-1",
        "E-UNDO-2",
        "E-UNDO-3",
        "E-UNDO-4",
        "E-WF-18",
        "E-WF-19",
    ),
    *("E-AUTH-3", "E-AUTH-4", "E-SYS-17", "E-SYS-18", "E-SYS-19", "E-HEALTH-11", "E-HEALTH-12"),
    *("E-VAL-19", "E-VAL-20"),
    *("E-AUTH-5", "E-AUTH-6", "E-RATE-3", "E-VAL-21"),
    *("E-PROJ-1", "E-PROJ-2", "E-PROJ-3"),
}
URL: Final = parse_url("ws://host:1/ws/trigger")
RUN: Final = "0a1b2c3d"


def codes_in(text: str) -> set[str]:
    """Codes that are named one by one, and those of a span such as `E-MOVE-1` to `E-MOVE-4`."""
    codes = set(re.findall(r"E-[A-Z]+-\d+", text))
    for family, first, last in re.findall(r"`E-([A-Z]+)-(\d+)` to `E-\1-(\d+)`", text):
        codes |= {f"E-{family}-{number}" for number in range(int(first), int(last) + 1)}
    return codes


def tagged(tag: Tag) -> list[str]:
    return [code for code, entry in CATALOGUE.items() if entry.tag is tag]


def test_the_catalogue_is_that_of_the_reference_and_our_own() -> None:
    assert len(REFERENCE) == 118
    assert set(CATALOGUE) == REFERENCE | OWN
    families = (catalogue.CONNECTION, catalogue.REQUESTS, catalogue.RUNS, catalogue.SYSTEM)
    assert sum(map(len, families)) == len(CATALOGUE), "no code is there twice"


def test_our_own_codes_are_documented() -> None:
    text = (ROOT / "docs" / "internals.md").read_text().partition("## Errors")[2].partition("\n## ")[0]
    rows = [line for line in text.splitlines() if line.startswith("| `E-")]
    named = {code for row in rows for code in codes_in(row.split("|")[1])}
    assert named == OWN


def test_the_documented_counts_are_right() -> None:
    text = (ROOT / "docs" / "internals.md").read_text()
    for tag in Tag:
        assert f"| `{tag.value}` | {len(tagged(tag))} |" in text


@pytest.mark.parametrize("code", CATALOGUE)
def test_only_what_cannot_occur_says_why(code: str) -> None:
    entry = CATALOGUE[code]
    assert bool(entry.why) == (entry.tag is Tag.IMPOSSIBLE)
    assert entry.why.endswith(".") or not entry.why
    assert not (entry.tag is Tag.IMPOSSIBLE and entry.actions)
    assert len(set(entry.actions)) == len(entry.actions)


# What is detected here, and what is not


def named_outside() -> dict[str, str]:
    """Where codes stand in the source, apart from the catalogue."""
    files = [path for path in sorted(PACKAGE.rglob("*.py")) if path.parent.name != "catalogue"]
    return {code: str(path.relative_to(PACKAGE)) for path in files for code in codes_in(path.read_text())}


NAMED: Final = named_outside()


@pytest.mark.parametrize("code", [*tagged(Tag.LOCAL), *tagged(Tag.BROWSER)])
def test_what_is_detected_here_is_raised_somewhere(code: str) -> None:
    assert code in NAMED


@pytest.mark.parametrize("code", tagged(Tag.IMPOSSIBLE))
def test_what_cannot_occur_is_named_nowhere_else(code: str) -> None:
    assert code not in NAMED, NAMED.get(code)


def test_the_network_of_a_browser_is_followed() -> None:
    assert tagged(Tag.BROWSER) == ["E-CONN-22"]
    assert connecting(OSError(errno.ENETUNREACH, "Network is unreachable")) == "E-CONN-22"
    header = (PACKAGE / "web" / "components" / "header.py").read_text()
    assert "CameOnline.create(on_return=BoardState.came_online)" in header


# What comes over the wire: each form as a service gives it, through the code that reads it


def connecting(error: BaseException, url: str = "ws://host:1/ws/trigger", **how: Any) -> str:
    return of_connecting(error, parse_url(url), 5.0, **how).code


def refused_with(status: int) -> InvalidStatus:
    return InvalidStatus(Response(status, "", Headers()))


def closing(code: int, reason: str = "") -> str:
    close = Close(code, reason)
    return of_closing(ConnectionClosedError(close, close, rcvd_then_sent=True), URL, 1024).code


def error(message: str, error_type: str = "validation_error") -> str:
    decoded = message_of("error", error_type=error_type, message=message)
    assert isinstance(decoded, m.ErrorMessage)
    return classify(decoded).code


def invalid(field: str) -> str:
    reason = "Input should be a valid string [type=string_type]"
    return error(f"Invalid request format: 1 validation error for WorkflowTriggerRequest\n{field}\n  {reason}")


def http(status: int, body: dict[str, object] | None, **how: bool) -> str:
    return _error_of(status, body, "The run", "http://host:1", was_accepted=how.get("was_accepted", False)).code


def health(**answer: object) -> str:
    found = read_health({"service": "adw-websocket-trigger", **answer}).trouble
    return found.code if found else ""


def ticket(message: str) -> str:
    found = _trouble(TicketAnswered("7", "error", message))
    return found.code if found else ""


def answered(status: str, message: str = "", text: str | None = None) -> str:
    report = _outcome(TriggerAnswered("a1", status, RUN, message, text, START), "")
    assert isinstance(report, r.Refused)
    return report.failure.code


def message_of(kind: str, **data: object) -> m.ServerMessage:
    decoded = decode_server(json.dumps({"type": kind, "data": data}))
    assert isinstance(decoded, m.ServerMessage)
    return decoded


def meaning(kind: str, adw_id: str = RUN, **data: object) -> Meaning:
    return translate(message_of(kind, adw_id=adw_id, **data), START, None)


def running() -> tuple[World, str]:
    w = World()
    card = w.card()
    w.start(card)
    return w, card


def ended(kind: str, **data: object) -> str:
    """The failure of a run after a message about it."""
    w, card = running()
    data = {"workflow_name": ORCHESTRATOR, **data} if kind == "status_update" else data
    w.do(*meaning(kind, w.attempt(card).adw_id, **data).reports)
    failure = w.attempt(card).failure or w.attempt(card).notice
    assert isinstance(failure, Failure)
    return failure.code


def failed(message: str, **data: object) -> str:
    return ended("status_update", status="failed", message=message, **data)


def quarantined(text: str) -> str:
    """The code under which a frame is held."""
    held = Quarantine(lambda: None)
    ingest = Ingest(
        cast("Any", None),
        lambda _event: None,
        Cursor(),
        lambda: None,
        histories=cast("Histories", None),
        quarantine=held,
    )
    decoded = decode_server(text)
    assert not isinstance(decoded, Unreadable)
    ingest._inspect(Received(decoded, text, START, START))
    return held.frames[0].code


def unreadable(text: str) -> str:
    decoded = decode_server(text)
    assert isinstance(decoded, Unreadable)
    return "E-PROTO-4"


FORMS: Final[dict[str, Callable[[], str]]] = {
    "E-CONN-1": lambda: connecting(ConnectionRefusedError()),
    "E-CONN-2": lambda: connecting(socket.gaierror(-2, "Name or service not known")),
    "E-CONN-3": lambda: connecting(TimeoutError()),
    "E-CONN-4": lambda: connecting(refused_with(403)),
    "E-CONN-6": lambda: connecting(ssl.SSLCertVerificationError(), "wss://host:1/ws/trigger"),
    "E-CONN-7": lambda: of_closing(ConnectionClosedError(None, None), URL, 1024).code,
    "E-CONN-8": lambda: closing(1012),
    "E-CONN-9": lambda: closing(1001),
    "E-CONN-10": lambda: closing(1000, "Connection timeout due to inactivity"),
    "E-CONN-12": lambda: closing(1002),
    "E-CONN-13": lambda: closing(1003),
    "E-CONN-14": lambda: closing(1009),
    "E-CONN-15": lambda: closing(1011),
    "E-CONN-17": lambda: closing(1013),
    "E-CONN-18": lambda: closing(4000, "so"),
    "E-CONN-23": lambda: connecting(socket.gaierror(-2, "no"), "ws://adw.0a1b2c3d.localhost/ws/trigger"),
    "E-CONN-25": lambda: http(200, None),
    "E-PROTO-1": lambda: error("Invalid JSON format: line 1 column 2"),
    "E-PROTO-2": lambda: error("Unknown message type: cancel_workflow"),
    "E-PROTO-4": lambda: unreadable("[1, 2"),
    "E-PROTO-5": lambda: quarantined('{"type": "weather", "data": {}}'),
    "E-PROTO-6": lambda: quarantined('{"type": "status_update", "data": {"status": "started"}}'),
    "E-PROTO-8": lambda: quarantined(
        '{"type": "session_registered", "data": {"session_id": "s", "status": "registered", "message": "m",'
        ' "timestamp": "2026-01-01T00:00:00Z"}}'
    ),
    "E-VAL-1": lambda: invalid("workflow_type"),
    "E-VAL-2": lambda: invalid("model_set"),
    "E-VAL-3": lambda: invalid("issue_type"),
    "E-VAL-4": lambda: error("adw_build_iso is a dependent workflow that requires an existing ADW ID."),
    "E-VAL-5": lambda: error("adw_plan_iso requires either an issue_number, issue_type, or issue_json parameter."),
    "E-VAL-6": lambda: invalid("issue_number"),
    "E-VAL-7": lambda: invalid("stages.0"),
    "E-VAL-8": lambda: invalid("trigger_reason"),
    "E-VAL-9": lambda: error("session_id is required for session registration"),
    "E-VAL-10": lambda: error("Missing required fields for workflow_log: level"),
    "E-VAL-11": lambda: error("Invalid request format: argument after ** must be a mapping, not NoneType"),
    "E-TICK-1": lambda: ticket("1 validation error\nid\n  Value error, Ticket ID cannot be null [type=value_error]"),
    "E-TICK-2": lambda: ticket("1 validation error\ntitle\n  Field required [type=missing]"),
    "E-TICK-3": lambda: ticket("1 validation error\nprogress\n  Input should be a valid integer"),
    "E-TICK-5": lambda: ticket("Unknown message type: ticket_notification"),
    "E-WF-1": lambda: answered("error", "Failed", "uv: not found"),
    "E-WF-2": lambda: answered("ignored", "running"),
    "E-WF-3": lambda: answered("rejected", "no"),
    "E-WF-4": lambda: failed("it broke"),
    "E-WF-5": lambda: ended("stage_transition", from_stage="plan", to_stage="errored", message="it broke"),
    "E-WF-6": lambda: ended(
        "stage_transition", from_stage="build", to_stage="errored", message="Precondition failed: No worktree found"
    ),
    "E-WF-7": lambda: failed("the branch is protected", workflow_name=MERGE_WORKFLOW),
    "E-WF-8": lambda: failed("CONFLICT (content) in a.py", workflow_name=MERGE_WORKFLOW),
    "E-WF-16": lambda: failed("Failed to fetch issue data for 42"),
    "E-WF-17": lambda: failed("API Error: 529 overloaded_error"),
    "E-WF-18": lambda: ended("status_update", status="cancelled", message="Stopped."),
    "E-RATE-1": lambda: error(
        "Internal error: 1 validation error for WebSocketError\nerror_type\n  ... input_value='rate_limit_error'",
        "system_error",
    ),
    "E-TIME-4": lambda: health(status="unhealthy", error="Health check timed out"),
    "E-SYS-1": lambda: error("Internal error: boom", "system_error"),
    "E-SYS-2": lambda: http(400, {"error": "no"}),
    "E-SYS-3": lambda: http(404, {"detail": "ADW 0a1b2c3d not found"}),
    "E-SYS-4": lambda: http(404, {"detail": "Not Found"}),
    "E-SYS-5": lambda: http(422, {"detail": [{"type": "missing", "loc": ["body", "x"], "msg": "Field required"}]}),
    "E-SYS-6": lambda: http(409, {"detail": "ADW 0a1b2c3d already exists"}),
    "E-SYS-7": lambda: http(500, {"error": "CHECK constraint failed"}),
    "E-SYS-8": lambda: http(501, {"detail": "Not implemented"}),
    "E-SYS-9": lambda: error("something else"),
    "E-SYS-10": lambda: http(503, {"detail": "Database not available"}),
    "E-AUTH-2": lambda: connecting(refused_with(401), was_accepted=True),
    "E-AUTH-4": lambda: connecting(refused_with(401)),
    "E-HEALTH-1": lambda: health(status="unhealthy", error="Health check failed with 3 errors"),
    "E-HEALTH-2": lambda: health(status="unhealthy", error="Health check failed: uv not found"),
    "E-HEALTH-3": lambda: health(status="healthy", health_check={"warnings": ["disk"]}),
    "E-HEALTH-9": lambda: health(service="another", status="healthy"),
}


@pytest.mark.parametrize("code", FORMS)
def test_the_form_on_the_wire_leads_to_its_code(code: str) -> None:
    assert FORMS[code]() == code


def test_frames_that_cannot_be_read_are_held_under_their_code() -> None:
    assert NAMED["E-PROTO-4"].endswith(("quarantine.py", "codec.py"))


# What is dealt with unsaid


def a_run_of_others() -> bool:
    w = World()
    told = meaning("workflow_log", workflow_name="x", level="INFO", message="hello")
    w.do(r.SignOfLife(told.adw_id or ""))
    return w.board.runs[RUN].task_id is None and told.line is not None


def a_repeated_update() -> bool:
    order = UpdateOrder()
    new, old = (
        StatusUpdateData(
            adw_id=RUN,
            workflow_name="x",
            status="in_progress",
            message="m",
            progress_percent=5,
            current_step="s",
            timestamp=f"2026-01-01T00:00:0{second}Z",
        )
        for second in (2, 1)
    )
    return (order.judge(new), order.judge(old)) == (Age.NEWS, Age.COPY)


def swapped_fields() -> bool:
    line = WorkflowLogData(adw_id=RUN, workflow_name="x", level="All is done", message="info")
    return normalise_log(line) == (LogLevel.INFO, "All is done")


def an_unknown_stage() -> bool:
    told = meaning("stage_transition", from_stage="plan", to_stage="nirvana")
    return told.reports == () and told.line is not None and 'Unknown stage "nirvana"' in told.line.message


def a_restart_announced() -> bool:
    w, card = running()
    w.stage(card, Column.BUILD)
    update = {"workflow_name": ORCHESTRATOR, "status": "in_progress", "current_step": "Stage: plan", "message": "m"}
    w.do(*meaning("status_update", w.attempt(card).adw_id, **update).reports)
    return w.place(card) is Column.BUILD


def a_restarted_service() -> bool:
    before, after = read_health({"uptime_seconds": 900}), read_health({"uptime_seconds": 4})
    return after.is_younger_than(before) and not before.is_younger_than(after)


def an_older_stage() -> bool:
    w, card = running()
    w.stage(card, Column.BUILD)
    remote = _run_of(RUN, {"status": "in_progress", "current_stage": "backlog", "updated_at": _later()})
    reports = reports_of(w.attempt(card), w.run(card), remote)
    return not any(isinstance(report, r.StageReported) for report in reports)


def another_shape() -> bool:
    flat = _run_of(RUN, {"adw_id": RUN, "status": "in_progress", "current_stage": "build"})
    listed = _run_of(
        RUN, {"workflow_status": "in_progress", "workflow_stages": [{"stage_name": "build", "status": "running"}]}
    )
    return (flat.status, flat.stage) == (listed.status, listed.stage) == ("in_progress", Stage.BUILD.value)


UNSAID: Final[dict[str, Callable[[], bool]]] = {
    "E-PROTO-7": a_run_of_others,
    "E-PROTO-9": a_repeated_update,
    "E-PROTO-10": swapped_fields,
    "E-PROTO-11": an_unknown_stage,
    "E-WF-13": a_restart_announced,
    "E-HEALTH-10": a_restarted_service,
    "E-SYS-13": an_older_stage,
    "E-SYS-14": another_shape,
}


@pytest.mark.parametrize("code", UNSAID)
def test_what_is_dealt_with_unsaid(code: str) -> None:
    assert CATALOGUE[code].silent
    assert UNSAID[code]()


def test_every_row_of_the_wire_has_its_form() -> None:
    assert set(FORMS) | set(UNSAID) == set(tagged(Tag.WIRE))
    assert not set(FORMS) & set(UNSAID)


@pytest.mark.parametrize(
    "message",
    [
        "pytest: 2 of 41 tests failed (test_rounding)",
        "the login page has no title",
        "disk quota of the worktree is fine",
        "ValueError: no such issue type",
        "the precondition failed",
    ],
)
def test_ordinary_failures_stay_what_they_are(message: str) -> None:
    assert failed(message) == "E-WF-4"


def _later() -> str:
    return (START + timedelta(hours=1)).isoformat()
