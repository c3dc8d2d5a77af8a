"""HTTP calls to the service at the other end."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Final, cast
from urllib.parse import quote, urlencode

import httpx

from kanban_app.client.settings import ClientSettings
from kanban_app.client.trouble import of_connecting, proxy_refusal, unexpected
from kanban_app.client.urls import ServiceUrl
from kanban_app.client.ways import Way
from kanban_app.tac7.codec import load, parse_time
from kanban_app.tac7.health import HealthReport, read_health
from kanban_app.tac7.merge_preview import MergePreview, read_merge_preview
from kanban_app.tac7.run_work import RemoteChanges, RemoteDiff, RemotePlan, read_changes, read_diff, read_plan
from kanban_app.tac7.trouble import Trouble, Unanswered
from kanban_app.tac7.wire import as_text

Json = Mapping[str, object]

LOG_TRIES: Final = 3
PARTS: Final = 10
"""An answer whose parts each come in time may take so many times as long as one of them."""
_FAULT_TRIES: Final = 2
"""A read that ended in a fault of the service is asked once more."""
_ANSWER_LIMIT: Final = 128 * 1024 * 1024
_HEALTH_LIMIT: Final = 1024 * 1024
_HEALTH: Final = "/health"
_SHOWN: Final = 200
_UNAVAILABLE: Final = "E-SYS-10"
_OF_STATUS: Final[dict[int, str]] = {
    HTTPStatus.CONFLICT: "E-SYS-6",
    HTTPStatus.NOT_IMPLEMENTED: "E-SYS-8",
    HTTPStatus.SERVICE_UNAVAILABLE: _UNAVAILABLE,
}


class ServiceHttpError(Unanswered):
    """An HTTP call did not bring what was asked for."""


@dataclass(frozen=True, slots=True)
class RemoteRun:
    """What a service says of a run, in either of its shapes (Q19). Empty texts where it says nothing.

    `stage` is where it is or was last, `failure` why it went wrong; `raw` is the whole answer.
    """

    adw_id: str
    status: str
    stage: str
    updated_at: datetime | None
    raw: Json
    failure: str = ""


class ServiceHttp:
    """One pool of connections, closed by `aclose`. Trust and proxy are those of the socket.

    All calls raise ServiceHttpError: E-SYS-4 when the service has no such call, E-SYS-3 when what was asked for does
    not exist (yet).
    """

    def __init__(self, settings: ClientSettings, url: ServiceUrl, way: Way) -> None:
        self._url = url
        self._proxy = way.proxy_name
        self._timeout_s = settings.limits.http_s
        self._health_s = settings.limits.health_s
        self._preview_s = settings.limits.preview_s
        self._was_accepted = False
        self._client = httpx.AsyncClient(
            base_url=url.http,
            headers=settings.headers,
            timeout=self._timeout_s,
            verify=way.trust,
            proxy=_proxy_of(way),
            trust_env=False,
        )

    async def fetch_run(self, adw_id: str) -> RemoteRun | None:
        """None when the service does not know the run."""
        slow = Trouble("E-CONN-3", {"url": self._url.http, "n": f"{self._timeout_s:g}"})
        try:
            raw = await self._read(f"/api/adws/{_segment(adw_id)}", "Asking for a run", slow)
        except ServiceHttpError as error:
            if error.code == "E-SYS-3":
                return None
            raise
        return _run_of(adw_id, raw)

    async def fetch_merge_preview(self, adw_id: str, method: str, target: str | None) -> MergePreview:
        """What merging a run would do; nothing is changed by asking."""
        query = urlencode({"method": method} | ({"target": target} if target else {}))
        path = f"/api/adws/{_segment(adw_id)}/merge?{query}"
        return read_merge_preview(await self._ask_git(path, "A merge preview", "the merge"))

    async def fetch_plan(self, adw_id: str) -> RemotePlan | None:
        """None where there is none, or the service does not know the run."""
        slow = Trouble("E-CONN-3", {"url": self._url.http, "n": f"{self._timeout_s:g}"})
        try:
            return read_plan(await self._read(f"/api/adws/{_segment(adw_id)}/plan", "A plan", slow))
        except ServiceHttpError as error:
            if error.code == "E-SYS-3":
                return None
            raise

    async def fetch_changes(self, adw_id: str) -> RemoteChanges:
        """The files that a run has changed."""
        path = f"/api/adws/{_segment(adw_id)}/changes"
        return read_changes(await self._ask_git(path, "A look at changes", "the changes"))

    async def fetch_diff(self, adw_id: str, path: str, old_path: str | None) -> RemoteDiff:
        """What a run has changed in one file, which was at `old_path` before."""
        query = urlencode({"path": path} | ({"from": old_path} if old_path else {}))
        where = f"/api/adws/{_segment(adw_id)}/changes/file?{query}"
        return read_diff(await self._ask_git(where, "A look at changes", "the changes"))

    async def fetch_execution_log(self, adw_id: str, stage: str) -> Json:
        """The lines that a stage's script has written."""
        return await self._read_log("execution-logs", adw_id, stage)

    async def fetch_stage_log(self, adw_id: str, stage: str) -> Json:
        """What a stage's agent has said and done."""
        return await self._read_log("stage-logs", adw_id, stage)

    async def fetch_health(self) -> HealthReport:
        """How the service says it is. It may stand still meanwhile (Q6): ask rarely, never while a trigger is open."""
        slow = Trouble("E-TIME-4", {"error": f"No answer within {self._health_s:g} s."})
        try:
            # The client's own limit is for each part of an answer, and starts wait until there is all of it.
            async with asyncio.timeout(self._health_s):
                return read_health(await self._read(_HEALTH, "A health check", slow, timeout_s=self._health_s))
        except TimeoutError:
            raise ServiceHttpError(slow.code, slow.params) from None

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _ask_git(self, path: str, what: str, looked_at: str) -> Json:
        """Asked once: what git could not do in that time it will not do in the same time again."""
        slow = Trouble("E-SYS-7", {"error": f"Looking at {looked_at} takes longer than {self._preview_s:g} s."})
        try:
            return await self._get(path, what, slow, self._preview_s)
        except ServiceHttpError as error:
            if error.code == _UNAVAILABLE:  # here it is git that could not, and no database is missing
                raise ServiceHttpError(slow.code, error.params) from error
            raise

    async def _read_log(self, kind: str, adw_id: str, stage: str) -> Json:
        path = f"/api/{kind}/{_segment(adw_id)}/{_segment(stage)}"
        return await self._read(path, "The log", Trouble("E-TIME-6"), tries=LOG_TRIES)

    async def _read(
        self, path: str, what: str, slow: Trouble, *, timeout_s: float | None = None, tries: int = 1
    ) -> Json:
        """A JSON object. `slow` is what to say when no answer comes in time; then it is asked `tries` times in all."""
        attempt = 1
        while True:
            try:
                return await self._get(path, what, slow, timeout_s)
            except ServiceHttpError as error:
                limit = {slow.code: tries, "E-SYS-7": max(tries, _FAULT_TRIES)}.get(error.code, 1)
                if attempt >= limit:
                    raise
            attempt += 1

    async def _get(self, path: str, what: str, slow: Trouble, timeout_s: float | None) -> Json:
        part_s = timeout_s or self._timeout_s
        try:
            async with asyncio.timeout(PARTS * part_s):
                status, text = await self._fetch(path, what, part_s)
        except (httpx.TimeoutException, TimeoutError) as error:
            raise ServiceHttpError(slow.code, slow.params) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._unreached(error) from error
        body = _object_in(text)
        if status != HTTPStatus.OK:
            raise _error_of(status, body, what, self._url.http, was_accepted=self._was_accepted)
        self._was_accepted = True
        if body is None:
            raise _unexpected(self._url.http)
        return body

    async def _fetch(self, path: str, what: str, timeout_s: float) -> tuple[int, str]:
        """Status and text of an answer, of which no more is read than it may have."""
        limit = _HEALTH_LIMIT if path == _HEALTH else _ANSWER_LIMIT
        content = bytearray()
        async with self._client.stream("GET", path, timeout=timeout_s) as response:
            async for part in response.aiter_bytes():
                content += part
                if len(content) > limit:
                    reason = f"{what} brought more than {limit // 1024**2} MiB, which was not read."
                    raise ServiceHttpError("E-CONN-25", {"url": self._url.http, "reason": reason})
        return response.status_code, _text_of(content, response.encoding or "utf-8")

    def _unreached(self, error: Exception) -> ServiceHttpError:
        if isinstance(error, httpx.ProxyError) and self._proxy:
            status = str(error)[:3]
            reason = proxy_refusal(self._proxy, int(status) if status.isdigit() else 0)
            return ServiceHttpError("E-CONN-25", {"url": self._url.http, "reason": reason})
        trouble = of_connecting(_root_of(error), self._url, self._timeout_s, proxy=self._proxy)
        told = trouble.code in {"E-CONN-2", "E-CONN-6", "E-CONN-22", "E-CONN-23", "E-CONN-25"}
        return ServiceHttpError(trouble.code if told else "E-CONN-1", {**trouble.params, "url": self._url.http})


def _proxy_of(way: Way) -> httpx.Proxy | None:
    if way.proxy is None:
        return None
    return httpx.Proxy(way.proxy.url, ssl_context=way.trust if way.proxy.is_secure else None)


def _root_of(error: BaseException) -> BaseException:
    """What the system has said, below the layers of the library."""
    root, below = error, error.__cause__ or error.__context__
    while below is not None:
        root = below if isinstance(below, OSError) else root
        below = below.__cause__ or below.__context__
    return root


def _text_of(content: bytearray, encoding: str) -> str:
    try:
        return content.decode(encoding, errors="replace")
    except (LookupError, ValueError):  # Python knows codecs that are none of texts, such as `hex`
        return content.decode(errors="replace")


def _object_in(text: str) -> Json | None:
    try:
        body = load(text)
    except (ValueError, RecursionError):
        return None
    return cast("Json", body) if isinstance(body, dict) else None


def _unexpected(url: str) -> ServiceHttpError:
    return ServiceHttpError("E-CONN-25", {"url": url, "reason": unexpected(url)})


def _error_of(status: int, body: Json | None, what: str, url: str, *, was_accepted: bool) -> ServiceHttpError:
    """Which entry of the catalogue a refusal is; services say why under `error` or under `detail`."""
    said = (body or {}).get("error") or (body or {}).get("detail")
    reason = _first_line(said) or f"HTTP {status}"
    params = {"url": url, "status": str(status), "what": what, "error": reason}
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return ServiceHttpError("E-AUTH-2" if was_accepted else "E-AUTH-4", params)
    if body is None:
        return ServiceHttpError("E-CONN-17", params) if status >= HTTPStatus.BAD_GATEWAY else _unexpected(url)
    if status == HTTPStatus.NOT_FOUND:
        return ServiceHttpError("E-SYS-4" if said == "Not Found" else "E-SYS-3", params)
    if status in {HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.UNPROCESSABLE_ENTITY}:
        return ServiceHttpError("E-SYS-5", {**params, **_fault_in(said, reason)})
    code = _OF_STATUS.get(status)
    return ServiceHttpError(code or ("E-SYS-7" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "E-SYS-2"), params)


def _fault_in(said: object, reason: str) -> dict[str, str]:
    """Field and reason of the first fault in FastAPI's list of them."""
    faults = cast("list[object]", said) if isinstance(said, list) else []
    if not faults or not isinstance(faults[0], dict):
        return {"field": "Request", "reason": reason}
    fault = cast("Json", faults[0])
    where = fault.get("loc")
    parts = cast("list[object]", where) if isinstance(where, list) else []
    return {"field": as_text(parts[-1]) if parts else "Request", "reason": as_text(fault.get("msg"))[:_SHOWN]}


def _first_line(said: object) -> str:
    return next(iter(as_text(said).splitlines()), "")[:_SHOWN]


def _segment(text: str) -> str:
    return quote(text, safe="")


def _run_of(adw_id: str, raw: Json) -> RemoteRun:
    status = as_text(raw.get("status") or raw.get("workflow_status"))
    stage, failure = _place_in(raw)
    return RemoteRun(
        adw_id=as_text(raw.get("adw_id")) or adw_id,
        status=status or ("completed" if raw.get("completed") is True else ""),
        stage=stage or as_text(raw.get("current_stage")),
        updated_at=parse_time(raw.get("updated_at")),
        raw=raw,
        failure=failure,
    )


def _place_in(raw: Json) -> tuple[str, str]:
    """From the shape that lists its stages: the one that runs or was the last to begin, and why one has failed."""
    listed = raw.get("workflow_stages")
    items = cast("list[object]", listed) if isinstance(listed, list) else []
    stages = [cast("Json", item) for item in items if isinstance(item, dict)]
    begun = [stage for stage in stages if stage.get("status") in {"running", "completed", "failed"}]
    failed = [stage for stage in stages if stage.get("status") == "failed"]
    name = as_text(begun[-1].get("stage_name")) if begun else ""
    return name, as_text(failed[-1].get("error")) if failed else ""
