"""Many runs while the app is killed again and again: nothing is lost, nothing runs twice."""

import random
from collections.abc import Callable

import httpx
import pytest

from tests.support.app import AppProcess
from tests.support.run_files import board_log_text, spooled_log, task
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

CARDS = 15
KILLS = 6
ENDED = {"completed", "failed"}


def test_fifteen_runs_through_six_kills(start_board: Callable[..., AppProcess]) -> None:
    speed = {"KANBAN_DEMO_SPEED": "1.5"}
    app = start_board(env=speed)
    with app.client() as client:
        ids = [_started(client, f"Card {n}" + (" [fail:review]" if n % 5 == 4 else "")) for n in range(CARDS)]
    for _ in range(KILLS):
        _wait_for_progress(app, ids)
        port = app.port
        app.kill9()
        app = start_board(port=port, env=speed)
    with app.client() as client:
        wait_until(lambda: all(task(client, i)["status"] in ENDED for i in ids), timeout=300)
        cards = [task(client, i) for i in ids]
        assert [card["status"] for card in cards] == ["failed" if n % 5 == 4 else "completed" for n in range(CARDS)]
        assert [card["column"] for card in cards] == [
            "errored" if n % 5 == 4 else "ready-to-merge" for n in range(CARDS)
        ]
        for card in cards:
            assert board_log_text(client, card["run_id"]) == spooled_log(app.data_dir, card["run_id"])
            run = client.get(f"/api/v1/runs/{card['run_id']}").json()
            assert len(run["attempts"]) == 1
            assert len(list((app.data_dir / "service" / "runs" / card["run_id"]).iterdir())) == 1


def _started(client: httpx.Client, title: str) -> str:
    card = client.post("/api/v1/tasks", json={"title": title}).raise_for_status().json()
    client.post(f"/api/v1/tasks/{card['id']}/move", json={"column": "plan"}).raise_for_status()
    return str(card["id"])


def _wait_for_progress(app: AppProcess, ids: list[str]) -> None:
    """Until some run has gone on since now, so that every kill meets work under way."""
    chosen = random.choice(ids)
    with app.client() as client:
        before = task(client, chosen)["progress"]

        def has_moved() -> bool:
            now = task(client, chosen)
            return now["progress"] > before or now["status"] in ENDED

        wait_until(has_moved, timeout=60)
