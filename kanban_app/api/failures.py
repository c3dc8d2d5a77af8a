"""The one place where what goes wrong becomes an answer, always of the same shape: `{"error": ErrorView}`."""

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from kanban_app.api.validation import explain
from kanban_app.errors import BoardError, ErrorView, describe
from kanban_app.services.event_log import StoreUnavailable
from kanban_app.services.storage import DAMAGED, cannot_save

SHOWN = 200


class ApiError(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, view: ErrorView, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(view["code"])
        self.status = status
        self.view = view
        self.headers = headers

    def response(self) -> JSONResponse:
        return JSONResponse({"error": self.view}, self.status, self.headers)


def not_found(path: str) -> ApiError:
    return ApiError(404, describe("E-SYS-3", {"what": path[:SHOWN]}))


def not_allowed(method: str, path: str, allowed: list[str]) -> ApiError:
    view = describe("E-SYS-17", {"method": method[:SHOWN], "path": path[:SHOWN]})
    return ApiError(405, view, {"Allow": ", ".join(allowed)})


def handle_failures(app: FastAPI) -> None:
    """Answer everything that a route can raise. What nobody expected is logged by the server, never shown."""
    for kind in (ApiError, BoardError, RequestValidationError, HTTPException, StoreUnavailable, Exception):
        app.add_exception_handler(kind, _answer)


async def _answer(request: Request, error: Exception) -> Response:
    return _translated(error, request).response()


def _translated(error: Exception, request: Request) -> ApiError:
    match error:
        case ApiError():
            return error
        case BoardError():
            return ApiError(error.status, error.view())
        case RequestValidationError():
            return ApiError(*explain(error.errors()))
        case HTTPException():
            return ApiError(error.status_code, _http_view(error, request), error.headers)
        case StoreUnavailable(reason=reason) if reason in DAMAGED:
            view = cannot_save(error)
            return ApiError(view.status, view.view())
        case StoreUnavailable():
            return ApiError(503, describe("E-TIME-6"))
        case _:
            return ApiError(500, describe("E-SYS-9"))


def _http_view(error: HTTPException, request: Request) -> ErrorView:
    match error.status_code:
        case HTTPStatus.BAD_REQUEST:
            return describe("E-PROTO-1")
        case HTTPStatus.NOT_FOUND:
            return not_found(request.url.path).view
        case HTTPStatus.METHOD_NOT_ALLOWED:
            return not_allowed(request.method, request.url.path, []).view
        case status if status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return describe("E-SYS-2", {"error": str(error.detail)[:SHOWN]})
        case _:
            return describe("E-SYS-9")
