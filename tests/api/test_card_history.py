"""What has happened to a card, over HTTP."""

from typing import Any

import pytest

from kanban_app.domain import reported as r
from kanban_app.services.card_history import KINDS_SHOWN
from tests.api.desk import Desk, error_of


async def history(desk: Desk, task_id: str, **query: Any) -> dict[str, Any]:
    answer = await desk.client.get(f"/api/v1/tasks/{task_id}/history", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def told(desk: Desk, task_id: str) -> list[tuple[str, str, str]]:
    entries = (await history(desk, task_id, limit=200))["entries"]
    return [(entry["what"], entry["more"], entry["author"]) for entry in entries]


async def test_moves_and_edits_have_words_and_authors(desk: Desk) -> None:
    task = await desk.new("A card", stages=["plan", "build"])
    await desk.client.patch(
        f"/api/v1/tasks/{task['id']}",
        json={"title": "Another", "description": "Long\ntext", "labels": ["ui", "soon"], "stages": ["build"]},
    )
    await desk.move(task["id"], "completed", action="mark")
    await desk.move(task["id"], "backlog")
    assert await told(desk, task["id"]) == [
        ("Moved from Completed to Backlog", "", "Over the API"),
        ("Moved from Backlog to Completed", "", "Over the API"),
        (
            "Changed title, description, stages and labels",
            "Title: Another\nStages: Build\nLabels: ui, soon",
            "Over the API",
        ),
        ("Created", "", "Over the API"),
    ]


async def test_a_run_from_its_start_to_its_failure(desk: Desk) -> None:
    task = await desk.bench.running()
    adw_id = task.run_id or ""
    await desk.bench.keeper.report([r.StatusReported(adw_id, "adw_orchestrator", "failed", "it broke")])
    entries = (await history(desk, task.id))["entries"]
    shown = [(entry["what"], entry["more"], entry["author"], entry["tone"]) for entry in entries]
    assert shown[0] == ("Moved from Plan to Errored", "", "By its run", "")
    assert ("Start began", "", "By its run", "running") in shown
    assert ("Start asked for", "Plan to Document", "By test", "") in shown
    failed = next(entry for entry in entries if entry["tone"] == "failed")
    assert (failed["what"], failed["more"] != "") == ("Start: failed", True)


async def test_older_entries_come_in_pages(desk: Desk) -> None:
    task = await desk.new()
    for number in range(7):
        await desk.client.patch(f"/api/v1/tasks/{task['id']}", json={"title": f"Title {number}"})
    whole = (await history(desk, task["id"]))["entries"]
    assert len(whole) == 8
    read: list[Any] = []
    page = await history(desk, task["id"], limit=3)
    while True:
        read += page["entries"]
        if page["next"] is None:
            break
        page = await history(desk, task["id"], limit=3, before=page["next"])
    assert read == whole


async def test_of_a_card_that_is_gone_nothing_is_told(desk: Desk) -> None:
    error_of(await desk.client.get("/api/v1/tasks/nobody/history"), 404, "E-SYS-3")


@pytest.mark.parametrize("kind", ["attempt.queued", "attempt.sent", "stage.entered", "run.flagged", "attempt.spent"])
def test_what_other_entries_say_is_left_out(kind: str) -> None:
    assert kind not in KINDS_SHOWN
