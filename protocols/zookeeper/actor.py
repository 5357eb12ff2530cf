"""ZooKeeper, as version 3.8 runs it, on ZAB (protocols/zab).

Hunt, Konar, Junqueira & Reed, "ZooKeeper: Wait-free coordination for Internet-scale systems" (USENIX ATC
2010), and the documentation of Apache ZooKeeper 3.8, where the sections cited are to be found.

    database.py     the replicated state machine: requests become transactions, transactions change the tree
    sessions.py     who is there: the leader counts the time of every session
    connections.py  clients: reads here, writes by way of the leader, answers in order, watches
    actor.py        a server

Below: tree.py, znode.py (the data), prepare.py, apply.py, reads.py (what requests do to it), watches.py,
acl.py, quota.py, paths.py. Clients: client.py, tasks.py. Left out: reconfiguration, local sessions,
read-only mode, SASL.
"""

from __future__ import annotations

from typing import Any, ClassVar

from protocols.actor import Effects
from protocols.zab.broadcast import Broadcast
from protocols.zookeeper.connections import ClientConnections
from protocols.zookeeper.database import ClientWrite, now_ms
from protocols.zookeeper.messages import CLIENT_PACKETS, Revalidate
from protocols.zookeeper.operations import DeleteContainer
from protocols.zookeeper.state import ZooKeeperState


class ZooKeeper(ClientConnections):
    """One server."""

    messages = (*Broadcast.messages, Revalidate, *CLIENT_PACKETS)
    operations: ClassVar[dict[str, tuple[str, ...]]] = {}

    # --- it serves, or does not any more ------------------------------------------------------------------

    def established(self, s: ZooKeeperState, out: Effects) -> None:
        s.next_session = max(s.next_session, self.first_session(out.now))
        if s.role == "leading":
            self.track_all(s, out.now)

    def lost(self, s: ZooKeeperState, out: Effects) -> None:
        self.drop_clients(s, out)

    def take_touched(self, s: ZooKeeperState) -> tuple[int, ...]:
        touched, s.heard_from = s.heard_from, ()
        return touched

    # --- the leader's own work ----------------------------------------------------------------------------

    def keep_leading(self, s: ZooKeeperState, out: Effects) -> None:
        """With each tick: sessions whose time is over, and what nobody needs any more."""
        super().keep_leading(s, out)
        if s.role == "leading":
            self.expire_sessions(s, out)
            if out.now - s.swept >= self.options.container_check.high:
                s.swept = out.now
                self.sweep(s, out)

    def sweep(self, s: ZooKeeperState, out: Effects) -> None:
        """Containers that have lost their last child, and TTL nodes whose time is over (ContainerManager)."""
        for path in s.prepared.expired(now_ms(out)):
            out.explain("container-over", path=path)
            self.propose(s, ClientWrite(self.me, 0, 0, DeleteContainer(path)), out)

    # --- how people write what is on a disk ---------------------------------------------------------------

    def read_txn(self, item: Any) -> Any:
        raise ValueError("a ZooKeeper ensemble begins with empty disks")

    read_snapshot = read_txn
