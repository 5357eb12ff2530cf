"""`/models`: the consistency models, each broken before one's eyes and mended by a switch."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Query, Request, Response

from app.explore.models import MODELS, Model, config_of
from app.sim.recording import played
from app.texts import LANGS
from app.texts import catalogue as texts
from app.web.api import json_bytes
from app.web.modules import modules_of
from app.web.pages import render

router = APIRouter(prefix="/api/models", tags=["api"])
pages = APIRouter(include_in_schema=False)


@router.get("/{model}/recording")
async def recording(
    model: Annotated[str, Path(max_length=40)], cure: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """The run in which the model breaks, or with the cure does not, and the room's configuration."""
    config = config_of(model, cure)
    room = config.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    run = played(config)
    return json_bytes(
        run[:-1] + b',"config":' + msgspec.json.encode(room | {"services": config.services}) + b"}"
    )


@pages.get("/models")
async def models(request: Request) -> Response:
    modules = modules_of("models.js", "lenses/quorum.js")
    later = ("pages", "player", "models")
    return render(
        request, "models.html", later=later, modules=modules, lenses="quorum", models=MODELS,
        choices={model.id: choices(model) for model in MODELS},
    )  # fmt: skip


def choices(model: Model) -> list[dict[str, Any]]:
    """What a player is given to choose from: the schedule as it is, and with each cure."""
    said = {lang: texts(lang, "models") for lang in LANGS}
    names = ["", *(cure.id for cure in model.cures)]
    keys = {name: f"models.cure.{name}" if name else "models.broken" for name in names}
    return [{"name": n, "title": {lang: said[lang][keys[n]] for lang in LANGS}} for n in names]
