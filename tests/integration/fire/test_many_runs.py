"""Fifteen runs at once while service or network fail: none is doubled, none is lost."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from kanban_app.domain.workflows import Vintage
from tests.support.fault_service.process import FaultService
from tests.support.fire import (
    FINAL,
    Front,
    cards,
    connection,
    expected_lines,
    log_lines,
    new_cards,
    start_card,
    wait_connected,
    wait_for,
    wait_statuses,
)

pytestmark = pytest.mark.timeout(600)
RUNS = 15
UNDER_WAY = frozenset({"running"})


def start_all(client: httpx.Client) -> list[str]:
    wait_connected(client)
    ids = new_cards(client, RUNS)
    for card in ids:
        start_card(client, card)
    return ids


def expect_each_started_once(front: Front) -> None:
    runs = front.service.starts()["runs"]
    assert len(runs) == RUNS
    assert set(runs.values()) == {1}


@pytest.mark.parametrize("vintage", [Vintage.OURS, Vintage.V1])
def test_the_service_restarts(front: Callable[..., Front], vintage: Vintage) -> None:
    fire = front(vintage, lines=100_000, per_second=10)
    with fire.client() as client:
        ids = start_all(client)
        wait_for(lambda: len(fire.service.starts()["runs"]) >= RUNS // 2, 60)
        for code in (1012, None):
            fire.service.do("restart", seconds=0.3, code=code)
            wait_connected(client)
        wait_statuses(client, ids, UNDER_WAY | {"uncertain"})
        for card in (one for one in ids if cards(client)[one]["status"] == "uncertain"):
            client.post(f"/api/v1/attempts/{cards(client)[card]['attempt']}/check").raise_for_status()
        wait_statuses(client, ids, UNDER_WAY)
        expect_each_started_once(fire)
        fire.service.set(lines=0)
        for adw_id in fire.service.starts()["runs"]:
            fire.service.do("end", adw_id=adw_id)
        wait_statuses(client, ids, frozenset({"completed"}))
        expect_each_started_once(fire)
        for adw_id in fire.service.starts()["runs"]:
            lines = log_lines(client, adw_id)
            assert len(set(lines)) == len(lines)
            if vintage is Vintage.OURS:
                assert lines == expected_lines(adw_id, fire.service.sent(adw_id)["emitted"])


def test_the_service_is_killed_and_takes_its_runs_up_again(front: Callable[..., Front], tmp_path: Path) -> None:
    faults = {"lines": 300, "per_second": 30.0, "ends": True}
    fire = front(Vintage.OURS, **faults)
    state = tmp_path / "service.jsonl"
    with fire.client() as client:
        ids = start_all(client)
        wait_for(lambda: len(fire.service.starts()["runs"]) >= RUNS // 2, 60)
        fire.service.kill9()
        with FaultService(Vintage.OURS, state=state, **faults) as again:
            fire.proxy.do("to", port=again.port)
            fire.service = again
            wait_statuses(client, ids, frozenset({"completed"}), 120)
            expect_each_started_once(fire)
            assert set(again.starts()["requests"].values()) == {1}
            for adw_id in again.starts()["runs"]:
                assert log_lines(client, adw_id) == expected_lines(adw_id, 300)


@pytest.mark.parametrize("freeze_s", [0.3, pytest.param(2.0, marks=pytest.mark.long)])
def test_the_service_freezes_at_each_trigger(front: Callable[..., Front], freeze_s: float) -> None:
    """Q3, Q4: all are answered, none is doubled, and the connection is not given up."""
    fire = front(Vintage.V1, freeze_s=freeze_s)
    with fire.client() as client:
        ids = start_all(client)
        wait_statuses(client, ids, UNDER_WAY, 60 + 15 * freeze_s)
        expect_each_started_once(fire)
        assert len(fire.service.starts()["handshakes"]) == 1
        assert connection(client)["state"] == "connected"


@pytest.mark.parametrize("seed", [1, *(pytest.param(s, marks=pytest.mark.long) for s in range(2, 12))])
def test_bad_weather(front: Callable[..., Front], seed: int) -> None:
    """Cuts, half-closed and stalled connections, delays and narrow lines, at any moment, while everything starts."""
    fire = front(
        Vintage.OURS, lines=200, per_second=20.0, ends=True, duplicate=0.05, swap=0.05, garbage=0.05, seed=seed
    )
    with fire.client() as client:
        wait_connected(client)
        fire.proxy.do("plan", seed=seed, seconds=20.0, every_s=1.0)
        ids = start_all(client)
        wait_for(lambda: not fire.proxy.seen()["planned"], 120)
        fire.service.set(swap=0.0)
        wait_statuses(client, ids, FINAL, 180)
        faults = fire.proxy.seen()["faults"]
        expect_each_started_once(fire)
        print(f"seed {seed}: {faults} faults, 15 starts, 0 doubled, 0 lost")
        assert {one["status"] for one in cards(client).values()} == {"completed"}
        for adw_id in fire.service.starts()["runs"]:
            assert log_lines(client, adw_id) == expected_lines(adw_id, 200)


@pytest.mark.parametrize("vintage", [Vintage.OURS, Vintage.V1])
def test_turned_bits(front: Callable[..., Front], vintage: Vintage) -> None:
    """What comes garbled ends the connection or is put aside; the board lives and comes back."""
    fire = front(vintage, lines=100_000, per_second=50)
    with fire.client() as client:
        wait_connected(client)
        card = new_cards(client, 1)[0]
        start_card(client, card)
        wait_statuses(client, [card], UNDER_WAY)
        for _ in range(5):
            fire.proxy.set(garble=0.5)
            carried = fire.proxy.seen()["down"]
            wait_for(lambda before=carried: fire.proxy.seen()["down"] != before or connection(client), 20)
            fire.proxy.set(garble=0.0)
        wait_connected(client)
        assert set(fire.service.starts()["runs"].values()) == {1}
