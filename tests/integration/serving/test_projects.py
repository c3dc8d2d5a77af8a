"""Several projects in one process: nothing of one is felt in another, whatever ends."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from websockets.sync.client import connect

from tests.support.adw_project import STAGE_SCRIPTS, AdwProject, make_project
from tests.support.app import AppProcess, end, run_command, running_app, start_app
from tests.support.run_files import run_processes
from tests.support.staged import StagedService, staged_service
from tests.support.waiting import wait_until

PATIENCE_S = 60.0
PAGE = {"accept": "text/html"}


class Project:
    """One project of a running board."""

    def __init__(self, client: httpx.Client, project_id: str) -> None:
        self.client = client
        self.id = project_id
        self.base = f"/p/{project_id}"

    def get(self, path: str) -> Any:
        return self.client.get(f"{self.base}/api/v1/{path}").raise_for_status().json()

    def view(self) -> dict[str, Any]:
        listed = self.client.get("/api/v1/projects").raise_for_status().json()["projects"]
        return next(view for view in listed if view["id"] == self.id)

    def start(self, title: str = "A lamp") -> tuple[str, str]:
        """A new card dropped on Plan: its id and that of its run."""
        card = self.client.post(f"{self.base}/api/v1/tasks", json={"title": title, "stages": ["plan"]})
        card_id = card.raise_for_status().json()["id"]
        moved = self.client.post(f"{self.base}/api/v1/tasks/{card_id}/move", json={"column": "plan"})
        return card_id, moved.raise_for_status().json()["task"]["run_id"]

    def status(self, card: str) -> str:
        return self.get(f"tasks/{card}")["status"]

    def titles(self) -> list[str]:
        return [card["title"] for column in self.get("board")["columns"] for card in column["tasks"]]

    def wait_connected(self) -> None:
        wait_until(lambda: self.get("board")["connection"]["state"] == "connected", PATIENCE_S)


def create(client: httpx.Client, **fields: str) -> Project:
    answer = client.post("/api/v1/projects", json=fields)
    assert answer.status_code == 201, answer.text
    return Project(client, answer.json()["id"])


@pytest.fixture(scope="module")
def board(built_client: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppProcess]:
    with running_app(tmp_path_factory.mktemp("projects"), env={"KANBAN_DEMO_SPEED": "0"}) as app:
        yield app


@pytest.fixture
def client(board: AppProcess) -> Iterator[httpx.Client]:
    with board.client() as opened:
        yield opened


def scripts(root: Path, plan: str = "waits") -> AdwProject:
    return make_project(root, **{**STAGE_SCRIPTS, "adw_plan_iso": plan})


def test_a_project_has_cards_runs_and_settings_of_its_own(client: httpx.Client, board: AppProcess) -> None:
    first, shop = Project(client, "default"), create(client, title="The Shop")
    assert (shop.id, shop.view()["state"], shop.view()["title"]) == ("the-shop", "open", "The Shop")
    shop.wait_connected()
    card, adw_id = shop.start("Only in the shop")
    wait_until(lambda: shop.status(card) == "completed", PATIENCE_S)
    assert shop.get("board")["project"] == {"id": "the-shop", "demo": True}
    assert client.get("/api/v1/board").json()["project"] == {"id": "default", "demo": True}
    assert "Only in the shop" in shop.titles()
    assert "Only in the shop" not in first.titles()
    assert client.get(f"/api/v1/runs/{adw_id}").status_code == 404
    assert (board.data_dir / "projects" / "the-shop" / "kanban.db").is_file()
    with connect(
        f"{board.base_url.replace('http', 'ws')}{shop.base}/ws/trigger", additional_headers=board.headers
    ) as link:
        link.send('{"type": "ping"}')
        assert '"pong"' in str(link.recv(timeout=20))


def test_the_first_project_keeps_its_addresses(client: httpx.Client) -> None:
    assert client.get("/p/default/api/v1/board").json()["columns"] == client.get("/api/v1/board").json()["columns"]
    assert client.get("/p/nobody/api/v1/board").json()["error"]["code"] == "E-SYS-3"


def test_pages_are_told_below_which_address_they_are(client: httpx.Client) -> None:
    shop = create(client, title="Pages")
    page = client.get(f"{shop.base}/", headers=PAGE)
    assert '"basename":"/p/pages/"' in page.text
    assert "kanban_project=pages" in page.headers["set-cookie"]
    assert '"basename":"/p/pages/"' in client.get(f"{shop.base}/settings/", headers=PAGE).text
    assert client.get(shop.base, headers=PAGE).headers["location"] == "/p/pages/"
    assert client.get(f"{shop.base}/settings", headers=PAGE).headers["location"].endswith("/p/pages/settings/")
    assert client.get("/", headers={**PAGE, "cookie": "kanban_project=pages"}).headers["location"] == "/p/pages/"
    assert client.get("/", headers={**PAGE, "cookie": "kanban_project=nobody"}).headers["location"] == "/p/default/"
    assert '"basename":"/"' in client.get("/?card=1", headers=PAGE).text
    assert client.get("/p/nobody/", headers=PAGE).headers["location"] == "/projects/"


def test_the_gate_stands_before_all_projects(board: AppProcess) -> None:
    with httpx.Client(base_url=board.base_url) as stranger:
        assert stranger.get("/p/default/api/v1/board").status_code == 401
        assert stranger.get("/p/nobody/api/v1/board").status_code == 401
        assert stranger.get("/api/v1/board", headers={"x-kanban-project": "nobody"}).status_code == 401
        assert stranger.get("/p/default/settings/", headers=PAGE).headers["location"] == (
            "/login?next=%2Fp%2Fdefault%2Fsettings%2F"
        )
        assert stranger.post("/p/default/r/nonsense/api/reports", json={}).status_code in {401, 403, 404}


def test_a_name_in_a_header_leads_to_no_project(client: httpx.Client) -> None:
    answer = client.get("/api/v1/board", headers={"x-kanban-project": "nobody"})
    assert answer.json()["project"]["id"] == "default"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"title": "  "}, "title"),
        ({"title": "x" * 81}, "title"),
        ({"title": "A", "repository": "/nowhere/at/all"}, "names no folder"),
        ({"title": "A", "service": "http://wrong"}, "ws://"),
    ],
)
def test_what_is_not_acceptable_makes_no_project(client: httpx.Client, fields: dict[str, str], said: str) -> None:
    before = len(client.get("/api/v1/projects").json()["projects"])
    answer = client.post("/api/v1/projects", json=fields)
    assert answer.status_code == 422
    assert said in answer.json()["error"]["message"]
    assert len(client.get("/api/v1/projects").json()["projects"]) == before


def test_the_same_operation_makes_one_project(client: httpx.Client) -> None:
    op_id = str(uuid4())
    made = {create(client, title="Once", op_id=op_id).id for _ in range(2)}
    assert len(made) == 1


def test_two_projects_do_not_share_a_repository(client: httpx.Client, tmp_path: Path) -> None:
    repository = str(scripts(tmp_path / "shared").root)
    create(client, title="Mine", repository=repository)
    answer = client.post("/api/v1/projects", json={"title": "Mine too", "repository": repository})
    assert "the project Mine works in it already" in answer.json()["error"]["message"]


def test_archived_is_closed_and_comes_back_whole(client: httpx.Client) -> None:
    shop = create(client, title="Seasonal")
    client.post(f"{shop.base}/api/v1/tasks", json={"title": "kept"}).raise_for_status()
    archived = client.patch(f"/api/v1/projects/{shop.id}", json={"archived": True}).json()
    assert archived["state"] == "archived"
    assert client.get(f"{shop.base}/api/v1/board").json()["error"]["code"] == "E-PROJ-1"
    renamed = client.patch(f"/api/v1/projects/{shop.id}", json={"archived": False, "title": "All year"}).json()
    assert (renamed["state"], renamed["title"]) == ("open", "All year")
    assert shop.titles() == ["kept"]
    assert client.patch("/api/v1/projects/default", json={"archived": True}).json()["error"]["code"] == "E-PROJ-2"


def test_a_project_with_a_run_under_way_is_not_archived(client: httpx.Client, tmp_path: Path) -> None:
    repository = scripts(tmp_path / "busy")
    shop = create(client, title="Busy", repository=str(repository.root))
    card, adw_id = shop.start()
    wait_until(lambda: shop.status(card) == "running", PATIENCE_S)
    refused = client.patch(f"/api/v1/projects/{shop.id}", json={"archived": True})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "E-PROJ-2")
    assert shop.view()["running"] == 1
    repository.go(adw_id)
    wait_until(lambda: shop.status(card) == "completed", PATIENCE_S)


def test_columns_are_named_and_coloured_for_one_project(client: httpx.Client) -> None:
    shop = create(client, title="Named")
    looks = {"plan": {"title": "Think", "colour": "blue"}, "build": {"colour": "green"}}
    client.patch(f"/api/v1/projects/{shop.id}", json={"columns": looks}).raise_for_status()
    columns = {column["id"]: (column["title"], column["colour"]) for column in shop.get("board")["columns"]}
    assert (columns["plan"], columns["build"], columns["test"]) == (
        ("Think", "blue"),
        ("Build", "green"),
        ("Test", "none"),
    )
    assert client.get("/api/v1/board").json()["columns"][1]["title"] == "Plan"
    twice = client.patch(f"/api/v1/projects/{shop.id}", json={"columns": {"test": {"title": "think"}}})
    assert twice.status_code == 422


def test_a_dead_service_of_one_is_not_felt_in_another(client: httpx.Client) -> None:
    with staged_service() as service:
        shop, other = create(client, title="Far", service=service.url), create(client, title="Near")
        shop.wait_connected()
        assert shop.view()["connection"] == "connected"
        _stop(service)
        wait_until(lambda: shop.view()["connection"] != "connected", PATIENCE_S)
        card, _ = other.start()
        wait_until(lambda: other.status(card) == "completed", PATIENCE_S)
        assert other.view()["connection"] == "connected"
        assert client.get("/readyz").status_code == 200


def _stop(service: StagedService) -> None:
    service.run(service.service.stop())


@pytest.fixture
def two(built_client: Path, tmp_path: Path) -> tuple[Path, AdwProject, AdwProject]:
    return tmp_path / "data", scripts(tmp_path / "one"), scripts(tmp_path / "two")


@pytest.mark.parametrize("ending", ["terminate", "kill9"])
def test_runs_of_two_projects_outlive_the_app(two: tuple[Path, AdwProject, AdwProject], ending: str) -> None:
    data_dir, *repositories = two
    before = start_app(data_dir)
    try:
        with before.client() as client:
            projects = [create(client, title=f"Number {n}", repository=str(r.root)) for n, r in enumerate(repositories)]
            started = [project.start() for project in projects]
            for project, (card, _) in zip(projects, started, strict=True):
                wait_until(lambda project=project, card=card: project.status(card) == "running", PATIENCE_S)
        getattr(before, ending)()
        wait_until(lambda: ending == "kill9" or "2 runs go on" in before.logs)
        with running_app(data_dir) as app, app.client() as client:
            for made, repository, (card, adw_id) in zip(projects, repositories, started, strict=True):
                project = Project(client, made.id)
                wait_until(lambda project=project: project.view()["state"] == "open", PATIENCE_S)
                repository.go(adw_id)
                wait_until(lambda project=project, card=card: project.status(card) == "completed", PATIENCE_S)
                assert len(project.titles()) == 1
    finally:
        end(before)


def test_stop_runs_ends_those_of_all_projects(two: tuple[Path, AdwProject, AdwProject]) -> None:
    data_dir, repository, _ = two
    with running_app(data_dir) as app:
        with app.client() as client:
            shop = create(client, title="Stopped", repository=str(repository.root))
            card, adw_id = shop.start()
            wait_until(lambda: shop.status(card) == "running", PATIENCE_S)
        app.terminate()
        assert run_processes(data_dir, adw_id)
        assert run_command("stop-runs", data_dir=data_dir).stdout == "1 run ended.\n"


def test_a_broken_project_keeps_no_other_from_starting(built_client: Path, tmp_path: Path) -> None:
    with running_app(tmp_path) as app, app.client() as client:
        damaged, newer, sound = (create(client, title=title) for title in ("Damaged", "Newer", "Sound"))
        app.terminate()
    with (tmp_path / "projects" / damaged.id / "kanban.db").open("r+b") as file:
        file.seek(4096)
        file.write(b"\xaa" * 100_000)
    with sqlite3.connect(tmp_path / "projects" / newer.id / "kanban.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    with running_app(tmp_path) as app, app.client() as client:
        damaged, newer, sound = (Project(client, project.id) for project in (damaged, newer, sound))
        wait_until(lambda: {p.view()["state"] for p in (damaged, newer, sound)} == {"broken", "open"}, PATIENCE_S)
        assert sound.view()["state"] == "open"
        assert "newer version" in newer.view()["reason"]
        assert "is damaged" in damaged.view()["reason"]
        assert "E-SYS-18" in damaged.view()["reason"]
        assert client.get(f"{damaged.base}/api/v1/board").json()["error"]["code"] == "E-PROJ-1"
        (tmp_path / "projects" / damaged.id / "kanban.db").unlink()
        assert client.patch(f"/api/v1/projects/{damaged.id}", json={"archived": False}).json()["state"] == "open"
