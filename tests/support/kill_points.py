"""The app is killed at random moments around a trigger, and started again on the same data: once started is once.

The service stands in a process of its own and has the books. A shot: start a card, wait some milliseconds, `kill -9`.
"""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from kanban_app.domain.workflows import Vintage
from tests.support.app import AppProcess
from tests.support.fault_service.process import FaultService
from tests.support.fire import EXPLAINED, FINAL, cards, new_cards, reaches, wait_connected, wait_for

LATEST_S: Final = 0.06
"""Within this time after the request or its answer, a trigger is stored, marked, sent, answered and known."""
AFTER_THE_ANSWER: Final = 0.75
"""How many of the shots count from the answer to the user; the rest may hit before anything is stored."""


@dataclass
class Verdict:
    """What became of the intents: `doubled` and `lost` name the cards where it is wrong."""

    shots: int = 0
    started: int = 0
    uncertain: int = 0
    never_arrived: int = 0
    doubled: list[str] = field(default_factory=list[str])
    lost: list[str] = field(default_factory=list[str])

    def __str__(self) -> str:
        return (
            f"{self.shots} kills: {self.started} started, {self.uncertain} uncertain, "
            f"{self.never_arrived} never arrived, doubled {len(self.doubled)}, lost {len(self.lost)}"
        )


def shoot(start_board: Callable[..., AppProcess], vintage: Vintage, shots: int, seed: int) -> Verdict:
    """Kill the app `shots` times; then let it settle, and compare its cards with the books of the service."""
    pick = random.Random(seed)
    # More runs and triggers than people need: the limits are proved elsewhere.
    limits = {"KANBAN_MAX_CONCURRENT_RUNS": str(2 * shots), "KANBAN_TRIGGERS_PER_MINUTE": "1000"}
    with FaultService(vintage) as service:
        env = reaches(service.url, **limits)
        app = start_board(env=env)
        with app.client() as client:
            ids = new_cards(client, shots)
        promised = set[str]()
        for card in ids:
            with app.client() as client:
                wait_connected(client)
                if _start_and_kill(client, app, card, pick):
                    promised.add(card)
            app = start_board(port=app.port, env=env)
        with app.client() as client:
            wait_connected(client)
            wait_for(lambda: all(_is_settled(one) for one in cards(client).values()), 60)
            return _judged(client, service, vintage, promised)


def _start_and_kill(client: httpx.Client, app: AppProcess, card: str, pick: random.Random) -> bool:
    """Whether the start was acknowledged before the app died."""
    request = client.build_request("POST", f"/api/v1/tasks/{card}/trigger", json={})
    if pick.random() < AFTER_THE_ANSWER:
        client.send(request).raise_for_status()
        time.sleep(pick.uniform(0.0, LATEST_S))
        app.kill9()
        return True
    killer = threading.Timer(pick.uniform(0.0, LATEST_S), app.kill9)
    killer.start()
    try:
        return client.send(request).is_success
    except httpx.TransportError:
        return False
    finally:
        killer.join()


def _is_settled(card: dict[str, Any]) -> bool:
    return card["status"] in FINAL | EXPLAINED | {"running", "idle"}


def _judged(client: httpx.Client, service: FaultService, vintage: Vintage, promised: set[str]) -> Verdict:
    """`promised` are the cards whose start was acknowledged."""
    runs: dict[str, int] = service.starts()["runs"]
    shown_cards = cards(client)
    verdict = Verdict(len(shown_cards))
    for card, shown in shown_cards.items():
        count = runs.get(shown["run"] or "", 0)
        verdict.started += count > 0
        verdict.doubled += [card] if count > 1 else []
        match shown["status"]:
            case "uncertain":
                verdict.uncertain += 1
                if vintage is Vintage.OURS:
                    verdict.lost.append(card)  # it can be asked, so nothing may stay open
            case "running" if count == 0:
                verdict.lost.append(card)
            case "refused" | "failed" | "cancelled" if count > 0:
                verdict.lost.append(card)
            case "idle":
                verdict.never_arrived += 1
                verdict.lost += [card] if card in promised else []
            case _:
                pass
    known = {shown["run"] for shown in shown_cards.values()}
    verdict.lost += [adw_id for adw_id in runs if adw_id not in known]
    return verdict
