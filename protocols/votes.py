"""What acceptors have accepted, what is thereby chosen, and what is promised: for laws of the Paxos family.

A law sees the states of nodes, not their disks: an acceptance in a state may still be lost in a crash when
its write is not finished. It counts for good once its acceptor has gone on to something else (a node that
writes handles nothing), or once another node has heard of it (what is sent is durable before).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self

from protocols.ballot import Ballot
from protocols.law import Law, S

Proposed = tuple[Ballot, Any]
Vote = tuple[int, Ballot, Any]
"""A slot (0 where there is but one decree), a ballot and a value."""


class Votes:
    """Every acceptance so far, by slot."""

    def __init__(self) -> None:
        self.acceptors: frozenset[str] = frozenset()
        self.made: dict[int, dict[Proposed, frozenset[str]]] = {}
        self.final: dict[int, dict[Proposed, frozenset[str]]] = {}
        self.pending: dict[str, tuple[Vote, ...]] = {}
        self.chosen: dict[int, Proposed] = {}
        """For each slot: what a majority was first seen to have accepted in one ballot."""

    def join(self, acceptor: str) -> None:
        """Acceptors join when they are switched on, before anything happens."""
        self.acceptors |= {acceptor}

    def crash(self, node: str, kept: Mapping[int, Proposed]) -> list[tuple[Vote, Vote]]:
        """`node` crashed, and this is left of its acceptances: what was not on disk was never made."""
        pending = self.pending.pop(node, ())
        return self.settle(node, [v for v in pending if kept.get(v[0]) == v[1:]])

    def go_on(self, node: str, new: Iterable[Vote]) -> list[tuple[Vote, Vote]]:
        """`node` handled something and accepted `new`: what it had accepted before counts for good."""
        clashes = self.settle(node, self.pending.pop(node, ()))
        self.pending[node] = tuple(new)
        for vote in self.pending[node]:
            add(self.made, vote, node)
        return clashes

    def settle(self, node: str, votes: Iterable[Vote]) -> list[tuple[Vote, Vote]]:
        """`node` has cast these votes for good. Gives each that is chosen, with what was chosen before it
        if that is another value."""
        clashes = []
        for slot, ballot, value in votes:
            if self.is_majority(add(self.final, (slot, ballot, value), node)):
                first = self.chosen.setdefault(slot, (ballot, value))
                if first[1] != value:
                    clashes.append(((slot, *first), (slot, ballot, value)))
        return clashes

    def is_chosen(self, slot: int, value: Any) -> bool:
        """A majority accepted `value` in one ballot, as far as their states say."""
        if slot in self.chosen and self.chosen[slot][1] == value:
            return True
        made = self.made.get(slot, {})
        return any(v == value and self.is_majority(names) for (_, v), names in made.items())

    def is_majority(self, names: frozenset[str]) -> bool:
        return 2 * len(names & self.acceptors) > len(self.acceptors)

    def copy(self) -> Self:
        twin = self.__class__()
        twin.acceptors = self.acceptors
        twin.made, twin.final = self.made.copy(), self.final.copy()
        twin.pending, twin.chosen = self.pending.copy(), self.chosen.copy()
        return twin


def add(votes: dict[int, dict[Proposed, frozenset[str]]], vote: Vote, node: str) -> frozenset[str]:
    """Who has cast this vote, `node` now among them."""
    slot, proposed = vote[0], vote[1:]
    before = votes.get(slot, {})
    names = before.get(proposed, frozenset()) | {node}
    votes[slot] = {**before, proposed: names}
    return names


class CountsVotes(Law[S]):
    """What the laws about chosen values have in common: they follow the acceptors."""

    def __init__(self) -> None:
        self.votes = Votes()

    def copy(self) -> Self:
        twin = self.__class__()
        twin.votes = self.votes.copy()
        return twin


class PromiseKept(Law[Any]):
    """A promise is never lowered, not even over a crash ("Paxos Made Simple", section 2.2)."""

    section = "§2.2"

    def __init__(self) -> None:
        self.given: dict[str, Ballot] = {}
        """The highest promise that each acceptor has given for good."""
        self.now: dict[str, Ballot] = {}

    def has_crashed(self, s: Any) -> bool:
        """Whether this is the state of a node that has just crashed."""
        raise NotImplementedError

    def judge(self, node: str, s: Any, before: Mapping[str, Any]) -> dict[str, Any] | None:
        self.now[node] = s.promised
        if not self.has_crashed(s):  # a node that goes on has kept on disk what it promised before
            self.give(node, before.get("promised", s.promised))
        for acceptor in s.promises:
            if acceptor != node:
                self.give(acceptor, s.ballot)
        for acceptor in (node, *s.promises):
            given, now = self.given.get(acceptor, Ballot()), self.now.get(acceptor, Ballot())
            if now < given:
                return {"node": acceptor, "promised": str(given), "now": str(now)}
        return None

    def give(self, acceptor: str, ballot: Ballot) -> None:
        self.given[acceptor] = max(ballot, self.given.get(acceptor, ballot))

    def copy(self) -> Self:
        twin = self.__class__()
        twin.given, twin.now = self.given.copy(), self.now.copy()
        return twin
