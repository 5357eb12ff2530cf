"""What a ZooKeeper server holds at a moment: its tree, and whose sessions and watches it knows.

This is the world's own view: no session asks here, no permission is looked at, and nothing changes. A moment
of the past is run again from its keyframe; the last few are kept, since a page asks several things of one.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query, Response

from app.rooms.branch import Branch
from app.sim.config import find
from app.sim.errors import Refused
from app.sim.trace import encode
from app.web.api import ABranch, ARoom, Seq, json_bytes
from protocols.zookeeper.database import EPOCH_MS
from protocols.zookeeper.paths import ROOT, join, name_of, problem
from protocols.zookeeper.shell import complete
from protocols.zookeeper.state import ZooKeeperState
from protocols.zookeeper.tree import Tree
from protocols.zookeeper.znode import Znode

SERVICE = "zookeeper"
MOST_CHILDREN, MOST_FOUND, MOST_EXPORTED, MOST_OFFERED = 500, 200, 10_000, 200
LONGEST_PATH = 4_000
MOMENTS_KEPT = 16
DIGITS = 10
"""A sequential znode's name ends with so many; nothing else tells that it is one."""

router = APIRouter(prefix="/api/rooms/{room}/branches/{branch}/znodes", tags=["zookeeper"])


class Server(msgspec.Struct, frozen=True):
    """What is looked at of one server. All of it is values, so that it stays as it was."""

    name: str
    status: str
    tree: Tree
    state: ZooKeeperState


class Moment(msgspec.Struct, frozen=True):
    seq: int
    time: int
    servers: dict[str, Server]

    @property
    def now_ms(self) -> int:
        return EPOCH_MS + self.time // 1000


_moments: OrderedDict[tuple[object, ...], Moment] = OrderedDict()


def the_moment(room: ARoom, branch: ABranch, seq: Seq = None) -> Moment:
    """Now, or after event `seq`."""
    find(SERVICE, room.config.services, "service-not-here")
    line = branch.timeline
    seq = line.head if seq is None else min(seq, line.head)
    key = (room.id, room.life, branch.id, seq, line.time if seq == line.head else 0)
    if key not in _moments:
        _moments[key] = _look(branch, seq)
        if len(_moments) > MOMENTS_KEPT:
            _moments.popitem(last=False)
    return _moments[key]


def _look(branch: Branch, seq: int) -> Moment:
    line = branch.timeline
    sim = line.sim if seq == line.head else line.at(max(1, seq))
    found = {
        p.node: Server(p.node, p.machine.status, p.state.tree, p.state.__copy__())
        for p in sim.cluster.processes
        if p.service == SERVICE
    }
    return Moment(sim.seq, sim.now, found)


AMoment = Annotated[Moment, Depends(the_moment)]


def the_server(moment: AMoment, server: Annotated[str, Query(max_length=40)] = "") -> Server:
    """The one that is named, or the one that leads, or the first."""
    if server:
        find(server, moment.servers, "unknown-node")
        return moment.servers[server]
    leads = (s for s in moment.servers.values() if s.state.role == "leading")
    return next(leads, next(iter(moment.servers.values())))


def the_path(path: Annotated[str, Query(max_length=LONGEST_PATH)] = ROOT) -> str:
    wrong = problem(path)
    if wrong is not None:
        raise Refused("bad-znode-path", path=path[:100], problem=wrong)
    return path


AServer = Annotated[Server, Depends(the_server)]
APath = Annotated[str, Depends(the_path)]


# --- one znode, and its children ----------------------------------------------------------------------------


@router.get("")
async def znode(
    moment: AMoment,
    server: AServer,
    path: APath,
    after: Annotated[str, Query(max_length=LONGEST_PATH)] = "",
    limit: Annotated[int, Query(ge=0, le=MOST_CHILDREN)] = 100,
    beside: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """The znode, and a page of its children; with `beside`, how each compares with that server's."""
    other = the_server(moment, beside) if beside else None
    node = server.tree.get(path)
    names = _names(server.tree, path, after, limit + 1)
    if other is not None:
        both = {*names, *_names(other.tree, path, after, limit + 1)}
        names = sorted(both)[: limit + 1]
    theirs = other.tree if other else None
    children = [_child(moment, server.tree, theirs, join(path, name)) for name in names[:limit]]
    return json_bytes(
        encode(
            _about(moment, server)
            | {"path": path, "node": None if node is None else _whole(moment, path, node)}
            | ({} if other is None else {"side": _side(server.tree, other.tree, path)})
            | {"children": children, "next": names[limit - 1] if 0 < limit < len(names) else None}
        )
    )


def _about(moment: Moment, server: Server) -> dict[str, Any]:
    s = server.state
    return {
        "server": server.name,
        "status": server.status,
        "seq": moment.seq,
        "time": moment.time,
        "lastProcessed": s.last_processed,
    } | server.tree.traced()


def _names(tree: Tree, path: str, after: str, most: int) -> list[str]:
    return list(tree.page(path, after, most)) if path in tree else []


def _child(moment: Moment, tree: Tree, other: Tree | None, path: str) -> dict[str, Any]:
    """What a line of the explorer says of it. One that only the other server has is told as that has it."""
    node = tree.get(path)
    if node is None and other is not None:
        node = other.get(path)
    assert node is not None
    return _brief(moment, path, node) | ({} if other is None else {"side": _side(tree, other, path)})


def _side(tree: Tree, other: Tree, path: str) -> str:
    mine, theirs = tree.get(path), other.get(path)
    if mine is None or theirs is None:
        return "there" if mine is None and theirs else "here" if mine else "nowhere"
    return "same" if mine.digest == theirs.digest and mine.children == theirs.children else "differs"


def _brief(moment: Moment, path: str, node: Znode) -> dict[str, Any]:
    return {
        "name": name_of(path),
        "kinds": list(_kinds(path, node)),
        "numChildren": len(node.children),
        "ephemeralOwner": node.owner,
        "dataLength": len(node.data or b""),
    } | ({"ttl": node.ttl, "ttlLeft": _ttl_left(moment, node)} if node.ttl else {})


def _kinds(path: str, node: Znode) -> Iterator[str]:
    yield (
        "ephemeral" if node.owner else "container" if node.container else "ttl" if node.ttl else "persistent"
    )
    if len(path) > DIGITS and path[-DIGITS:].isdigit():
        yield "sequential"


def _ttl_left(moment: Moment, node: Znode) -> int | None:
    """Milliseconds until the leader may delete it; None while it has children."""
    return None if node.children else max(0, node.ttl - (moment.now_ms - node.mtime))


def _whole(moment: Moment, path: str, node: Znode) -> dict[str, Any]:
    return _brief(moment, path, node) | {"stat": node.stat, "data": node.data, "acl": node.acl}


# --- searching, carrying away -------------------------------------------------------------------------------


@router.get("/search")
async def search(
    moment: AMoment,
    server: AServer,
    text: Annotated[str, Query(min_length=1, max_length=200)],
    path: APath = ROOT,
) -> Response:
    """The first znodes below `path`, in the tree's order, whose names contain `text`, whatever the case."""

    def look() -> list[dict[str, Any]]:
        wanted = text.casefold()
        below = server.tree.walk(path) if path in server.tree else iter(())
        hits = (_brief(moment, p, node) | {"path": p} for p, node in below if wanted in name_of(p).casefold())
        return list(islice(hits, MOST_FOUND + 1))

    found = await asyncio.to_thread(look)  # the tree is a value: the cluster goes on meanwhile
    return json_bytes(
        encode(_about(moment, server) | {"found": found[:MOST_FOUND], "more": len(found) > MOST_FOUND})
    )


@router.get("/export")
async def export(moment: AMoment, server: AServer, path: APath = ROOT) -> Response:
    """A znode and all below it, parents first, as the import takes them."""
    if path not in server.tree:
        raise Refused("no-such-znode", path=path[:100], node=server.name)
    size = server.tree.below(path) + 1
    if size > MOST_EXPORTED:
        raise Refused("too-many-znodes", path=path[:100], count=size, most=MOST_EXPORTED)
    rows = [_exported(p, node) for p, node in server.tree.walk(path)]
    about = {"server": server.name, "zxid": server.state.last_processed, "root": path}
    return Response(
        encode({"zookeeper": about, "znodes": rows}),
        media_type="application/json",
        headers={"Content-Disposition": 'attachment; filename="znodes.json"'},
    )


def _exported(path: str, node: Znode) -> dict[str, Any]:
    """What one needs to make it again. Text stands as text."""
    row: dict[str, Any] = {"path": path}
    try:
        row |= {"text": node.data.decode()} if node.data is not None else {"data": None}
    except UnicodeDecodeError:
        row |= {"data": node.data}
    row |= {"acl": node.acl, "kind": next(_kinds(path, node))}
    return row | ({"ttl": node.ttl} if node.ttl else {})


# --- sessions and watches -----------------------------------------------------------------------------------


@router.get("/sessions")
async def sessions(moment: AMoment, server: AServer) -> Response:
    """Every session that this server knows of; at which server and client it is; what it owns and watches."""
    at = {
        link.session: (other, client, link)
        for other in moment.servers.values()
        for client, link in other.state.clients.items()
        if link.session
    }
    rows = []
    for session, timeout in sorted(server.state.sessions.items()):
        other, client, link = at.get(session, (None, "", None))
        rows.append(
            {
                "id": session,
                "timeout": timeout,
                "client": client,
                "server": other.name if other else "",
                "identities": link.identities if link else (),
                "waiting": len(link.requests) if link else 0,
                "expires": _expires(moment, session),
                "ephemerals": server.tree.ephemerals_of(session)[:MOST_FOUND],
                "watches": [
                    {"path": path, "kind": kind}
                    for path, kind in (other.state.watches.of(session)[:MOST_FOUND] if other else ())
                ],
            }
        )
    return json_bytes(encode(_about(moment, server) | {"sessions": rows}))


def _expires(moment: Moment, session: int) -> int | None:
    """When the leader gives it up, if nobody hears from it."""
    leads = (s.state.deadlines for s in moment.servers.values() if s.state.role == "leading")
    return next((deadlines[session] for deadlines in leads if session in deadlines), None)


# --- the shell ----------------------------------------------------------------------------------------------


@router.get("/completion")
async def completion(server: AServer, line: Annotated[str, Query(max_length=LONGEST_PATH)] = "") -> Response:
    """What the last word of a line of the shell may become, as far as this server knows."""

    def children_of(path: str) -> tuple[str, ...]:
        return server.tree.children(path) if path in server.tree else ()

    return json_bytes(encode(complete(line, children_of)[:MOST_OFFERED]))
