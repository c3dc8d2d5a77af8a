"""The application around the routes: probes, documentation, unknown paths, methods and failures."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from kanban_app.api.app import build_api
from kanban_app.store.failures import StoreUnavailable
from tests.api.desk import Desk, error_of
from tests.api.live_server import serving


async def page(request: Request) -> Response:
    return PlainTextResponse(f"page {request.url.path}")


def behind() -> Starlette:
    """What stands for Reflex."""
    return Starlette(routes=[Route("/{path:path}", page, methods=["GET", "POST"])])


async def test_alive(desk: Desk) -> None:
    answer = await desk.client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert (await desk.client.head("/healthz")).status_code == 200


async def test_ready(desk: Desk) -> None:
    answer = await desk.client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"database": "ok", "tac7": {"state": "connected", "embedded": False}}
    assert (await desk.client.head("/readyz")).status_code == 200


async def test_not_ready_without_the_database(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.knobs.ping_fails = True
    answer = await desk.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["database"] == "unavailable"
    assert answer.json()["error"]["code"] == "E-CONN-17"
    assert "the disk is gone" in caplog.text
    assert "the disk is gone" not in answer.text


async def test_not_ready_before_the_first_connection(desk: Desk) -> None:
    desk.knobs.unready = "The built-in service is starting."
    answer = await desk.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["database"] == "ok"
    assert answer.json()["error"]["details"]["reason"] == "The built-in service is starting."


async def test_while_the_app_starts() -> None:
    transport = httpx.ASGITransport(build_api(lambda: None))
    async with httpx.AsyncClient(transport=transport, base_url="http://board") as client:
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/readyz")).status_code == 503
        error_of(await client.get("/api/v1/board"), 503, "E-CONN-17")
        error_of(await client.get("/api/v1/events"), 503, "E-CONN-17")


async def test_diagnostics(desk: Desk) -> None:
    await desk.move((await desk.new())["id"], "plan")
    health = (await desk.client.get("/api/v1/health")).json()
    assert health["connection"]["state"] == "connected"
    assert (health["queued"], health["active_runs"], health["viewers"]) == (1, 0, 0)


UNKNOWN = [
    "/api",
    "/api/",
    "/api/x",
    "/api/v1/board/",
    "/api/v1",
    "/ws/trigger",
    "/health",
    "/r/x/api/y",
    "/api/v1/attempts/x/explode",
]


async def test_unknown_paths_of_ours(desk: Desk, subtests: pytest.Subtests) -> None:
    desk.app.mount("", behind())
    for path in UNKNOWN:
        for method in ("GET", "POST", "OPTIONS"):
            with subtests.test(f"{method} {path}"):
                error_of(await desk.client.request(method, path), 404, "E-SYS-3")


async def test_pages_fall_through(desk: Desk) -> None:
    desk.app.mount("", behind())
    for path in ("/", "/login", "/apiary", "/assets/x.js", "/wsx"):
        assert (await desk.client.get(path)).text == f"page {path}"
    assert (await desk.client.post("/anything")).text == "page /anything"


WRONG_METHODS = [
    ("POST", "/healthz", "GET, HEAD"),
    ("DELETE", "/readyz", "GET, HEAD"),
    ("POST", "/api/v1/board", "GET"),
    ("PUT", "/api/v1/tasks", "GET, POST"),
    ("PUT", "/api/v1/tasks/x", "GET, PATCH, DELETE"),
    ("GET", "/api/v1/tasks/x/move", "POST"),
    ("GET", "/api/v1/attempts/x/check", "POST"),
    ("POST", "/api/openapi.json", "GET, HEAD"),
    ("POST", "/api/docs", "GET"),
]


async def test_wrong_methods(desk: Desk, subtests: pytest.Subtests) -> None:
    desk.app.mount("", behind())
    for method, path, allowed in WRONG_METHODS:
        with subtests.test(f"{method} {path}"):
            answer = await desk.client.request(method, path)
            error = error_of(answer, 405, "E-SYS-17")
            assert error["details"] == {"method": method, "path": path}
            assert answer.headers["allow"] == allowed


async def test_an_unexpected_failure_shows_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_self: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(type(desk.services.reader), "columns", broken)
    answer = await desk.client.get("/api/v1/board")
    error_of(answer, 500, "E-SYS-9")
    assert "secret" not in answer.text


async def test_a_store_that_cannot_be_read(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    task = await desk.bench.running()

    async def broken(*_: object, **__: object) -> None:
        raise StoreUnavailable("io-error", "/secret/path")

    monkeypatch.setattr(desk.bench.store, "log_page", broken)
    monkeypatch.setattr(desk.bench.store, "operation", broken)
    answer = await desk.client.get(f"/api/v1/runs/{task.run_id}/log")
    error_of(answer, 503, "E-TIME-6")
    assert "secret" not in answer.text
    error_of(await desk.client.get("/api/v1/ops/x"), 503, "E-TIME-6")


async def test_the_description_is_complete(desk: Desk) -> None:
    answer = await desk.client.get("/api/openapi.json")
    assert answer.status_code == 200
    description = answer.json()
    for path, methods in description["paths"].items():
        if path.startswith("/api/v1"):
            for operation in methods.values():
                assert operation["responses"]["422"]["content"]["application/json"]["schema"]["$ref"].endswith(
                    "ErrorBody"
                )


async def test_the_documentation_loads_nothing_from_elsewhere(desk: Desk) -> None:
    answer = await desk.client.get("/api/docs")
    assert answer.status_code == 200
    assert "http" not in answer.text
    for name, kind in (
        ("swagger-ui-bundle.js", "text/javascript"),
        ("start.js", "text/javascript"),
        ("swagger-ui.css", "text/css"),
    ):
        assert f'"docs/{name}"' in answer.text
        asset = await desk.client.get(f"/api/docs/{name}")
        assert asset.status_code == 200
        assert asset.headers["content-type"].startswith(kind)
    error_of(await desk.client.get("/api/docs/../app.py"), 404, "E-SYS-3")


async def hello(request: Request) -> Response:
    return PlainTextResponse(request.path_params["name"])


async def greet(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text(socket.path_params["name"])
    await socket.close()


async def test_routes_that_come_and_go() -> None:
    current: list[BaseRoute] = []
    app = build_api(lambda: None, lambda: current)
    app.mount("", behind())
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://board") as client:
        error_of(await client.get("/api/hello/a"), 404, "E-SYS-3")
        current += [Route("/api/hello/{name}", hello), Route("/hi/{name}", hello)]
        assert (await client.get("/api/hello/a")).text == "a"
        assert (await client.get("/hi/b")).text == "b"
        error_of(await client.post("/api/hello/a"), 405, "E-SYS-17")
        error_of(await client.post("/hi/b"), 405, "E-SYS-17")
        current.clear()
        assert (await client.get("/hi/b")).text == "page /hi/b"


async def test_sockets_that_come_and_go() -> None:
    current: list[BaseRoute] = []
    app = build_api(lambda: None, lambda: current)
    app.mount("", behind())
    async with serving(app) as address:
        for path in ("/ws/a", "/api/v1/events"):
            with pytest.raises(InvalidStatus) as refused:
                await connect(f"ws://{address}{path}")
            assert refused.value.response.status_code == 404
        current.append(WebSocketRoute("/ws/{name}", greet))
        async with connect(f"ws://{address}/ws/c") as socket:
            assert await socket.recv() == "c"


async def test_health_has_shapes_in_the_description(desk: Desk) -> None:
    description = (await desk.client.get("/api/openapi.json")).json()
    answer = description["paths"]["/api/v1/health"]["get"]["responses"]["200"]["content"]["application/json"]
    shapes = description["components"]["schemas"]
    assert answer["schema"]["$ref"].endswith("/HealthAnswer")
    assert {"grade", "connection", "queued", "active_runs", "viewers", "seq", "health"} <= set(
        shapes["HealthAnswer"]["properties"]
    )
    assert {"reasons", "round_trip", "alerts", "timeline", "recoveries", "series"} <= set(
        shapes["HealthView"]["properties"]
    )
    health = (await desk.client.get("/api/v1/health")).json()
    assert health["grade"] == health["health"]["grade"] == "unknown"
    error_of(await desk.client.get("/api/v1/health?points=0"), 422, "E-VAL-8")


async def test_alerts_that_are_not_there_cannot_be_acknowledged(desk: Desk) -> None:
    error_of(await desk.client.post("/api/v1/health/alerts/7/acknowledge"), 404, "E-SYS-3")
    error_of(await desk.client.post("/api/v1/health/alerts/0/acknowledge"), 422, "E-VAL-8")
    error_of(await desk.client.post(f"/api/v1/health/alerts/{10**30}/acknowledge"), 422, "E-VAL-8")


async def test_a_diagnosis_is_text(desk: Desk) -> None:
    answer = await desk.client.get("/api/v1/health/diagnosis")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text.startswith("## Agentic Kanban: diagnosis")
