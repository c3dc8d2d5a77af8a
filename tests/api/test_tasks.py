"""Cards over HTTP: what goes well, and what is refused by the board."""

import asyncio
import re
from typing import Any
from uuid import uuid4

import pytest

from kanban_app.domain.reported import StatusReported
from kanban_app.domain.stages import Column, Stage
from tests.api.desk import Desk, error_of
from tests.support.builders import COMMIT

ALL = ["plan", "build", "test", "review", "document"]
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


async def test_a_new_card_has_all_its_fields(desk: Desk) -> None:
    task = await desk.new("Add a button", description="In the header", type="bug", priority=2, labels=["ui"])
    assert task["title"] == "Add a button"
    assert task["description"] == "In the header"
    assert task["type"] == "bug"
    assert task["stages"] == ALL
    assert (task["column"], task["status"], task["progress"], task["flags"]) == ("backlog", "idle", 0, [])
    assert (task["priority"], task["labels"], task["version"]) == (2, ["ui"], 1)
    assert (task["run"], task["attempt"]) == (None, None)
    assert ISO.fullmatch(task["created_at"])
    assert ISO.fullmatch(task["updated_at"])
    assert (await desk.client.get(f"/api/v1/tasks/{task['id']}")).json() == task


async def test_a_card_that_waits_for_another_one(desk: Desk) -> None:
    first = await desk.new("First")
    second = await desk.new("Second", due_on="2026-12-31", blocked_by=[first["id"]])
    assert (second["due_on"], second["blocked_by"]) == ("2026-12-31", [first["id"]])
    assert second["blockers"] == [{"id": first["id"], "number": 1, "title": "First", "done": False}]
    started = (await desk.client.post(f"/api/v1/tasks/{second['id']}/trigger")).json()
    task = started["task"]
    assert (task["status"], task["status_text"], task["queue_place"]) == ("queued", "Waiting for #1", 0)
    assert (task["notice"]["code"], task["decisions"]) == ("E-DEP-2", ["withdraw", "start-anyway"])
    answer = await desk.client.post(f"/api/v1/attempts/{started['id']}/start-anyway")
    assert (answer.json()["task"]["queue_place"], answer.json()["task"]["decisions"]) == (1, ["withdraw"])


async def test_cards_do_not_wait_for_each_other(desk: Desk) -> None:
    first = await desk.new("First")
    second = await desk.new("Second", blocked_by=[first["id"]])
    answer = await desk.client.patch(f"/api/v1/tasks/{first['id']}", json={"blocked_by": [second["id"]]})
    assert error_of(answer, 409, "E-DEP-1")["message"].startswith("#1 waits for #2 waits for #1")


@pytest.mark.parametrize("day", ["2026-02-30", "20261231", "soon", "2026-12-31T00:00"])
async def test_what_is_no_day_is_refused(desk: Desk, day: str) -> None:
    task = await desk.new()
    error_of(await desk.client.patch(f"/api/v1/tasks/{task['id']}", json={"due_on": day}), 422, "E-VAL-8")
    cleared = await desk.client.patch(f"/api/v1/tasks/{task['id']}", json={"due_on": None})
    assert cleared.json()["due_on"] == ""


async def test_a_description_is_enough(desk: Desk) -> None:
    answer = await desk.client.post("/api/v1/tasks", json={"description": "First line\nsecond"})
    assert answer.status_code == 201
    assert answer.json()["title"] == "First line"


async def test_stage_names_are_read_in_any_order_and_by_their_other_names(desk: Desk) -> None:
    task = await desk.new(stages=["test", "implement", "plan", "plan"])
    assert task["stages"] == ["plan", "build", "test"]


async def test_a_patch_has_the_build_stage_only(desk: Desk) -> None:
    assert (await desk.new(type="patch"))["stages"] == ["build"]


async def test_html_in_a_title_stays_text(desk: Desk) -> None:
    title = "<img src=x onerror=alert(1)>"
    task = await desk.new(title)
    answer = await desk.client.get(f"/api/v1/tasks/{task['id']}")
    assert answer.json()["title"] == title
    assert answer.headers["content-type"] == "application/json"


async def test_edit_changes_what_is_sent(desk: Desk) -> None:
    task = await desk.new(labels=["a"])
    fields = {"title": "Other", "type": "chore", "stages": ["plan"], "issue_number": "17", "labels": [], "version": 1}
    answer = await desk.client.patch(f"/api/v1/tasks/{task['id']}", json=fields)
    assert answer.status_code == 200
    changed = answer.json()
    assert changed["version"] == 2
    assert {name: changed[name] for name in fields if name != "version"} == {
        "title": "Other",
        "type": "chore",
        "stages": ["plan"],
        "issue_number": "17",
        "labels": [],
    }
    assert changed["description"] == task["description"]


async def test_a_conflicting_edit_shows_both_versions(desk: Desk) -> None:
    task = await desk.new()
    url = f"/api/v1/tasks/{task['id']}"
    await desk.client.patch(url, json={"title": "Theirs", "version": 1})
    answer = await desk.client.patch(url, json={"title": "Mine", "version": 1})
    details = error_of(answer, 409, "E-EDIT-1")["details"]
    assert details["current"]["title"] == "Theirs"
    assert details["current"]["version"] == 2
    assert details["yours"] == {"title": "Mine", "version": 1}
    assert (await desk.client.get(url)).json()["title"] == "Theirs"


async def test_delete_and_restore(desk: Desk) -> None:
    task = await desk.new()
    url = f"/api/v1/tasks/{task['id']}"
    answer = await desk.client.delete(url)
    assert (answer.status_code, answer.content) == (204, b"")
    error_of(await desk.client.get(url), 404, "E-SYS-3")
    error_of(await desk.client.delete(url), 404, "E-SYS-3")
    assert await desk.order("backlog") == []
    restored = await desk.client.post(f"{url}/restore")
    assert restored.status_code == 200
    assert restored.json()["title"] == task["title"]
    assert await desk.order("backlog") == [task["title"]]


async def test_a_card_with_an_active_run_is_not_deleted(desk: Desk) -> None:
    task = await desk.bench.running()
    error_of(await desk.client.delete(f"/api/v1/tasks/{task.id}"), 409, "E-EDIT-2")


async def test_a_move_to_a_stage_starts_a_run(desk: Desk) -> None:
    task = await desk.new()
    answer = await desk.move(task["id"], "plan")
    assert answer.status_code == 200
    body = answer.json()
    assert body["task"]["column"] == "plan"
    assert body["task"]["status"] == body["attempt"]["status"] == "queued"
    assert body["task"]["attempt"] == body["attempt"]["id"]
    assert body["task"]["run"] == body["attempt"]["adw_id"]
    assert body["attempt"]["stages"] == ALL


async def test_a_refused_move_changes_nothing(desk: Desk) -> None:
    task = await desk.new()
    error = error_of(await desk.move(task["id"], "test"), 409, "E-VAL-4")
    assert error["details"]["offers"] == ["start-from-first"]
    error_of(await desk.move(task["id"], "ready-to-merge"), 409, "E-MOVE-1")
    error_of(await desk.move(task["id"], "completed", action="merge"), 409, "E-MOVE-6")
    assert (await desk.client.get(f"/api/v1/tasks/{task['id']}")).json() == task


async def test_places_in_a_column(desk: Desk) -> None:
    a, b, c = [(await desk.new(title))["id"] for title in "ABC"]
    answer = await desk.move(c, "backlog", after=None)
    assert "attempt" not in answer.json()
    assert await desk.order("backlog") == ["C", "A", "B"]
    await desk.move(c, "backlog", after=a)
    assert await desk.order("backlog") == ["A", "C", "B"]
    await desk.move(b, "backlog", index=0)
    assert await desk.order("backlog") == ["B", "A", "C"]
    await desk.move(b, "backlog")
    assert await desk.order("backlog") == ["A", "C", "B"]


async def test_after_wins_over_index(desk: Desk) -> None:
    a, _, c = [(await desk.new(title))["id"] for title in "ABC"]
    await desk.move(a, "backlog", after=c, index=0)
    assert await desk.order("backlog") == ["B", "C", "A"]
    await desk.move(c, "backlog", after=None, index=2)
    assert await desk.order("backlog") == ["C", "B", "A"]


async def test_the_same_operation_twice_acts_once(desk: Desk) -> None:
    task, op_id = await desk.new(), str(uuid4())
    first = await desk.move(task["id"], "plan", op_id=op_id)
    seq = desk.services.last_seq()
    second = await desk.move(task["id"], "plan", op_id=op_id.upper())
    assert first.json() == second.json()
    assert desk.services.last_seq() == seq
    assert len(desk.bench.keeper.board.attempts) == 1


async def test_the_same_operation_at_the_same_time_acts_once(desk: Desk) -> None:
    task, op_id = await desk.new(), str(uuid4())
    answers = await asyncio.gather(*(desk.move(task["id"], "plan", op_id=op_id) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["attempt"]["id"] for answer in answers}) == 1
    assert len(desk.bench.keeper.board.attempts) == 1


async def test_what_became_of_operations(desk: Desk) -> None:
    task, applied, refused = await desk.new(), str(uuid4()), str(uuid4())
    error_of(await desk.client.get(f"/api/v1/ops/{applied}"), 404, "E-SYS-3")
    moved = await desk.move(task["id"], "plan", op_id=applied)
    error = error_of(await desk.move(task["id"], "errored", op_id=refused), 409, "E-MOVE-2")
    assert (await desk.client.get(f"/api/v1/ops/{applied}")).json() == {
        "op_id": applied,
        "outcome": "applied",
        **moved.json(),
    }
    assert (await desk.client.get(f"/api/v1/ops/{refused}")).json() == {
        "op_id": refused,
        "outcome": "refused",
        "error": error,
    }
    again = error_of(await desk.move(task["id"], "errored", op_id=refused), 409, "E-MOVE-2")
    assert again == error


async def test_an_operation_outlives_its_card(desk: Desk) -> None:
    task, op_id = await desk.new(), str(uuid4())
    await desk.move(task["id"], "backlog", op_id=op_id)
    await desk.client.delete(f"/api/v1/tasks/{task['id']}")
    assert (await desk.client.get(f"/api/v1/ops/{op_id}")).json()["task"] is None


async def test_trigger_starts_the_next_stages(desk: Desk) -> None:
    task = await desk.new()
    answer = await desk.client.post(f"/api/v1/tasks/{task['id']}/trigger")
    assert answer.status_code == 202
    body = answer.json()
    assert body["stages"] == body["attempt"]["stages"] == ALL
    assert body["id"] == body["attempt"]["id"]
    assert body["task"]["column"] == "plan"


async def test_trigger_with_choices(desk: Desk) -> None:
    task = await desk.new()
    wish = {"stages": ["plan", "build"], "adw_id": "abcd1234", "model_set": "base", "op_id": str(uuid4())}
    answer = await desk.client.post(f"/api/v1/tasks/{task['id']}/trigger", json=wish)
    assert answer.status_code == 202
    attempt = answer.json()["attempt"]
    assert (attempt["adw_id"], attempt["stages"]) == ("abcd1234", ["plan", "build"])
    again = await desk.client.post(f"/api/v1/tasks/{task['id']}/trigger", json=wish)
    assert again.json() == answer.json()


TRIGGERS: list[tuple[dict[str, object], int, str]] = [
    ({"workflow_type": "adw_nonsense"}, 422, "E-VAL-1"),
    ({"stages": []}, 422, "E-VAL-8"),
    ({"stages": ["deploy"]}, 422, "E-VAL-13"),
    ({"stages": ["test"]}, 409, "E-VAL-4"),
    ({"model_set": "enormous"}, 422, "E-VAL-2"),
    ({"adw_id": "../../etc"}, 422, "E-VAL-16"),
    ({"adw_id": "x" * 10_000}, 422, "E-VAL-8"),
    ({"nonsense": 1}, 422, "E-VAL-8"),
]


async def test_refused_triggers(desk: Desk, subtests: pytest.Subtests) -> None:
    task = await desk.new()
    for wish, status, code in TRIGGERS:
        with subtests.test(str(wish)[:80]):
            error_of(await desk.client.post(f"/api/v1/tasks/{task['id']}/trigger", json=wish), status, code)
    assert not desk.bench.keeper.board.attempts


async def test_the_author_of_a_command_is_recorded(desk: Desk) -> None:
    await desk.new()
    assert (await desk.services.events.since(0, 1))[0].author == "api"


async def test_the_board_lists_all_cards_in_order(desk: Desk) -> None:
    await desk.new("A")
    started = await desk.new("B")
    await desk.move(started["id"], Column.PLAN)
    board = (await desk.client.get("/api/v1/board")).json()
    assert [column["id"] for column in board["columns"]] == [column.value for column in Column]
    assert board["columns"][0]["title"] == "Backlog"
    assert [task["title"] for task in board["columns"][0]["tasks"]] == ["A"]
    assert board["columns"][1]["tasks"][0]["status"] == "queued"
    assert board["seq"] == await desk.services.events.last_seq() > 0
    assert board["connection"]["state"] == "connected"
    assert board["project"]["id"] == "default"


async def test_ticket_numbers_may_come_as_numbers(desk: Desk) -> None:
    answer = await desk.client.post("/api/v1/tasks", json={"title": "a", "issue_number": 17})
    assert answer.json()["issue_number"] == "17"


async def test_a_merge_by_a_move(desk: Desk) -> None:
    task = await ready(desk)
    wish = {"action": "merge", "method": "rebase", "target": "main", "expect": COMMIT}
    answer = await desk.move(task["id"], "completed", **wish)
    assert answer.status_code == 200, answer.text
    attempt = answer.json()["attempt"]
    assert (attempt["kind"], attempt["workflow_type"], attempt["stages"]) == ("merge", "adw_merge_iso", [])
    assert attempt["options"] == {"method": "rebase", "target": "main", "expect": COMMIT}
    assert (answer.json()["task"]["column"], answer.json()["task"]["status"]) == ("ready-to-merge", "queued")
    error_of(await desk.move(task["id"], "completed", **wish), 409, "E-WF-2")
    error_of(await desk.move(task["id"], "completed", action="merge", method="octopus"), 422, "E-VAL-8")


async def test_a_patch_of_a_run(desk: Desk) -> None:
    task = await ready(desk)
    path, text, op_id = f"/api/v1/tasks/{task['id']}/patch", "Make the title larger", str(uuid4())
    answers = [await desk.client.post(path, json={"text": text, "op_id": op_id}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    attempt = answers[1].json()
    assert (attempt["kind"], attempt["options"], attempt["adw_id"]) == ("patch", {"patch": text}, task["run_id"])
    assert attempt["task"]["column"] == "build"
    run = (await desk.client.get(f"/api/v1/runs/{task['run_id']}")).json()
    assert [(a["kind"], a["status"]) for a in run["attempts"]] == [("start", "completed"), ("patch", "queued")]
    error_of(await desk.client.post(path, json={"text": "short"}), 422, "E-VAL-15")
    error_of(await desk.client.post(path, json={}), 422, "E-VAL-8")
    fresh = await desk.new()
    error_of(await desk.client.post(f"/api/v1/tasks/{fresh['id']}/patch", json={"text": text}), 409, "E-MOVE-5")


async def test_going_on_from_a_stage(desk: Desk) -> None:
    task = await ready(desk)
    path = f"/api/v1/tasks/{task['id']}/resume"
    answer = await desk.client.post(path, json={"stage": "build"})
    assert answer.status_code == 202, answer.text
    assert (answer.json()["stages"], answer.json()["adw_id"]) == (["build"], task["run_id"])
    error_of(await desk.client.post(path, json={"stage": "test"}), 409, "E-VAL-13")
    fresh = await desk.new()
    error_of(await desk.client.post(f"/api/v1/tasks/{fresh['id']}/resume", json={"stage": "test"}), 409, "E-VAL-4")


async def test_starting_anew(desk: Desk) -> None:
    task = await ready(desk)
    path = f"/api/v1/tasks/{task['id']}/restart"
    answer = await desk.client.post(path, json={"remove_old": True})
    assert answer.status_code == 202, answer.text
    assert (answer.json()["options"], answer.json()["stages"]) == ({"replaces": task["run_id"]}, ["plan", "build"])
    assert answer.json()["adw_id"] != task["run_id"]
    error_of(await desk.client.post(path), 409, "E-WF-2")
    await desk.client.post(f"/api/v1/attempts/{answer.json()['id']}/withdraw")
    assert (await desk.client.post(path)).json()["options"] == {}


async def ready(desk: Desk) -> dict[str, Any]:
    task = await desk.bench.running(stages=(Stage.PLAN, Stage.BUILD))
    done = StatusReported(task.run_id or "", "adw_orchestrator", "completed", attempt_id=task.attempt_id)
    await desk.bench.keeper.report([done])
    return (await desk.client.get(f"/api/v1/tasks/{task.id}")).json()
