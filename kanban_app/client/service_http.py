"""HTTP calls to the service at the other end."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import cast
from urllib.parse import quote

import httpx

from kanban_app.client.settings import ClientSettings
from kanban_app.client.trouble import of_connecting, proxy_refusal, unexpected
from kanban_app.client.urls import ServiceUrl
from kanban_app.client.ways import Way
from kanban_app.tac7.codec import load, parse_time
from kanban_app.tac7.wire import as_text


class ServiceHttpError(Exception):
    """The service could not be asked, or did not answer usefully. `code` and `params` are the catalogue's."""

    def __init__(self, code: str, params: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.params = dict(params or {})


@dataclass(frozen=True, slots=True)
class RemoteRun:
    """What a service says of a run (Q19). Empty texts where it says nothing; `raw` is its whole answer."""

    adw_id: str
    status: str
    stage: str
    updated_at: datetime | None
    raw: Mapping[str, object]


class ServiceHttp:
    """One pool of connections, closed by `aclose`. Trust and proxy are those of the socket."""

    def __init__(self, settings: ClientSettings, url: ServiceUrl, way: Way) -> None:
        self._url = url
        self._proxy = way.proxy_name
        self._timeout_s = settings.limits.http_s
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
        """None when the service does not know the run, or has no such call (V0). Raises ServiceHttpError."""
        try:
            response = await self._client.get(f"/api/adws/{quote(adw_id, safe='')}")
        except httpx.TimeoutException as error:
            raise ServiceHttpError("E-CONN-3", {"url": self._url.http, "n": f"{self._timeout_s:g}"}) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._unreached(error) from error
        if response.status_code == HTTPStatus.NOT_FOUND:
            return None
        if response.status_code != HTTPStatus.OK:
            raise _error_of(response, self._url.http, was_accepted=self._was_accepted)
        self._was_accepted = True
        return _run_of(adw_id, self._object_in(response))

    async def aclose(self) -> None:
        await self._client.aclose()

    def _object_in(self, response: httpx.Response) -> dict[str, object]:
        try:
            body = load(response.text)
        except (ValueError, RecursionError) as error:
            raise self._unexpected() from error
        if not isinstance(body, dict):
            raise self._unexpected()
        return cast("dict[str, object]", body)

    def _unexpected(self) -> ServiceHttpError:
        return ServiceHttpError("E-CONN-25", {"url": self._url.http, "reason": unexpected(self._url.http)})

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


def _error_of(response: httpx.Response, url: str, *, was_accepted: bool) -> ServiceHttpError:
    status = response.status_code
    params = {"url": url, "status": str(status), "error": f"HTTP {status}"}
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return ServiceHttpError("E-AUTH-2" if was_accepted else "E-AUTH-4", params)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return ServiceHttpError("E-CONN-17", params)
    return ServiceHttpError("E-SYS-1" if response.is_server_error else "E-SYS-2", params)


def _run_of(adw_id: str, raw: dict[str, object]) -> RemoteRun:
    status = as_text(raw.get("status") or raw.get("workflow_status"))
    return RemoteRun(
        adw_id=as_text(raw.get("adw_id")) or adw_id,
        status=status or ("completed" if raw.get("completed") is True else ""),
        stage=as_text(raw.get("current_stage")),
        updated_at=parse_time(raw.get("updated_at")),
        raw=raw,
    )
