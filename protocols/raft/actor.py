"""Raft: Ongaro & Ousterhout, "In Search of an Understandable Consensus Algorithm" (extended version, 2014).

Sections cited as section 5.2 and so on are the paper's; "diss." is Ongaro's dissertation (2014), for what the
paper leaves out: leadership transfer (3.10), single-server membership changes and learners (4.1, 4.2),
stickiness and check-quorum (4.2.3, 6.2), client sessions (6.3, in `key_value.py`), reads that bypass the log
(6.4), pre-vote (9.6). Left out here: snapshots sent in pieces (section 7).

Log indices start at 1, as in the paper.

A server is made of layers, each a class in a file of its own. The paper's Raft is `Server` (terms,
configurations), `Replication` (the log) and `Elections`, with `Clients` on top. The rest of the paper and the
dissertation adds to these where they say so: `Snapshots`, `Membership`, `Transfer`, `Reads`.
"""

from __future__ import annotations

from protocols.client import ClientRequest
from protocols.raft.clients import Clients
from protocols.raft.membership import Membership
from protocols.raft.messages import (
    AppendEntries,
    AppendEntriesReply,
    InstallSnapshot,
    InstallSnapshotReply,
    PreVote,
    PreVoteReply,
    RequestVote,
    RequestVoteReply,
    TimeoutNow,
)
from protocols.raft.snapshots import Snapshots
from protocols.raft.transfer import Transfer


class Raft(Transfer, Membership, Snapshots, Clients):
    """One server."""

    messages = (
        PreVote,
        PreVoteReply,
        RequestVote,
        RequestVoteReply,
        AppendEntries,
        AppendEntriesReply,
        InstallSnapshot,
        InstallSnapshotReply,
        TimeoutNow,
        ClientRequest,
    )
    timers = ("election", "heartbeat", "quorum", "lease", "commit", "snapshot", "catchup", "transfer")
    orders = {
        "transfer": ("node",),
        "add": ("node",),
        "remove": ("node",),
        "learn": ("node",),
        "change": ("node*",),
    }
