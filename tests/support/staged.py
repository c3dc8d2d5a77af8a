"""A board with real content for tests that look at it: a trigger service whose every message the test decides."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, Final, TypeVar

import httpx

from kanban_app.domain.workflows import Vintage
from tests.support.tac7_server import FakeService
from tests.support.waiting import wait_until

T = TypeVar("T")
TITLES = (
    "Export invoices as CSV, with the filters of the list applied",
    "Refund webhook is processed twice when the provider retries within a second",
    "Bump SQLAlchemy to 2.1",
    "Keyboard shortcuts for the price editor",
    "Passwordless login by mail link",
    "Typo-tolerant product search",
    "Totals are off by one cent with three tax rates",
    "Rate limit per API key",
    "Replace the cron job by the queue worker",
    "Order history with infinite scroll",
    "Audit trail for price changes",
    "Cache the tax table for a day",
    "Shorten the checkout to one page",
    "Internationalisierungsdienstleistungsgesellschaftsverzeichnis_without_any_place_to_break",
)
TYPES = ("feature", "bug", "chore", "feature")
WORKFLOW = "adw_orchestrator"
# For boards whose runs stand still for as long as a module's tests take, which may be longer than a run may be silent.
NOBODY_IS_SILENT: Final = {"KANBAN_RUN_SILENT_AFTER_S": "100000"}


class StagedService:
    """`FakeService` in a thread with a loop of its own, for tests that have none."""

    def __init__(self, service: FakeService, loop: asyncio.AbstractEventLoop) -> None:
        self.service = service
        self._loop = loop

    @property
    def url(self) -> str:
        return self.service.url

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        future: Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result(timeout=30)

    def say(self, kind: str, **data: object) -> None:
        """One message to every client."""
        self.run(self.service.broadcast({"type": kind, "data": data}))

    def stop(self) -> None:
        self.run(self.service.kill())


@contextmanager
def staged_service(vintage: Vintage = Vintage.OURS) -> Iterator[StagedService]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    staged = StagedService(FakeService(vintage), loop)
    try:
        staged.run(staged.service.start())
        yield staged
    finally:
        staged.run(staged.service.stop())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        loop.close()


def make_cards(client: httpx.Client, count: int) -> list[str]:
    """Cards of every type with titles of every length, in the backlog; their ids."""
    ids: list[str] = []
    for number in range(count):
        stages = ["plan", "build", "test", "review", "document"][: 3 + 2 * (number % 2)]
        body: dict[str, object] = {"title": TITLES[number % len(TITLES)], "type": TYPES[number % 4], "stages": stages}
        if number % 5 == 1:
            body["labels"] = ["payments", "needs a very careful reviewer"][: 1 + number % 2]
        answer = client.post("/api/v1/tasks", json=body)
        answer.raise_for_status()
        ids.append(answer.json()["id"])
    return ids


def start(client: httpx.Client, task_id: str) -> str:
    """The run of a card that has just been dropped on its first stage."""
    answer = client.post(f"/api/v1/tasks/{task_id}/move", json={"column": "plan", "after": None})
    answer.raise_for_status()
    return str(answer.json()["task"]["run_id"])


def wait_status(client: httpx.Client, task_id: str, *statuses: str) -> None:
    wait_until(lambda: client.get(f"/api/v1/tasks/{task_id}").json()["status"] in statuses, timeout=30)


def show_run(service: StagedService, adw_id: str, stages: Sequence[str], percent: int, step: str) -> None:
    """A run that has come to the last of `stages`, in the words of a service."""
    for before, stage in pairwise(("ready", *stages)):
        service.say("stage_transition", adw_id=adw_id, from_stage=before, to_stage=stage, message=f"{before} → {stage}")
    about = {"adw_id": adw_id, "workflow_name": WORKFLOW, "status": "in_progress"}
    service.say("status_update", **about, message=step, progress_percent=percent, current_step=step)
    _log(service, adw_id, "INFO", f"[{stages[-1]}] {step}")


def talk(service: StagedService, adw_id: str) -> None:
    """What an agent says while it works: every kind of line, colours, and a line that is long."""
    _log(service, adw_id, "INFO", "Worktree trees/9f3a on branch adw/search")
    thought = "The index already has a trigram table; reuse it instead of adding a second one."
    service.say("thinking_block", adw_id=adw_id, content=thought)
    tool = {"adw_id": adw_id, "tool_name": "Read", "tool_use_id": "t1"}
    service.say("tool_use_pre", **tool, tool_input={"file_path": "catalog/index.py"})
    service.say("tool_use_post", **tool, tool_output="310 lines", status="success", duration_ms=42)
    file = {"file_path": "catalog/index.py", "operation": "modify", "lines_added": 84, "lines_removed": 12}
    service.say("file_changed", adw_id=adw_id, **file)
    _log(service, adw_id, "ERROR", "ruff: F841 local variable 'rows' is assigned to but never used")
    text = "Search now tolerates one typo in words of four letters and two in longer ones."
    service.say("text_block", adw_id=adw_id, content=text)
    _log(service, adw_id, "WARNING", "The test database is 14 days old; " + "consider a fresh copy " * 8)
    _log(service, adw_id, "SUCCESS", "\x1b[32m38 passed\x1b[0m, \x1b[33m1 skipped\x1b[0m in 4.21 s")


def _log(service: StagedService, adw_id: str, level: str, message: str) -> None:
    service.say("workflow_log", adw_id=adw_id, workflow_name=WORKFLOW, level=level, message=message)


WRITTEN: Final = """\
# Search that forgives typos
People type **fast** and *wrong*. Today `find(word)` gives nothing, and ~~we say so~~ they leave.
See https://example.org/research/typos and [the sketch](https://example.org/sketch).

## What it has to do
- [x] One typo in words of four letters
- [ ] Two in longer ones, but only
  1. when nothing else is found, and
  2. below the exact matches
- Keep what is indexed now

> Speed first: nobody waits for a search.

| Words | Typos | Budget |
|:------|:-----:|-------:|
| short | 1     | 20 ms  |
| long  | 2     | 50 ms  |

```python
def near(word: str, index: Index) -> Iterator[Hit]:
    return (hit for hit in index.trigrams(word) if distance(hit.word, word) <= allowed(word) and hit.score > 2)
```

![A picture of it](https://example.org/search.png)
"""
RUNNING: Final[dict[str, tuple[list[str], int, str]]] = {
    "planning": (["plan"], 34, "Counting the acceptance criteria"),
    "building": (["plan", "build"], 64, "Writing bounds of share_done()"),
    "testing": (["plan", "build", "test"], 41, "Running end-to-end tests"),
    "reviewing": (["plan", "build", "test", "review"], 80, "Looking for conflict markers"),
    "building too": (["plan", "build"], 12, "Reading the plan"),
}


def fill_board(client: httpx.Client, service: StagedService, count: int = 40) -> dict[str, str]:
    """Cards in every state, for a board that lets five run at once; the ids of the telling ones by their role."""
    made = make_cards(client, count)
    ids = iter(made[1::2])
    roles = {role: next(ids) for role in ("failed", "done", "done too", "refused", *RUNNING, "waiting", "waiting too")}
    roles["written"] = made[0]
    client.patch(f"/api/v1/tasks/{made[0]}", json={"description": WRITTEN}).raise_for_status()
    _fail(client, service, roles["failed"])
    show_merge(service, complete(client, service, roles["done"]))
    _act_on(client, service, roles["done too"])
    service.service.manners.error_for_trigger = "Unknown workflow type: adw_orchestrator"
    start(client, roles["refused"])
    wait_status(client, roles["refused"], "refused", "failed")
    service.service.manners.error_for_trigger = None
    for role, (stages, percent, step) in RUNNING.items():
        adw_id = _running(client, roles[role])
        show_run(service, adw_id, stages, percent, step)
        if role == "building":
            talk(service, adw_id)
    for role in ("waiting", "waiting too"):
        start(client, roles[role])
        wait_status(client, roles[role], "queued")
    return roles


def _act_on(client: httpx.Client, service: StagedService, task_id: str) -> None:
    """A card with a history: run, not merged, patched; now there is another conflict."""
    adw_id = complete(client, service, task_id)
    move = {"column": "completed", "action": "merge", "method": "rebase", "target": "main"}
    client.post(f"/api/v1/tasks/{task_id}/move", json=move).raise_for_status()
    _end(client, service, task_id, "adw_merge_iso", "failed", message="Merge conflict in shop/search/index.py")
    text = "Keep the old ranking for exact matches\nOne typo may move a result down, never up."
    client.post(f"/api/v1/tasks/{task_id}/patch", json={"text": text}).raise_for_status()
    _end(client, service, task_id, "adw_patch_iso", "completed", message="Patched", progress_percent=100)
    show_conflict(service, adw_id)


def _end(
    client: httpx.Client, service: StagedService, task_id: str, workflow: str, status: str, **data: object
) -> None:
    wait_status(client, task_id, "running")
    adw_id = client.get(f"/api/v1/tasks/{task_id}").json()["run"]
    service.say("status_update", adw_id=adw_id, workflow_name=workflow, status=status, **data)
    wait_status(client, task_id, status)


def _running(client: httpx.Client, task_id: str) -> str:
    adw_id = start(client, task_id)
    wait_status(client, task_id, "running")
    return adw_id


def _fail(client: httpx.Client, service: StagedService, task_id: str) -> None:
    adw_id = _running(client, task_id)
    show_run(service, adw_id, ["plan", "build"], 50, "Running the unit tests")
    why = "pytest: 2 of 41 tests failed (test_rounding)"
    _log(service, adw_id, "ERROR", why)
    service.say("status_update", adw_id=adw_id, workflow_name=WORKFLOW, status="failed", message=why)
    wait_status(client, task_id, "failed")


def complete(client: httpx.Client, service: StagedService, task_id: str) -> str:
    """Let a card run through all stages; its run's id."""
    adw_id = _running(client, task_id)
    show_run(service, adw_id, ["plan", "build", "test", "review", "document"], 100, "Done")
    about = {"adw_id": adw_id, "message": "All stages done"}
    service.say("stage_transition", **about, from_stage="document", to_stage="ready-to-merge")
    service.say("status_update", **about, workflow_name=WORKFLOW, status="completed", progress_percent=100)
    wait_status(client, task_id, "completed")
    return adw_id


FILES: Final = (
    ("shop/search/index.py", 84, 12),
    ("shop/search/typos.py", 131, 0),
    ("shop/search/tests/test_typos_in_words_of_four_letters_and_more.py", 96, 4),
    ("shop/templates/search/results_with_suggestions.html", 22, 9),
    ("docs/images/search.png", None, None),
    ("docs/search.md", 31, 2),
    ("CHANGELOG.md", 1, 0),
)
SUBJECTS: Final = (
    "Document the tolerance",
    "Tolerate one typo in words of four letters, two in longer ones",
    "Plan the tolerant search",
)


def show_merge(service: StagedService, adw_id: str, **changes: object) -> None:
    """What the service says that merging a run would do, by whichever method."""
    preview: dict[str, object] = {
        "adw_id": adw_id,
        "possible": True,
        "branch": "adw/9f3a41c7-typo-tolerant-product-search",
        "target": "main",
        "head": "4be1d0c2" * 5,
        "ahead": len(SUBJECTS),
        "behind": 2,
        "commits": [{"sha": f"{n}be1d0c2" * 5, "subject": text} for n, text in enumerate(SUBJECTS, 4)],
        "files": [{"path": path, "added": added, "removed": removed} for path, added, removed in FILES],
        "conflicts": [],
        **changes,
    }
    for method in ("squash", "merge", "rebase"):
        service.service.answers[f"/api/adws/{adw_id}/merge?method={method}"] = {**preview, "method": method}


def show_conflict(service: StagedService, adw_id: str) -> None:
    files = [path for path, _, _ in FILES[:2]]
    reason = f"Merge conflict in {', '.join(files)}"
    show_merge(service, adw_id, possible=False, code="conflict", reason=reason, files=[], conflicts=files)
