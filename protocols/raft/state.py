"""A Raft server's state (figure 2), its options, and how people write down what its disk holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from protocols.actor import Candidate, Leader, Persistent, Span, State, Volatile
from protocols.key_value import Data, Sessions
from protocols.log import Entry, Log

Role = Literal["follower", "pre-candidate", "candidate", "leader"]


class RaftState(State):
    # Persistent on all servers: updated on stable storage before responding to RPCs.
    current_term: Persistent[int] = 0
    voted_for: Persistent[str | None] = None
    log: Persistent[Log] = Log()
    # Volatile on all servers.
    role: Volatile[Role] = "follower"
    leader_id: Volatile[str | None] = None
    commit_index: Volatile[int] = 0
    last_applied: Volatile[int] = 0
    data: Volatile[Data] = {}
    sessions: Volatile[Sessions] = {}
    leader_alive: Volatile[bool] = False
    # Volatile on candidates: reset at the start of an election.
    votes: Candidate[tuple[str, ...]] = ()
    # Volatile on leaders: reinitialised after election.
    next_index: Leader[dict[str, int]] = {}
    match_index: Leader[dict[str, int]] = {}
    waiting: Leader[dict[int, str]] = {}
    heard_from: Leader[tuple[str, ...]] = ()


class RaftOptions(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    election_timeout: Span = Span(150_000, 300_000)
    heartbeat: Span = Span(50_000)
    no_op: bool = True
    conflict_hints: bool = True
    pre_vote: bool = False
    check_quorum: bool = False
    batch: Annotated[int, msgspec.Meta(ge=1)] = 16


def read_log(items: Any) -> list[Entry]:
    """A log as people write it: each entry a term, or a table of `term` and `command` ("x=7")."""
    if not isinstance(items, list | tuple):
        raise ValueError("a log is a list of entries")
    entries = msgspec.convert([read_entry(item) for item in items], list[Entry])
    terms = [entry.term for entry in entries]
    if terms != sorted(terms) or (terms and terms[0] < 1):
        raise ValueError("the terms of a log begin at 1 or more and never decrease")
    return entries


def read_entry(item: Any) -> dict[str, Any]:
    if isinstance(item, int):
        return {"term": item, "command": None}
    if not isinstance(item, Mapping) or not isinstance(item.get("command", ""), str):
        raise ValueError(f'a log entry is a term or {{ term = 4, command = "x=3" }}, not {item!r}')
    key, _, value = item.get("command", "").partition("=")
    command = {"op": "put", "key": key.strip(), "value": value.strip()} if key else None
    return {**item, "command": command}
