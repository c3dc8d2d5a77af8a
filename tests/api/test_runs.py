"""Runs, their logs and decisions about attempts over HTTP."""

from datetime import UTC, datetime

from kanban_app.domain import reported as r
from kanban_app.domain.records import LogEntry, LogKind, LogLevel
from kanban_app.services.keeper import Beside
from tests.api.desk import Desk, error_of
from tests.support.builders import COMMIT


async def write_log(desk: Desk, adw_id: str, count: int) -> None:
    now = datetime.now(UTC)
    lines = [
        LogEntry(
            adw_id,
            now,
            LogKind.TEXT if number % 5 == 0 else LogKind.LOG,
            LogLevel.ERROR if number % 10 == 0 else LogLevel.INFO,
            f"Line {number}",
            {"number": number} if number == 1 else None,
        )
        for number in range(1, count + 1)
    ]
    await desk.bench.keeper.report([], Beside(lines))


async def uncertain(desk: Desk) -> str:
    """The id of an attempt whose start is uncertain."""
    task = await desk.bench.create()
    await desk.client.post(f"/api/v1/tasks/{task.id}/trigger")
    await desk.bench.dispatch()
    attempt_id = desk.bench.task(task.id).attempt_id or ""
    await desk.bench.keeper.report([r.Uncertain(attempt_id, "E-LOAD-4")])
    return attempt_id


async def test_a_run_tells_how_it_stands(desk: Desk) -> None:
    task = await desk.bench.running()
    run = (await desk.client.get(f"/api/v1/runs/{task.run_id}")).json()
    assert (run["adw_id"], run["task_id"], run["status"]) == (task.run_id, task.id, "running")
    assert run["progress"] == 0
    assert [stage["id"] for stage in run["stages"]] == ["plan", "build", "test", "review", "document"]
    assert run["stages"][0]["state"] == "running"
    assert run["stages"][0]["started_at"]
    assert [attempt["id"] for attempt in run["attempts"]] == [task.attempt_id]
    assert run["failure"] is None


async def test_a_run_is_asked_to_stop(desk: Desk) -> None:
    task = await desk.bench.running()
    answer = await desk.client.post(f"/api/v1/runs/{task.run_id}/cancel")
    assert answer.status_code == 202
    assert answer.json()["run"]["adw_id"] == task.run_id
    assert answer.json()["task"]["cancelling"] is True
    await desk.bench.dispatch()
    assert desk.bench.sender.cancels == [task.run_id]


async def test_a_run_is_not_stopped_where_the_service_cannot(old_desk: Desk) -> None:
    task = await old_desk.bench.running()
    error_of(await old_desk.client.post(f"/api/v1/runs/{task.run_id}/cancel"), 409, "E-WF-15")


async def test_the_log_comes_in_pages_without_holes(desk: Desk) -> None:
    task = await desk.bench.running()
    adw_id = task.run_id or ""
    await write_log(desk, adw_id, 450)
    seen: list[int] = []
    since, last = 0, -1
    while since != last:
        page = (await desk.client.get(f"/api/v1/runs/{adw_id}/log?since={since}")).json()
        assert len(page["entries"]) <= 200
        seen.extend(entry["seq"] for entry in page["entries"])
        since, last = page["next"], page["last"]
    assert seen == list(range(1, 451))
    after = (await desk.client.get(f"/api/v1/runs/{adw_id}/log?since={last}")).json()
    assert after == {"entries": [], "next": last, "last": last}


async def test_an_entry_has_its_fields(desk: Desk) -> None:
    task = await desk.bench.running()
    await write_log(desk, task.run_id or "", 2)
    page = (await desk.client.get(f"/api/v1/runs/{task.run_id}/log?limit=2")).json()
    first, second = page["entries"]
    assert first["data"] == {"number": 1}
    assert set(second) == {"seq", "at", "kind", "level", "message"}
    assert second["at"].endswith("Z")
    assert (second["kind"], second["level"], second["message"]) == ("log", "info", "Line 2")


async def test_the_log_can_be_narrowed_down(desk: Desk) -> None:
    task = await desk.bench.running()
    await write_log(desk, task.run_id or "", 100)
    url = f"/api/v1/runs/{task.run_id}/log"

    async def seqs(query: str) -> tuple[list[int], int]:
        page = (await desk.client.get(f"{url}?{query}")).json()
        return [entry["seq"] for entry in page["entries"]], page["next"]

    assert await seqs("level=error&limit=3") == ([10, 20, 30], 30)
    assert await seqs("level=error&since=90") == ([100], 100)
    assert await seqs("kind=text&limit=2&since=12") == ([15, 20], 20)
    assert await seqs("q=LINE 99") == ([99], 100)
    assert await seqs("q=%25") == ([], 100)


async def test_the_log_of_a_run_of_nobody(desk: Desk) -> None:
    await desk.bench.keeper.report([r.StatusReported("beefbeef", "adw_plan_iso", "in_progress")])
    if "beefbeef" in desk.bench.keeper.board.runs:
        assert (await desk.client.get("/api/v1/runs/beefbeef/log")).status_code == 200
        error_of(await desk.client.post("/api/v1/runs/beefbeef/cancel"), 404, "E-WF-11")


async def test_a_waiting_attempt_is_withdrawn(desk: Desk) -> None:
    task = await desk.new()
    attempt = (await desk.move(task["id"], "plan")).json()["attempt"]
    answer = await desk.client.post(f"/api/v1/attempts/{attempt['id']}/withdraw")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["task"]["column"], body["task"]["status"]) == ("backlog", "idle")
    assert body["attempt"]["status"] == "cancelled"
    error_of(await desk.client.post(f"/api/v1/attempts/{attempt['id']}/withdraw"), 409, "E-WF-19")


async def test_a_running_attempt_is_not_withdrawn(desk: Desk) -> None:
    task = await desk.bench.running()
    error_of(await desk.client.post(f"/api/v1/attempts/{task.attempt_id}/withdraw"), 409, "E-WF-2")


async def test_an_uncertain_start_is_tried_again(desk: Desk) -> None:
    attempt_id = await uncertain(desk)
    body = (await desk.client.post(f"/api/v1/attempts/{attempt_id}/start-again")).json()
    assert body["attempt"]["status"] == "queued"
    assert body["attempt"]["id"] != attempt_id


async def test_an_uncertain_start_is_said_not_to_run(desk: Desk) -> None:
    attempt_id = await uncertain(desk)
    body = (await desk.client.post(f"/api/v1/attempts/{attempt_id}/not-running")).json()
    assert body["attempt"]["status"] == "cancelled"
    error_of(await desk.client.post(f"/api/v1/attempts/{attempt_id}/not-running"), 409, "E-WF-19")


async def test_the_service_is_asked_about_an_attempt(desk: Desk) -> None:
    attempt_id = await uncertain(desk)
    answer = await desk.client.post(f"/api/v1/attempts/{attempt_id}/check")
    assert answer.status_code == 200
    assert answer.json()["attempt"]["id"] == attempt_id
    assert desk.knobs.checked == [attempt_id]
    desk.knobs.check_fails = True
    error_of(await desk.client.post(f"/api/v1/attempts/{attempt_id}/check"), 503, "E-CONN-7")


async def test_a_mute_run_goes_on_by_hand(old_desk: Desk) -> None:
    task = await old_desk.bench.running()
    answer = await old_desk.client.post(f"/api/v1/attempts/{task.attempt_id}/stage-done")
    assert answer.status_code == 200, answer.text
    assert answer.json()["task"]["stage_states"][0]["state"] == "completed"


async def test_a_run_that_reports_is_not_pushed_on(desk: Desk) -> None:
    task = await desk.bench.running()
    error_of(await desk.client.post(f"/api/v1/attempts/{task.attempt_id}/stage-done"), 409, "E-WF-2")


async def test_a_waiting_attempt_gets_another_place(desk: Desk) -> None:
    ids = [(await desk.new(f"card {n}"))["id"] for n in range(3)]
    attempts = [(await desk.move(task_id, "plan")).json()["attempt"]["id"] for task_id in ids]
    answer = await desk.client.post(f"/api/v1/attempts/{attempts[2]}/requeue", json={"place": 1})
    assert answer.status_code == 200
    assert answer.json()["task"]["queue_place"] == 1
    assert [attempt.id for attempt in desk.bench.keeper.board.queue()] == [attempts[2], attempts[0], attempts[1]]
    for body in ({"place": 0}, {"place": "first"}, {}):
        error_of(await desk.client.post(f"/api/v1/attempts/{attempts[0]}/requeue", json=body), 422, "E-VAL-8")
    error_of(await desk.client.post("/api/v1/attempts/nobody/requeue", json={"place": 1}), 404, "E-SYS-3")


async def test_the_place_of_a_mute_run_is_freed(old_desk: Desk) -> None:
    task = await old_desk.bench.running()
    attempt_id = task.attempt_id
    answer = await old_desk.client.post(f"/api/v1/attempts/{attempt_id}/release")
    assert answer.status_code == 200
    assert answer.json()["attempt"]["status"] == "running"
    assert old_desk.bench.keeper.board.active() == []


async def test_a_check_tells_what_the_service_says(old_desk: Desk) -> None:
    task = await old_desk.bench.running()
    answer = await old_desk.client.post(f"/api/v1/attempts/{task.attempt_id}/check")
    assert answer.json()["check"]["message"] == "The service says nothing about this start yet."


async def test_a_preview_of_a_merge(desk: Desk) -> None:
    task = await desk.bench.running()
    path = f"/api/v1/runs/{task.run_id}/merge"
    desk.bench.sender.previews[task.run_id or ""] = {"possible": True, "target": "main", "head": COMMIT, "ahead": 2}
    answer = await desk.client.get(path, params={"method": "merge", "target": "main"})
    assert answer.status_code == 200, answer.text
    view = answer.json()
    assert (view["supported"], view["possible"], view["target"], view["ahead"]) == (True, True, "main", 2)
    assert desk.bench.sender.asked == [f"{task.run_id} merge main"]
    error_of(await desk.client.get(path, params={"method": "octopus"}), 422, "E-VAL-8")
    error_of(await desk.client.get("/api/v1/runs/nobody00/merge"), 404, "E-WF-11")


async def test_a_plan_as_text_and_as_html(desk: Desk) -> None:
    task = await desk.bench.running()
    path = f"/api/v1/runs/{task.run_id}/plan"
    assert (await desk.client.get(path)).json()["found"] is False
    desk.bench.sender.work[f"{task.run_id} plan"] = {
        "plan_content": "# Do it\n\n<script>alert(1)</script>",
        "plan_file": "specs/do-it.md",
    }
    view = (await desk.client.get(path)).json()
    assert (view["found"], view["path"]) == (True, "specs/do-it.md")
    assert view["text"].startswith("# Do it")
    assert "<h3>Do it</h3>" in view["html"]
    assert "<script" not in view["html"]
    error_of(await desk.client.get("/api/v1/runs/nobody00/plan"), 404, "E-WF-11")


async def test_changes_and_the_lines_of_one_file(desk: Desk) -> None:
    task = await desk.bench.running()
    path = f"/api/v1/runs/{task.run_id}/changes"
    files = [{"path": "a b.py", "old_path": "c.py", "status": "R", "added": 1, "removed": 0}]
    desk.bench.sender.work[f"{task.run_id} changes"] = {"branch": "adw/x", "base": "main", "total": 1, "files": files}
    view = (await desk.client.get(path)).json()
    assert (view["supported"], view["branch"], view["total"]) == (True, "adw/x", 1)
    assert view["files"][0]["old_path"] == "c.py"
    diff = "diff --git a/c.py b/a b.py\n@@ -1 +1,2 @@\n one = 1\n+two = 2\n"
    desk.bench.sender.work[f"{task.run_id} a b.py c.py"] = {"path": "a b.py", "old_path": "c.py", "diff": diff}
    found = (await desk.client.get(f"{path}/file", params={"path": "a b.py", "from": "c.py"})).json()
    assert [line["new"] for line in found["hunks"][0]["lines"]] == [1, 2]
    error_of(await desk.client.get(f"{path}/file"), 422, "E-VAL-8")
    error_of(await desk.client.get("/api/v1/runs/nobody00/changes"), 404, "E-WF-11")


async def test_a_service_that_shows_no_work_says_so(old_desk: Desk) -> None:
    task = await old_desk.bench.running()
    path = f"/api/v1/runs/{task.run_id}"
    assert (await old_desk.client.get(f"{path}/changes")).json()["supported"] is False
    error_of(await old_desk.client.get(f"{path}/changes/file", params={"path": "a"}), 409, "E-SYS-4")
    assert (await old_desk.client.get(f"{path}/plan")).json()["supported"] is False


async def test_a_service_without_previews_says_so(old_desk: Desk) -> None:
    task = await old_desk.bench.running()
    view = (await old_desk.client.get(f"/api/v1/runs/{task.run_id}/merge")).json()
    assert (view["supported"], view["methods"]) == (False, [])
