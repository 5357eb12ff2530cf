"""Raft: Ongaro & Ousterhout, "In Search of an Understandable Consensus Algorithm" (extended version, 2014).

Sections cited as section 5.2 and so on are the paper's; "diss." is Ongaro's dissertation (2014), for what the
paper leaves out: pre-vote (diss. 9.6), leader stickiness and check-quorum (diss. 4.2.3, 6.2), the no-op at
the start of a term (section 8, diss. 6.4), and client sessions (diss. 6.3, in `key_value.py`).

Left out here: membership change (section 6), log compaction (section 7), leadership transfer, read-only
queries that bypass the log. A client's read goes through the log like a write.

Log indices start at 1, as in the paper.

A server is made of layers, each a class in a file of its own: `Server` (terms), `Replication` (the log),
`Elections`, `Clients`. Read them in that order, or start with the elections as the paper does.
"""

from __future__ import annotations

from protocols.client import ClientRequest
from protocols.raft.clients import Clients
from protocols.raft.elections import Elections
from protocols.raft.messages import (
    AppendEntries,
    AppendEntriesReply,
    PreVote,
    PreVoteReply,
    RequestVote,
    RequestVoteReply,
)


class Raft(Elections, Clients):
    """One server."""

    messages = (
        PreVote,
        PreVoteReply,
        RequestVote,
        RequestVoteReply,
        AppendEntries,
        AppendEntriesReply,
        ClientRequest,
    )
    timers = ("election", "heartbeat", "quorum", "lease")
