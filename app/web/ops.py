"""For those who keep the server running, and for the catalogue that pages load."""

import json
from importlib.metadata import version

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import JSONResponse

from app.rooms.hub import Hub
from app.sim.errors import Refused
from app.texts import LANGS, catalogue
from app.web.cached import revalidated
from app.web.metrics import exposition
from app.web.pages import render

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    return {"status": "ok", "version": version("quorumscope")}


@router.get("/readyz")
async def readyz(request: Request) -> Response:
    """Ready while time goes by in the rooms."""
    hub: Hub = request.app.state.hub
    trouble = request.app.state.database.trouble
    status = {"status": "ready" if hub.healthy else "waiting"} | ({"storage": trouble} if trouble else {})
    return JSONResponse(status, 200 if hub.healthy else 503)


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    hub: Hub = request.app.state.hub
    if not hub.settings.metrics:
        raise Refused("unknown-page", path="/metrics")
    return Response(exposition(hub), headers={"Content-Type": CONTENT_TYPE_LATEST})


@router.get("/i18n/{name}.json")
async def i18n(request: Request, name: str) -> Response:
    lang = next((lang for lang in LANGS if lang == name), None)
    if lang is None:
        raise Refused("unknown-page", path=request.url.path[:80])
    data = json.dumps(catalogue(lang), ensure_ascii=False, sort_keys=True).encode()
    return revalidated(request, data, "application/json")


@router.get("/api/docs")
async def docs(request: Request) -> Response:
    return render(request, "api.html")
