"""The runner's spool and what the service reads of it."""

import json
from pathlib import Path
from typing import Any

from kanban_app.trigger_service.runner.output import BoundedLog
from kanban_app.trigger_service.runner.spool import EXIT_PATH, SpoolWriter
from kanban_app.trigger_service.spool import last_output, read_spool

UPDATES = "/api/workflow-updates"


def a_log(text: str) -> dict[str, Any]:
    return {"type": "workflow_log", "data": {"message": text}}


def a_status(text: str) -> dict[str, Any]:
    return {"type": "status_update", "data": {"message": text}}


def test_reports_are_on_disk_and_numbered(tmp_path: Path) -> None:
    spool = SpoolWriter(tmp_path / "spool.jsonl", 10_000)
    assert [spool.append(UPDATES, a_log(text)) for text in "abc"] == [1, 2, 3]
    assert [(r.id, r.path, r.body) for r in read_spool(tmp_path, after=1)] == [
        (2, UPDATES, a_log("b")),
        (3, UPDATES, a_log("c")),
    ]
    spool.close()


def test_a_half_written_line_is_left_for_later(tmp_path: Path) -> None:
    spool = SpoolWriter(tmp_path / "spool.jsonl", 10_000)
    spool.append(UPDATES, a_log("a"))
    with (tmp_path / "spool.jsonl").open("ab") as file:
        file.write(b'{"id": 2, "path": "/x", "bo')
    assert [r.id for r in read_spool(tmp_path)] == [1]
    spool.close()


def test_over_the_limit_logs_go_and_what_counts_stays(tmp_path: Path) -> None:
    spool = SpoolWriter(tmp_path / "spool.jsonl", 500)
    kept = [number for number in (spool.append(UPDATES, a_log("x" * 50)) for _ in range(20)) if number]
    assert 2 < len(kept) < 8
    assert spool.append(UPDATES, a_status("s")) == kept[-1] + 1
    assert spool.append("/api/stage-event", {"event_type": "stage_failed"}) == kept[-1] + 2
    spool.note_dropped("a", "w")
    spool.note_dropped("a", "w")
    marker = list(read_spool(tmp_path))[-1]
    assert marker.id == kept[-1] + 3
    assert marker.body["data"]["dropped"] == 20 - len(kept)
    spool.close()


def test_what_counts_has_a_limit_too_but_for_the_end(tmp_path: Path) -> None:
    """A script that reports its progress without end fills neither memory nor disk while nobody listens."""
    spool = SpoolWriter(tmp_path / "spool.jsonl", 2_000)
    kept = [number for number in (spool.append(UPDATES, a_status("x" * 50)) for _ in range(200)) if number]
    assert 4_000 <= (tmp_path / "spool.jsonl").stat().st_size < 4_300
    assert spool.append(EXIT_PATH, {"exit_code": 0}) == kept[-1] + 1
    spool.note_dropped("a", "w")
    assert list(read_spool(tmp_path))[-1].body["data"]["dropped"] == 200 - len(kept)
    spool.close()


def test_acknowledged_logs_make_room_and_what_counts_stays_readable(tmp_path: Path) -> None:
    spool = SpoolWriter(tmp_path / "spool.jsonl", 2_000)
    spool.append(UPDATES, a_status("first"))
    for number in range(2, 200):
        assert spool.append(UPDATES, a_log(f"line {number}")) == number
        spool.acknowledge(number)
    assert (tmp_path / "spool.jsonl").stat().st_size < 7_000
    found = list(read_spool(tmp_path))
    assert found[0].body == a_status("first")
    assert spool.append(UPDATES, a_log("next")) == 200
    assert next(iter(read_spool(tmp_path, after=199))).body == a_log("next")
    spool.close()


def test_batches_are_bounded_but_never_empty_handed(tmp_path: Path) -> None:
    spool = SpoolWriter(tmp_path / "spool.jsonl", 10_000)
    for text in ("x" * 900, "b", "c"):
        spool.append(UPDATES, a_log(text))
    assert [r.id for r in spool.batch(10, 100, timeout=0)] == [1]
    assert [r.id for r in spool.batch(2, 10_000, timeout=0)] == [1, 2]
    spool.acknowledge(3)
    assert spool.batch(10, 100, timeout=0) == []
    assert spool.wait_empty(0)
    spool.close()


def test_lines_of_the_file_are_the_agreed_shape(tmp_path: Path) -> None:
    spool = SpoolWriter(tmp_path / "spool.jsonl", 10_000)
    spool.append(UPDATES, a_log("ä\ud800"))
    record = json.loads((tmp_path / "spool.jsonl").read_text())
    assert set(record) == {"id", "at", "path", "body"}
    assert next(read_spool(tmp_path)).body == a_log("ä?")
    spool.close()


def test_output_keeps_beginning_and_end_and_says_what_is_missing(tmp_path: Path) -> None:
    log = BoundedLog(tmp_path / "output.log", head=100, tail=100)
    written = 0
    for number in range(500):
        line = f"line {number}\n".encode()
        written += len(line)
        log.write(line)
    log.close()
    text = (tmp_path / "output.log").read_text()
    notice = next(line for line in text.splitlines() if line.startswith("[…"))
    missing = int(notice.split()[1])
    assert text.startswith("line 0\nline 1\n")
    assert text.endswith("line 499\n")
    assert missing == written - (len(text.encode()) - len(f"\n{notice}\n".encode()))
    assert last_output(tmp_path, 2) == ("line 498", "line 499")
