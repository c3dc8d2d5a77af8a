"""What is odd about the services' connections, by its number in the reference."""

import asyncio
from dataclasses import replace

import pytest
from websockets.asyncio.server import ServerConnection, serve

from kanban_app.client.service_http import ServiceHttpError
from kanban_app.domain.connection import ConnectionState
from kanban_app.domain.workflows import Vintage
from kanban_app.tac7.client_messages import TicketData
from kanban_app.tac7.client_session import NotOffered
from kanban_app.tac7.limits import Limits
from kanban_app.tac7.server_messages import WorkflowLogData
from kanban_app.tac7.session_events import (
    ConnectionChanged,
    Ready,
    Received,
    TicketAnswered,
    TriggerAnswered,
    TriggerRefused,
    TriggerUncertain,
)
from tests.support.client_bench import LOG, REQUEST, Board, connected, running, settings_for
from tests.support.tac7_server import FakeService
from tests.support.waiting import eventually

pytestmark = pytest.mark.asyncio

MIB = 1024 * 1024
ENTRY = WorkflowLogData(adw_id="0a1b2c3d", workflow_name="w", message="from the board", level="INFO", timestamp="now")


def codes(board: Board) -> set[str | None]:
    seen = [change.connection for change in board.all(ConnectionChanged)]
    return {code for one in seen for code in (one.error_code, one.cause_code)}


async def test_q03_what_the_service_says_meanwhile_lets_a_start_wait_longer() -> None:
    limits = Limits(trigger_s=0.4, trigger_stretch=50.0)
    async with connected(change=lambda s: replace(s, limits=limits)) as (service, board):
        service.manners.ignore_triggers = True
        await board.client.trigger("a1", REQUEST)
        for _ in range(16):
            await asyncio.sleep(0.05)
            await service.broadcast(LOG)
        assert not board.all(TriggerUncertain)
        assert (await board.wait(TriggerUncertain)).reason == "E-TIME-1"


async def test_q04_the_library_does_not_close_a_service_that_is_slow_to_pong() -> None:
    async with connected() as (_service, board):
        socket = board.client._link._socket  # type: ignore[union-attr]
        assert socket.ping_interval is None


async def test_q06_a_service_is_not_dead_while_its_health_is_asked_for() -> None:
    limits = Limits(ping_every_s=0.03, silence_s=0.1, silence_while_busy_s=30.0)
    async with connected(change=lambda s: replace(s, limits=limits)) as (service, board):
        with board.client.health_check():
            service.manners.mute = True
            sent = len(service.of_type("ping"))
            await eventually(lambda: len(service.of_type("ping")) > sent)
            await asyncio.sleep(0.3)
            assert len(board.all(Ready)) == 1
        board.client._link.wake()  # type: ignore[union-attr]
        await eventually(lambda: "E-CONN-16" in codes(board))
        service.manners.mute = False
        await board.wait(Ready, 2)


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 1012, 3000, 4999])
async def test_q07_any_close_that_we_did_not_ask_for_reconnects(code: int) -> None:
    async with connected() as (service, board):
        await service.close_all(code)
        await board.wait(Ready, 2)


async def test_q07_after_our_own_close_we_stay_away() -> None:
    async with connected() as (service, board):
        board.client.disconnect()
        await board.state(ConnectionState.DISCONNECTED)
        board.client.network_returned()
        await asyncio.sleep(0.2)
        assert len(service.handshakes) == 1
        board.client.connect()
        await board.wait(Ready, 2)


async def test_q28_a_start_that_was_too_large_to_be_read_is_refused_and_not_uncertain() -> None:
    async with (
        FakeService(Vintage.V1, max_size=MIB) as service,
        running(settings_for(service.url)) as board,
    ):
        await board.wait(Ready)
        await board.client.trigger("a1", replace(REQUEST, body="x" * (2 * MIB)))
        refused = await board.wait(TriggerRefused)
        assert (refused.attempt_id, refused.code) == ("a1", "E-CONN-14")
        await board.wait(Ready, 2)
        assert not board.all(TriggerUncertain)
        assert not service.launched


async def test_q28_a_small_start_before_such_a_close_stays_uncertain() -> None:
    async with connected() as (service, board):
        service.manners.close_on_trigger = (1009, "")
        await board.client.trigger("a1", REQUEST)
        assert (await board.wait(TriggerUncertain)).attempt_id == "a1"
        assert "E-CONN-14" in codes(board)


async def test_q28_what_is_too_large_for_us_is_told_as_such() -> None:
    async with FakeService() as service:
        service.manners.greeting = ["x" * (2 * MIB)]
        async with running(replace(settings_for(service.url), max_incoming=MIB)) as board:
            await eventually(lambda: board.client.connection.error_code == "E-CONN-18")
            assert "more than 1 MiB" in board.client.connection.error_params["reason"]


async def test_q28_a_start_under_way_stays_uncertain_when_we_close_over_a_message_too_large() -> None:
    """The service echoes our code; that is no word of the service about our message."""
    async with connected(change=lambda s: replace(s, max_incoming=MIB)) as (service, board):
        service.manners.ignore_triggers = True
        await board.client.trigger("a1", replace(REQUEST, body="x" * (2 * MIB)))
        await eventually(lambda: service.launched)
        await service.broadcast({"type": "workflow_log", "data": {"message": "x" * (2 * MIB)}})
        assert (await board.wait(TriggerUncertain)).reason == "E-LOAD-4"


async def test_q28_frames_are_compressed_and_a_bomb_does_not_go_off() -> None:
    extensions: list[str] = []

    async def answer(socket: ServerConnection) -> None:
        assert socket.response is not None
        extensions.append(socket.response.headers.get("Sec-WebSocket-Extensions", ""))
        await socket.send("0" * (64 * MIB))  # some 64 kB on the wire
        await socket.wait_closed()

    async with serve(answer, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        async with running(replace(settings_for(f"ws://127.0.0.1:{port}"), max_incoming=MIB)) as board:
            await eventually(lambda: "more than 1 MiB" in board.client.connection.error_params.get("reason", ""))
    assert extensions[0].startswith("permessage-deflate")
    assert not board.all(Received)


async def test_q29_what_the_service_does_not_know_is_not_sent_again() -> None:
    async with connected(Vintage.V1) as (service, board):
        service.manners.does_not_know = frozenset({"ticket_notification"})
        await board.client.announce(TicketData(id="7", title="A card"))
        assert (await board.wait(TicketAnswered)).status == "error"
        with pytest.raises(NotOffered):
            await board.client.announce(TicketData(id="8", title="Another"))
        assert len(service.of_type("ticket_notification")) == 1
        service.manners.does_not_know = frozenset()
        await service.kill()  # and comes back in another version
        await service.start()
        await board.wait(Ready, 2)
        await board.client.announce(TicketData(id="8", title="Another"))
        assert (await board.wait(TicketAnswered, 2)).status == "received"


async def test_q29_v0_gets_no_logs() -> None:
    async with connected(Vintage.V0) as (service, board):
        with pytest.raises(NotOffered):
            await board.client.log(ENTRY)
        await board.client.trigger("a1", REQUEST)
        await board.wait(TriggerAnswered)
        assert not service.of_type("workflow_log")


async def test_a_log_line_goes_to_everybody_and_takes_no_place_in_the_line() -> None:
    async with connected(Vintage.V1) as (service, board):
        await board.client.log(ENTRY)
        service.manners.error_for_trigger = "adw_build_iso is a dependent workflow that requires an existing ADW ID."
        await board.client.trigger("a1", REQUEST)
        assert (await board.wait(TriggerRefused)).code == "E-VAL-4"
        assert service.of_type("workflow_log")[0]["data"]["message"] == "from the board"
        assert [e.message.data.message for e in board.all(Received)] == ["from the board"]  # type: ignore[union-attr]


async def test_a_line_that_is_refused_costs_no_start() -> None:
    async with connected(Vintage.V1) as (service, board):
        service.manners.does_not_know = frozenset({"workflow_log"})
        await board.client.log(ENTRY)
        await board.client.trigger("a1", REQUEST)
        assert (await board.wait(TriggerAnswered)).status == "accepted"
        with pytest.raises(NotOffered):
            await board.client.log(ENTRY)


async def test_five_failures_after_a_connection_are_a_pause_that_ends_by_itself() -> None:
    async with connected() as (service, board):
        await service.kill()
        await board.state(ConnectionState.PAUSED)
        paused = board.client.connection
        assert (paused.error_code, paused.cause_code) == ("E-CONN-21", "E-CONN-1")
        assert paused.attempt >= 5
        assert paused.next_try_at is not None
        await service.start()
        await board.wait(Ready, 2)


async def test_a_pause_is_cut_short_by_retry_now() -> None:
    async with connected(change=lambda s: replace(s, longest_pause_s=600.0)) as (service, board):
        await service.kill()
        await board.state(ConnectionState.PAUSED)
        await service.start()
        board.client.retry_now()
        await board.wait(Ready, 2)


async def test_tries_go_on_after_the_twentieth_and_say_so() -> None:
    service = FakeService()
    await service.start()
    await service.stop()
    settings = replace(settings_for(service.url), first_pause_s=0.005, longest_pause_s=0.02)
    async with running(settings) as board:
        await eventually(lambda: board.client.connection.error_code == "E-CONN-19")
        assert int(board.client.connection.error_params["n"]) >= 20
        assert board.client.connection.state is ConnectionState.OFFLINE
        await service.start()
        await board.wait(Ready)
        await service.stop()


async def test_a_token_that_was_good_before_is_told_as_expired() -> None:
    async with (
        FakeService(token="first") as service,
        running(replace(settings_for(service.url), token="first")) as board,
    ):
        await board.wait(Ready)
        await board.client.fetch_run("0a1b2c3d")
        service.runs["0a1b2c3d"] = {"status": "in_progress"}
        assert await board.client.fetch_run("0a1b2c3d")
        service.change_token("second")
        with pytest.raises(ServiceHttpError) as error:
            await board.client.fetch_run("0a1b2c3d")
        assert error.value.code == "E-AUTH-2"
        await service.close_all(1012)
        await eventually(lambda: board.cause == "E-AUTH-2")
        service.change_token("first")
        await board.wait(Ready, 2)


async def test_an_answer_that_is_not_json_is_somebody_elses() -> None:
    async with connected() as (service, board):
        service.manners.http_status, service.manners.http_body = 200, "<html>Welcome to the hotel</html>"
        with pytest.raises(ServiceHttpError) as error:
            await board.client.fetch_run("0a1b2c3d")
        assert error.value.code == "E-CONN-25"


async def test_a_change_of_the_network_finds_a_dead_connection_soon() -> None:
    limits = Limits(silence_s=300.0, silence_when_in_doubt_s=0.1)
    async with connected(change=lambda s: replace(s, limits=limits)) as (service, board):
        service.manners.mute = True
        board.client._link.doubt()  # type: ignore[union-attr]
        await eventually(lambda: "E-CONN-16" in codes(board))
        service.manners.mute = False
        await board.wait(Ready, 2)


async def test_a_change_of_the_network_leaves_a_connection_that_lives() -> None:
    limits = Limits(silence_when_in_doubt_s=0.2)
    async with connected(change=lambda s: replace(s, limits=limits)) as (service, board):
        pings = len(service.of_type("ping"))
        board.client._link.doubt()  # type: ignore[union-attr]
        await eventually(lambda: len(service.of_type("ping")) > pings)
        await asyncio.sleep(0.3)
        assert len(board.all(Ready)) == 1
