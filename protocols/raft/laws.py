"""Raft's five safety properties (figure 3), each judged incrementally.

Not a law, though it looks like one: "a candidate that looks newer than some voter holds that voter's
committed prefix". Legal runs break it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from protocols.law import Law, Ledger
from protocols.log import Entry, Log
from protocols.raft import RaftState


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
    same and those before them are of the same term.
    """

    id = "log-matching"
    section = "§5.3"
    fields = frozenset({"log"})

    def __init__(self) -> None:
        self.logs: dict[str, Log] = {}

    def judge(self, node: str, s: RaftState, before: Mapping[str, Any]) -> dict[str, Any] | None:
        self.logs[node] = s.log
        for index in range(s.log.shared_prefix(before["log"]) + 1, s.log.last_index + 1):
            for other, log in self.logs.items():
                if index <= log.last_index and differ(s.log, log, index):
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
        self.committed: Ledger[tuple[Entry, int]] = Ledger()
        """For each index: its entry, and the term in which it was first seen committed."""
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
            if term < current and (index > log.last_index or log.entry(index) != entry):
                return {"index": index, "term": term, "leader": leader, "current": current}
        return None

    def copy(self) -> Self:
        twin = self.__class__()
        twin.committed = self.committed.copy()
        twin.leaders = self.leaders.copy()
        return twin


class StateMachineSafety(Law[RaftState]):
    """No two servers apply different entries at the same index (section 5.4.3)."""

    id = "state-machine-safety"
    section = "§5.4.3"
    fields = frozenset({"last_applied"})

    def __init__(self) -> None:
        self.applied: Ledger[tuple[Entry, str]] = Ledger()

    def judge(self, node: str, s: RaftState, before: Mapping[str, Any]) -> dict[str, Any] | None:
        for index in range(before["last_applied"] + 1, s.last_applied + 1):
            if index > s.log.last_index:
                return {"index": index, "first": node, "second": node}
            entry = s.log.entry(index)
            if index > len(self.applied):
                self.applied.add((entry, node))
            elif self.applied[index - 1][0] != entry:
                return {"index": index, "first": self.applied[index - 1][1], "second": node}
        return None

    def copy(self) -> Self:
        twin = self.__class__()
        twin.applied = self.applied.copy()
        return twin


LAWS = (ElectionSafety, LeaderAppendOnly, LogMatching, LeaderCompleteness, StateMachineSafety)
