"""Raft's messages (figure 2)."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from protocols.actor import Message
from protocols.log import Entry
from protocols.raft.state import Snapshot


class RequestVote(Message, frozen=True, omit_defaults=True):
    """Invoked by candidates to gather votes; `leadership_transfer` when the leader wants it (diss. 4.2.3)."""

    family = "vote"

    term: int
    candidate_id: str
    last_log_index: int
    last_log_term: int
    leadership_transfer: bool = False


class RequestVoteReply(Message, frozen=True):
    family = "vote"

    term: int
    vote_granted: bool


class PreVote(Message, frozen=True):
    """Would you vote for me in `term`? Nobody's term changes by asking (diss. 9.6)."""

    family = "prevote"

    term: int
    candidate_id: str
    last_log_index: int
    last_log_term: int


class PreVoteReply(Message, frozen=True):
    """`term` is the term asked about when granted, the voter's own when not."""

    family = "prevote"

    term: int
    vote_granted: bool


class AppendEntries(Message, frozen=True):
    """Invoked by the leader to replicate entries; also its heartbeat. `round` numbers the heartbeats, for the
    reads that wait for one (diss. 6.4)."""

    family = "append"

    term: int
    leader_id: str
    prev_log_index: int
    prev_log_term: int
    entries: tuple[Entry, ...]
    leader_commit: int
    round: int | UnsetType = UNSET


class AppendEntriesReply(Message, frozen=True):
    """`match_index` is the last index verified to match, when it succeeded; else the conflict's hint:
    the term of the conflicting entry and the first index of that term (section 5.3, last paragraphs)."""

    family = "append"

    term: int
    success: bool
    match_index: int = 0
    conflict_index: int = 0
    conflict_term: int = 0
    round: int | UnsetType = UNSET


class InstallSnapshot(Message, frozen=True):
    """Invoked by the leader instead of AppendEntries when the follower needs what the leader's log no longer
    has (figure 13). The snapshot travels in one piece."""

    family = "snapshot"

    term: int
    leader_id: str
    snapshot: Snapshot


class InstallSnapshotReply(Message, frozen=True):
    """`match_index` is the snapshot's last index, once the follower has all that it covers."""

    family = "snapshot"

    term: int
    match_index: int = 0


class TimeoutNow(Message, frozen=True):
    """The leader asks the server to stand for election at once: leadership transfer (diss. 3.10)."""

    family = "vote"

    term: int
    leader_id: str
