"""The conformance tool finds each single defect, and nothing else."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pytest

from kanban_app.conformance.checks import CHECKS
from kanban_app.conformance.context import Pace
from kanban_app.conformance.report import Report
from kanban_app.conformance.runner import check_service
from kanban_app.conformance.target import parse_target
from kanban_app.conformance.verdicts import Result
from kanban_app.domain.workflows import Vintage
from tests.support.defective_service import DEFECTS, defective

# The first test waits for all of them.
pytestmark = pytest.mark.timeout(300)
B: Final = Result.BREACH
D: Final = Result.DEVIATES
AT_ONCE: Final = 8
# Nothing here takes long; a busy machine may.
PACE: Final = Pace(reply_s=3.0, late_s=1.5, quiet_s=0.4, start_s=6.0, run_s=6.0, burst_s=30.0)

# Defect -> what is found. Most are one finding; some defects show in several ways.
EXPECTED: Final[dict[str, dict[str, Result]]] = {
    "wrong path accepted": {"wrong-path": B},
    # pings
    "no pong": {"pong": B},
    "pong without timestamp": {"pong": B},
    "pong without echo": {"pong-echo": B},
    "pong echoes text": {"pong-echo": B},
    "pong without connection id": {"connection-id": B},
    "one connection id for all": {"connection-id": B},
    "slow pongs": {"round-trip": D},
    # bad input
    "closes on bad JSON": {"not-json": B, "one-answer-each": B},
    "bad JSON is a system error": {"not-json": B},
    "arrays unanswered": {"not-an-object": B},
    "missing type unanswered": {"type-missing": B},
    "closes on unknown type": {"type-unknown": B},
    "null trigger is a system error": {"trigger-data-null": B},
    "null data unanswered": {"data-null": B, "cancel-refusals": B},
    "error names the run": {"error-shape": D},
    # refusals of a start
    "unknown workflow taken": {"workflow-unknown": B},
    "empty run id taken": {"dependent-without-run": B},
    "merge without run taken": {"dependent-without-run": B},
    "empty ticket taken": {"ticket-needed": B},
    "null model set taken": {"field-shapes": B},
    "integer number refused": {"number-as-integer": B},
    "unknown fields refused": {"unknown-fields": B},
    "unsafe ids taken": {"run-id-unsafe": D},
    # tickets
    "ticket id stays a number": {"ticket-ids": B},
    "ticket id keeps blanks": {"ticket-ids": B},
    "progress as text refused": {"ticket-values": B},
    "blank title taken": {"ticket-refusals": B},
    "ticket refused by error": {"ticket-refusals": B, "one-answer-each": B},
    "tickets answered twice": {"one-answer-each": B},
    "tickets answered late": {"one-answer-each": B},
    "second ticket unanswered": {"one-answer-each": B},
    # sessions
    "session id changed": {"register": B},
    "empty session id taken": {"register-refusals": B},
    "shared session starves": {"shared-session": D},
    # broadcasts
    "unknown log keys dropped": {"log-broadcast": B},
    "log without level taken": {"log-missing": B},
    "same text dropped": {"log-order": B},
    "a line overtaken": {"log-order": B, "numbers-gapless": B},
    "three listeners only": {"every-connection": B},
    "numbers with gaps": {"numbers-gapless": B, "since-replays": B},
    "numbers repeated": {"numbers-gapless": B, "since-replays": B},
    "since replays nothing": {"since-replays": B},
    "replay repeats": {"since-replays": B},
    "replay reversed": {"since-replays": B},
    "replay unasked": {"since-absent": B},
    "foreign number silences": {"since-absent": B},
    # cancelling without a run
    "cancel unknown": {"cancel-unknown": B, "one-answer-each": B},
    "unknown run cancelled": {"cancel-unknown": B},
    "unsafe cancel taken": {"cancel-refusals": B},
    # HTTP
    "health is 503": {"health": B},
    "health is text": {"health": B},
    "health without status": {"health": B},
    "health names other extensions": {"health": B},
    "health freezes": {"health": D},
    "posted status not passed on": {"report-update": B},
    "posted status corrected": {"report-update": B},
    "a move too many": {"report-stages": B},
    "thoughts not passed on": {"report-agents": B},
    "failed tool a success": {"report-agents": D},
    "bad reports taken": {"report-refusals": B},
    "unknown run found": {"run-unknown": B},
    # frames
    "binary frames swallowed": {"binary-frame": B},
    "binary frames dropped": {"binary-frame": D},
    "small frames only": {"large-frame": B},
    "huge frames taken": {"oversized-frame": D},
    # the rate limit
    "no limit": {"rate-limit": D},
    "limit of 10": {"rate-limit": B},
    "limit worded as a fault": {"rate-limit": D},
    "limit closes": {"rate-limit": B, "rate-scope": B},
    "limit for everything": {"rate-scope": B},
}
# These show only when workflows are started.
WITH_STARTS: Final[dict[str, dict[str, Result]]] = {
    "answer before status": {"start": B},
    "started not told": {"start": B, "request-repeated": B},
    "starts answered twice": {"start": B, "request-repeated": B, "run-active": B, "fifteen-at-once": B},
    "answer for everybody": {"start-elsewhere": B},
    "run id not echoed": {"start-names": B, "fifteen-at-once": B},
    "accepted run unknown": {"run-known": B, "run-to-its-end": B},
    "start without stages taken": {"stages-missing": D},
    "request id not echoed": {"request-id": B},
    "repeated request starts": {"request-repeated": B, "run-active": B},
    "active run started again": {"run-active": B},
    "cancel ends nothing": {"cancel-run": B},
    "run fails silently": {"request-id": B, "cancel-run": B, "run-to-its-end": B, "run-resumed": B},
    "loop frozen by starts": {"fifteen-at-once": D},
}


def examine(defect: str, vintage: Vintage = Vintage.OURS, *, full: bool = False) -> Report:
    with defective(defect, vintage) as url:
        return asyncio.run(check_service(parse_target(url), full=full, pace=PACE))


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    """Several at a time: they wait more than they work."""
    defects = [*EXPECTED, *WITH_STARTS]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = pool.map(lambda defect: examine(defect, full=defect in WITH_STARTS), defects)
        return dict(zip(defects, found, strict=True))


def wrong(report: Report) -> dict[str, Result]:
    return {f.check: f.result for f in report.findings if f.result not in {Result.PASS, Result.NOT_OFFERED}}


@pytest.mark.parametrize("defect", [*EXPECTED, *WITH_STARTS])
def test_a_defect_is_found_and_nothing_else(reports: dict[str, Report], defect: str) -> None:
    report, expected = reports[defect], {**EXPECTED, **WITH_STARTS}[defect]
    assert wrong(report) == expected, [f for f in report.findings if f.check in wrong(report)]
    assert report.exit_code == (1 if B in expected.values() else 0)


def test_every_defect_of_the_service_is_tried() -> None:
    assert {*EXPECTED, *WITH_STARTS} == DEFECTS


def test_every_check_fails_on_some_defect_or_is_known_to_have_none() -> None:
    shown = {name for found in (*EXPECTED.values(), *WITH_STARTS.values()) for name in found}
    assert set(CHECKS) - shown == {
        "connect",
        "subprotocol",
        "frame-ping",
        "ticket",
        "report-details",
        "run-list",
        "execution-log",
    }


def test_a_right_service_has_no_finding() -> None:
    report = examine("", full=True)
    assert wrong(report) == {}
    assert report.vintage == "ours"


def test_the_documented_quirks_of_v1_are_deviations() -> None:
    report = examine("", Vintage.V1, full=True)
    assert report.vintage == "v1"
    assert report.exit_code == 0
    assert wrong(report) == dict.fromkeys(
        (
            "run-id-unsafe",
            "shared-session",
            "report-agents",
            "binary-frame",
            "stages-missing",
            "rate-limit",
        ),
        D,
    )


def test_v0_lacks_much_and_breaks_nothing() -> None:
    report = examine("", Vintage.V0, full=True)
    assert report.vintage == "v0"
    assert report.exit_code == 0
    assert wrong(report) == dict.fromkeys(("number-as-integer", "run-id-unsafe", "binary-frame"), D)
    absent = {f.check for f in report.findings if f.result is Result.NOT_OFFERED}
    assert {"register", "log-broadcast", "since-replays", "rate-limit", "report-update", "run-known"} <= absent


def test_without_full_nothing_is_started() -> None:
    report = examine("")
    named = {finding.check for finding in report.findings}
    full = {check.name for check in CHECKS.values() if check.full}
    assert "start" in full
    assert not named & full
    assert report.untried == len(full)
