"""A Dynamo-style replicated store.

DeCandia et al., "Dynamo: Amazon's Highly Available Key-value Store" (SOSP 2007), whose sections are cited;
the write-back is that of Attiya, Bar-Noy & Dolev, "Sharing Memory Robustly in Message-Passing Systems" (JACM
1995).

    ring.py         which nodes hold a key                      section 4.2, 4.3
    versions.py     vector clocks and siblings                  section 4.4
    replica.py      keeping versions, telling what one has
    coordinator.py  get and put, each with its quorum; repair   section 4.5, 5
    handoff.py      sloppy quorums and hinted handoff           section 4.6
    exchange.py     anti-entropy                                section 4.7

Clients choose their coordinators, and what they demand of a read: client.py. Left out: virtual nodes, changes
of membership and gossip (4.8), zones. Everybody's clock is right, so last-write-wins judges fairly here.
"""

from __future__ import annotations

from typing import ClassVar

from protocols.key_value import KEY_VALUE, Command
from protocols.quorum.exchange import AntiEntropy
from protocols.quorum.messages import (
    Difference,
    Digest,
    Fetched,
    FetchRequest,
    Handoff,
    HandoffAck,
    QuorumRequest,
    Stored,
    StoreRequest,
)


class Quorum(AntiEntropy):
    """A node of the store: replica of some keys, coordinator for whoever asks it."""

    messages = (
        QuorumRequest,
        StoreRequest,
        Stored,
        FetchRequest,
        Fetched,
        Handoff,
        HandoffAck,
        Digest,
        Difference,
    )
    timers = ("timeout", "patience", "handoff", "exchange")
    operations: ClassVar[dict[str, tuple[str, ...]]] = {op: KEY_VALUE[op] for op in ("put", "get")}

    @classmethod
    def workload(cls, number: int) -> Command:
        """Writes and reads by turns."""
        return Command("put", "x", str(number)) if number % 2 else Command("get", "x")
