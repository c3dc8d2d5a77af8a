"""A service that is away for a while, with a run under way: nothing is lost, and the board comes back by itself."""

import time
from collections.abc import Callable

import pytest

from kanban_app.domain.workflows import Vintage
from tests.support.fire import (
    FINAL,
    Front,
    connection,
    expected_lines,
    log_lines,
    new_cards,
    start_card,
    wait_connected,
    wait_for,
    wait_statuses,
)

pytestmark = pytest.mark.timeout(300)
OUTAGES = [0.3, 1.0, *(pytest.param(s, marks=pytest.mark.long) for s in (5.0, 20.0, 60.0))]
LONGEST_BACK_S = 45.0


@pytest.mark.parametrize("vintage", [Vintage.OURS, Vintage.V1])
@pytest.mark.parametrize("seconds", OUTAGES)
def test_an_outage(front: Callable[..., Front], vintage: Vintage, seconds: float) -> None:
    fire = front(vintage, lines=100_000, per_second=50)
    with fire.client() as client:
        wait_connected(client)
        card = new_cards(client, 1)[0]
        start_card(client, card)
        wait_statuses(client, [card], frozenset({"running"}))
        adw_id = next(iter(fire.service.starts()["runs"]))
        wait_for(lambda: log_lines(client, adw_id), 20)
        fire.proxy.do("refuse", seconds=seconds)
        back_at = time.time()
        wait_for(lambda: connection(client)["state"] == "connected", LONGEST_BACK_S)
        shook = [at for at in fire.service.starts()["handshakes"] if at >= back_at - seconds]
        print(f"outage {seconds:5.1f} s on {vintage.value:4}: connected again after {shook[0] - back_at:6.2f} s")
        fire.service.set(lines=0)
        fire.service.do("end", adw_id=adw_id)
        wait_statuses(client, [card], FINAL)
        emitted = fire.service.sent(adw_id)["emitted"]
        lines = log_lines(client, adw_id)
        if vintage is Vintage.OURS:
            assert lines == expected_lines(adw_id, emitted)
        assert len(set(lines)) == len(lines)
        assert fire.service.starts()["runs"] == {adw_id: 1}
