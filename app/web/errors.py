"""Whatever goes wrong becomes `{code, params, message}` for programs and a page for people."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from app.sim.errors import Refused
from app.texts import Lang
from app.web.languages import language
from app.web.pages import error_page

STATUS = {
    "unknown-room": 404,
    "unknown-class": 404,
    "class-code": 404,
    "class-lead": 403,
    "class-driver": 403,
    "too-many-codes": 429,
    "too-many-classes": 503,
    "unknown-branch": 404,
    "unknown-page": 404,
    "unknown-scenario": 404,
    "unknown-lesson": 404,
    "unknown-step": 404,
    "no-such-znode": 404,
    "history-trimmed": 410,
    "bad-token": 401,
    "bad-origin": 403,
    "bad-host": 421,
    "bad-method": 405,
    "too-large": 413,
    "too-fast": 429,
    "too-many-tokens": 429,
    "too-many-new-rooms": 429,
    "too-many-rooms": 503,
    "server-full": 503,
    "failed": 500,
}


def body_of(refused: Refused, lang: Lang) -> dict[str, Any]:
    return {"code": refused.code, "params": refused.params, "message": refused.message(lang)}


def response_of(refused: Refused, request: Request, status: int | None = None) -> Response:
    lang = language(request)
    status = status or STATUS.get(refused.code, 422)
    if not request.url.path.startswith(("/api/", "/i18n/")) and "text/html" in request.headers.get(
        "accept", ""
    ):
        return error_page(request, status, refused.message(lang))
    headers: dict[str, str] = {"Content-Language": lang}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body_of(refused, lang), status, headers)


def install(app: FastAPI) -> None:
    @app.exception_handler(Refused)
    async def refused(request: Request, error: Refused) -> Response:
        return response_of(error, request)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return response_of(
            Refused("bad-request", where=where, detail=first["msg"].removeprefix("Value error, ")), request
        )

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        if error.status_code == HTTPStatus.NOT_FOUND:
            return response_of(Refused("unknown-page", path=request.url.path[:80]), request)
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            return response_of(Refused("bad-method", method=request.method), request)
        if error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return response_of(
                Refused("too-large", limit=request.app.state.hub.settings.max_body_bytes), request
            )
        if error.status_code == HTTPStatus.BAD_REQUEST:
            return response_of(Refused("bad-request", where="body", detail=str(error.detail)), request, 400)
        return response_of(Refused("http", status=error.status_code), request, error.status_code)

    @app.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> Response:
        return response_of(Refused("failed"), request)
