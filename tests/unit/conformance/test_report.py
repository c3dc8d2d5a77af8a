import json

import pytest

from kanban_app.conformance.report import Report
from kanban_app.conformance.verdicts import Finding, Notes, Result, shown


def report(*results: Result, evidence: str = "seen", untried: int = 0) -> Report:
    findings = tuple(Finding(f"check-{n}", ("R1", "Q2"), result, evidence) for n, result in enumerate(results))
    return Report("ws://host/ws/trigger", "v1", ("since",), findings, 1.25, untried)


@pytest.mark.parametrize(
    ("results", "code"),
    [
        ((), 0),
        ((Result.PASS, Result.DEVIATES, Result.NOT_OFFERED), 0),
        ((Result.PASS, Result.BREACH), 1),
        ((Result.NOT_CHECKED,), 1),
    ],
)
def test_exit_code(results: tuple[Result, ...], code: int) -> None:
    assert report(*results).exit_code == code


def test_the_table_names_service_checks_and_sums() -> None:
    lines = report(Result.PASS, Result.BREACH, untried=12).as_table().splitlines()
    assert lines[0] == "ws://host/ws/trigger: vintage v1, extensions since"
    assert lines[2].split() == ["result", "check", "ids", "evidence"]
    assert lines[3].split() == ["pass", "check-0", "R1", "Q2", "seen"]
    assert lines[4].startswith("breach  check-1")
    assert lines[-2:] == [
        "2 checks in 1.2 s: 1 pass, 1 breach.",
        "12 further checks start workflows; --full runs them, too.",
    ]


def test_columns_stand_below_each_other() -> None:
    lines = report(Result.PASS, Result.NOT_OFFERED).as_table().splitlines()
    assert lines[2].index("evidence") == lines[3].index("seen") == lines[4].index("seen")


def test_the_document_is_for_machines() -> None:
    document = json.loads(report(Result.DEVIATES).as_json())
    assert document["findings"] == [{"check": "check-0", "ids": ["R1", "Q2"], "result": "deviates", "evidence": "seen"}]
    assert document["counts"] == {"pass": 0, "deviates": 1, "not offered": 0, "breach": 0, "not checked": 0}
    assert (document["vintage"], document["exit_code"]) == ("v1", 0)


def test_a_service_without_a_vintage_is_called_unknown() -> None:
    mute = Report("ws://host/ws/trigger", "", (), (), 1.0, 0)
    assert "vintage unknown" in mute.as_table()
    assert json.loads(mute.as_json())["vintage"] is None


def test_evidence_cannot_command_the_terminal() -> None:
    assert shown("\x1b[31mred\n\tline\x07") == "?[31mred line?"
    assert len(shown("x" * 1000)) == 220


def test_the_worst_note_decides() -> None:
    notes = Notes()
    assert notes.verdict("fine").result is Result.PASS
    notes.deviation("odd")
    assert notes.verdict("fine").result is Result.DEVIATES
    notes.breach("broken")
    verdict = notes.verdict("fine")
    assert (verdict.result, verdict.evidence) == (Result.BREACH, "broken")
