"""A repository with workflow scripts: from a card to Ready to merge, over a kill of the board, and a cancel."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.support.adw_project import AdwProject, make_project
from tests.support.app import AppProcess, end, start_app
from tests.support.board_page import RUN_MS, BoardPage, CardOnScreen
from tests.support.run_files import board_log, run, run_processes, spooled_log, task
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
RUN_S = RUN_MS / 1000
LINES = 5_000
STAGES = ("plan", "build", "test")
_KEPT = 1000
_PREFIX = re.compile(r"^[-\d]{10} [:\d]{8} - [A-Z]+ - ")


@pytest.fixture
def start(built_client: Path, tmp_path: Path) -> Iterator[Callable[..., AppProcess]]:
    """Starts the board on a project; another start takes the place of the one before, on its port and its data."""
    started: list[AppProcess] = []

    def begin(project: AdwProject) -> AppProcess:
        env = {"KANBAN_PROJECT_DIR": str(project.root), "KANBAN_PASS_ENV": "FLOOD_LINES", "FLOOD_LINES": str(LINES)}
        port = started[-1].port if started else 0
        if started and (before := started.pop()).process.stdout:
            before.process.stdout.close()
        started.append(start_app(tmp_path / "data", port, env))
        return started[-1]

    yield begin
    for app in started:
        end(app)


def run_of(client: httpx.Client, card: CardOnScreen) -> str:
    return task(client, card.id)["run"]


def texts(client: httpx.Client, adw_id: str) -> list[str]:
    return [str(entry["message"]) for entry in board_log(client, adw_id, page=1000)]


def test_a_card_runs_the_scripts_of_a_project_over_a_kill_of_the_board(
    start: Callable[..., AppProcess], open_board: OpenBoard, tmp_path: Path
) -> None:
    scripts = {"adw_plan_iso": "planner", "adw_build_iso": "floods", "adw_test_iso": "half_lines"}
    project = make_project(tmp_path / "project", adw_orchestrator="orchestrator", **scripts)
    app = start(project)
    board = open_board(app)
    card = board.create("Count the visitors", "A number on the page", stages=STAGES)
    board.drag(card, "plan")
    card.wait_in("build", timeout=RUN_MS)
    with app.client() as client:
        adw_id = run_of(client, card)
        wait_until(lambda: "post 10" in texts(client, adw_id), RUN_S)

    app.kill9()
    wait_until((project.agents(adw_id) / "adw_test_iso" / "execution.log").exists, RUN_S)
    app = start(project)
    card.wait_in("test", timeout=RUN_MS)
    project.go(adw_id)
    card.wait_for("completed", timeout=RUN_MS)
    card.wait_in("ready-to-merge")

    with app.client() as client:
        told = texts(client, adw_id)
        branch = run(client, adw_id)["branch"]
    every = range(1, LINES + 1)
    for beginning, numbers in (("line ", every), ("text ", every), ("post ", range(10, LINES + 1, 10))):
        assert [text for text in told if text.startswith(beginning)] == [f"{beginning}{number}" for number in numbers]
    agents = project.agents(adw_id)
    for wanted in (
        spooled_log(app.data_dir, adw_id),
        *(logged_in(file) for file in agents.glob("*/execution.log")),
        *(said_in(file) for file in agents.glob("*/raw_output.jsonl")),
    ):
        assert wanted
        assert missing(told, wanted) == []
    assert project.git("rev-parse", "--verify", branch)


def missing(told: list[str], wanted: list[str]) -> list[str]:
    """What of `wanted` is not among what was told, in its order; the board keeps the beginning of very long texts."""
    rest = (text[:_KEPT] for text in told)
    return [text for text in wanted if text[:_KEPT] not in rest]


def logged_in(file: Path) -> list[str]:
    """The lines of a log as the board shows them: it has a place of its own for their time and level."""
    return [_PREFIX.sub("", line) for line in file.read_text("utf-8", "replace").splitlines()]


def said_in(stream: Path) -> list[str]:
    """Every text in an agent's stream; lines that nobody can read are passed over."""
    found: list[str] = []
    for line in stream.read_bytes().splitlines():
        try:
            blocks = json.loads(line)["message"]["content"]
        except (ValueError, KeyError, TypeError):
            continue
        found += [block["text"] for block in blocks if block["type"] == "text"]
    return found


def test_cancel_leaves_no_process(start: Callable[..., AppProcess], open_board: OpenBoard, tmp_path: Path) -> None:
    project = make_project(tmp_path / "project", adw_plan_iso="stubborn")
    app = start(project)
    board = open_board(app)
    card = board.create("Never ends", stages=("plan",))
    board.drag(card, "plan")
    card.wait_for("running")
    with app.client() as client:
        adw_id = run_of(client, card)
    wait_until(lambda: project.pids(adw_id), RUN_S)
    pids = project.pids(adw_id) or {}
    assert set(pids) == {"self", "child", "away", "orphan"}
    print(f"before the cancel:\n{listed(app, adw_id, pids)}")

    card.choose("cancel")
    card.wait_for("cancelled", timeout=RUN_MS)
    left = listed(app, adw_id, pids)
    print(f"after it:\n{left}")
    assert left == ""


def listed(app: AppProcess, adw_id: str, pids: dict[str, int]) -> str:
    """The living processes of a run, one a line."""
    own = {process.pid: "runner, or of its family" for process in run_processes(app.data_dir, adw_id)}
    named = own | {pid: name for name, pid in pids.items()}
    return "\n".join(line for pid, name in sorted(named.items()) if (line := shown(pid, name)))


def shown(pid: int, name: str) -> str:
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return ""
        return f"{pid} {name}: {' '.join(process.cmdline())[:100]}"
    except psutil.NoSuchProcess:
        return ""
