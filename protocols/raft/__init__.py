"""Raft, from its messages to its seeded bugs; `actor.py` says what is where."""

from protocols.raft.actor import Raft
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
from protocols.raft.state import RaftOptions, RaftState

__all__ = [
    "AppendEntries",
    "AppendEntriesReply",
    "InstallSnapshot",
    "InstallSnapshotReply",
    "PreVote",
    "PreVoteReply",
    "Raft",
    "RaftOptions",
    "RaftState",
    "RequestVote",
    "RequestVoteReply",
    "TimeoutNow",
]
