"""`POST /api/quorum/find`: the shortest schedule that shows something about a quorum store's settings."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Response
from pydantic import Field

from app.explore.script import play
from app.explore.search import QUESTIONS, Found, search
from app.explore.world import Rules
from app.sim.config import ClusterConfig, read_config
from app.sim.trace import encode
from app.web.api import Strict, json_bytes

router = APIRouter(prefix="/api/quorum", tags=["api"])
_searching = asyncio.Semaphore(1)
Few = Annotated[int, Field(ge=1, le=5)]


class Question(Strict):
    """What to look for, and where: as the options of the store in a room of `nodes` nodes."""

    what: Literal["stale", "non-linearizable"]
    nodes: Few = 3
    n: int = 3
    w: int = 2
    r: int = 2
    versions: Literal["vector-clock", "last-write-wins"] = "vector-clock"
    read_repair: Annotated[bool, Field(alias="readRepair")] = True
    write_back: Annotated[bool, Field(alias="writeBack")] = False


class Answer(msgspec.Struct, rename="camel"):
    """`moves` is how many requests and deliveries the schedule has, and `config` a room that plays it; both
    are None when there is none among so many `moments`: none at all, if `all_seen`."""

    found: bool
    all_seen: bool
    moments: int
    moves: int | None = None
    config: dict[str, Any] | None = None


@router.post("/find")
async def find_schedule(question: Question) -> Response:
    """Search, beside the event loop and one at a time."""
    given = question.model_dump(by_alias=True, exclude={"what", "nodes"})
    room = read_config({"services": ["quorum"], "nodes": question.nodes, "options": {"quorum": given}})
    async with _searching:
        return json_bytes(await asyncio.to_thread(_find, question.what, room, given))


def _find(what: str, room: ClusterConfig, options: dict[str, Any]) -> bytes:
    plan, shows = QUESTIONS[what]
    rules = Rules(tuple(room.nodes), room.options_of("quorum"), plan)
    found: Found = search(rules, shows)
    answer = Answer(found.moves is not None, found.all_seen, found.moments)
    if found.moves is not None:
        answer.moves = len(found.moves)
        config = play(rules, found.moves, options, what)
        answer.config = config.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return encode(answer)
