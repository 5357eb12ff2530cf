"""A Raft server's state (figure 2 and after), its options, and how people write down what its disk holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from protocols.actor import Candidate, Leader, Persistent, Span, State, Volatile
from protocols.key_value import Command, Data, Sessions
from protocols.log import Configuration, Entry, Log

Role = Literal["follower", "pre-candidate", "candidate", "leader"]


class Snapshot(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What stands for the log up to an index (figure 12): the state machine, its sessions, and the latest
    configuration. Index 0 is no snapshot."""

    last_included_index: int = 0
    last_included_term: int = 0
    configuration: Configuration | None = None
    data: Data = {}
    sessions: Sessions = {}


class CatchUp(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Servers that get the log before they get a vote (diss. 4.2.1): in round `round` up to index `goal`;
    then `configuration` is appended."""

    servers: tuple[str, ...]
    configuration: Configuration
    round: int
    goal: int


class Read(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A read that waits until heartbeat `round` is confirmed (diss. 6.4): `index` is its readIndex, 0 before
    there is one."""

    command: Command
    client: str
    index: int = 0
    round: int = 0


class RaftState(State):
    # Persistent on all servers: updated on stable storage before responding to RPCs.
    current_term: Persistent[int] = 0
    voted_for: Persistent[str | None] = None
    log: Persistent[Log] = Log()
    snapshot: Persistent[Snapshot] = Snapshot()
    # Volatile on all servers.
    role: Volatile[Role] = "follower"
    leader_id: Volatile[str | None] = None
    commit_index: Volatile[int] = 0
    last_applied: Volatile[int] = 0
    data: Volatile[Data] = {}
    sessions: Volatile[Sessions] = {}
    leader_alive: Volatile[bool] = False
    configuration: Volatile[Configuration] = Configuration()
    configuration_index: Volatile[int] = 0
    # Volatile on candidates: reset at the start of an election.
    votes: Candidate[tuple[str, ...]] = ()
    # Volatile on leaders: reinitialised after election.
    next_index: Leader[dict[str, int]] = {}
    match_index: Leader[dict[str, int]] = {}
    waiting: Leader[dict[int, str]] = {}
    heard_from: Leader[tuple[str, ...]] = ()
    catch_up: Leader[CatchUp | None] = None
    transfer: Leader[str | None] = None
    reads: Leader[tuple[Read, ...]] = ()
    round: Leader[int] = 0
    acknowledged: Leader[dict[str, int]] = {}
    lease_round: Leader[int] = 0
    leased: Leader[bool] = False
    yielded: Leader[bool] = False


class RaftOptions(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    election_timeout: Span = Span(150_000, 300_000)
    heartbeat: Span = Span(50_000)
    no_op: bool = True
    conflict_hints: bool = True
    pre_vote: bool = False
    check_quorum: bool = False
    batch: Annotated[int, msgspec.Meta(ge=1)] = 16
    snapshot_every: Annotated[int, msgspec.Meta(ge=0)] = 0
    voters: tuple[str, ...] = ()
    learners: tuple[str, ...] = ()
    reads: Literal["log", "index", "lease"] = "log"
    clock_drift: Annotated[float, msgspec.Meta(ge=1)] = 1.0

    def first_configuration(self, members: tuple[str, ...]) -> Configuration:
        """The configuration before any log says another: all servers vote, unless it is said who."""
        voters = self.voters or [m for m in members if m not in self.learners]
        return Configuration(
            tuple(m for m in members if m in voters), learners=tuple(m for m in members if m in self.learners)
        )


def read_log(items: Any, least: int) -> list[Entry]:
    """A log as people write it: each entry a term, or a table of `term` and `command` ("x=7"); no term is
    below `least`, the snapshot's."""
    if not isinstance(items, list | tuple):
        raise ValueError("a log is a list of entries")
    entries = [read_entry(item) for item in items]
    terms = [max(1, least), *(entry.term for entry in entries)]
    if terms != sorted(terms):
        raise ValueError("the terms of a log begin at 1 or more and never decrease")
    return entries


class WrittenEntry(msgspec.Struct, forbid_unknown_fields=True):
    term: int
    command: str = ""


def read_entry(item: Any) -> Entry:
    if not isinstance(item, int | Mapping) or (
        isinstance(item, Mapping) and not isinstance(item.get("command", ""), str)
    ):
        raise ValueError(f'a log entry is a term or {{ term = 4, command = "x=3" }}, not {item!r}')
    written = msgspec.convert({"term": item} if isinstance(item, int) else item, WrittenEntry)
    key, _, value = written.command.partition("=")
    return Entry(written.term, Command("put", key.strip(), value.strip()) if key else None)


def read_snapshot(value: Any) -> Snapshot:
    if not isinstance(value, Mapping):
        raise ValueError(
            'a snapshot is a table: { lastIncludedIndex = 4, lastIncludedTerm = 2, data = { x = "3" } }'
        )
    snapshot = msgspec.convert(value, Snapshot)
    index, term = snapshot.last_included_index, snapshot.last_included_term
    if index < 0 or term < 0 or (index == 0) != (term == 0):
        raise ValueError("lastIncludedIndex and lastIncludedTerm are 1 or more, or there is no snapshot")
    return snapshot
