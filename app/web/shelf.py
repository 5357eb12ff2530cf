"""What there is to look at, for pages that show all of it: protocols, their pictures, their known bugs."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel

from app.sim.describe import choices, lists, written
from app.sim.errors import Refused
from app.sim.recording import ordinary, recording
from app.sim.scenario import Scenario, catalogue, famous
from app.web.cached import revalidated
from app.web.modules import lenses_of
from protocols.registry import PROTOCOLS

router = APIRouter(prefix="/api/protocols", tags=["api"])


class Mutant(BaseModel):
    """A known bug, the law that catches it (none where only progress suffers), and who shows it."""

    id: str
    law: str
    scenario: str


class OnShelf(BaseModel):
    """One protocol; its name and sentence are in the catalogues (`protocol.NAME`, `protocol.NAME.text`)."""

    name: str
    lens: bool
    laws: dict[str, str]
    mutants: list[Mutant]
    options: dict[str, Any]
    choices: dict[str, list[str]]
    lists: list[str]
    room: dict[str, Any]


def on_shelf(service: str) -> OnShelf:
    """`room` is a configuration in which the protocol has something to do."""
    protocol = PROTOCOLS[service]
    showing = {s.config.mutants.get(service, ""): s.name for s in reversed(catalogue())}
    return OnShelf(
        name=service,
        lens=bool(lenses_of([service])),
        laws={law.id: law.section for law in protocol.laws},
        mutants=[
            Mutant(id=id, law=law, scenario=showing.get(id, "")) for id, (_, law) in protocol.mutants.items()
        ],
        options=written(protocol.options()),
        choices=choices(protocol.options),
        lists=lists(protocol.options),
        room=ordinary(service).model_dump(mode="json", by_alias=True, exclude_defaults=True)
        | {"services": [service]},
    )


def moments_of(service: str) -> list[Scenario]:
    """The scenarios that are first of all about this protocol."""
    return [s for s in famous() if s.protocol == service]


@router.get("")
async def protocols() -> list[OnShelf]:
    return [on_shelf(service) for service in PROTOCOLS]


@router.get("/{service}/recording")
def a_recording(request: Request, service: Annotated[str, Path(max_length=40)]) -> Response:
    if service not in PROTOCOLS:
        raise Refused("unknown-page", path=f"/api/protocols/{service}/recording")
    return revalidated(request, recording(service), "application/json")
