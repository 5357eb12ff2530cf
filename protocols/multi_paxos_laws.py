"""What Multi-Paxos guarantees: Paxos' laws for every slot, and that all state machines do the same.

Whether a value is chosen is judged from what acceptors have accepted, not from what learners say. A state
whose role is `recovering` is that of a node that has just crashed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from protocols import votes
from protocols.ballot import Ballot
from protocols.key_value import Command
from protocols.law import Law, Ledger
from protocols.multi_paxos import MultiPaxosState
from protocols.votes import Cast, Vote, Votes


def newly_accepted(s: MultiPaxosState, before: Mapping[str, Any]) -> list[Vote]:
    """What this change has accepted; most changes accept nothing, or one proposal."""
    if "accepted" not in before:
        return []
    old = before["accepted"]
    return [(slot, p.ballot, p.value) for slot, p in s.accepted.items() if old.get(slot) is not p]


def newly_heard(node: str, s: MultiPaxosState, told: Mapping[int, tuple[str, ...]]) -> list[Cast]:
    """Which acceptances of others a leader has just heard of, beside those it was `told` before."""
    return [
        (acceptor, (slot, s.ballot, proposed_value(s, slot)))
        for slot, names in s.acceptances.items()
        if names is not told.get(slot)
        for acceptor in names
        if acceptor != node and acceptor not in told.get(slot, ())
    ]


def proposed_value(s: MultiPaxosState, slot: int) -> Command | None:
    """What the leader has proposed in a slot, be it chosen by now or not."""
    if slot <= len(s.log):
        return s.log[slot - 1]
    return s.chosen[slot] if slot in s.chosen else s.proposals.get(slot)


def meet(votes: Votes, node: str, s: MultiPaxosState) -> None:
    """An acceptor joins; what its log has from the beginning was chosen before."""
    votes.join(node)
    for slot, value in enumerate(s.log, start=1):
        votes.chosen.setdefault(slot, (Ballot(), value))


class Agreement(votes.Agreement[MultiPaxosState]):
    """In each slot at most one value is chosen ("Paxos Made Simple", section 2.1, 3)."""

    id = "multi-paxos-agreement"
    section = "§2.1, §3"
    fields = frozenset({"role", "promised", "accepted", "acceptances", "log"})

    def judge(self, node: str, s: MultiPaxosState, before: Mapping[str, Any]) -> dict[str, Any] | None:
        clash = self.clash(self.cast_for_good(node, s, before))
        if clash is None:
            return None
        (slot, ballot, value), (_, later, other) = clash
        first, second = value or "no-op", other or "no-op"
        return {"slot": slot, "first": first, "ballot": str(ballot), "second": second, "later": str(later)}

    def cast_for_good(self, node: str, s: MultiPaxosState, before: Mapping[str, Any]) -> Sequence[Cast]:
        """The votes that count from now on, as this change tells."""
        if s.role == "recovering":
            return self.after_crash(node, {slot: (p.ballot, p.value) for slot, p in s.accepted.items()})
        if node not in self.votes.acceptors:
            meet(self.votes, node, s)
        cast = self.going_on(node, newly_accepted(s, before))
        if "acceptances" in before and s.role == "leader":
            return (*cast, *newly_heard(node, s, before["acceptances"]))
        return cast


class OnlyChosenLearned(votes.CountsVotes[MultiPaxosState]):
    """Nothing is taken for chosen that is not (section 2.1)."""

    id = "multi-paxos-learned"
    section = "§2.1"
    fields = frozenset({"role", "accepted", "log"})

    def judge(self, node: str, s: MultiPaxosState, before: Mapping[str, Any]) -> dict[str, Any] | None:
        if s.role == "recovering":
            return None
        if node not in self.votes.acceptors:
            meet(self.votes, node, s)
        for vote in newly_accepted(s, before):  # that it may yet be lost in a crash does not matter here
            self.votes.add(node, vote)
        if "log" not in before:
            return None
        for slot in range(len(before["log"]) + 1, len(s.log) + 1):
            if not self.votes.is_chosen(slot, s.log[slot - 1]):
                return {"node": node, "slot": slot, "op": s.log[slot - 1] or "no-op"}
        return None


class PromiseKept(votes.PromiseKept):
    """A promise is never lowered, not even over a crash (section 2.2)."""

    id = "multi-paxos-promise-kept"
    fields = frozenset({"role", "promised", "accepted", "promises"})

    def has_crashed(self, s: MultiPaxosState) -> bool:
        return s.role == "recovering"


class NoneBelowPromise(Law[MultiPaxosState]):
    """An acceptor accepts nothing below what it has promised, or accepted in that slot (section 2.2, P1a)."""

    id = "multi-paxos-none-below-promise"
    section = "§2.2, P1a"
    fields = frozenset({"accepted"})

    def judge(self, node: str, s: MultiPaxosState, before: Mapping[str, Any]) -> dict[str, Any] | None:
        if s.role == "recovering" or before.get("role") == "recovering":
            return None
        promised = before.get("promised", s.promised)
        for slot, ballot, _ in newly_accepted(s, before):
            old = before["accepted"].get(slot)
            bar = max(promised, old.ballot) if old else promised
            if ballot < bar:
                return {"node": node, "slot": slot, "ballot": str(ballot), "promised": str(bar)}
        return None

    def copy(self) -> Self:
        return self.__class__()


class OneValuePerBallot(Law[MultiPaxosState]):
    """In each slot at most one value is proposed in a ballot (section 2.2, 2.5).

    What a node did last does not count if it crashes at once: perhaps it was not on disk, and nothing left.
    """

    id = "multi-paxos-one-value-per-ballot"
    section = "§2.2, §2.5"
    fields = frozenset({"role", "promised", "accepted", "acceptances", "log"})

    def __init__(self) -> None:
        self.values: dict[tuple[int, Ballot], Any] = {}
        self.latest: dict[str, dict[tuple[int, Ballot], Any]] = {}

    def judge(self, node: str, s: MultiPaxosState, before: Mapping[str, Any]) -> dict[str, Any] | None:
        latest = self.latest.pop(node, None)
        if s.role == "recovering":
            return None
        if latest:
            self.values |= latest
        new = newly_accepted(s, before)
        for slot, ballot, value in new:
            first = self.values.get((slot, ballot), value)
            if first != value:
                said = {"first": first or "no-op", "second": value or "no-op"}
                return {"slot": slot, "ballot": str(ballot), **said}
        if new:
            self.latest[node] = {(slot, ballot): value for slot, ballot, value in new}
        return None

    def copy(self) -> Self:
        twin = self.__class__()
        twin.values, twin.latest = self.values.copy(), self.latest.copy()
        return twin


class StateMachineSafety(Law[MultiPaxosState]):
    """No two state machines execute different commands in the same slot (section 3)."""

    id = "multi-paxos-state-machine-safety"
    section = "§3"
    fields = frozenset({"executed"})

    def __init__(self) -> None:
        self.executed: Ledger[tuple[Command | None, str]] = Ledger()

    def judge(self, node: str, s: MultiPaxosState, before: Mapping[str, Any]) -> dict[str, Any] | None:
        for slot in range(before["executed"] + 1, s.executed + 1):
            value = s.log[slot - 1]
            if slot > len(self.executed):
                self.executed.add((value, node))
            elif self.executed[slot - 1][0] != value:
                return {"slot": slot, "first": self.executed[slot - 1][1], "second": node}
        return None

    def copy(self) -> Self:
        twin = self.__class__()
        twin.executed = self.executed.copy()
        return twin


LAWS = (Agreement, OnlyChosenLearned, PromiseKept, NoneBelowPromise, OneValuePerBallot, StateMachineSafety)
