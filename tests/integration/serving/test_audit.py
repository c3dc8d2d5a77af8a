"""The audit log of a running board: sign-ins, tokens, projects, backups, triggers, and commands beside it."""

import getpass
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from kanban_app.store.migrate import prepare_database
from tests.support.app import AppProcess, run_command, running_app
from tests.support.waiting import wait_until

PATIENCE_S = 60.0
Entry = dict[str, Any]
ENV = {"KANBAN_DEMO_SPEED": "0"}


def entries(app: AppProcess, prefix: str = "", **query: str) -> list[Entry]:
    with app.client() as client:
        page = client.get(f"{prefix}/api/v1/audit", params={"limit": "200", **query}).raise_for_status().json()
    return page["entries"]


def wait_for(app: AppProcess, matches: Callable[[Entry], bool], prefix: str = "") -> Entry:
    found: list[Entry] = []

    def look() -> bool:
        found[:] = [entry for entry in entries(app, prefix) if matches(entry)]
        return bool(found)

    wait_until(look, PATIENCE_S)
    return found[0]


def is_(action: str, outcome: str = "done") -> Callable[[Entry], bool]:
    return lambda entry: (entry["action"], entry["outcome"]) == (action, outcome)


def test_sign_ins_right_and_wrong(built_client: Path, tmp_path: Path) -> None:
    with running_app(tmp_path / "data", env=ENV) as app:
        assert entries(app) == []  # so that this token is known from here, and not held up by the wrong ones
        page = {"accept": "text/html"}
        httpx.get(f"{app.base_url}/?token={app.token}", headers=page)
        for _ in range(40):
            httpx.get(f"{app.base_url}/?token=not-the-secret-token", headers=page)
            httpx.get(f"{app.base_url}/api/v1/board", headers={"authorization": "Bearer not-the-secret-token"})
        signed_in = wait_for(app, is_("sign-in.done"))
        assert (signed_in["kind"], signed_in["address"], signed_in["details"]) == (
            "person", "127.0.0.1", {"by": "a link"},
        )  # fmt: skip
        wait_for(app, lambda entry: entry["action"] == "sign-in.refused" and entry["details"] == {"count": "10"})
        refused = [entry for entry in entries(app) if entry["action"] == "sign-in.refused"]
        assert [entry["details"]["count"] for entry in refused] == ["10", "1"]
        assert refused[0]["address"] == "127.0.0.1"
        said = json.dumps(entries(app))
        assert "not-the-secret-token" not in said
        assert str(app.token) not in said


def test_what_a_board_does_and_what_commands_do_beside_it(built_client: Path, tmp_path: Path) -> None:
    with running_app(tmp_path / "data", env=ENV) as app, app.client() as client:
        card = client.post("/api/v1/tasks", json={"title": "A lamp", "stages": ["plan"]}).raise_for_status().json()
        client.post(f"/api/v1/tasks/{card['id']}/move", json={"column": "plan"}).raise_for_status()
        sent = wait_for(app, is_("run.triggered"))
        assert (sent["name"], sent["way"], sent["target"]["title"], sent["details"]["asked"]) == (
            "the board itself", "the board itself", "A lamp", "api",
        )  # fmt: skip
        made = run_command("token", "create", "robot", "--scope", "read", data_dir=app.data_dir)
        assert made.returncode == 0, made.stderr
        assert "audit" not in made.stderr
        created = wait_for(app, is_("token.created"))
        assert (created["name"], created["kind"], created["way"], created["project"]) == (
            getpass.getuser(), "local", "command line", "",
        )  # fmt: skip
        assert created["target"]["title"] == "robot"
        secret = made.stdout.split(": ")[1].split()[0]
        forbidden = client.get("/api/v1/audit", headers={"authorization": f"Bearer {secret}"})
        assert (forbidden.status_code, forbidden.json()["error"]["code"]) == (403, "E-AUTH-6")
        assert wait_for(app, is_("access.refused", "refused"))["name"] == "robot"
        backup = client.post("/api/v1/backups").raise_for_status().json()
        assert wait_for(app, is_("data.backed-up"))["details"] == {"file": backup["name"]}
        client.get(f"/api/v1/backups/{backup['name']}").raise_for_status()
        wait_for(app, is_("data.downloaded"))
        assert secret not in json.dumps(entries(app))
        ask = {
            "type": "trigger_workflow",
            "data": {"workflow_type": "adw_plan_iso", "adw_id": "0a1b2c3d", "issue_number": "1"},
        }
        url = app.base_url.replace("http", "ws", 1) + "/ws/trigger"
        with connect(url, additional_headers=app.headers, proxy=None) as socket:
            socket.send(json.dumps(ask))
            asked = wait_for(app, is_("service.asked"))
        assert (asked["name"], asked["details"]) == ("access token", {"request": "adw_plan_iso", "run": "0a1b2c3d"})


def test_a_project_shows_its_own_and_what_is_about_all(built_client: Path, tmp_path: Path) -> None:
    with running_app(tmp_path / "data", env=ENV) as app, app.client() as client:
        client.post("/api/v1/tasks", json={"title": "Of the first"}).raise_for_status()
        shop = client.post("/api/v1/projects", json={"title": "Shop"}).raise_for_status().json()["id"]
        prefix = f"/p/{shop}"
        for n in range(5):
            client.post(f"{prefix}/api/v1/tasks", json={"title": f"Of the shop {n}"}).raise_for_status()
        client.post(f"{prefix}/api/v1/tasks/none/move", json={"column": "plan"})
        wait_for(app, is_("task.moved", "refused"), prefix)
        wait_for(app, is_("project.created"), prefix)
        here, there = entries(app), entries(app, prefix)
        assert {entry["project"] for entry in here} == {"", "default"}
        assert {entry["project"] for entry in there} == {"", shop}
        assert "Of the first" not in json.dumps(there)
        assert "Of the shop" not in json.dumps(here)
        assert {entry["name"] for entry in there if entry["action"] == "task.created"} == {"access token"}
        seen, before = list[tuple[str, int]](), ""
        while True:
            page = client.get(f"{prefix}/api/v1/audit", params={"limit": 2, "before": before}).json()
            seen += [(entry["log"], entry["number"]) for entry in page["entries"]]
            before = page["next"]
            if not before:
                break
        assert len(seen) == len(set(seen)) == len(there)


def test_what_was_recorded_outlives_stop_and_kill(built_client: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running_app(data, env=ENV) as app, app.client() as client:
        client.post("/api/v1/tasks", json={"title": "Before the stop"}).raise_for_status()
        client.get("/api/v1/export").raise_for_status()
        assert app.terminate() == 0
    with closing(sqlite3.connect(data / "kanban.db")) as database:
        actions = [row[0] for row in database.execute("SELECT action FROM audit ORDER BY seq")]
    assert actions == ["task.created", "data.exported"]
    with running_app(data, env=ENV) as app, app.client() as client:
        card = client.post("/api/v1/tasks", json={"title": "Before the kill"})
        app.kill9()
        assert card.status_code == 201
    with closing(sqlite3.connect(data / "kanban.db")) as database:
        titles = [row[0] for row in database.execute("SELECT title FROM audit WHERE action = 'task.created'")]
    assert titles == ["Before the stop", "Before the kill"]


@pytest.mark.parametrize("broken", ["no database", "older database"])
def test_a_command_is_carried_out_where_nothing_can_be_recorded(tmp_path: Path, broken: str) -> None:
    if broken == "older database":
        with closing(sqlite3.connect(tmp_path / "kanban.db")) as older:
            older.execute("CREATE TABLE task (id TEXT)")
    done = run_command("token", "create", "robot", "--scope", "read", data_dir=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("robot (")
    assert ("This is not in the audit log" in done.stderr) is (broken == "older database")


def test_a_backup_and_a_restore_by_command_are_in_the_log(tmp_path: Path) -> None:
    prepare_database(f"sqlite:///{tmp_path / 'kanban.db'}", tmp_path / "backups")
    file = tmp_path / "kept.tar.gz"
    assert run_command("backup", "--to", str(file), data_dir=tmp_path).returncode == 0
    restored = run_command("restore", str(file), data_dir=tmp_path)
    assert restored.returncode == 0, restored.stderr
    with closing(sqlite3.connect(tmp_path / "kanban.db")) as database:
        rows = database.execute("SELECT action, name, way, details FROM audit").fetchall()
    ((action, name, way, details),) = rows
    assert (action, name, way) == ("data.restored", getpass.getuser(), "command line")
    kept = json.loads(details)
    assert kept["file"] == "kept.tar.gz"
    with closing(sqlite3.connect(Path(kept["kept"]) / "kanban.db")) as before:
        assert [row[0] for row in before.execute("SELECT action FROM audit")] == ["data.backed-up"]
