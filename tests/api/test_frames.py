"""What of a service could not be used, over the API; and a card for a run that none has."""

from datetime import UTC, datetime

from kanban_app.domain.reported import SignOfLife
from tests.api.desk import Desk, error_of


async def test_held_frames_and_their_counts(desk: Desk) -> None:
    desk.bench.quarantine.add("E-PROTO-5", "strange", "unknown", "{}", datetime(2026, 11, 22, tzinfo=UTC))
    answer = (await desk.client.get("/api/v1/connection/frames")).json()
    assert answer["counts"] == {"E-PROTO-5": 1}
    (frame,) = answer["frames"]
    assert (frame["code"], frame["kind"], frame["text"]) == ("E-PROTO-5", "strange", "{}")


async def test_a_card_for_a_run_that_none_has(desk: Desk) -> None:
    await desk.bench.keeper.report([SignOfLife("feedbeef")])
    made = await desk.client.post("/api/v1/tasks", json={"adw_id": "feedbeef"})
    assert made.status_code == 201
    assert made.json()["run"] == "feedbeef"
    error_of(await desk.client.post("/api/v1/tasks", json={"adw_id": "feedbeef"}), 409, "E-SYS-6")
    error_of(await desk.client.post("/api/v1/tasks", json={"adw_id": "00000000"}), 404, "E-WF-11")
