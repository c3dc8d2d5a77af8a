"""The client against a real WebSocket server."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from kanban_app.client.connection import TriggerClient
from kanban_app.client.service_http import ServiceHttpError
from kanban_app.client.settings import ClientSettings
from kanban_app.domain.connection import ConnectionState
from kanban_app.domain.workflows import Vintage
from kanban_app.tac7.client_messages import TicketData
from kanban_app.tac7.client_session import ClientSession, NotOffered, NotReady, NotSent, SessionBusy
from kanban_app.tac7.codec import FrameTooLarge
from kanban_app.tac7.limits import Limits
from kanban_app.tac7.requests import RequestRefused
from kanban_app.tac7.session_events import (
    CancelAnswered,
    ConnectionChanged,
    Cursor,
    Gap,
    Ready,
    Received,
    Resumed,
    TicketAnswered,
    TriggerAnswered,
    TriggerRefused,
    TriggerUncertain,
    Unreadable,
)
from tests.support.builders import COMMIT
from tests.support.client_bench import LOG, REQUEST, Board, connected, free_url, running, settings_for, silent_listener
from tests.support.listening import listening
from tests.support.tac7_server import FakeService
from tests.support.waiting import eventually

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize("vintage", list(Vintage))
async def test_learns_the_vintage_from_the_first_pong(vintage: Vintage) -> None:
    async with connected(vintage) as (service, board):
        assert board.all(Ready)[0].vintage is vintage
        assert board.client.connection.state is ConnectionState.CONNECTED
        assert board.client.connection.can_cancel is (vintage is Vintage.OURS)
        assert bool(service.of_type("register_session")) is (vintage is Vintage.OURS)


@pytest.mark.parametrize("vintage", list(Vintage))
async def test_a_trigger_is_answered(vintage: Vintage) -> None:
    async with connected(vintage) as (service, board):
        await board.client.trigger("attempt-9", REQUEST)
        answer = await board.wait(TriggerAnswered)
        assert (answer.attempt_id, answer.status, answer.adw_id) == ("attempt-9", "accepted", "0a1b2c3d")
        data = service.of_type("trigger_workflow")[0]["data"]
        assert data["issue_number"] == "7"
        assert data.get("request_id") == ("attempt-9" if vintage is Vintage.OURS else None)
        assert [e.message.data.status for e in board.all(Received)] == ["started", "in_progress"]  # type: ignore[union-attr]


async def test_a_failed_launch_is_an_answer() -> None:
    async with connected() as (service, board):
        service.manners.fail_launch = True
        await board.client.trigger("a1", REQUEST)
        answer = await board.wait(TriggerAnswered)
        assert answer.status == "error"
        assert "uv" in (answer.error or "")


async def test_a_refusal_carries_the_catalogues_code() -> None:
    async with connected() as (service, board):
        service.manners.error_for_trigger = "adw_build_iso is a dependent workflow that requires an existing ADW ID."
        await board.client.trigger("a1", REQUEST)
        refused = await board.wait(TriggerRefused)
        assert (refused.attempt_id, refused.code) == ("a1", "E-VAL-4")


async def test_one_trigger_at_a_time() -> None:
    async with connected() as (service, board):
        service.manners.ignore_triggers = True
        await board.client.trigger("a1", REQUEST)
        with pytest.raises(SessionBusy):
            await board.client.trigger("a2", REQUEST)
        await eventually(lambda: service.launched)
        assert len(service.of_type("trigger_workflow")) == 1


async def test_refused_here_before_anything_is_sent() -> None:
    async with connected() as (service, board):
        with pytest.raises(RequestRefused) as refused:
            await board.client.trigger("a1", replace(REQUEST, workflow_type="adw_orchestrator"))
        assert refused.value.code == "E-VAL-12"
        with pytest.raises(FrameTooLarge):
            await board.client.trigger("a1", replace(REQUEST, body="x" * 9_000_000))
        await board.client.trigger("a1", REQUEST)
        await board.wait(TriggerAnswered)
        assert len(service.of_type("trigger_workflow")) == 1


async def test_without_a_connection_nothing_is_sent() -> None:
    async with running(settings_for(await free_url())) as board:
        with pytest.raises(NotReady):
            await board.client.trigger("a1", REQUEST)
        with pytest.raises(NotSent):
            await board.client.cancel("0a1b2c3d", "a1")


async def test_a_cut_between_trigger_and_answer_is_uncertain_and_not_sent_again() -> None:
    async with connected() as (service, board):
        service.manners.drop_on_trigger = True
        await board.client.trigger("a1", REQUEST)
        uncertain = await board.wait(TriggerUncertain)
        assert uncertain == TriggerUncertain("a1", "E-LOAD-4")
        await board.wait(Ready, 2)
        assert service.launched == ["0a1b2c3d"]


async def test_our_service_answers_a_repeat_with_the_first_answer() -> None:
    async with connected(Vintage.OURS) as (service, board):
        service.manners.drop_on_trigger = True
        await board.client.trigger("a1", REQUEST)
        await board.wait(TriggerUncertain)
        service.manners.drop_on_trigger = False
        await board.wait(Ready, 2)
        await board.client.trigger("a1", REQUEST)
        assert (await board.wait(TriggerAnswered)).status == "accepted"
        assert service.launched == ["0a1b2c3d"]


async def test_no_answer_in_time_is_uncertain_and_a_late_one_settles_it() -> None:
    limits = Limits(trigger_s=0.05)
    async with connected(change=lambda s: replace(s, limits=limits)) as (service, board):
        service.manners.ignore_triggers = True
        await board.client.trigger("a1", REQUEST)
        assert (await board.wait(TriggerUncertain)).reason == "E-TIME-1"
        await service.broadcast({"type": "trigger_response", "data": {"status": "accepted", "adw_id": "0a1b2c3d"}})
        assert (await board.wait(TriggerAnswered)).attempt_id == "a1"


async def test_survives_a_killed_and_restarted_service() -> None:
    async with connected() as (service, board):
        await service.kill()
        await board.state(ConnectionState.RECONNECTING)
        await eventually(lambda: board.cause == "E-CONN-1")
        await service.start()
        await board.wait(Ready, 2)
        connection = board.client.connection
        assert connection.state is ConnectionState.CONNECTED
        assert connection.error_code is None
        assert connection.attempt == 0


@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [
        (1000, "bye", "E-CONN-18"),
        (1001, "", "E-CONN-9"),
        (1002, "", "E-CONN-12"),
        (1003, "", "E-CONN-13"),
        (1009, "", "E-CONN-14"),
        (1011, "", "E-CONN-15"),
        (1012, "", "E-CONN-8"),
        (4000, "odd", "E-CONN-18"),
    ],
)
async def test_reconnects_after_any_close(code: int, reason: str, expected: str) -> None:
    async with connected() as (service, board):
        await service.close_all(code, reason)
        await board.wait(Ready, 2)
        codes = [change.connection.error_code for change in board.all(ConnectionChanged)]
        assert expected in codes


async def test_an_idle_connection_comes_back_without_a_word() -> None:
    async with connected() as (service, board):
        await service.close_all(1000, "Connection timeout due to inactivity")
        await board.wait(Ready, 2)
        changes = [change.connection for change in board.all(ConnectionChanged)]
        assert ConnectionState.RECONNECTING in [change.state for change in changes]
        assert {change.error_code for change in changes} == {None}


async def test_try_later_waits_long_until_the_user_is_impatient() -> None:
    async with connected() as (service, board):
        await service.close_all(1013)
        await eventually(lambda: board.cause == "E-CONN-17")
        await eventually(lambda: board.client.connection.next_try_at is not None)
        board.client.retry_now()
        await board.wait(Ready, 2)


async def test_nobody_there_is_offline_after_three_tries_and_goes_on() -> None:
    service = FakeService()
    await service.start()
    await service.stop()
    async with running(settings_for(service.url)) as board:
        await board.state(ConnectionState.OFFLINE)
        assert (board.client.connection.error_code, board.cause) == ("E-CONN-20", "E-CONN-1")
        await service.start()
        await board.wait(Ready)
        await service.stop()


async def test_a_service_that_is_just_starting_shows_no_error() -> None:
    service = FakeService(Vintage.OURS)
    await service.start()
    await service.stop()
    async with running(replace(settings_for(service.url), embedded=True, quiet_first_s=20.0)) as board:
        await asyncio.sleep(0.25)
        await service.start()
        await board.wait(Ready)
        changes = [change.connection for change in board.all(ConnectionChanged)]
        assert [change.state for change in changes] == [ConnectionState.CONNECTED]
        await service.stop()


@pytest.mark.parametrize(
    ("status", "expected"),
    [(403, "E-CONN-4"), (404, "E-CONN-4"), (426, "E-CONN-4"), (401, "E-AUTH-4"), (503, "E-CONN-17")],
)
async def test_an_http_answer_instead_of_a_socket(status: int, expected: str) -> None:
    async with FakeService() as service:
        service.manners.http_status = status
        async with running(settings_for(service.url)) as board:
            await eventually(lambda: board.cause == expected)


async def test_a_wrong_path_is_not_the_service() -> None:
    async with FakeService() as service, running(settings_for(service.url.replace("/ws/", "/x/ws/"))) as board:
        await eventually(lambda: board.cause == "E-CONN-4")


async def test_somebody_else_on_the_port() -> None:
    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        await writer.drain()

    async with listening(answer) as port, running(settings_for(f"ws://127.0.0.1:{port}/ws/trigger")) as board:
        await eventually(lambda: board.cause == "E-CONN-4")


async def test_tls_on_a_plain_port() -> None:
    async with FakeService() as service, running(settings_for(service.url.replace("ws://", "wss://"))) as board:
        await eventually(lambda: board.cause == "E-CONN-6")


async def test_a_silent_listener_is_slow() -> None:
    async with silent_listener() as (url, _called), running(replace(settings_for(url), open_timeout_s=0.1)) as board:
        await eventually(lambda: board.cause == "E-CONN-3")


async def test_garbage_is_told_and_does_no_harm() -> None:
    async with FakeService() as service:
        service.manners.greeting = ["{oops", "[]", '{"type": "nonsense"}', b"\xff\x00", '{"type": "status_update"}']
        async with running(settings_for(service.url)) as board:
            await board.wait(Ready)
            assert len(board.all(Unreadable)) == 3
            assert len(board.all(Received)) == 2
            await board.client.trigger("a1", REQUEST)
            await board.wait(TriggerAnswered)


async def test_a_dead_service_is_noticed_by_its_silence() -> None:
    limits = Limits(ping_every_s=0.05, silence_s=0.1)
    async with connected(change=lambda s: replace(s, limits=limits)) as (service, board):
        service.manners.mute = True
        await eventually(lambda: any(c.connection.error_code == "E-CONN-16" for c in board.all(ConnectionChanged)))
        service.manners.mute = False
        await board.wait(Ready, 2)


async def test_a_slow_pong_during_a_trigger_is_no_death() -> None:
    limits = Limits(ping_every_s=0.03, silence_s=0.1, silence_while_busy_s=5.0)
    async with connected(change=lambda s: replace(s, limits=limits)) as (service, board):
        service.manners.ignore_triggers = True
        await board.client.trigger("a1", REQUEST)
        await eventually(lambda: service.launched)
        service.manners.mute = True
        await asyncio.sleep(0.3)
        assert len(board.all(Ready)) == 1
        assert not board.all(TriggerUncertain)


async def test_numbered_broadcasts_survive_a_cut_without_hole_or_duplicate() -> None:
    async with connected(Vintage.OURS) as (service, board):
        await service.broadcast(LOG)
        await board.wait(Received)
        await service.kill()
        for _ in range(3):
            await service.broadcast(LOG)
        await service.start()
        await service_has(board, 4)
        await eventually(lambda: service.connections)
        await service.broadcast(LOG)
        await service_has(board, 5)
        assert [event.seq for event in board.all(Received)] == [1, 2, 3, 4, 5]
        assert [resumed.since for resumed in board.all(Resumed)] == [0, 1]


async def service_has(board: Board, count: int) -> None:
    await eventually(lambda: len(board.all(Received)) >= count)


async def test_continues_from_the_stored_cursor() -> None:
    async with FakeService(Vintage.OURS) as service:
        for _ in range(3):
            await service.broadcast(LOG)
        async with running(settings_for(service.url), Cursor("journal-1", 2)) as board:
            assert (await board.wait(Received)).seq == 3
        async with running(settings_for(service.url), Cursor("of another service", 2)) as board:
            await service_has(board, 3)
            assert [event.seq for event in board.all(Received)] == [1, 2, 3]
            assert board.all(Resumed) == [Resumed("journal-1", 3, 0)]


async def test_a_defect_of_ours_loses_nothing_and_leaves_no_start_open(monkeypatch: pytest.MonkeyPatch) -> None:
    change: Callable[[ClientSettings], ClientSettings] = lambda s: replace(s, queue_size=1)  # noqa: E731
    async with connected(Vintage.OURS, change) as (service, board):
        service.manners.ignore_triggers = True
        await board.client.trigger("a1", REQUEST)
        await eventually(lambda: service.of_type("trigger_workflow"))
        tick = ClientSession.tick
        monkeypatch.setattr(ClientSession, "tick", broken)
        for _ in range(20):
            await service.broadcast(LOG)
        board.client._link.wake()  # type: ignore[union-attr]
        assert await board.wait(TriggerUncertain) == TriggerUncertain("a1", "E-LOAD-4")
        await eventually(lambda: board.client.connection.state is not ConnectionState.CONNECTED)
        monkeypatch.setattr(ClientSession, "tick", tick)
        await service_has(board, 20)
        assert [event.seq for event in board.all(Received)] == list(range(1, 21))


def broken(_session: ClientSession, _now: float) -> None:
    raise KeyError("a defect of ours")


async def test_what_the_service_has_forgotten_is_told_as_a_gap() -> None:
    async with FakeService(Vintage.OURS) as service:
        for _ in range(5):
            await service.broadcast(LOG)
        service.forgotten = 3
        async with running(settings_for(service.url), Cursor("journal-1", 1)) as board:
            await service_has(board, 2)
            assert board.all(Gap) == [Gap(1, 4, lost=True)]
            assert [event.seq for event in board.all(Received)] == [4, 5]


async def test_a_full_queue_stops_the_reading_and_drops_nothing() -> None:
    limits = Limits(ping_every_s=0.02, silence_s=0.1)
    async with FakeService() as service:
        client = TriggerClient(replace(settings_for(service.url), queue_size=5, limits=limits))
        task = asyncio.create_task(client.run())
        await eventually(lambda: service.connections)
        for number in range(200):
            await service.broadcast({**LOG, "data": {**LOG["data"], "message": str(number)}})  # type: ignore[dict-item]
        await eventually(client.events.full)
        await asyncio.sleep(0.3)
        board = Board(client)
        taker = asyncio.create_task(board.take_in())
        await service_has(board, 200)
        assert [e.message.data.message for e in board.all(Received)] == [str(n) for n in range(200)]  # type: ignore[union-attr]
        assert len(board.all(Ready)) == 1
        for one in (task, taker):
            one.cancel()
        await asyncio.gather(task, taker, return_exceptions=True)


async def test_cancel_where_the_service_can() -> None:
    async with connected(Vintage.OURS) as (_service, board):
        await board.client.cancel("0a1b2c3d", "a1")
        assert await board.wait(CancelAnswered) == CancelAnswered("0a1b2c3d", "accepted", "stopping")
    async with connected(Vintage.V1) as (_service, board):
        with pytest.raises(NotOffered):
            await board.client.cancel("0a1b2c3d", "a1")


async def test_announcing_a_card() -> None:
    async with connected() as (_service, board):
        await board.client.announce(TicketData(id="7", title="A card"))
        assert (await board.wait(TicketAnswered)).status == "received"


async def test_disconnect_and_connect() -> None:
    async with connected() as (service, board):
        board.client.disconnect()
        with pytest.raises(NotReady):
            await board.client.trigger("a1", REQUEST)
        await board.state(ConnectionState.DISCONNECTED)
        assert board.client.connection.error_code == "E-CONN-11"
        await eventually(lambda: not service.connections)
        board.client.connect()
        await board.wait(Ready, 2)


async def test_disconnect_while_connecting() -> None:
    async with silent_listener() as (url, called), running(settings_for(url)) as board:
        await called.wait()
        board.client.disconnect()
        await board.state(ConnectionState.DISCONNECTED)


async def test_the_token_goes_along_and_is_never_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    async with FakeService(token="hush") as service:
        service.runs["0a1b2c3d"] = {"status": "in_progress"}
        async with running(replace(settings_for(service.url), token="hush")) as board:
            await board.wait(Ready)
            assert await board.client.fetch_run("0a1b2c3d")
        logged = [r for r in caplog.records if r.name.startswith(("kanban_app", "httpx", "httpcore"))]
        assert not any("hush" in record.getMessage() for record in logged)
        assert "hush" not in repr(board.client.connection)


async def test_a_run_over_http_in_both_shapes() -> None:
    async with connected() as (service, board):
        service.runs["0a1b2c3d"] = {
            "adw_id": "0a1b2c3d",
            "status": "in_progress",
            "current_stage": "build",
            "updated_at": "2026-11-22 20:18:13",
        }
        service.runs["deadbeef"] = {"workflow_status": "failed", "workflow_stages": [], "completed": False}
        run = await board.client.fetch_run("0a1b2c3d")
        assert run is not None
        assert (run.status, run.stage) == ("in_progress", "build")
        assert run.updated_at is not None
        assert run.updated_at.isoformat() == "2026-11-22T20:18:13+00:00"
        derived = await board.client.fetch_run("deadbeef")
        assert derived is not None
        assert derived.status == "failed"
        assert await board.client.fetch_run("unknown1") is None


@pytest.mark.parametrize(("status", "code"), [(500, "E-SYS-7"), (401, "E-AUTH-4"), (503, "E-SYS-10"), (400, "E-SYS-2")])
async def test_http_trouble_has_a_code(status: int, code: str) -> None:
    async with connected() as (service, board):
        service.manners.http_status = status
        with pytest.raises(ServiceHttpError) as error:
            await board.client.fetch_run("0a1b2c3d")
        assert error.value.code == code


@pytest.mark.parametrize(
    ("status", "body", "code", "said"),
    [
        (404, '{"detail": "Not Found"}', "E-SYS-4", {"what": "The log"}),
        (404, '{"error": "No such run"}', "E-SYS-3", {"error": "No such run"}),
        (405, '{"detail": "Method Not Allowed"}', "E-SYS-5", {"field": "Request"}),
        (422, '{"detail": [{"loc": ["path", "stage"], "msg": "bad"}]}', "E-SYS-5", {"field": "stage", "reason": "bad"}),
        (409, '{"detail": "already exists"}', "E-SYS-6", {"error": "already exists"}),
        (501, '{"error": "not here"}', "E-SYS-8", {}),
        (503, '{"detail": "Database not available"}', "E-SYS-10", {"error": "Database not available"}),
        (503, "<html>", "E-CONN-17", {}),
        (200, "<html>", "E-CONN-25", {}),
        (200, "[]", "E-CONN-25", {}),
        (404, "<html>", "E-CONN-25", {}),
    ],
)
async def test_http_answers_are_mapped(status: int, body: str, code: str, said: dict[str, str]) -> None:
    async with connected() as (service, board):
        service.manners.http_status, service.manners.http_body = status, body
        with pytest.raises(ServiceHttpError) as error:
            await board.client.fetch_stage_log("0a1b2c3d", "plan")
        assert error.value.code == code
        assert said.items() <= error.value.params.items()


async def test_a_log_that_does_not_come_is_asked_for_three_times() -> None:
    async with connected() as (service, board):
        before = len(service.handshakes)
        service.manners.http_status, service.manners.http_body = 500, '{"error": "database is locked"}'
        with pytest.raises(ServiceHttpError) as error:
            await board.client.fetch_execution_log("0a1b2c3d", "plan")
        assert (error.value.code, error.value.params["error"]) == ("E-SYS-7", "database is locked")
        assert len(service.handshakes) - before == 3


async def test_q32_health_comes_with_its_words() -> None:
    async with connected() as (service, board):
        service.answers["/health"] = {"status": "unhealthy", "error": "Health check timed out", "health_check": None}
        report = await board.client.fetch_health()
        assert not report.is_healthy
        assert report.trouble
        assert report.trouble.code == "E-TIME-4"


async def test_q06_a_health_check_outlives_its_connection() -> None:
    async with connected() as (service, board):
        with board.client.health_check():
            assert not board.client.is_free
            service.cut()
            await board.wait(Ready, 2)
            with pytest.raises(SessionBusy):
                await board.client.trigger("a1", REQUEST)
        assert board.client.is_free


async def test_of_a_health_answer_without_end_no_more_is_read_than_it_may_have() -> None:
    async with connected() as (service, board):
        service.answers["/health"] = {"status": "healthy", "padding": "x" * (1024 * 1024)}
        with pytest.raises(ServiceHttpError) as error:
            await board.client.fetch_health()
        assert error.value.code == "E-CONN-25"
        assert "more than 1 MiB" in error.value.params["reason"]
        service.answers["/health"] = {"status": "healthy", "padding": "x" * (1023 * 1024)}
        assert (await board.client.fetch_health()).is_healthy


async def test_http_without_a_service() -> None:
    async with running(settings_for(await free_url())) as board:
        await board.state(ConnectionState.OFFLINE)
        with pytest.raises(ServiceHttpError) as error:
            await board.client.fetch_run("0a1b2c3d")
        assert error.value.code == "E-CONN-1"


async def test_a_preview_of_a_merge_over_http() -> None:
    async with connected() as (service, board):
        path = "/api/adws/0a1b2c3d/merge?method=rebase&target=feature%2Fa+b"
        service.answers[path] = {"possible": True, "head": COMMIT, "files": [{"path": "a.py", "added": 1}]}
        preview = await board.client.fetch_merge_preview("0a1b2c3d", "rebase", "feature/a b")
        assert (preview.possible, preview.head, preview.files[0].path) == (True, COMMIT, "a.py")
        assert service.asked[-1] == path
        with pytest.raises(ServiceHttpError) as unknown:
            await board.client.fetch_merge_preview("unknown1", "squash", None)
        assert unknown.value.code == "E-SYS-3"


async def test_the_work_of_a_run_over_http() -> None:
    async with connected() as (service, board):
        path = "/api/adws/0a1b2c3d"
        service.answers[f"{path}/plan"] = {"plan_content": "# Plan", "plan_file": "specs/a.md"}
        service.answers[f"{path}/changes"] = {"branch": "adw/x", "files": [{"path": "a.py", "added": 1}]}
        service.answers[f"{path}/changes/file?path=a+b%26.py&from=c.py"] = {"path": "a b&.py", "diff": "@@ -1 +1 @@"}
        plan = await board.client.fetch_plan("0a1b2c3d")
        assert plan is not None
        assert plan.plan_file == "specs/a.md"
        assert (await board.client.fetch_changes("0a1b2c3d")).files[0].path == "a.py"
        assert (await board.client.fetch_diff("0a1b2c3d", "a b&.py", "c.py")).diff == "@@ -1 +1 @@"
        assert await board.client.fetch_plan("unknown1") is None
        for asked in (board.client.fetch_changes("unknown1"), board.client.fetch_diff("unknown1", "a", None)):
            with pytest.raises(ServiceHttpError) as unknown:
                await asked
            assert unknown.value.code == "E-SYS-3"


def in_haste(settings: ClientSettings) -> ClientSettings:
    return replace(settings, limits=replace(settings.limits, http_s=0.2, preview_s=20.0))


async def test_a_preview_may_take_longer_than_other_calls() -> None:
    """Git looks at a large repository for as long as that takes: the service's own limit is 20 s."""
    async with connected(change=in_haste) as (service, board):
        path, run = "/api/adws/0a1b2c3d/merge?method=squash", "/api/adws/0a1b2c3d"
        service.answers[path] = {"possible": True}
        done = asyncio.Event()
        service.manners.thinks_about = {path: done, run: done}
        asking = asyncio.create_task(board.client.fetch_merge_preview("0a1b2c3d", "squash", None))
        await eventually(lambda: path in service.asked)
        with pytest.raises(ServiceHttpError) as slow:
            await board.client.fetch_run("0a1b2c3d")
        assert slow.value.code == "E-CONN-3"
        done.set()
        assert (await asking).possible


async def test_a_preview_that_does_not_come_says_so_and_is_not_asked_for_again() -> None:
    def brief(settings: ClientSettings) -> ClientSettings:
        return replace(settings, limits=replace(settings.limits, preview_s=0.2))

    async with connected(change=brief) as (service, board):
        path = "/api/adws/0a1b2c3d/merge?method=squash"
        service.manners.thinks_about = {path: asyncio.Event()}
        with pytest.raises(ServiceHttpError) as late:
            await board.client.fetch_merge_preview("0a1b2c3d", "squash", None)
        words = "Looking at the merge takes longer than 0.2 s."
        assert (late.value.code, late.value.params["error"]) == ("E-SYS-7", words)
        service.manners.thinks_about.clear()
        before = len(service.handshakes)
        said = "git needs more than 20 seconds to look at this merge"
        service.manners.http_status, service.manners.http_body = 503, f'{{"error": "{said}"}}'
        with pytest.raises(ServiceHttpError) as refused:
            await board.client.fetch_merge_preview("0a1b2c3d", "squash", None)
        assert (refused.value.code, refused.value.params["error"]) == ("E-SYS-7", said)
        assert len(service.handshakes) - before == 1
