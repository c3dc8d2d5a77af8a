"""The board on a disk that really is full: nothing accepted is lost, all can be read, and it goes on by itself."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.adw_project import AdwProject, make_project
from tests.support.run_files import board_log, task
from tests.support.small_disk import SmallDisk, board_on_small_disk, is_possible
from tests.support.waiting import wait_until

pytestmark = pytest.mark.skipif(not is_possible(), reason="this user may not mount anything, not even for itself")
PATIENCE_S = 60.0
# More than the write-ahead log has room for that it need not ask the disk for.
LARGE = "x" * 15_000
MOST = 400


@pytest.fixture
def project(tmp_path: Path) -> AdwProject:
    return make_project(tmp_path / "project", adw_plan_iso="talks")


@pytest.fixture
def disk(built_client: Path, project: AdwProject, tmp_path: Path) -> Iterator[SmallDisk]:
    with board_on_small_disk(tmp_path / "data", "24m", {"KANBAN_PROJECT_DIR": str(project.root)}) as made:
        yield made


def notices(client: httpx.Client) -> list[str]:
    return client.get("/api/v1/board").raise_for_status().json()["connection"]["notices"]


def create_until_refused(client: httpx.Client) -> tuple[list[str], httpx.Response]:
    """The ids of the cards that were accepted, and the first refusal."""
    accepted: list[str] = []
    for number in range(MOST):
        answer = client.post("/api/v1/tasks", json={"title": f"card {number}", "description": LARGE})
        if answer.status_code != 201:
            return accepted, answer
        accepted.append(answer.json()["id"])
    raise AssertionError("the disk has never been full")


def test_a_full_disk(disk: SmallDisk, project: AdwProject) -> None:
    with disk.app.client() as client:
        given = {"title": "talks", "type": "feature", "stages": ["plan"]}
        card = client.post("/api/v1/tasks", json=given).raise_for_status().json()["id"]
        moved = client.post(f"/api/v1/tasks/{card}/move", json={"column": "plan"}).raise_for_status().json()
        adw_id = moved["task"]["run_id"]
        wait_until(lambda: len(board_log(client, adw_id)) > 5, PATIENCE_S)

        disk.fill()
        accepted, refused = create_until_refused(client)
        assert refused.status_code == 507
        error = refused.json()["error"]
        assert (error["code"], error["message"]) == ("E-SYS-12", "The disk is full. Your last change is not stored.")
        assert any("The disk is full: changes cannot be saved now" in text for text in notices(client))
        # All of the board can be read, and the run goes on.
        assert task(client, card)["status"] == "running"
        known = {one["id"] for column in client.get("/api/v1/board").json()["columns"] for one in column["tasks"]}
        assert known == {card, *accepted}
        lines = len(board_log(client, adw_id))
        project.go(adw_id)
        ready = client.get("/readyz")
        assert ready.status_code == 200, ready.text + disk.app.logs[-20_000:]
        assert client.post("/api/v1/backups").json()["error"]["code"] == "E-SYS-19"

        disk.free()
        wait_until(lambda: notices(client) == [], PATIENCE_S)
        wait_until(lambda: task(client, card)["status"] == "completed", PATIENCE_S)
        messages = [entry["message"] for entry in board_log(client, adw_id)]
        told = [text for text in messages if text.startswith("line ")]
        assert len(told) >= lines - 5
        assert told == [f"line {number}" for number in range(1, len(told) + 1)]
        assert f"{len(told)} lines" in messages
        later = client.post("/api/v1/tasks", json={"title": "after", "description": LARGE}).raise_for_status().json()
        (backlog,) = (one for one in client.get("/api/v1/board").json()["columns"] if one["id"] == "backlog")
        assert {one["id"] for one in backlog["tasks"]} == {*accepted, later["id"]}
    assert disk.app.terminate() == 0
