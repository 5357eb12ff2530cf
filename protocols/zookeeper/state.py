"""What a ZooKeeper server knows besides ZAB, and its options."""

from __future__ import annotations

import msgspec

from protocols.actor import Leader, Persistent, Span, Volatile
from protocols.zab.messages import Snapshot
from protocols.zab.state import Connected, ZabOptions, ZabState
from protocols.zookeeper.jute import LARGEST_FRAME
from protocols.zookeeper.line import Line
from protocols.zookeeper.messages import ClientPacket
from protocols.zookeeper.operations import Operation
from protocols.zookeeper.prepare import TreeOptions
from protocols.zookeeper.tree import Tree, empty
from protocols.zookeeper.watches import Watches

Identity = tuple[str, str]
"""A scheme and an id."""

Sessions = dict[int, int]
"""For each session that is not over: its time-out, in virtual microseconds."""


FRESH, UNWATCHED = empty(), Watches()


class Waiting(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A request that has not been answered; `cxid` is the client's number for it."""

    cxid: int
    operation: Operation


class ClientLink(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A client's connection to this server. `session` is 0 until the session is known to exist.

    `requests` are answered in order: at its head stands a write (or a sync) that has gone to the leader;
    reads behind it wait, so that a client reads its own writes.
    """

    line: Line[ClientPacket]
    timeout: int
    session: int = 0
    asked: int = 0
    """The session that it is about to get, or to go on with."""
    identities: tuple[Identity, ...] = ()
    requests: tuple[Waiting, ...] = ()
    closing: bool = False


class Database(Snapshot, frozen=True, gc=False, rename="camel"):
    """A snapshot: everything up to transaction `zxid`."""

    tree: Tree = FRESH
    sessions: Sessions = {}


class ZooKeeperState(ZabState):
    snapshot: Persistent[Snapshot] = Database()
    # The database in memory: the latest snapshot with the log on it, up to lastProcessed.
    tree: Volatile[Tree] = FRESH
    sessions: Volatile[Sessions] = {}
    # Clients of this server.
    clients: Connected[dict[str, ClientLink]] = {}
    watches: Volatile[Watches] = UNWATCHED
    heard_from: Volatile[tuple[int, ...]] = ()
    next_session: Volatile[int] = 0
    # Leaders only.
    prepared: Leader[Tree] = FRESH
    deadlines: Leader[dict[int, int]] = {}
    owners: Leader[dict[int, str]] = {}
    swept: Leader[int] = 0


class ZooKeeperOptions(ZabOptions, frozen=True, rename="camel", forbid_unknown_fields=True):
    """ZooKeeper's settings, by their names there. A session's time-out is what its client asks for, within
    bounds; 0 stands for 2 ticks and 20 ticks. Containers and TTL nodes are looked at so often."""

    min_session_timeout: Span = Span(0)
    max_session_timeout: Span = Span(0)
    container_check: Span = Span(1_000_000)
    extended_types: bool = True
    enforce_quota: bool = False
    super_digest: str = TreeOptions().super_digest
    skip_acl: bool = False
    max_data: int = LARGEST_FRAME
    """Bytes of data in one request (`jute.maxbuffer`); one with more ends its connection."""

    def of_tree(self) -> TreeOptions:
        return TreeOptions(self.extended_types, self.enforce_quota, self.super_digest, self.skip_acl)
