"""What a branch's past amounts to: is what the clients saw linearizable, and what did its decisions cost?

Both look at the last `WINDOW` events, beside the event loop and one at a time; whoever asks for the same
moment again is given the same answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Response

from app.history.check import check
from app.history.operation import History
from app.history.recording import Recorder, command_of, is_key_value
from app.history.sessions import breaches
from app.rooms.branch import Branch
from app.rooms.room import Room
from app.sim.config import ClusterConfig, find
from app.sim.cost import costs
from app.sim.errors import Refused
from app.sim.timeline import Passage, Timeline
from app.sim.trace import encode
from app.web.api import ABranch, ARoom, Seq, json_bytes
from app.web.compare import COSTS, Line
from protocols.key_value import Command
from protocols.registry import client_of

WINDOW = 20_000
CONFIGURATIONS = 50_000
"""Of a search that takes longer nobody waits for the end."""
ANSWERS_KEPT = 32

router = APIRouter(prefix="/api/rooms/{room}/branches/{branch}", tags=["api"])
_working = asyncio.Semaphore(1)
_answers: dict[tuple[object, ...], bytes] = {}


async def _answer(key: tuple[object, ...], work: Callable[[], bytes]) -> Response:
    async with _working:
        if key not in _answers:
            _answers[key] = await asyncio.to_thread(work)
            if len(_answers) > ANSWERS_KEPT:
                del _answers[next(iter(_answers))]
        return json_bytes(_answers[key])


def _window(line: Timeline, seq: int | None) -> tuple[int, int]:
    last = line.head if seq is None else min(seq, line.head)
    return max(line.oldest, last - WINDOW + 1), last


# --- linearizability ----------------------------------------------------------------------------------------


@router.get("/linearizability")
async def linearizability(
    room: ARoom, branch: ABranch, service: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    config, line = room.config, branch.timeline
    service = service or next(filter(is_key_value, config.services), config.services[0])
    find(service, config.services, "service-not-here")
    if not is_key_value(service):
        raise Refused("history-not-here", service=service)
    client = client_of(service, config.services)
    first, last = _window(line, None)
    pending = _pending(line, client, first) if first > 1 else {}
    passage = line.passage(first, last)
    return await _answer(
        _moment(room, branch, last, service), lambda: _judge(passage, service, client, pending)
    )


def _pending(line: Timeline, client: str, first: int) -> dict[str, Command]:
    """What the clients waited for at the beginning of the chunk that holds `first`."""
    nodes = line.chunk(first).base["nodes"]
    sides = {n: node["services"][client] for n, node in nodes.items() if client in node["services"]}
    found = {n: side["state"].get("pending") for n, side in sides.items()}
    return {n: command_of(asked.get("command", asked)) for n, asked in found.items() if asked}


def _judge(passage: Passage, service: str, client: str, pending: dict[str, Command]) -> bytes:
    history = Recorder(client, pending).listen(passage.events())
    verdict = check(history, CONFIGURATIONS, from_start=passage.first == 1)
    answer = {"service": service, "first": passage.first, "seq": passage.last, "history": history}
    refusals = [
        {
            "key": r.key,
            "operation": _name(history, r.operation.called, r.operation.process),
            "possible": r.possible,
            "core": [_name(history, o.called, o.process) for o in r.core],
            "whateverBefore": r.whatever_before,
        }
        for r in verdict.refusals
    ]
    sessions = [
        {"guarantee": b.guarantee, "read": _name(history, b.read.called, b.read.process),
         "wanted": _name(history, b.wanted.called, b.wanted.process)}
        for b in breaches(history)
    ]  # fmt: skip
    return encode(
        answer
        | {"linearizable": verdict.linearizable, "givenUp": verdict.given_up, "keys": verdict.keys}
        | {"refusals": refusals, "sessions": sessions}
    )


def _name(history: History, called: int, process: str) -> int:
    """An operation's number in the history."""
    return next(n for n, o in enumerate(history) if (o.called, o.process) == (called, process))


# --- costs --------------------------------------------------------------------------------------------------


class Theory(msgspec.Struct, frozen=True):
    """What the papers say for this room's `n`; `here` is that for the room's own settings and roles, with a
    `note` that tells why they differ.
    """

    n: int
    formula: str
    value: int
    here: str
    expected: int
    delays: tuple[int, int]
    writes: str
    quorum: str
    cap: str
    note: str = ""


def theory(service: str, config: ClusterConfig) -> Theory | None:
    """None for a protocol that the comparison does not know, and for roles that it does not count with."""
    known = COSTS.get(service)
    if known is None or service == "quorum":  # whose writes have no phase before: the line is ABD's
        return None
    options: Any = config.options_of(service)
    n, line, here, note = len(config.nodes), known.messages, known.messages, ""
    if service in ("2pc", "3pc"):
        n -= 1
        here = known.with_acks if options.acks and known.with_acks else line
        note = "acks" if options.acks else ""
    elif service == "paxos":
        if options.acceptors or options.proposers or options.learners or not options.distinguished_learner:
            return None
        here, note = Line(5, less=1), "paxos"
    writes = str(known.writes) if known.writes else ""
    return Theory(
        n, str(line), line.at(n), str(here), here.at(n), known.delays, writes, known.quorum, known.cap, note
    )


@router.get("/costs")
async def decision_costs(room: ARoom, branch: ABranch, seq: Seq = None) -> Response:
    config, line = room.config, branch.timeline
    first, last = _window(line, seq)
    if last < line.oldest - 1:
        raise Refused("history-trimmed", seq=last, oldest=line.oldest)
    passage = line.passage(first, last)

    def work() -> bytes:
        found = costs(passage.events(), config)
        rows: list[dict[str, Any]] = []
        for service in config.services:
            mine = [row for row in found if row.service == service]
            rows.append({"service": service, "theory": theory(service, config), "kinds": mine})
        return encode({"first": first, "seq": last, "services": rows})

    return await _answer(_moment(room, branch, last, "costs"), work)


def _moment(room: Room, branch: Branch, seq: int, what: str) -> tuple[object, ...]:
    return (room.id, room.life, branch.id, branch.timeline.oldest, seq, what)
