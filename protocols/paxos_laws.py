"""What Paxos guarantees ("Paxos Made Simple", section 2.1), and the invariants its proof rests on.

Whether a value is chosen is judged from what acceptors have accepted, not from what learners say. A state
whose `roles` are empty is that of a node that has just crashed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from protocols import votes
from protocols.ballot import Ballot
from protocols.law import Law
from protocols.paxos import PaxosState
from protocols.votes import Cast


class Validity(Law[PaxosState]):
    """Only a value that has been proposed may be chosen (section 2.1): or be accepted at all."""

    id = "paxos-validity"
    section = "§2.1"
    fields = frozenset({"roles", "wanted", "accepted"})

    def __init__(self) -> None:
        self.proposed: frozenset[str] = frozenset()
        self.started: frozenset[str] = frozenset()

    def judge(self, node: str, s: PaxosState, before: Mapping[str, Any]) -> dict[str, Any] | None:
        if node not in self.started:  # what is on a disk at the beginning was proposed once
            self.started |= {node}
            self.proposed |= {s.accepted.value} if s.accepted else set()
        if s.wanted is not None:
            self.proposed |= {s.wanted}
        if s.accepted is None or s.accepted.value in self.proposed:
            return None
        return {"node": node, "value": s.accepted.value, "ballot": str(s.accepted.ballot)}

    def copy(self) -> Self:
        twin = self.__class__()
        twin.proposed, twin.started = self.proposed, self.started
        return twin


class Agreement(votes.Agreement[PaxosState]):
    """Only a single value is chosen (section 2.1)."""

    id = "paxos-agreement"
    section = "§2.1"
    fields = frozenset({"roles", "promised", "accepted", "acceptances", "phase", "learned"})

    def judge(self, node: str, s: PaxosState, before: Mapping[str, Any]) -> dict[str, Any] | None:
        clash = self.clash(self.cast_for_good(node, s, before))
        if clash is None:
            return None
        (_, ballot, value), (_, later, other) = clash
        return {"first": value, "ballot": str(ballot), "second": other, "later": str(later)}

    def cast_for_good(self, node: str, s: PaxosState, before: Mapping[str, Any]) -> Sequence[Cast]:
        """The votes that count from now on, as this change tells."""
        accepted = (s.accepted.ballot, s.accepted.value) if s.accepted else None
        if not s.roles:
            return self.after_crash(node, {0: accepted} if accepted else {})
        if "roles" in before and "acceptor" in s.roles:
            self.votes.join(node)
        cast = self.going_on(node, [(0, *accepted)] if accepted and "accepted" in before else [])
        if "acceptances" in before:
            heard = [(a.acceptor, (0, a.ballot, a.value)) for a in s.acceptances if a.acceptor != node]
            return (*cast, *heard)
        return cast


class OnlyChosenLearned(votes.CountsVotes[PaxosState]):
    """A process never learns that a value has been chosen unless it actually has been (section 2.1)."""

    id = "paxos-learned"
    section = "§2.1"
    fields = frozenset({"roles", "accepted", "learned"})

    def judge(self, node: str, s: PaxosState, before: Mapping[str, Any]) -> dict[str, Any] | None:
        if "roles" in before and "acceptor" in s.roles:
            self.votes.join(node)
        if s.roles and s.accepted and "accepted" in before:  # that a crash may take it does not matter here
            self.votes.add(node, (0, s.accepted.ballot, s.accepted.value))
        if s.learned is None or self.votes.is_chosen(0, s.learned):
            return None
        return {"node": node, "value": s.learned}


class PromiseKept(votes.PromiseKept):
    """A promise is never lowered, not even over a crash (section 2.2)."""

    id = "paxos-promise-kept"
    fields = frozenset({"roles", "promised", "promises", "phase"})

    def has_crashed(self, s: PaxosState) -> bool:
        return not s.roles


class NoneBelowPromise(Law[PaxosState]):
    """An acceptor accepts nothing below what it has promised or accepted (section 2.2, P1a)."""

    id = "paxos-none-below-promise"
    section = "§2.2, P1a"
    fields = frozenset({"accepted"})

    def judge(self, node: str, s: PaxosState, before: Mapping[str, Any]) -> dict[str, Any] | None:
        if s.accepted is None or not s.roles:
            return None
        old = before["accepted"]
        bar = max(before.get("promised", s.promised), old.ballot if old else Ballot())
        if "roles" in before or s.accepted.ballot >= bar:
            return None
        return {"node": node, "ballot": str(s.accepted.ballot), "promised": str(bar)}

    def copy(self) -> Self:
        return self.__class__()


class OneValuePerBallot(Law[PaxosState]):
    """At most one value is proposed in a ballot (section 2.2, 2.5).

    What a node did last does not count if it crashes at once: perhaps it was not on disk, and nothing left.
    """

    id = "paxos-one-value-per-ballot"
    section = "§2.2, §2.5"
    fields = frozenset({"roles", "accepted", "value", "acceptances"})

    def __init__(self) -> None:
        self.values: dict[Ballot, str] = {}
        self.latest: dict[str, dict[Ballot, str]] = {}

    def judge(self, node: str, s: PaxosState, before: Mapping[str, Any]) -> dict[str, Any] | None:
        latest = self.latest.pop(node, {})
        if not s.roles:
            return None
        self.values |= latest
        seen = {s.accepted.ballot: s.accepted.value} if s.accepted else {}
        if s.value is not None:
            seen[s.ballot] = s.value
        for ballot, value in seen.items():
            first = self.values.get(ballot, value)
            if first != value:
                return {"ballot": str(ballot), "first": first, "second": value}
        self.latest[node] = seen
        return None

    def copy(self) -> Self:
        twin = self.__class__()
        twin.values, twin.latest = self.values.copy(), self.latest.copy()
        return twin


LAWS = (Validity, Agreement, OnlyChosenLearned, PromiseKept, NoneBelowPromise, OneValuePerBallot)
