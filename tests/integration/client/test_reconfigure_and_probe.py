"""Another service without a restart, and a look at one before it is entered."""

import asyncio
from dataclasses import replace

import pytest

from kanban_app.client.probe import probe
from kanban_app.client.service_http import ServiceHttpError
from kanban_app.client.urls import UnusableUrl
from kanban_app.domain.connection import ConnectionState
from kanban_app.domain.workflows import Vintage
from kanban_app.tac7.client_session import NotReady
from kanban_app.tac7.limits import Limits
from kanban_app.tac7.session_events import Ready, TriggerAnswered, TriggerUncertain
from tests.support.client_bench import REQUEST, connected, free_url, running, settings_for, silent_listener
from tests.support.tac7_server import FakeService
from tests.support.waiting import eventually

pytestmark = pytest.mark.asyncio


async def test_another_service_takes_over_without_a_restart() -> None:
    async with connected(Vintage.V1) as (first, board), FakeService(Vintage.OURS, token="new") as second:
        await board.client.reconfigure(replace(settings_for(second.url), token="new"))
        assert (await board.wait(Ready, 2)).vintage is Vintage.OURS
        assert board.client.connection.url == second.url
        assert not first.connections
        await board.client.trigger("a1", REQUEST)
        await board.wait(TriggerAnswered)
        assert (len(first.launched), len(second.launched)) == (0, 1)
        second.runs["0a1b2c3d"] = {"status": "in_progress"}
        assert await board.client.fetch_run("0a1b2c3d")


async def test_a_connection_that_is_left_is_closed_in_order() -> None:
    closed: list[int | None] = []
    async with connected() as (first, board), FakeService() as second:
        socket = first.connections[0]
        await board.client.reconfigure(settings_for(second.url))
        await board.wait(Ready, 2)
        await socket.wait_closed()
        closed.append(socket.close_code)
    assert closed == [1000]


async def test_a_start_under_way_ends_as_with_a_lost_connection() -> None:
    async with connected() as (first, board), FakeService() as second:
        first.manners.ignore_triggers = True
        await board.client.trigger("a1", REQUEST)
        await eventually(lambda: first.launched)
        await board.client.reconfigure(settings_for(second.url))
        assert await board.wait(TriggerUncertain) == TriggerUncertain("a1", "E-LOAD-4")
        await board.wait(Ready, 2)
        assert not second.launched


async def test_a_call_under_way_ends_too() -> None:
    async with connected() as (_first, board), FakeService() as second, silent_listener() as (url, called):
        await board.client.reconfigure(settings_for(url))
        await called.wait()
        asking = asyncio.create_task(board.client.fetch_run("0a1b2c3d"))
        await eventually(lambda: board.client._http is not None)
        await asyncio.sleep(0.05)
        await board.client.reconfigure(settings_for(second.url))
        with pytest.raises(ServiceHttpError):
            await asking
        await board.wait(Ready, 2)


async def test_new_settings_end_a_wait_and_forget_the_failures() -> None:
    settings = replace(settings_for(await free_url()), first_pause_s=0.01, longest_pause_s=600.0)
    async with running(settings) as board, FakeService() as service:
        await board.state(ConnectionState.OFFLINE)
        await board.client.reconfigure(replace(settings, url=service.url))
        await board.wait(Ready)
        assert board.client.connection.attempt == 0


async def test_new_settings_end_a_try_that_hangs() -> None:
    async with silent_listener() as (url, called), FakeService() as service, running(settings_for(url)) as board:
        await called.wait()
        await board.client.reconfigure(settings_for(service.url))
        await board.wait(Ready)


async def test_new_limits_count_at_once() -> None:
    async with connected() as (service, board):
        service.manners.ignore_triggers = True
        await board.client.reconfigure(replace(settings_for(service.url), limits=Limits(trigger_s=0.05)))
        await board.wait(Ready, 2)
        await board.client.trigger("a1", REQUEST)
        assert (await board.wait(TriggerUncertain)).reason == "E-TIME-1"


async def test_an_address_of_no_use_changes_nothing() -> None:
    async with connected() as (service, board):
        with pytest.raises(UnusableUrl):
            await board.client.reconfigure(replace(settings_for(service.url), url="http://nowhere"))
        await board.client.trigger("a1", REQUEST)
        await board.wait(TriggerAnswered)
        assert len(board.all(Ready)) == 1


async def test_who_has_disconnected_stays_away_until_connect() -> None:
    async with connected() as (_first, board), FakeService() as second:
        board.client.disconnect()
        await board.state(ConnectionState.DISCONNECTED)
        await board.client.reconfigure(settings_for(second.url))
        await eventually(lambda: board.client.connection.url == second.url)
        assert board.client.connection.state is ConnectionState.DISCONNECTED
        with pytest.raises(NotReady):
            await board.client.trigger("a1", REQUEST)
        board.client.connect()
        await board.wait(Ready, 2)
        assert len(second.handshakes) == 1


@pytest.mark.parametrize("vintage", list(Vintage))
async def test_a_probe_tells_who_answers_and_leaves_no_trace(vintage: Vintage) -> None:
    async with FakeService(vintage, token="hush") as service:
        result = await probe(replace(settings_for(service.url), token="hush"))
        assert (result.vintage, result.trouble) == (vintage, None)
        assert ("cancel" in result.extensions) is (vintage is Vintage.OURS)
        assert result.round_trip_ms is not None
        assert result.round_trip_ms > 0
        await eventually(lambda: not service.connections)
        assert [message["type"] for message in service.received] == ["ping"]


async def test_a_probe_tells_what_is_wrong() -> None:
    async with FakeService(token="hush") as service:
        result = await probe(settings_for(service.url))
        assert result.trouble is not None
        assert result.trouble.code == "E-AUTH-4"
        assert result.vintage is None


async def test_a_probe_of_a_mute_service_ends() -> None:
    async with FakeService() as service:
        service.manners.mute = True
        result = await probe(replace(settings_for(service.url), limits=Limits(silence_s=0.1)))
        assert result.trouble is not None
        assert result.trouble.code == "E-CONN-16"


async def test_a_probe_of_a_service_that_hangs_up_ends() -> None:
    async with FakeService() as service:
        service.manners.greeting = ['{"type": "nonsense"}']
        service.manners.mute = True
        asking = asyncio.create_task(probe(settings_for(service.url)))
        await eventually(lambda: service.received)
        await service.close_all(1011)
        result = await asking
        assert result.trouble is not None
        assert result.trouble.code == "E-CONN-15"


async def test_a_probe_finds_the_service_on_another_port_and_does_not_show_it_the_token() -> None:
    nobody = await free_url()
    async with FakeService(Vintage.V0) as service:
        other = await free_url()
        ports = (int(other.split(":")[2].split("/")[0]), service.port)
        result = await probe(replace(settings_for(nobody), token="hush"), ports)
        assert result.trouble is not None
        assert result.trouble.code == "E-CONN-5"
        assert result.trouble.params["other"] == str(service.port)
        assert result.other_url == service.url
        assert all("Authorization" not in shake.headers for shake in service.handshakes)


async def test_a_probe_where_nobody_is() -> None:
    nobody = await free_url()
    port = int(nobody.split(":")[2].split("/")[0])
    result = await probe(settings_for(nobody), (port,))
    assert result.trouble is not None
    assert (result.trouble.code, result.other_url) == ("E-CONN-1", None)
