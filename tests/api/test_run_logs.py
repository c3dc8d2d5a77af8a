"""A run's log as a whole over HTTP: searched through, and downloaded."""

import json
from datetime import UTC, datetime
from typing import Any

from kanban_app.domain.records import LogEntry, LogKind, LogLevel
from kanban_app.services.keeper import Beside
from tests.api.desk import Desk, error_of

AT = datetime(2026, 11, 26, 14, 3, 7, 250_000, tzinfo=UTC)


def line(adw_id: str, message: str, kind: LogKind = LogKind.LOG, level: LogLevel = LogLevel.INFO) -> LogEntry:
    return LogEntry(adw_id, AT, kind, level, message)


async def run_with(desk: Desk, *lines: tuple[Any, ...]) -> str:
    adw_id = (await desk.bench.running()).run_id or ""
    await desk.bench.keeper.report([], Beside([line(adw_id, *more) for more in lines]))
    return adw_id


async def matches(desk: Desk, adw_id: str, **query: Any) -> dict[str, Any]:
    answer = await desk.client.get(f"/api/v1/runs/{adw_id}/log/matches", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_text_is_found_in_all_lines(desk: Desk) -> None:
    adw_id = await run_with(desk, *((f"Line {n}, {'odd' if n % 2 else 'EVEN'}",) for n in range(1, 3001)))
    assert await matches(desk, adw_id, q="line 77,") == {"seqs": [77], "count": 1, "last": 3000}
    even = await matches(desk, adw_id, q="even", limit=3)
    assert even == {"seqs": [2996, 2998, 3000], "count": 1500, "last": 3000}
    older = await matches(desk, adw_id, q="even", limit=3, before=2996)
    assert (older["seqs"], older["count"]) == ([2990, 2992, 2994], 1497)
    assert (await matches(desk, adw_id, q="nowhere"))["count"] == 0


async def test_signs_of_patterns_and_terminals_mean_nothing(desk: Desk) -> None:
    adw_id = await run_with(desk, ("100 % of _it_",), ("\x1b[31mFAI\x1b[0mLED tests",), ("Straße in Köln",))
    assert (await matches(desk, adw_id, q="%"))["seqs"] == [1]
    assert (await matches(desk, adw_id, q="_it_"))["seqs"] == [1]
    assert (await matches(desk, adw_id, q="failed"))["seqs"] == [2]
    assert (await matches(desk, adw_id, q="[31m"))["seqs"] == []
    assert (await matches(desk, adw_id, q="köln"))["seqs"] == [3]


async def test_a_search_can_be_narrowed_down(desk: Desk) -> None:
    adw_id = await run_with(
        desk,
        ("a test",),
        ("a test", LogKind.TEXT),
        ("a test", LogKind.TOOL_RESULT, LogLevel.ERROR),
        ("a test", LogKind.LOG, LogLevel.WARNING),
    )
    assert (await matches(desk, adw_id, q="test", kind=["text", "tool_result"]))["seqs"] == [2, 3]
    assert (await matches(desk, adw_id, q="test", level=["warning", "error"]))["seqs"] == [3, 4]
    answer = await desk.client.get(f"/api/v1/runs/{adw_id}/log/matches?q=test&kind=nonsense")
    error_of(answer, 422, "E-VAL-8")


async def test_a_log_is_downloaded_as_text(desk: Desk) -> None:
    adw_id = await run_with(desk, *((f"\x1b[1mLine\x1b[0m {n}", LogKind.LOG, LogLevel.WARNING) for n in range(1201)))
    answer = await desk.client.get(f"/api/v1/runs/{adw_id}/log.txt")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="run-{adw_id}.txt"'
    lines = answer.text.splitlines()
    assert len(lines) == 1201
    assert lines[1200] == "2026-11-26T14:03:07.250Z warning log         Line 1200"


async def test_a_log_is_downloaded_as_json_lines(desk: Desk) -> None:
    adw_id = await run_with(desk, ("One\nof two lines",), ("Zwei Köpfe", LogKind.TEXT))
    answer = await desk.client.get(f"/api/v1/runs/{adw_id}/log.jsonl")
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["content-disposition"] == f'attachment; filename="run-{adw_id}.jsonl"'
    page = (await desk.client.get(f"/api/v1/runs/{adw_id}/log")).json()
    assert [json.loads(text) for text in answer.text.splitlines()] == page["entries"]


async def test_an_empty_log_is_an_empty_file(desk: Desk) -> None:
    adw_id = await run_with(desk)
    answer = await desk.client.get(f"/api/v1/runs/{adw_id}/log.txt")
    assert (answer.status_code, answer.text) == (200, "")


async def test_the_log_of_an_unknown_run(desk: Desk) -> None:
    for what in ("log.txt", "log.jsonl", "log/matches?q=x"):
        error_of(await desk.client.get(f"/api/v1/runs/ffffffff/{what}"), 404, "E-WF-11")


async def test_lines_are_read_from_a_time_on_and_of_several_kinds(desk: Desk) -> None:
    adw_id = await run_with(desk, ("first",), ("second", LogKind.TEXT), ("third", LogKind.FILE))
    url = f"/api/v1/runs/{adw_id}/log"
    page = (await desk.client.get(url, params={"kind": ["text", "file"]})).json()
    assert [entry["seq"] for entry in page["entries"]] == [2, 3]
    page = (await desk.client.get(url, params={"written_from": "2026-11-26T14:03:07Z", "limit": 1})).json()
    assert [entry["seq"] for entry in page["entries"]] == [1]
    page = (await desk.client.get(url, params={"written_from": "2026-11-26T15:03:08+01:00"})).json()
    assert page["entries"] == []
