"""Raft's messages (figure 2)."""

from __future__ import annotations

from protocols.actor import Message
from protocols.log import Entry


class RequestVote(Message, frozen=True):
    """Invoked by candidates to gather votes."""

    family = "vote"

    term: int
    candidate_id: str
    last_log_index: int
    last_log_term: int


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
    """Invoked by the leader to replicate entries; also its heartbeat."""

    family = "append"

    term: int
    leader_id: str
    prev_log_index: int
    prev_log_term: int
    entries: tuple[Entry, ...]
    leader_commit: int


class AppendEntriesReply(Message, frozen=True):
    """`match_index` is the last index verified to match, when it succeeded; else the conflict's hint:
    the term of the conflicting entry and the first index of that term (section 5.3, last paragraphs)."""

    family = "append"

    term: int
    success: bool
    match_index: int = 0
    conflict_index: int = 0
    conflict_term: int = 0
