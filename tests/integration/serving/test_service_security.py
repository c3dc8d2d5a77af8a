"""What the embedded service lets through to whom, with the gate before it: every route, real sockets."""

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import websockets
from starlette.routing import Route

from kanban_app.trigger_service.config import ServiceConfig
from kanban_app.trigger_service.reports import REPORT_PATHS
from kanban_app.trigger_service.service import TriggerService
from tests.support.app import AppProcess, running_app
from tests.support.service_memory import MemoryJournal, MemoryLedger
from tests.support.waiting import wait_until

ADW_ID: Final = "abcd1234"
ACCESS: Final = "an-access-token-that-nobody-may-read"
EVIL: Final = "https://evil.example"
REFUSALS: Final = frozenset({400, 401, 403, 404, 405, 413, 422, 501, 503})
IDS: Final = [
    "..",
    "../..",
    "..%2f..%2fcanary",
    "%2e%2e",
    "%2e%2e%2f%2e%2e%2fcanary",
    "..%5c..%5ccanary",
    "%00",
    "abcd1234%00",
    "abcd1234%0a",
    "%2fetc%2fpasswd",
    "%c3%bc%c3%bc",
    "%ef%bc%8e%ef%bc%8e",
    "%ff%fe",
    "a%20b",
    "-",
    "--help",
    "x" * 65,
    "x" * 5000,
]


def routes() -> list[tuple[str, str]]:
    """Method and path of everything that the service answers over HTTP."""
    ledger = MemoryLedger()
    service = TriggerService(ServiceConfig(data_dir=Path("unused")), ledger, MemoryJournal(ledger))
    found = [route for route in service.routes() if isinstance(route, Route)]
    return sorted({(method, route.path) for route in found for method in (route.methods or ()) if method != "HEAD"})


ROUTES: Final = routes()
OPEN_TO_PEOPLE: Final = [(method, path) for method, path in ROUTES if not path.startswith("/r/")]
WITH_ID: Final = [(method, path) for method, path in OPEN_TO_PEOPLE if "{adw_id}" in path]
WITH_BODY: Final = [(method, path) for method, path in ROUTES if method in {"POST", "PATCH"}]


@pytest.fixture(scope="module")
def app(built_client: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppProcess]:
    folder = tmp_path_factory.mktemp("board")
    (folder / "canary").mkdir()
    env = {"KANBAN_TOKEN": ACCESS, "KANBAN_DEMO_SPEED": "200", "KANBAN_LOG_LEVEL": "debug"}
    with running_app(folder / "data", env=env) as started:
        yield started


@pytest.fixture(scope="module")
def run_token(app: AppProcess) -> str:
    """That of a run which is under way."""
    start(app, ADW_ID)
    return token_of(app, ADW_ID)


def start(app: AppProcess, adw_id: str) -> None:
    body = {"title": "A run", "description": "of a card", "stages": ["plan"]}
    with app.client() as client:
        task = client.post("/api/v1/tasks", json=body).raise_for_status().json()
        client.post(f"/api/v1/tasks/{task['id']}/trigger", json={"adw_id": adw_id}).raise_for_status()
        wait_until(lambda: client.get(f"/api/v1/runs/{adw_id}").json().get("status") == "running", 30)


def token_of(app: AppProcess, adw_id: str) -> str:
    (launch,) = (app.data_dir / "service" / "runs" / adw_id).glob("*/launch.json")
    return json.loads(launch.read_text())["token"]


def raw(app: AppProcess, method: str, path: str, body: bytes | None = None, **headers: str) -> int:
    """The status of a request whose path goes out as it is; 0 when the connection was cut instead."""
    link = http.client.HTTPConnection("127.0.0.1", app.port, timeout=30)
    try:
        link.putrequest(method, path, skip_accept_encoding=True)
        given = {"Authorization": f"Bearer {ACCESS}", "Content-Length": str(len(body or b"")), **headers}
        for name, value in given.items():
            if value:
                link.putheader(name.replace("_", "-"), value)
        link.endheaders()
        if body:
            link.send(body)
        return link.getresponse().status
    except (ConnectionError, http.client.HTTPException):
        return 0
    finally:
        link.close()


def filled(path: str, adw_id: str = ADW_ID, token: str = "t") -> str:
    return path.replace("{adw_id}", adw_id).replace("{stage}", "plan").replace("{token}", token)


def test_nobody_is_let_in_without_a_token(app: AppProcess, subtests: pytest.Subtests) -> None:
    for method, path in ROUTES:
        with subtests.test(f"{method} {path}"):
            expected = {404} if path.startswith("/r/") else {401}
            assert raw(app, method, filled(path), b"{}", Authorization="") in expected


def test_the_token_of_a_run_opens_its_reports_and_nothing_else(
    app: AppProcess, run_token: str, subtests: pytest.Subtests
) -> None:
    base = f"/r/{run_token}"
    for method, path in OPEN_TO_PEOPLE:
        if path in REPORT_PATHS:
            continue
        with subtests.test(f"{method} {path} below the run's address"):
            assert raw(app, method, base + filled(path), b"{}", Authorization="") in {401, 404, 405}
    for path in ("/health", "/api/adws", "/api/v1/board", f"/api/adws/{ADW_ID}", "/api/v1/events", "/metrics"):
        for address, authorization in ((path, f"Bearer {run_token}"), (f"{path}?token={run_token}", "")):
            with subtests.test(f"{address.partition('=')[0]} {authorization[:6]}"):
                assert raw(app, "GET", address, Authorization=authorization) in {401, 404}


def test_a_run_reports_for_itself_alone(app: AppProcess, run_token: str, subtests: pytest.Subtests) -> None:
    for path in REPORT_PATHS:
        with subtests.test(path):
            own = json.dumps({"adw_id": ADW_ID, **report(path)}).encode()
            other = own.replace(ADW_ID.encode(), b"ffff0000")
            assert raw(app, "POST", f"/r/{run_token}{path}", other, Authorization="") == 403
            assert raw(app, "POST", f"/r/{run_token}{path}", own, Authorization="") == 200
    with app.client() as client:
        assert client.get("/api/adws/ffff0000").status_code == 404


def report(path: str) -> dict[str, Any]:
    """What `path` takes of the run, beside its id."""
    data = {"adw_id": ADW_ID, "workflow_name": "w", "message": "m", "level": "INFO", "timestamp": "t"}
    return {
        "/api/workflow-updates": {"type": "workflow_log", "data": data},
        "/api/stage-event": {"to_stage": "plan"},
        "/api/agent-state-update": {"event_type": "text_block", "data": {"content": "c"}},
        "/api/workflow-phase-transition": {"phase_from": "a", "phase_to": "b"},
        "/api/agent-output-chunk": {"agent_role": "planner", "content": "c"},
        "/api/screenshot-available": {"screenshot_path": "a.png"},
        "/api/spec-created": {"spec_path": "specs/a.md"},
    }[path]


async def test_the_token_of_a_run_opens_no_socket(app: AppProcess, run_token: str) -> None:
    url = f"ws://127.0.0.1:{app.port}/ws/trigger"
    for address, headers in (
        (url, {"Authorization": f"Bearer {run_token}"}),
        (f"{url}?token={run_token}", {}),
        (url.replace("/ws/", f"/r/{run_token}/ws/"), {}),
        (url.replace("/ws/", f"/r/{run_token}/api/ws/"), {}),
    ):
        with pytest.raises(websockets.InvalidStatus) as refusal:
            await websockets.connect(address, additional_headers=headers)
        assert refusal.value.response.status_code in {403, 404}


def test_no_id_leads_out_of_its_folder(app: AppProcess, subtests: pytest.Subtests) -> None:
    before = tree(app.data_dir.parent)
    for method, path in WITH_ID:
        for adw_id in IDS:
            with subtests.test(f"{method} {path.replace('{adw_id}', adw_id[:70])}"):
                assert raw(app, method, filled(path, adw_id), b"{}") in REFUSALS
    for stage in ("..", "%2e%2e%2fplan", "plan%00", "x" * 300):
        for method, path in WITH_ID:
            if "{stage}" in path:
                with subtests.test(f"{method} {path} {stage[:20]}"):
                    assert raw(app, method, path.replace("{adw_id}", ADW_ID).replace("{stage}", stage)) in REFUSALS
    for token in IDS:
        with subtests.test(f"token {token[:30]}"):
            path = f"/r/{token}/api/workflow-updates"
            assert raw(app, "POST", path, json.dumps(report("/api/workflow-updates")).encode()) in REFUSALS
    assert tree(app.data_dir.parent) == before


def tree(folder: Path) -> set[str]:
    """Every name outside of the runs' folders and the database, which change by themselves."""
    names = {str(path.relative_to(folder)) for path in folder.rglob("*")}
    return {name for name in names if "/service/runs/" not in name and "kanban.db" not in name and "/demo/" not in name}


BAD_BODIES: Final = [
    b"",
    b"{oops",
    b"null",
    b"17",
    b'"text"',
    b"[1]",
    b"\xff\xfe",
    b'{"adw_id": "\xff"}',
    b"[" * 50_000,
    b'{"a":' * 50_000,
]
BAD_IDS: Final = [
    '"../x"',
    '"a/b"',
    '"\\u0000"',
    '"\\ud800"',
    '"ü"',
    f'"{"x" * 65}"',
    '""',
    "17",
    "NaN",
    "null",
    '["abcd1234"]',
]


def test_odd_bodies_are_refused_in_words(app: AppProcess, run_token: str, subtests: pytest.Subtests) -> None:
    for method, path in WITH_BODY:
        if not reads_body(path):
            continue
        for body in BAD_BODIES:
            with subtests.test(f"{method} {path} {body[:20]!r}"):
                assert raw(app, method, filled(path, token=run_token), body) in REFUSALS


def test_no_body_takes_an_id_that_is_none(app: AppProcess, subtests: pytest.Subtests) -> None:
    for path in (*REPORT_PATHS, "/api/adws"):
        for adw_id in BAD_IDS:
            with subtests.test(f"{path} {adw_id[:20]}"):
                body = json.dumps({"adw_id": ADW_ID, **(report(path) if path in REPORT_PATHS else {})})
                assert raw(app, "POST", path, body.replace(f'"{ADW_ID}"', adw_id).encode()) in REFUSALS


def test_large_bodies_are_cut_off(app: AppProcess, run_token: str, subtests: pytest.Subtests) -> None:
    large = b'{"adw_id": "' + b"x" * (9 * 1024 * 1024) + b'"}'
    for method, path in WITH_BODY:
        if not reads_body(path):
            continue
        address = filled(path, token=run_token)
        with subtests.test(f"{method} {path}"):
            assert raw(app, method, address, large) in {413, 0}
        with subtests.test(f"{method} {path} in chunks"):
            assert in_chunks(app, method, address, large) in {413, 0}


def reads_body(path: str) -> bool:
    return "/open/" not in path and "slash" not in path


def in_chunks(app: AppProcess, method: str, path: str, body: bytes) -> int:
    """The status of a body that announces no length; 0 when the connection was cut instead."""
    pieces = (body[start : start + 65_536] for start in range(0, len(body), 65_536))
    try:
        with httpx.Client(base_url=app.base_url, headers=app.headers, timeout=30) as client:
            return client.request(method, path, content=pieces).status_code
    except httpx.TransportError:
        return 0


def test_other_pages_change_nothing(app: AppProcess, run_token: str, subtests: pytest.Subtests) -> None:
    for method, path in ROUTES:
        if method == "GET":
            continue
        for headers in ({"Origin": EVIL}, {"Origin": "null"}, {"Sec_Fetch_Site": "cross-site"}):
            with subtests.test(f"{method} {path} {headers}"):
                assert raw(app, method, filled(path, token=run_token), b"{}", **headers) == 403


def test_another_host_name_is_not_ours(app: AppProcess, subtests: pytest.Subtests) -> None:
    for method, path in ROUTES:
        with subtests.test(f"{method} {path}"):
            link = http.client.HTTPConnection("127.0.0.1", app.port, timeout=30)
            headers = {"Host": "evil.example", "Authorization": f"Bearer {ACCESS}"}
            link.request(method, filled(path), b"{}" if method != "GET" else None, headers)
            assert link.getresponse().status == 421
            link.close()


async def test_other_pages_open_no_socket(app: AppProcess) -> None:
    for headers in (
        {"Origin": EVIL, "Authorization": f"Bearer {ACCESS}"},
        {"Origin": "null", "Authorization": f"Bearer {ACCESS}"},
        {"Origin": EVIL},
        {},
    ):
        with pytest.raises(websockets.InvalidStatus) as refusal:
            await websockets.connect(f"ws://127.0.0.1:{app.port}/ws/trigger", additional_headers=headers)
        assert refusal.value.response.status_code == 403


HOSTILE: Final = ["../x", "a/b", "a\\b", "..", ".", "a\x00", "abcd1234\n", "ü", "x" * 65, "\ud800", "", 17, None, ["a"]]


async def test_no_message_takes_an_id_that_is_none(app: AppProcess, subtests: pytest.Subtests) -> None:
    before = tree(app.data_dir.parent)
    url = f"ws://127.0.0.1:{app.port}/ws/trigger"
    async with websockets.connect(url, additional_headers=app.headers, max_size=None) as link:
        for adw_id in HOSTILE:
            issue = {"title": "t", "stage": "plan", "metadata": {"adw_id": adw_id}}
            messages = [
                ("cancel_workflow", {"adw_id": adw_id}),
                ("trigger_workflow", {"workflow_type": "adw_build_iso", "adw_id": adw_id, "issue_json": issue}),
            ]
            for kind, data in messages:
                with subtests.test(f"{kind} {adw_id!r}"):
                    await link.send(json.dumps({"type": kind, "data": data}))
                    answer = await answer_of(link)
                    assert answer["type"] == "error", answer
            with subtests.test(f"ticket_notification {adw_id!r}"):
                ticket = {"id": "1", "title": "t", "stage": "plan", "old_adw_id": adw_id}
                await link.send(json.dumps({"type": "ticket_notification", "data": ticket}))
                assert (await answer_of(link))["type"] in {"ticket_notification_response", "error"}
    assert tree(app.data_dir.parent) == before


async def answer_of(link: websockets.ClientConnection) -> dict[str, Any]:
    """The next message that is meant for us alone."""
    while True:
        message = json.loads(await link.recv())
        if "seq" not in message and message["type"] != "queue_status":
            return message


def test_secrets_are_written_nowhere(app: AppProcess, run_token: str) -> None:
    files = [path for path in app.data_dir.rglob("*") if path.is_file()]
    assert {path.name for path in files if run_token.encode() in path.read_bytes()} == {"launch.json"}
    assert not [path for path in files if ACCESS.encode() in path.read_bytes()]
    assert run_token not in app.logs
    assert all(line.startswith("Open ") for line in app.lines if ACCESS in line)
