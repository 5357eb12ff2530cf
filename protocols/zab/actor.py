"""ZAB, ZooKeeper's atomic broadcast, as ZooKeeper 3.8 runs it.

Junqueira, Reed & Serafini, "Zab: High-performance broadcast for primary-backup systems" (DSN 2011); sections
cited are that paper's. Medeiros, "ZooKeeper's atomic broadcast protocol: theory and practice" (2012), for
what the implementation does instead; "FLE" is ZooKeeper's class FastLeaderElection.

A server goes through the phases, and through them again whenever it loses its leader or its quorum:

    0 election.py         whom to follow: notifications, until a quorum agrees
    1 discovery.py        a new epoch, accepted by a quorum
    2 synchronisation.py  the leader's history, durable at a quorum
    3 broadcast.py        proposal, acknowledgement, commit

Below them: channel.py (connections), member.py (quorums), storage.py (disk and database), machine.py (what
ZAB asks of the state machine that it replicates). On top: store.py, the key-value store, which `Zab` serves.
Left out: reconfiguration, weights and hierarchical quorums, read-only mode, sessions (the service's
business).
"""

from __future__ import annotations

from protocols.client import ClientRequest
from protocols.key_value import KEY_VALUE
from protocols.zab.broadcast import Broadcast
from protocols.zab.store import Store


class Zab(Store):
    """One server."""

    messages = (*Broadcast.messages, ClientRequest)
    operations = {**KEY_VALUE, "sync": ()}
