"""What ZooKeeper promises (documentation, "Consistency Guarantees"), on top of what ZAB's laws say.

Servers are judged by LAWS, clients by CLIENT_LAWS. Sequential consistency is several of them together;
atomicity and reliability are ZAB's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from protocols.law import Law
from protocols.zab.laws import LAWS as ZAB_LAWS
from protocols.zab.messages import shown
from protocols.zookeeper.client_state import ClientState
from protocols.zookeeper.operations import SEQUENTIAL, AddAuth, Create, Delete, Operation, SetData
from protocols.zookeeper.state import ZooKeeperState

Broken = dict[str, Any] | None

REMEMBERED = 2_000
"""So many of the latest zxids' trees are compared."""


class TreesAgree(Law[ZooKeeperState]):
    """Servers that have executed the same transactions have the same tree."""

    id = "zookeeper-trees-agree"
    section = "guarantees"
    fields = frozenset({"tree", "last_processed"})

    def __init__(self) -> None:
        self.digests: dict[int, tuple[str, int]] = {}

    def judge(self, node: str, s: ZooKeeperState, before: Mapping[str, Any]) -> Broken:
        zxid, digest = s.last_processed, s.tree.digest
        other, known = self.digests.setdefault(zxid, (node, digest))
        if len(self.digests) > REMEMBERED:
            self.digests.pop(next(iter(self.digests)))
        return None if known == digest else {"node": node, "other": other, "zxid": shown(zxid)}

    def copy(self) -> Self:
        twin = self.__class__()
        twin.digests = self.digests.copy()
        return twin


class EphemeralsOwned(Law[ZooKeeperState]):
    """Every ephemeral node belongs to a session that is not over."""

    id = "zookeeper-ephemerals-owned"
    section = "data model"
    fields = frozenset({"tree", "sessions"})

    def judge(self, node: str, s: ZooKeeperState, before: Mapping[str, Any]) -> Broken:
        for session in s.tree.sessions():
            if session not in s.sessions:
                return {"node": node, "path": s.tree.ephemerals_of(session)[0], "session": hex(session)}
        return None

    def copy(self) -> Self:
        return self.__class__()


class SessionsOpen(Law[ZooKeeperState]):
    """A connection that is open at a server has a session that is not over."""

    id = "zookeeper-sessions-open"
    section = "sessions"
    fields = frozenset({"clients", "sessions"})

    def judge(self, node: str, s: ZooKeeperState, before: Mapping[str, Any]) -> Broken:
        for name, link in s.clients.items():
            if link.session and link.session not in s.sessions:
                return {"node": node, "client": name, "session": hex(link.session)}
        return None

    def copy(self) -> Self:
        return self.__class__()


class Fifo(Law[ClientState]):
    """A client's requests are answered in the order in which it asked. (A new identity is none of them.)"""

    id = "zookeeper-fifo"
    section = "guarantees"
    fields = frozenset({"requests"})

    def judge(self, node: str, s: ClientState, before: Mapping[str, Any]) -> Broken:
        still = [asked.xid for asked in s.requests]
        answered = [asked.xid for asked in before["requests"] if asked.xid not in still]
        earlier = [
            x.xid for x in before["requests"] if x.xid in still and not isinstance(x.operation, AddAuth)
        ]
        if not answered or not earlier:
            return None
        order = [asked.xid for asked in before["requests"]]
        if order.index(answered[0]) < order.index(earlier[0]) or answered[0] < 0:
            return None
        return {"client": node, "node": s.server, "cxid": answered[0], "earlier": earlier[0]}

    def copy(self) -> Self:
        return self.__class__()


class SingleImage(Law[ClientState]):
    """A client is never shown a state older than one that it has seen, whatever server it turns to."""

    id = "zookeeper-single-image"
    section = "guarantees"
    fields = frozenset({"shown_zxid"})

    def judge(self, node: str, s: ClientState, before: Mapping[str, Any]) -> Broken:
        if s.shown_zxid >= before["shown_zxid"] or s.session == 0:
            return None
        return {
            "client": node, "node": s.server, "seen": shown(before["shown_zxid"]), "zxid": shown(s.shown_zxid)
        }  # fmt: skip

    def copy(self) -> Self:
        return self.__class__()


class EventsFirst(Law[ClientState]):
    """A client is told of a change that it watches before it is shown anything as of that change. Here: of
    its own, before the answer to the request that made it."""

    id = "zookeeper-events-first"
    section = "watches"
    fields = frozenset({"requests"})

    def judge(self, node: str, s: ClientState, before: Mapping[str, Any]) -> Broken:
        done = [asked for asked in before["requests"] if asked not in s.requests]
        if len(done) != 1 or s.last_error or before.get("answered", s.answered) == s.answered:
            return None  # not answered, or lost with its connection
        path, watched = changed(done[0].operation), before.get("watched", s.watched)
        for kind in ("data", "exist"):
            if path in getattr(watched, kind) and path in getattr(s.watched, kind):
                return {"client": node, "node": s.server, "path": path}
        return None

    def copy(self) -> Self:
        return self.__class__()


def changed(op: Operation) -> str:
    """The znode that a request changes, if it is known before the answer."""
    is_sequential = isinstance(op, Create) and bool(op.flags & SEQUENTIAL)
    return op.path if isinstance(op, Create | SetData | Delete) and not is_sequential else ""


LAWS: tuple[type[Law[Any]], ...] = (*ZAB_LAWS, TreesAgree, EphemeralsOwned, SessionsOpen)
CLIENT_LAWS: tuple[type[Law[Any]], ...] = (Fifo, SingleImage, EventsFirst)
