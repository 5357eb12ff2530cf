"""ZAB, ZooKeeper's atomic broadcast, as ZooKeeper 3.8 runs it.

Junqueira, Reed & Serafini, "Zab: High-performance broadcast for primary-backup systems" (DSN 2011); sections
cited are that paper's. Medeiros, "ZooKeeper's atomic broadcast protocol: theory and practice" (2012), for
what the implementation does instead; "FLE" is ZooKeeper's class FastLeaderElection.

A server goes through the phases, and through them again whenever it loses its leader or its quorum:

    0 election.py         whom to follow: notifications, until a quorum agrees
    1 discovery.py        a new epoch, accepted by a quorum
    2 synchronisation.py  the leader's history, durable at a quorum
    3 broadcast.py        proposal, acknowledgement, commit

Below them: channel.py (connections), member.py (quorums), storage.py (disk and database), machine.py (the
replicated state machine). Left out: reconfiguration, weights and hierarchical quorums, read-only mode,
sessions (the state machine's business).
"""

from __future__ import annotations

from protocols.actor import Effects
from protocols.client import ClientRequest
from protocols.key_value import KEY_VALUE
from protocols.zab.broadcast import Broadcast
from protocols.zab.messages import PACKETS, Notification, shown
from protocols.zab.state import ZabState


class Zab(Broadcast):
    """One server."""

    messages = (Notification, *PACKETS, ClientRequest)
    timers = ("notification", "finalize", "connect", "silence", "tick")
    operations = {**KEY_VALUE, "sync": ()}

    def start(self, s: ZabState, out: Effects) -> None:
        self.load_database(s)
        self.become_looking(s, out)

    def restart(self, s: ZabState, out: Effects) -> None:
        """What its disk held is its history; the rest is learned again."""
        out.explain("recovered", epoch=s.current_epoch, zxid=shown(self.last_logged(s)))
        self.start(s, out)
