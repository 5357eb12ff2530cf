"""Raft's five safety properties (figure 3), each judged incrementally.

Not a law, though it looks like one: "a candidate that looks newer than some voter holds that voter's
committed prefix". Legal runs break it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from protocols.key_value import Command, Data, Sessions, execute
from protocols.law import Law, Ledger
from protocols.log import Entry, Log
from protocols.raft.state import RaftState, Snapshot


class ElectionSafety(Law[RaftState]):
    """At most one leader can be elected in a given term (section 5.2)."""

    id = "election-safety"
    section = "§5.2"
    fields = frozenset({"role", "current_term"})

    def __init__(self) -> None:
        self.leaders: dict[int, str] = {}

    def judge(self, node: str, s: RaftState, before: Mapping[str, Any]) -> dict[str, Any] | None:
        if s.role != "leader":
            return None
        first = self.leaders.setdefault(s.current_term, node)
        return None if first == node else {"term": s.current_term, "first": first, "second": node}

    def copy(self) -> Self:
        twin = self.__class__()
        twin.leaders = self.leaders.copy()
        return twin


class LeaderAppendOnly(Law[RaftState]):
    """A leader never overwrites or deletes entries in its log; it only appends (section 5.3)."""

    id = "leader-append-only"
    section = "§5.3"
    fields = frozenset({"log"})

    def judge(self, node: str, s: RaftState, before: Mapping[str, Any]) -> dict[str, Any] | None:
        if s.role != "leader" or "role" in before or "current_term" in before:
            return None
        same = s.log.shared_prefix(before["log"])
        if same == before["log"].last_index:
            return None
        return {"node": node, "term": s.current_term, "index": same + 1}

    def copy(self) -> Self:
        return self.__class__()


class LogMatching(Law[RaftState]):
    """Two logs that hold an entry with the same index and term are identical up to it (section 5.3).

    By induction it is enough that where two logs hold an entry of one index and term, the entries are the
    same and those before them are of the same term. Of what a snapshot stands for, the last term is known.
    """

    id = "log-matching"
    section = "§5.3"
    fields = frozenset({"log"})

    def __init__(self) -> None:
        self.logs: dict[str, Log] = {}

    def judge(self, node: str, s: RaftState, before: Mapping[str, Any]) -> dict[str, Any] | None:
        self.logs[node] = s.log
        first = max(s.log.base, s.log.shared_prefix(before["log"])) + 1
        for index in range(first, s.log.last_index + 1):
            for other, log in self.logs.items():
                if log.base < index <= log.last_index and differ(s.log, log, index):
                    return {"index": index, "term": s.log.term_at(index), "first": other, "second": node}
        return None

    def copy(self) -> Self:
        twin = self.__class__()
        twin.logs = self.logs.copy()
        return twin


def differ(a: Log, b: Log, index: int) -> bool:
    """Two logs agree on the term of entry `index`, but not on the entry, or on the term before it."""
    one, other = a.entry(index), b.entry(index)
    if one.term != other.term:
        return False
    return one != other or a.term_at(index - 1) != b.term_at(index - 1)


class LeaderCompleteness(Law[RaftState]):
    """An entry committed in a term is in the logs of the leaders of all later terms (section 5.4)."""

    id = "leader-completeness"
    section = "§5.4"
    fields = frozenset({"role", "commit_index", "log"})

    def __init__(self) -> None:
        self.committed: Ledger[tuple[Entry | None, int]] = Ledger()
        """For each index: its entry, and the term in which it was first seen committed. None is an entry that
        only a snapshot stood for when the run began."""
        self.leaders: dict[str, tuple[int, Log]] = {}
        """For each present leader: its term and log."""

    def judge(self, node: str, s: RaftState, before: Mapping[str, Any]) -> dict[str, Any] | None:
        if s.role == "leader":
            self.leaders[node] = (s.current_term, s.log)
        else:
            self.leaders.pop(node, None)
        if s.commit_index > len(self.committed):
            return self.commit(s)
        if s.role == "leader" and "role" in before:
            return self.missing(node, 1)
        return None

    def commit(self, s: RaftState) -> dict[str, Any] | None:
        """New entries are committed: the leaders of later terms, if there are any, must hold them."""
        while len(self.committed) < s.log.base:
            self.committed.add((None, s.log.base_term))
        start = len(self.committed) + 1
        for entry in s.log.after(start - 1, s.commit_index - start + 1):
            self.committed.add((entry, s.current_term))
        for leader in sorted(self.leaders):
            broken = self.missing(leader, start)
            if broken:
                return broken
        return None

    def missing(self, leader: str, start: int) -> dict[str, Any] | None:
        """The first committed entry from index `start` on that `leader` should hold and does not."""
        current, log = self.leaders[leader]
        for index in range(start, len(self.committed) + 1):
            entry, term = self.committed[index - 1]
            if term < current and not holds(log, index, entry):
                return {"index": index, "term": term, "leader": leader, "current": current}
        return None

    def copy(self) -> Self:
        twin = self.__class__()
        twin.committed = self.committed.copy()
        twin.leaders = self.leaders.copy()
        return twin


def holds(log: Log, index: int, entry: Entry | None) -> bool:
    """The log has this entry, or it is covered by the log's snapshot, or it is not known here."""
    return index <= log.base or (index <= log.last_index and (entry is None or log.entry(index) == entry))


class StateMachineSafety(Law[RaftState]):
    """No two servers apply different entries at the same index (section 5.4.3); and a snapshot holds what the
    entries that it stands for make of a state machine (section 7).
    """

    id = "state-machine-safety"
    section = "§5.4.3"
    fields = frozenset({"last_applied", "snapshot"})

    def __init__(self) -> None:
        self.applied: Ledger[tuple[Entry | None, str]] = Ledger()
        """For each index: its entry, and who applied it first. None as in Leader Completeness."""
        self.machines: dict[int, tuple[Data, Sessions]] = {0: ({}, {})}
        """The state machine at the indices where snapshots were taken."""
        self.known: frozenset[str] = frozenset()
        """Who has been judged before: the snapshot that a server begins the run with is taken on trust."""

    def judge(self, node: str, s: RaftState, before: Mapping[str, Any]) -> dict[str, Any] | None:
        taken, earlier = s.snapshot, before.get("snapshot", s.snapshot)
        if node not in self.known:
            self.known |= {node}
            self.trust(taken)
        index = taken.last_included_index
        if index > earlier.last_included_index and (
            index > min(s.last_applied, len(self.applied))
            or self.machine_at(index) != (taken.data, taken.sessions)
        ):
            return {"index": index, "first": node, "second": node}
        for index in range(max(before.get("last_applied", 0), s.log.base) + 1, s.last_applied + 1):
            if index > s.log.last_index:
                return {"index": index, "first": node, "second": node}
            entry = s.log.entry(index)
            if index > len(self.applied):
                self.applied.add((entry, node))
            elif self.applied[index - 1][0] not in (entry, None):
                return {"index": index, "first": self.applied[index - 1][1], "second": node}
        return None

    def trust(self, snapshot: Snapshot) -> None:
        if snapshot.last_included_index > len(self.applied):
            while len(self.applied) < snapshot.last_included_index:
                self.applied.add((None, ""))
            self.machines[snapshot.last_included_index] = (snapshot.data, snapshot.sessions)

    def machine_at(self, index: int) -> tuple[Data, Sessions]:
        """What the applied entries up to `index` make of a state machine."""
        start = max(i for i in self.machines if i <= index)
        data, sessions = self.machines[start]
        for at in range(start, index):
            command = getattr(self.applied[at][0], "command", None)
            if isinstance(command, Command):
                data, sessions, _ = execute(data, sessions, command)
        self.machines[index] = data, sessions
        return data, sessions

    def copy(self) -> Self:
        twin = self.__class__()
        twin.applied = self.applied.copy()
        twin.machines = self.machines.copy()
        twin.known = self.known
        return twin


LAWS = (ElectionSafety, LeaderAppendOnly, LogMatching, LeaderCompleteness, StateMachineSafety)
