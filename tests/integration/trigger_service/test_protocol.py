"""What a client of the service sees: frames, order, replay, and the HTTP endpoints."""

import asyncio
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from kanban_app.trigger_service.service import TriggerService
from tests.support.service_app import Board, Running, new_config, running
from tests.support.service_memory import MemoryJournal, MemoryLedger
from tests.support.waiting import eventually

LOG = {"adw_id": "abcd1234", "workflow_name": "w", "message": "m", "level": "INFO", "timestamp": "t"}


@pytest_asyncio.fixture
async def app(tmp_path: Path) -> AsyncGenerator[Running]:
    ledger = MemoryLedger()
    journal = MemoryJournal(ledger)
    async with running(TriggerService(new_config(tmp_path), ledger, journal), ledger, journal) as found:
        yield found


@pytest.fixture
async def impatient(tmp_path: Path) -> AsyncGenerator[Running]:
    """A service that lets few broadcasts wait for a client."""
    ledger = MemoryLedger()
    journal = MemoryJournal(ledger)
    service = TriggerService(new_config(tmp_path, subscriber_queue=50), ledger, journal)
    async with running(service, ledger, journal) as found:
        yield found


def a_log(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "workflow_log", "data": {**LOG, "message": text, **more}}


async def post(app: Running, path: str, body: Any) -> tuple[int, dict[str, Any]]:
    async with app.http() as http:
        answer = await http.post(path, json=body)
    return answer.status_code, answer.json()


async def test_pong_names_the_extensions(app: Running) -> None:
    async with app.board() as board:
        await board.link.send(json.dumps({"type": "ping", "timestamp": 17}))
        pong = await board.wait(lambda m: m["type"] == "pong")
    assert pong["extensions"] == ["request_id", "cancel", "since", "queue_status", "merge", "diff"]
    assert pong["client_timestamp"] == 17
    assert pong["connection_id"].startswith("conn_")


async def test_bad_input_is_answered_and_the_connection_stays(app: Running) -> None:
    async with app.board() as board:
        for text in ("{oops", "[1]", "null", '{"type": "hello"}', '{"type": "trigger_workflow", "data": null}'):
            await board.link.send(text)
        await board.link.send('{"type": "ping"}')
        await board.wait(lambda m: m["type"] == "pong")
    assert [m["type"] for m in board.received] == ["error"] * 5 + ["pong"]


async def test_a_binary_frame_closes_with_1003(app: Running) -> None:
    async with app.board() as board:
        await board.link.send(b"\x00\x01")
        await eventually(lambda: board.closed_with is not None)
    assert board.closed_with == 1003


async def test_a_log_line_reaches_everybody(app: Running) -> None:
    async with app.board() as one, app.board() as two:
        await one.send("workflow_log", **LOG, extra=[1])
        for board in (one, two):
            message = await board.wait(lambda m: m["type"] == "workflow_log")
            assert message == {"type": "workflow_log", "data": {**LOG, "extra": [1]}, "seq": 1}


async def test_a_replay_joins_the_live_stream_without_gap_or_repeat(app: Running) -> None:
    for number in range(40):
        await post(app, "/api/workflow-updates", a_log(f"old {number}"))
    done = asyncio.Event()

    async def talk() -> None:
        async with app.http() as http:
            for number in range(120):
                await http.post("/api/workflow-updates", json=a_log(f"new {number}"))
        done.set()

    async with asyncio.TaskGroup() as group:
        group.create_task(talk())
        await asyncio.gather(*(follow(app, since, done) for since in (0, 7, 39, 0, 25)))
    assert len(app.journal.entries) == 160


async def follow(app: Running, since: int, done: asyncio.Event) -> None:
    async with app.board() as board:
        await board.send("register_session", session_id="s", since=since, journal=await app.journal.journal_id())
        answer = await board.wait(lambda m: m["type"] == "session_registered")
        await done.wait()
        await eventually(lambda: board.received[-1].get("seq") == 160)
    data = answer["data"]
    assert data["replaying"] == data["last"] - since
    after = board.received[board.received.index(answer) + 1 :]
    assert [m["seq"] for m in after] == list(range(since + 1, 161))


async def test_registering_without_since_replays_nothing(app: Running) -> None:
    await post(app, "/api/workflow-updates", a_log("old"))
    async with app.board() as board:
        await board.send("register_session", session_id="s")
        answer = await board.wait(lambda m: m["type"] == "session_registered")
        await post(app, "/api/workflow-updates", a_log("new"))
        await board.wait(lambda m: m["type"] == "workflow_log")
    assert (answer["data"]["last"], answer["data"]["replaying"]) == (1, 0)
    assert board.numbers == [2]


@pytest.mark.parametrize(("since", "expected"), [(0, [1, 2, 3]), (2, [3])])
async def test_numbers_of_another_journal_mean_nothing(app: Running, since: int, expected: list[int]) -> None:
    for text in ("a", "b"):
        await post(app, "/api/workflow-updates", a_log(text))
    async with app.board() as board:
        await board.send("register_session", session_id="s", since=since, journal="another")
        await board.wait(lambda m: m["type"] == "session_registered")
        await post(app, "/api/workflow-updates", a_log("c"))
        await eventually(lambda: 3 in board.numbers)
    assert board.numbers == expected


async def test_a_number_from_the_future_does_not_silence_the_stream(app: Running) -> None:
    async with app.board() as board:
        await board.send("register_session", session_id="s", since=900)
        await board.wait(lambda m: m["type"] == "session_registered")
        await post(app, "/api/workflow-updates", a_log("a"))
        await eventually(lambda: board.numbers == [1])


async def test_who_falls_too_far_behind_is_closed_and_finds_everything_again(impatient: Running) -> None:
    app = impatient
    async with app.board() as slow, app.board() as quick:
        slow.link.transport.pause_reading()
        large = "x" * 100_000
        async with app.http() as http:
            for _ in range(200):
                await http.post("/api/workflow-updates", json=a_log(large))
        await eventually(lambda: len(quick.numbers) == 200)
        async with app.http() as http:
            await eventually_connections(http, 1)
        slow.link.transport.resume_reading()
        await eventually(lambda: slow.closed_with is not None)
    assert slow.numbers == list(range(1, len(slow.numbers) + 1))
    assert len(slow.numbers) < 200
    async with app.board() as again:
        await again.send("register_session", session_id="s", since=len(slow.numbers))
        await eventually(lambda: 200 in again.numbers)
    assert again.numbers == list(range(len(slow.numbers) + 1, 201))


async def eventually_connections(http: Any, count: int) -> None:
    async with asyncio.timeout(10):
        while (await http.get("/health")).json()["active_connections"] != count:  # noqa: ASYNC110 - over HTTP
            await asyncio.sleep(0.005)


async def test_a_journal_that_cannot_be_written_is_not_success(app: Running) -> None:
    app.journal.fail = 1
    async with app.http() as http:
        answer = await http.post("/api/workflow-updates", json=a_log("lost"))
        assert answer.status_code == 500
        assert (await http.post("/api/workflow-updates", json=a_log("kept"))).status_code == 200
    assert [m["data"]["message"] for m in app.journal.messages()] == ["kept"]


@pytest.mark.parametrize(
    ("path", "body", "status", "word"),
    [
        ("/api/workflow-updates", {"type": "status_update"}, 400, "data"),
        ("/api/workflow-updates", {"type": "banana", "data": LOG}, 400, "banana"),
        ("/api/workflow-updates", {"type": "workflow_log", "data": {"adw_id": "a"}}, 400, "workflow_name, message"),
        ("/api/workflow-updates", a_log("m", adw_id="../etc"), 400, "adw_id"),
        ("/api/stage-event", {"to_stage": "plan"}, 400, "adw_id"),
        ("/api/stage-event", {"adw_id": "a"}, 400, "to_stage"),
        ("/api/stage-event", {"adw_id": "a", "to_stage": "Plan"}, 400, "Invalid stage"),
        ("/api/agent-state-update", {"adw_id": "a"}, 400, "event_type"),
        ("/api/agent-state-update", {"adw_id": "a", "event_type": "dream"}, 400, "dream"),
        ("/api/workflow-updates", [1], 422, "object"),
        ("/r/wrong/api/workflow-updates", a_log("m"), 404, "Not Found"),
        ("/r/wrong/api/reports", {"reports": []}, 404, "Not Found"),
    ],
)
async def test_what_cannot_be_taken_is_refused(app: Running, path: str, body: Any, status: int, word: str) -> None:
    code, answer = await post(app, path, body)
    assert code == status
    assert word in answer["error"]
    assert not app.journal.entries


async def test_malformed_and_oversized_bodies(app: Running) -> None:
    async with app.http() as http:
        assert (await http.post("/api/stage-event", content=b"{oops")).status_code == 422
        assert (await http.post("/api/stage-event", content=b"[" * 100_000)).status_code == 422
        assert (await http.post("/api/stage-event", content=b'"' + b"x" * (1 << 20) + b'"')).status_code == 413


async def test_a_report_is_answered_with_the_number_of_clients(app: Running) -> None:
    async with app.board():
        code, answer = await post(app, "/api/workflow-updates", a_log("m"))
    assert (code, answer["status"], answer["clients_count"]) == (200, "success", 1)


async def test_health_is_v1s_with_extensions(app: Running) -> None:
    async with app.http() as http:
        body = (await http.get("/health")).json()
    assert body["status"] == "healthy"
    assert body["service"] == "adw-websocket-trigger"
    assert {"active_connections", "total_workflows_triggered", "uptime_seconds", "health_check", "error"} <= set(body)
    assert "since" in body["extensions"]
    assert body["health_check"]["details"]["demo"] is True


async def test_health_is_put_together_once_a_second(app: Running) -> None:
    async with app.http() as http:
        first, second = [(await http.get("/health")).content for _ in range(2)]
        assert first == second or json.loads(second)["uptime_seconds"] - json.loads(first)["uptime_seconds"] >= 0.99


async def test_a_run_can_be_looked_up(app: Running) -> None:
    async with app.board() as board:
        await board.trigger(adw_id="abcd1234", issue_json={"title": "x"}, issue_type="bug")
        await board.final("abcd1234")
        await eventually(lambda: app.service.active_runs == 0)
    async with app.http() as http:
        assert (await http.get("/api/adws/unknown1")).status_code == 404
        run = (await http.get("/api/adws/abcd1234")).json()
        assert (await http.get("/api/execution-logs/abc/plan")).status_code == 400
        assert (await http.get("/api/execution-logs/abcd1234/merge")).status_code == 400
        assert (await http.get("/api/execution-logs/ffffffff/plan")).status_code == 404
        log = (await http.get("/api/execution-logs/abcd1234/plan")).json()
        empty = (await http.get("/api/execution-logs/abcd1234/build")).json()
    assert (run["status"], run["completed"], run["current_stage"]) == ("completed", True, "ready-to-merge")
    assert (run["issue_class"], run["branch_name"], run["demo"]) == ("/bug", "adw/abcd1234-x", True)
    assert log["has_logs"] is True
    assert log["logs"][0]["message"] == "[plan] Reading the card"
    assert set(log["logs"][0]) == {"timestamp", "level", "message", "raw_line"}
    assert (empty["has_logs"], empty["logs"]) == (False, [])


async def test_the_rate_limit_is_refused_as_it_was_meant(tmp_path: Path) -> None:
    ledger = MemoryLedger()
    journal = MemoryJournal(ledger)
    service = TriggerService(new_config(tmp_path, triggers_per_minute=2), ledger, journal)
    async with running(service, ledger, journal) as app, app.board() as board:
        for _ in range(3):
            await board.trigger(workflow_type="adw_ship_iso", adw_id="abcd1234")
    assert [m["data"]["error_type"] for m in board.received] == ["validation_error"] * 2 + ["rate_limit_error"]


async def test_a_slow_start_holds_up_nobody_else(app: Running) -> None:
    async with app.board() as busy, app.board() as calm:
        starts = [asyncio.create_task(busy.trigger(adw_id=f"abcd000{n}", issue_json={"title": "x"})) for n in range(5)]
        for _ in range(20):
            await ping(calm)
        await asyncio.gather(*starts)
        for number in range(5):
            await calm.final(f"abcd000{number}")


async def ping(board: Board) -> None:
    before = len(board.of("pong"))
    await board.link.send('{"type": "ping"}')
    await eventually(lambda: len(board.of("pong")) > before)


async def test_what_was_asked_for_is_told_with_what_became_of_it(tmp_path: Path) -> None:
    told: list[tuple[str, str, str]] = []

    def listen(_who: object, what: str, adw_id: str, code: str) -> None:
        told.append((what, adw_id, code))

    ledger = MemoryLedger()
    journal = MemoryJournal(ledger)
    # A slow demonstration: the run is there until it is cancelled.
    service = TriggerService(new_config(tmp_path, demo_speed=100.0), ledger, journal, on_ask=listen)
    async with running(service, ledger, journal) as app, app.board() as board:
        for request_id in ("one", "one", "two"):
            await board.trigger(adw_id="abcd1234", request_id=request_id)
        await board.send("cancel_workflow", adw_id="00000000")
        await board.send("cancel_workflow", adw_id="abcd1234")
        await board.final("abcd1234")
        await eventually(lambda: len(told) == 5)
    assert told == [
        ("adw_orchestrator", "abcd1234", ""),
        ("adw_orchestrator", "abcd1234", "repeated"),
        ("adw_orchestrator", "abcd1234", "ignored"),
        ("cancel", "00000000", "ignored"),
        ("cancel", "abcd1234", ""),
    ]
