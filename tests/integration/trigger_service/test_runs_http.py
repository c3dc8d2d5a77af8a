"""Runs over HTTP, in the database that the app has: list, read, write, delete."""

import asyncio
import subprocess
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from kanban_app.domain.launch import Launch, LaunchState
from kanban_app.store.database import Store
from kanban_app.store.journal import ServiceJournal
from kanban_app.store.ledger import ServiceLedger
from kanban_app.store.migrate import prepare_database
from kanban_app.store.run_records import ServiceRunRecords
from kanban_app.trigger_service.endpoints import runs
from kanban_app.trigger_service.git.cleanup import Removed
from kanban_app.trigger_service.service import TriggerService
from tests.support.service_app import Board, ScriptPrograms, listening, new_config, running
from tests.support.service_memory import MemoryJournal, MemoryLedger, MemoryRecords
from tests.support.waiting import eventually

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass
class Remover:
    """Stands where the repository's worktrees are: what it is asked, and what it says."""

    answer: Removed = field(default_factory=lambda: Removed(worktree=True, agents=True, snapshot="abc1234"))
    asked: list[tuple[str, str | None]] = field(default_factory=list[tuple[str, str | None]])
    before: Callable[[], Any] | None = None

    async def __call__(self, adw_id: str, worktree: str | None) -> Removed:
        self.asked.append((adw_id, worktree))
        if self.before is not None:
            await self.before()
        return self.answer


@dataclass
class Served:
    http: httpx.AsyncClient
    board: Board
    ledger: ServiceLedger
    remover: Remover
    data_dir: Path

    async def ask(self, method: str, path: str, status: int, **more: Any) -> Any:
        answer = await self.http.request(method, path, **more)
        assert answer.status_code == status, answer.text
        body = answer.json()
        if status >= 400:
            assert isinstance(body["error"], str)
            assert body["detail"]
        return body

    async def make(self, adw_id: str, **fields: Any) -> Any:
        return await self.ask("POST", "/api/adws", 201, json={"adw_id": adw_id, **fields})


@pytest_asyncio.fixture
async def served(tmp_path: Path) -> AsyncGenerator[Served]:
    url = f"sqlite:///{tmp_path / 'kanban.db'}"
    prepare_database(url, tmp_path / "backups")
    script = tmp_path / "script.py"
    script.write_text("import time\ntime.sleep(600)\n")
    async with await Store.open(url) as store:
        ledger, remover = ServiceLedger(store), Remover()
        config = new_config(tmp_path, end_runs_on_stop=True, max_runs=1)
        service = TriggerService(
            config,
            ledger,
            ServiceJournal(store),
            programs=ScriptPrograms(script),
            records=ServiceRunRecords(store),
            remove=remover,
        )
        async with listening(service) as port, Board(f"ws://127.0.0.1:{port}/ws/trigger") as board:
            base = f"http://127.0.0.1:{port}"
            async with httpx.AsyncClient(base_url=base, trust_env=False, verify=False, timeout=30) as http:
                yield Served(http, board, ledger, remover, tmp_path)


def a_launch(adw_id: str, number: int = 0, **changes: Any) -> Launch:
    at = AT + timedelta(seconds=number)
    launch = Launch(
        f"request {adw_id} {number}",
        adw_id,
        "adw_plan_iso",
        LaunchState.COMPLETED,
        f"hash {adw_id} {number}",
        "/nowhere",
        at,
        stages=("plan",),
        finished_at=at,
        current_stage="ready-to-merge",
        request={"issue_number": "7", "issue_json": {"title": f"Title {number}"}},
    )
    return replace(launch, **changes)


async def test_a_run_is_made_read_changed_and_listed(served: Served) -> None:
    made = await served.make("abcd1234", issue_number="7", issue_title="T", issue_json={"a": [1]})
    assert (made["adw_id"], made["issue_number"], made["status"]) == ("abcd1234", 7, "pending")
    patch = {"current_stage": "build", "status": "stuck", "is_stuck": True, "patch_history": [{"n": 1}], "odd": 1}
    changed = await served.ask("PATCH", "/api/adws/abcd1234", 200, json=patch)
    read = await served.ask("GET", "/api/adws/abcd1234", 200)
    assert read == changed
    assert (read["current_stage"], read["status"], read["issue_title"]) == ("build", "stuck", "T")
    assert read["patch_history"] == [{"n": 1}]
    listed = await served.ask("GET", "/api/adws/list", 200)
    assert (listed["adws"], listed["count"]) == ([read], 1)
    assert await served.ask("GET", "/api/adws", 200) == {"adws": [read], "count": 1, "total_count": 1}


async def test_an_empty_patch_changes_nothing(served: Served) -> None:
    await served.make("abcd1234", issue_title="T")
    before = await served.ask("GET", "/api/adws/abcd1234", 200)
    after = await served.ask("PATCH", "/api/adws/abcd1234", 200, json={"issue_title": None, "unknown": 1})
    assert {**after, "updated_at": None} == {**before, "updated_at": None}


async def test_a_time_of_completion_completes_unless_a_status_is_given(served: Served) -> None:
    await served.make("abcd1234")
    done = {"completed_at": "2026-01-02T03:04:05.123Z"}
    row = await served.ask("PATCH", "/api/adws/abcd1234", 200, json=done)
    assert (row["status"], row["completed_at"]) == ("completed", "2026-01-02 03:04:05")
    row = await served.ask("PATCH", "/api/adws/abcd1234", 200, json={**done, "status": "errored"})
    assert row["status"] == "errored"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"adw_id": "../etc"},
        {"adw_id": "a\n"},
        {"adw_id": ""},
        {"adw_id": "x" * 65},
        {"adw_id": 12345678},
        {"adw_id": "abcd1234", "issue_number": 0},
        {"adw_id": "abcd1234", "issue_number": "seven"},
        {"adw_id": "abcd1234", "issue_number": True},
        {"adw_id": "abcd1234", "current_stage": "pr"},
        {"adw_id": "abcd1234", "status": "banana"},
        {"adw_id": "abcd1234", "backend_port": 70000},
        {"adw_id": "abcd1234", "issue_json": "text"},
    ],
)
async def test_what_no_run_can_be_is_refused_with_all_faults(served: Served, body: Any) -> None:
    answer = await served.ask("POST", "/api/adws", 422, json=body)
    assert {"type", "loc", "msg"} == set(answer["detail"][0])
    assert (await served.ask("GET", "/api/adws", 200))["total_count"] == 0


@pytest.mark.parametrize("content", [b"{oops", b"[1]", b"null", b"[" * 100_000, b"\xff"])
async def test_bodies_that_are_no_objects(served: Served, content: bytes) -> None:
    await served.make("abcd1234")
    for method, path in (("POST", "/api/adws"), ("PATCH", "/api/adws/abcd1234"), ("POST", "/api/clarify")):
        await served.ask(method, path, 422, content=content)
    await served.ask("POST", "/api/adws", 413, content=b'"' + b"x" * (3 << 20) + b'"')


async def test_an_id_is_never_given_out_twice(served: Served) -> None:
    await served.make("abcd1234")
    await served.ask("POST", "/api/adws", 409, json={"adw_id": "abcd1234"})
    await served.ask("DELETE", "/api/adws/abcd1234", 200)
    await served.ask("POST", "/api/adws", 409, json={"adw_id": "abcd1234"})
    await served.ledger.save(a_launch("launched"))
    await served.ask("POST", "/api/adws", 409, json={"adw_id": "launched"})
    answers = await asyncio.gather(*(served.http.post("/api/adws", json={"adw_id": "at-once"}) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]


@pytest.mark.parametrize("adw_id", ["unknown1", "..%2f..%2fetc", "a%0a", "x" * 65, "%00", "a%20b"])
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_runs_that_nobody_knows(served: Served, method: str, adw_id: str) -> None:
    body = {"is_stuck": True} if method == "PATCH" else None
    answer = await served.http.request(method, f"/api/adws/{adw_id}", json=body)
    assert answer.status_code == 404
    assert not served.remover.asked
    assert not served.board.received


async def test_a_start_takes_nothing_from_the_row(served: Served) -> None:
    """V1 puts the stage back to backlog and forgets the title (Q18)."""
    await served.make("abcd1234", issue_title="T", current_stage="build")
    answer = await served.board.trigger(adw_id="abcd1234")
    assert answer["data"]["status"] == "accepted"
    row = await served.ask("GET", "/api/adws/abcd1234", 200)
    assert (row["status"], row["workflow_status"], row["issue_title"]) == ("in_progress", "running", "T")
    assert row["current_stage"] == "build"


async def test_filters_and_pages(served: Served) -> None:
    for number in range(120):
        state = LaunchState.FAILED if number % 2 else LaunchState.COMPLETED
        await served.ledger.save(a_launch(f"run{number:05}", number, state=state))
    await served.make("written1", current_stage="plan")
    await served.ask("PATCH", "/api/adws/run00003", 200, json={"is_stuck": True})
    everything = (await served.ask("GET", "/api/adws", 200))["adws"]
    assert [row["adw_id"] for row in everything] == ["written1", *(f"run{n:05}" for n in range(119, -1, -1))]
    assert everything[4]["issue_title"] == "Title 116"
    for query, count in {
        "status=errored": 60,
        "status=completed": 60,
        "status=pending": 1,
        "stage=plan": 1,
        "stage=ready-to-merge": 120,
        "is_stuck=true": 1,
        "status=errored&is_stuck=false": 59,
        "status=in_progress": 0,
    }.items():
        assert (await served.ask("GET", f"/api/adws?{query}", 200))["total_count"] == count
    page = await served.ask("GET", "/api/adws?limit=3&offset=1", 200)
    assert (page["adws"], page["total_count"]) == (everything[1:4], 121)
    assert (await served.ask("GET", "/api/adws/list?limit=2", 200))["count"] == 2


@pytest.mark.parametrize(
    "query", ["status=banana", "stage=pr", "is_stuck=maybe", "limit=0", "limit=5000", "offset=-1", "limit=x"]
)
async def test_filters_that_mean_nothing(served: Served, query: str) -> None:
    await served.ask("GET", f"/api/adws?{query}", 422)


async def test_a_list_ends_at_a_thousand(served: Served) -> None:
    for number in range(1005):
        await served.ledger.save(a_launch(f"run{number:05}", number))
    listed = await served.ask("GET", "/api/adws", 200)
    assert (listed["count"], listed["total_count"], listed["adws"][-1]["adw_id"]) == (1000, 1000, "run00005")


async def test_a_deleted_run_is_gone_and_everybody_hears_of_it(served: Served) -> None:
    await served.ledger.save(a_launch("abcd1234", worktree="/w"))
    kept = served.data_dir / "service" / "runs" / "abcd1234" / "1-x"
    kept.mkdir(parents=True)
    answer = await served.ask("DELETE", "/api/adws/abcd1234", 200)
    assert answer == {
        "success": True,
        "message": "ADW abcd1234 deleted",
        "adw_id": "abcd1234",
        "agents_deleted": True,
        "worktree_deleted": True,
        "snapshot": "abc1234",
        "processes_killed": 0,
        "errors": [],
        "db_updated": True,
    }
    assert served.remover.asked == [("abcd1234", "/w")]
    told = await served.board.wait(lambda m: m["type"] == "system_log")
    assert told["data"]["context"] == {"event_type": "worktree_deleted", "adw_id": "abcd1234", "db_updated": True}
    assert not kept.parent.exists()
    for method in ("GET", "DELETE"):
        await served.ask(method, "/api/adws/abcd1234", 404)
    await served.ask("GET", "/api/execution-logs/abcd1234/plan", 404)
    assert (await served.ask("GET", "/api/adws", 200))["total_count"] == 0
    (row,) = (await served.ask("GET", "/api/adws?include_deleted=true", 200))["adws"]
    assert row["deleted_at"]
    assert len(served.board.of("system_log")) == 1


async def test_a_run_whose_files_cannot_go_stays_listed(served: Served) -> None:
    await served.make("abcd1234")
    served.remover.answer = Removed(errors=("the worktree is locked",))
    answer = await served.ask("DELETE", "/api/adws/abcd1234", 500)
    assert (answer["success"], answer["db_updated"], answer["errors"]) == (False, False, ["the worktree is locked"])
    assert (await served.ask("GET", "/api/adws/abcd1234", 200))["deleted_at"] is None
    assert not served.board.of("system_log")


async def test_a_run_that_is_active_is_not_deleted(served: Served) -> None:
    assert (await served.board.trigger(adw_id="abcd1234"))["data"]["status"] == "accepted"
    await served.ask("DELETE", "/api/adws/abcd1234", 409)
    assert not served.remover.asked
    await served.board.send("cancel_workflow", adw_id="abcd1234")
    await served.board.final("abcd1234")
    await served.ask("DELETE", "/api/adws/abcd1234", 200)


async def test_a_run_that_waits_for_its_place_is_not_deleted_either(served: Served) -> None:
    for adw_id in ("abcd1234", "waiting1"):
        assert (await served.board.trigger(adw_id=adw_id))["data"]["status"] == "accepted"
    assert (await served.ask("GET", "/api/adws/waiting1", 200))["status"] == "pending"
    await served.ask("DELETE", "/api/adws/waiting1", 409)
    assert not served.remover.asked
    details = (await served.ask("GET", "/health", 200))["health_check"]["details"]
    assert (details["active_runs"], details["waiting_runs"], details["max_runs"]) == (1, 1, 1)


async def test_nothing_of_a_run_starts_while_it_is_deleted(served: Served) -> None:
    await served.ledger.save(a_launch("abcd1234"))
    answers: list[Any] = []

    async def start_it() -> None:
        answers.append((await served.board.trigger(adw_id="abcd1234"))["data"]["status"])
        answers.append((await served.http.delete("/api/adws/abcd1234")).status_code)

    served.remover.before = start_it
    await served.ask("DELETE", "/api/adws/abcd1234", 200)
    assert answers == ["ignored", 409]
    assert (await served.board.trigger(adw_id="abcd1234"))["data"]["status"] == "accepted"
    assert (await served.ask("GET", "/api/adws/abcd1234", 200))["status"] == "in_progress"


async def test_slash_commands_are_not_offered(served: Served) -> None:
    await served.ask("POST", "/api/slash-command", 501, json={"command": "/x"})
    await served.ask("GET", "/api/slash-commands", 501)


async def test_a_service_without_records_says_so(tmp_path: Path) -> None:
    ledger = MemoryLedger()
    ledger.keep(a_launch("abcd1234"))
    service = TriggerService(new_config(tmp_path), ledger, MemoryJournal(ledger))
    async with listening(service) as port:
        base = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=base, trust_env=False, verify=False) as http:
            assert (await http.get("/api/adws/abcd1234")).status_code == 200
            answers = [
                await http.get("/api/adws"),
                await http.post("/api/adws", json={"adw_id": "x"}),
                await http.patch("/api/adws/abcd1234", json={}),
                await http.delete("/api/adws/abcd1234"),
            ]
    assert [answer.status_code for answer in answers] == [503] * 4


async def test_a_run_of_a_repository_goes_with_its_worktree_and_keeps_its_branch(tmp_path: Path) -> None:
    """With git itself: what was not committed is kept in a snapshot on the branch."""
    ledger = MemoryLedger()
    journal = MemoryJournal(ledger)
    service = TriggerService(new_config(tmp_path), ledger, journal, records=MemoryRecords(ledger))
    async with running(service, ledger, journal) as app:
        async with app.board() as board:
            await board.trigger(adw_id="abcd1234", issue_json={"title": "x"})
            await board.final("abcd1234")
            await eventually(lambda: app.service.active_runs == 0)
        async with app.http() as http:
            run = (await http.get("/api/adws/abcd1234")).json()
            worktree = Path(run["worktree_path"])
            (worktree / "unsaved.txt").write_text("kept")
            answer = (await http.delete("/api/adws/abcd1234", timeout=60)).json()
            await http.post("/api/adws", json={"adw_id": "written1"})
            bare = await http.delete("/api/adws/written1")
    assert (answer["success"], answer["worktree_deleted"], bare.status_code) == (True, True, 200)
    left, kept = await asyncio.to_thread(look, worktree, tmp_path / "demo" / "repository", run["branch_name"])
    assert (left, kept) == (False, b"kept")


def look(worktree: Path, repository: Path, branch: str) -> tuple[bool, bytes]:
    show = ["git", "show", f"{branch}:unsaved.txt"]
    return worktree.exists(), subprocess.run(show, cwd=repository, capture_output=True, check=True).stdout


async def test_a_run_without_a_repository_can_be_deleted(tmp_path: Path) -> None:
    ledger = MemoryLedger()
    journal = MemoryJournal(ledger)
    service = TriggerService(new_config(tmp_path), ledger, journal, records=MemoryRecords(ledger))
    async with running(service, ledger, journal) as app, app.http() as http:
        await http.post("/api/adws", json={"adw_id": "written1"})
        assert (await http.delete("/api/adws/written1")).status_code == 200


async def test_changes_at_once_are_all_kept(served: Served) -> None:
    await served.make("abcd1234")
    changes = {
        "issue_title": "T",
        "issue_body": "B",
        "issue_class": "/bug",
        "branch_name": "b",
        "workflow_name": "w",
        "patch_file": "p",
    }
    sent = [served.ask("PATCH", "/api/adws/abcd1234", 200, json={name: value}) for name, value in changes.items()]
    await asyncio.gather(*sent)
    row = await served.ask("GET", "/api/adws/abcd1234", 200)
    assert {name: row[name] for name in changes} == changes


async def test_a_change_while_a_run_is_deleted_does_not_bring_it_back(served: Served) -> None:
    await served.make("abcd1234")
    changing: list[asyncio.Task[Any]] = []

    async def change() -> None:
        for number in range(20):
            path, body = "/api/adws/abcd1234", {"issue_title": str(number)}
            changing.append(asyncio.create_task(served.http.patch(path, json=body)))

    served.remover.before = change
    await served.ask("DELETE", "/api/adws/abcd1234", 200)
    await asyncio.gather(*changing)
    await served.ask("GET", "/api/adws/abcd1234", 404)


async def test_a_list_of_large_runs_is_cut_and_says_so(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "_MOST_CHARACTERS", 300_000)
    for number in range(5):
        await served.make(f"run{number:05}", issue_body="x" * 100_000)
    listed = await served.ask("GET", "/api/adws", 200)
    assert (len(listed["adws"]), listed["count"], listed["total_count"]) == (3, 3, 5)
    rest = await served.ask("GET", "/api/adws?offset=4", 200)
    assert (len(rest["adws"]), rest["total_count"]) == (1, 5)
