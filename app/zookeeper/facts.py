"""What the four-letter words tell of a server, from its state in the room."""

from __future__ import annotations

from typing import Any

from app.sim.cluster import Cluster
from app.zookeeper.gateway import Facts
from protocols.zab.synchronisation import SYNCED
from protocols.zookeeper.state import ZooKeeperState

MODES = {"leading": "leader", "observing": "observer"}


def facts_of(cluster: Cluster, p: Any) -> Facts:
    """`p` is the server's process."""
    s: ZooKeeperState = p.state
    watching, watched, watches = s.watches.counts()
    synced = [name for name, state in s.learners.items() if state == SYNCED]
    return Facts(
        mode=MODES.get(s.role, "follower"),
        zxid=s.last_processed,
        znodes=len(s.tree),
        outstanding=sum(len(link.requests) for link in s.clients.values()),
        watching=watching,
        watched=watched,
        watches=watches,
        ephemerals=sum(len(s.tree.ephemerals_of(session)) for session in s.tree.sessions()),
        data_size=lambda: sum(len(path) + len(node.data or b"") for path, node in s.tree.walk()),
        sessions=len(s.sessions),
        members=len(p.actor.voters),
        learners=len(s.learners),
        synced=sum(name in p.actor.voters for name in synced),
        uptime=(cluster.now - p.machine.since) // 1000,
    )
