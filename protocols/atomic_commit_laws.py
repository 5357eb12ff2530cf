"""What atomic commitment must keep (Bernstein, Hadzilacos & Goodman, section 7.3: AC1 to AC4), and the bank.

The laws look at logs: a decision is what a log says. A record that a crash took was not on disk; the right
protocol has told nobody of it yet, so it does not count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from protocols.atomic_commit import RESULT, CommitState
from protocols.bank import Record, updates_of
from protocols.law import Law

Log = tuple[Record, ...]


def difference(old: Log, new: Log) -> tuple[Log, Log]:
    """The records that `new` no longer has, and those that it has added."""
    keep = len(old) if new[: len(old)] == old else 0
    while keep < min(len(old), len(new)) and old[keep] == new[keep]:
        keep += 1
    return old[keep:], new[keep:]


class Decisions(Law[CommitState]):
    """A law on decisions; it keeps, for each transaction, what each node's log says."""

    fields = frozenset({"log"})

    def __init__(self) -> None:
        self.known: dict[str, tuple[tuple[str, str], ...]] = {}

    def judge(self, node: str, s: CommitState, before: Mapping[str, Any]) -> dict[str, Any] | None:
        lost, added = difference(before["log"], s.log)
        for r in lost:
            if r.kind in RESULT:
                self.known[r.txn] = tuple(d for d in self.known[r.txn] if d != (node, r.kind))
        for r in added:
            if r.kind in RESULT:
                broken = self.weigh(r.txn, node, r.kind)
                if broken:
                    return broken
                self.known[r.txn] = (*self.known.get(r.txn, ()), (node, r.kind))
        return None

    def weigh(self, txn: str, node: str, outcome: str) -> dict[str, Any] | None:
        """Judge a new decision against those known."""
        raise NotImplementedError

    def copy(self) -> Self:
        twin = self.__class__()
        twin.known = self.known.copy()
        return twin


class Atomicity(Decisions):
    """AC1: all nodes that reach a decision reach the same one."""

    id = "atomicity"
    section = "BHG §7.3, AC1"

    def weigh(self, txn: str, node: str, outcome: str) -> dict[str, Any] | None:
        for other, decided in self.known.get(txn, ()):
            if other != node and decided != outcome:
                both = {outcome: node, decided: other}
                return {"txn": txn, "committed": both["commit"], "aborted": both["abort"]}
        return None


class Stability(Decisions):
    """AC2: a node cannot reverse its decision."""

    id = "stability"
    section = "BHG §7.3, AC2"

    def weigh(self, txn: str, node: str, outcome: str) -> dict[str, Any] | None:
        for other, decided in self.known.get(txn, ()):
            if other == node and decided != outcome:
                return {"txn": txn, "node": node, "first": RESULT[decided], "second": RESULT[outcome]}
        return None


class Validity(Law[CommitState]):
    """AC3: commit can only be reached if all have voted yes, and every yes is still in its log."""

    id = "validity"
    section = "BHG §7.3, AC3"
    fields = frozenset({"log", "accounts"})

    def __init__(self) -> None:
        self.participants: frozenset[str] = frozenset()
        self.yes: dict[str, frozenset[str]] = {}
        self.committed: dict[str, str] = {}
        """For each committed transaction: who committed it first."""

    def judge(self, node: str, s: CommitState, before: Mapping[str, Any]) -> dict[str, Any] | None:
        if s.accounts:
            self.participants |= {node}
        lost, added = difference(before.get("log", s.log), s.log)
        for r in lost:
            if r.kind == "yes":
                self.yes[r.txn] -= {node}
        for r in added:
            if r.kind == "yes":
                self.yes[r.txn] = self.yes.get(r.txn, frozenset()) | {node}
            elif r.kind == "commit":
                self.committed.setdefault(r.txn, node)
        for r in (*lost, *added):
            missing = self.participants - self.yes.get(r.txn, frozenset())
            if missing and r.txn in self.committed:
                return {"txn": r.txn, "node": self.committed[r.txn], "missing": min(missing)}
        return None

    def copy(self) -> Self:
        twin = self.__class__()
        twin.participants = self.participants
        twin.yes, twin.committed = self.yes.copy(), self.committed.copy()
        return twin


class LocksHeld(Law[CommitState]):
    """From its yes until the decision a participant keeps what it has changed locked (strict two-phase
    locking)."""

    id = "locks"
    section = "BHG §3.2, §7.1"
    fields = frozenset({"locks", "in_doubt"})

    def judge(self, node: str, s: CommitState, before: Mapping[str, Any]) -> dict[str, Any] | None:
        for txn in s.in_doubt:
            for u in updates_of(s.log, txn):
                if s.locks.get(u.account) != txn:
                    return {"node": node, "txn": txn, "account": u.account}
        return None

    def copy(self) -> Self:
        return self.__class__()


class Conservation(Law[CommitState]):
    """Whenever all are up and nothing is locked, A has lost what B has gained, and what every book says."""

    id = "conservation"
    section = "BHG §1.1"
    fields = frozenset({"accounts", "locks"})

    def __init__(self) -> None:
        self.opening: dict[str, Mapping[str, int]] = {}
        self.moved: dict[str, frozenset[int] | None] = {}
        """For each participant: what has been moved, by its accounts; None while it cannot be said."""

    def judge(self, node: str, s: CommitState, before: Mapping[str, Any]) -> dict[str, Any] | None:
        if s.accounts and not s.locks:
            self.moved[node] = moved(self.opening.setdefault(node, s.accounts), s.accounts)
        elif s.accounts or node in self.moved:
            self.moved[node] = None
        told: list[tuple[str, int]] = []
        for other, amounts in self.moved.items():
            if amounts is None:
                return None
            told += [(other, amount) for amount in amounts]
        for other, amount in told:
            if amount != told[0][1]:
                return {"first": told[0][0], "amount": told[0][1], "second": other, "other": amount}
        return None

    def copy(self) -> Self:
        twin = self.__class__()
        twin.opening, twin.moved = self.opening.copy(), self.moved.copy()
        return twin


def moved(first: Mapping[str, int], now: Mapping[str, int]) -> frozenset[int]:
    """How much has gone from A to B, as each account tells."""
    return frozenset((now[name] - first[name]) * (-1 if name == "A" else 1) for name in first)


def laws_of(protocol: str) -> tuple[type[Law[CommitState]], ...]:
    """These laws as `protocol` keeps them: `2pc-atomicity`. 2PC does so under every fault; 3PC when nodes
    crash, and in a partition with quorums."""
    laws = (Atomicity, Stability, Validity, LocksHeld, Conservation)
    return tuple(type(law.__name__, (law,), {"id": f"{protocol}-{law.id}"}) for law in laws)
