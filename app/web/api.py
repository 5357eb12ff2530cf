"""The HTTP API of docs/protocol.md: parse, call, render."""

import asyncio
from collections.abc import Iterator
from typing import Annotated, Any, Self

import msgspec
from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.responses import StreamingResponse

from app.rooms import wire
from app.rooms.branch import Branch
from app.rooms.hub import Hub
from app.rooms.room import Room
from app.sim.config import ClusterConfig, read_config
from app.sim.errors import Refused
from app.sim.recording import recorded
from app.sim.scenario import Scenario, catalogue, load_scenario, shipped
from app.sim.source import source_map
from app.sim.spacetime import endpoints, spacetime_svg
from app.sim.timeline import Timeline
from app.sim.trace import Event
from app.texts import LANGS
from app.texts import catalogue as texts
from app.web.cached import revalidated
from app.web.exhibits import PREFIX, exhibit
from app.web.languages import language
from app.web.visitors import address
from protocols.registry import PROTOCOLS, clients

_replaying = asyncio.Semaphore(1)

LAST = 2**53
DRAWN_BEFORE = 2_000_000  # virtual microseconds, when a space-time diagram is asked for without `from`
MOST_DRAWN = 20_000
# A picture that somebody opens by itself brings its own style, and nothing else.
PICTURE = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
}


class Problem(BaseModel):
    """What every refusal looks like; `message` is in the language of `?lang=` or Accept-Language."""

    code: str
    params: dict[str, Any]
    message: str


router = APIRouter(prefix="/api", tags=["api"], responses={"4XX": {"model": Problem}})


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Journal(Strict):
    """What reproduces a moment in any room: the cluster, and what people did to it."""

    config: dict[str, Any]
    commands: Annotated[list[tuple[int, int, str]], Field(max_length=20_000)]
    seq: Annotated[int, Field(ge=0, le=LAST)]
    time: Annotated[int, Field(ge=0, le=LAST)]


class NewRoom(Strict):
    """Exactly one of the four."""

    scenario: Annotated[str, Field(max_length=100)] | None = None
    toml: str | None = None
    config: dict[str, Any] | None = None
    journal: Journal | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("give exactly one of scenario, toml, config and journal")
        return self


class MadeRoom(Strict):
    id: str
    url: str
    token: Annotated[str, Field(description="Whoever has it drives; add it to the url as #driver=TOKEN.")]


class Moment(Strict):
    branch: Annotated[str, Field(max_length=64)]
    seq: Annotated[int, Field(ge=0, le=LAST)]
    time: Annotated[int, Field(ge=0, le=LAST)]


class NewCommand(Strict):
    text: str
    at: Moment | None = None


class Done(Strict):
    branch: str
    seq: int
    kept: Annotated[bool, Field(description="False while the server's disk refuses: a crash would undo it.")]


class Picture(Strict):
    """What a small still of a scenario can be drawn from."""

    names: list[str]
    commands: list[str]
    logs: dict[str, list[int]]
    mutant: str


class ScenarioSummary(Strict):
    name: str
    title: dict[str, str]
    summary: dict[str, str]
    protocol: str
    nodes: int
    picture: Picture


def the_hub(request: Request) -> Hub:
    hub: Hub = request.app.state.hub
    return hub


async def the_room(request: Request, room: str, hub: Annotated[Hub, Depends(the_hub)]) -> Room:
    if room.startswith(PREFIX):
        return await asyncio.to_thread(exhibit, request.app.state.lessons, hub.settings, room)
    found = await hub.find(room)
    found.touch()
    return found


def the_branch(branch: str, room: Annotated[Room, Depends(the_room)]) -> Branch:
    """A private branch may be read by whoever knows its name: the name cannot be guessed."""
    found = room.tree.get(branch)
    if found is None:
        raise Refused("unknown-branch", branch=branch[:64])
    return found


AHub = Annotated[Hub, Depends(the_hub)]
ARoom = Annotated[Room, Depends(the_room)]
ABranch = Annotated[Branch, Depends(the_branch)]
Seq = Annotated[int | None, Query(ge=0, le=LAST)]


def json_bytes(data: bytes) -> Response:
    return Response(data, media_type="application/json")


# -- rooms ---------------------------------------------------------------------------------------


@router.post("/rooms", status_code=201)
async def make_room(new: NewRoom, hub: AHub, request: Request) -> MadeRoom:
    hub.check_maker(address(request))
    title, timeline = await _begin(new, hub)
    room = hub.add(title, timeline)
    room.drivers.add(address(request))
    room.tree.current.playing = new.journal is None  # a moment that somebody sent is looked at first
    room.keep()
    await room.valve.open()
    return MadeRoom(id=room.id, url=f"{hub.settings.prefix}/rooms/{room.id}", token=room.token)


async def _begin(new: NewRoom, hub: Hub) -> tuple[dict[str, str], Timeline]:
    if new.journal is not None:
        config = read_config(new.journal.config)
        return _cluster_title(config), await _replay(config, new.journal, hub)
    if new.config is not None:
        config = read_config(new.config)
        return _cluster_title(config), hub.timeline(config)
    scenario = load_scenario(new.toml, "scenario") if new.toml is not None else shipped(new.scenario or "")
    return dict(scenario.title), hub.timeline(scenario.config)


async def _replay(config: ClusterConfig, journal: Journal, hub: Hub) -> Timeline:
    """Seconds of work for a long run: beside the event loop, and one at a time."""
    limit = hub.settings.max_replay_events
    hub.check_size(config)
    if journal.seq > limit:
        raise Refused("journal-too-long", seq=journal.seq, limit=limit)
    if any(seq > journal.seq for seq, _, _ in journal.commands):
        raise Refused("journal-order", seq=journal.seq)
    async with _replaying:
        return await asyncio.to_thread(
            Timeline.replay,
            config,
            journal.commands,
            journal.seq,
            journal.time,
            keep_events=hub.settings.max_events,
        )


def _cluster_title(config: ClusterConfig) -> dict[str, str]:
    count = str(len(config.nodes))
    return {lang: texts(lang)["server.cluster"].replace("{nodes}", count) for lang in LANGS}


@router.get("/rooms/{room}")
async def describe_room(room: ARoom) -> dict[str, Any]:
    shown = room.tree.current
    return room.describe(mine=False) | {
        "branches": room.tree.describe(None),
        "branch": shown.id,
        "transport": shown.transport(),
        "people": room.people(),
    }


@router.post("/rooms/{room}/commands")
async def command(
    room: ARoom,
    hub: AHub,
    request: Request,
    new: NewCommand,
    authorization: Annotated[str, Header(max_length=300)] = "",
) -> Done:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not hub.drives(room, token.strip(), address(request)):
        raise Refused("bad-token")
    if room.reins is not None:
        raise Refused("class-drives")
    if not room.http_bucket.take():
        raise Refused("too-fast", rate=f"{room.settings.message_rate:g}")
    at = wire.At(new.at.branch, new.at.seq, new.at.time) if new.at else None
    done = room.command(new.text, at)
    return Done(**done, kept=await room.valve.open())


# -- a branch's history --------------------------------------------------------------------------


@router.get("/rooms/{room}/branches/{branch}/history")
async def history(branch: ABranch, seq: Annotated[int, Query(ge=1, le=LAST)]) -> Response:
    line = branch.timeline
    chunk = line.chunk(seq)
    fields = {
        "branch": branch.id,
        "base": chunk.base,
        "events": msgspec.Raw(chunk.events_json),
        "complete": chunk.complete,
    }
    response = json_bytes(msgspec.json.encode(fields))
    # A complete chunk never changes, but its branch's name may come again after a restart.
    response.headers["Cache-Control"] = "private, max-age=300" if chunk.complete else "no-store"
    return response


@router.get("/rooms/{room}/branches/{branch}/marks")
async def marks(branch: ABranch) -> Response:
    return json_bytes(msgspec.json.encode(branch.timeline.marks()))


@router.get("/rooms/{room}/branches/{branch}/trace.json")
async def trace(room: ARoom, branch: ABranch) -> Response:
    """The whole run. A fork of this moment is written out, so that the cluster may go on meanwhile."""
    line = branch.timeline
    if line.oldest > 1:
        raise Refused("history-trimmed", seq=1, oldest=line.oldest)
    frozen = line.fork(line.head, line.time)
    name = f"quorumscope-{room.id}-{branch.id}.json"
    return StreamingResponse(
        _in_pieces(frozen.trace_json()),
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _in_pieces(parts: Iterator[bytes], size: int = 65_536) -> Iterator[bytes]:
    piece = bytearray()
    for part in parts:
        piece += part
        if len(piece) >= size:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)


@router.get("/rooms/{room}/branches/{branch}/spacetime.svg")
async def spacetime(
    request: Request,
    branch: ABranch,
    start: Annotated[int | None, Query(alias="from", ge=0, le=LAST)] = None,
    end: Annotated[int | None, Query(alias="to", ge=0, le=LAST)] = None,
) -> Response:
    line = branch.timeline
    end = line.time if end is None else min(end, line.time)
    start = max(0, end - DRAWN_BEFORE) if start is None else start
    svg = spacetime_svg(_between(line, start, end), endpoints(line.view()), start, end, language(request))
    return Response(svg, media_type="image/svg+xml", headers=PICTURE)


def _between(line: Timeline, start: int, end: int) -> list[Event]:
    """What happened in that stretch of virtual time, found from its end."""
    events: list[Event] = []
    last = line.head
    while last >= line.oldest:
        block = line.events(max(line.oldest, last - 499), last)
        events[:0] = [event for event in block if start <= event.time <= end]
        if len(events) > MOST_DRAWN:
            raise Refused("too-much-to-draw", limit=MOST_DRAWN)
        if block[0].time < start:
            break
        last = block[0].seq - 1
    return events


@router.get("/rooms/{room}/branches/{branch}/journal")
async def journal(branch: ABranch, seq: Seq = None, time: Seq = None) -> Response:
    line = branch.timeline
    if line.origin > 0:
        raise Refused("history-trimmed", seq=1, oldest=line.oldest)
    seq = line.head if seq is None else min(seq, line.head)
    fields = {
        "config": line.config.model_dump(mode="json", by_alias=True),
        "commands": [entry for entry in line.journal if entry[0] < seq],
        "seq": seq,
        "time": line.time if time is None else min(time, line.time),
    }
    return json_bytes(msgspec.json.encode(fields))


# -- what is shipped -----------------------------------------------------------------------------


@router.get("/scenarios")
async def scenarios() -> list[ScenarioSummary]:
    return [_summary(scenario) for scenario in catalogue()]


def _summary(scenario: Scenario) -> ScenarioSummary:
    return ScenarioSummary(
        name=scenario.name,
        title=dict(scenario.title),
        summary=dict(scenario.summary),
        protocol=scenario.protocol,
        nodes=len(scenario.config.nodes),
        picture=_picture(scenario.protocol, scenario.config),
    )


def _picture(protocol: str, config: ClusterConfig) -> Picture:
    """The endpoints, what the script does to them, and the eras of the logs that they start with."""
    logs = {node: services.get(protocol, {}).get("log", []) for node, services in config.initial.items()}
    return Picture(
        names=list(config.nodes),
        commands=[text for step in config.script for text in step.do],
        logs={node: [_era(entry) for entry in log] for node, log in logs.items() if log},
        mutant=config.mutants.get(protocol, ""),
    )


def _era(entry: Any) -> int:
    """The term of a log's entry, the epoch of a transaction; 0 in a log that has neither."""
    if isinstance(entry, dict):
        entry = entry.get("term", entry.get("zxid", 0))
    return int(str(entry).partition(".")[0])


@router.get("/scenarios/{name}/recording")
def scenario_recording(request: Request, name: Annotated[str, Path(max_length=100)]) -> Response:
    return revalidated(request, recorded(shipped(name).name), "application/json")


@router.get("/source/{service}")
async def source(service: str) -> dict[str, Any]:
    if service not in (*PROTOCOLS, *clients()):
        raise Refused("unknown-page", path=f"/api/source/{service[:40]}")
    return source_map(service)
