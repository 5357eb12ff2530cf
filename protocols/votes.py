"""What acceptors have accepted, what is thereby chosen, and what is promised: for laws of the Paxos family.

A law sees the states of nodes, not their disks: an acceptance in a state may still be lost in a crash when
its write is not finished. It counts for good once its acceptor has gone on to something else (a node that
writes handles nothing), or once another node has heard of it (what is sent is durable before).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

from protocols.ballot import Ballot
from protocols.law import Law, S

NONE = Ballot()
Proposed = tuple[Ballot, Any]
Vote = tuple[int, Ballot, Any]
"""A slot (0 where there is but one decree), a ballot and a value."""
Cast = tuple[str, Vote]
"""An acceptor and its vote."""


class Votes:
    """Who has accepted what, by slot, and what is thereby chosen."""

    def __init__(self) -> None:
        self.acceptors: frozenset[str] = frozenset()
        self.cast: dict[int, dict[Proposed, frozenset[str]]] = {}
        """For each slot: the votes, but not those for its chosen value; they change nothing any more."""
        self.chosen: dict[int, Proposed] = {}
        """For each slot: what was first seen to be chosen."""

    def join(self, acceptor: str) -> None:
        """Acceptors join when they are switched on, before anything happens."""
        self.acceptors |= {acceptor}

    def add(self, acceptor: str, vote: Vote) -> None:
        slot, ballot, value = vote
        if slot in self.chosen and self.chosen[slot][1] == value:
            return
        cast = self.cast.get(slot, {})
        names = cast.get((ballot, value), frozenset())
        self.cast[slot] = {**cast, (ballot, value): names | {acceptor}}

    def is_chosen(self, slot: int, value: Any) -> bool:
        """Whether a majority has accepted `value` in one ballot."""
        first = self.chosen.get(slot)
        if first is not None and first[1] == value:
            return True
        cast = self.cast.get(slot, {})
        won = [p for p, names in cast.items() if p[1] == value and self.is_majority(names)]
        if won and first is None:
            self.chosen[slot] = won[0]
            del self.cast[slot]
            if others := {p: names for p, names in cast.items() if p[1] != value}:
                self.cast[slot] = others
        return bool(won)

    def is_majority(self, names: frozenset[str]) -> bool:
        return 2 * len(names & self.acceptors) > len(self.acceptors)

    def copy(self) -> Self:
        twin = self.__class__()
        twin.acceptors, twin.cast, twin.chosen = self.acceptors, self.cast.copy(), self.chosen.copy()
        return twin


class CountsVotes(Law[S]):
    """What the laws about chosen values have in common."""

    def __init__(self) -> None:
        self.votes = Votes()

    def copy(self) -> Self:
        twin = self.__class__()
        twin.votes = self.votes.copy()
        return twin


class Agreement(CountsVotes[S]):
    """At most one value is chosen. Here votes are counted when they are cast for good."""

    def __init__(self) -> None:
        super().__init__()
        self.latest: dict[str, tuple[Cast, ...]] = {}
        """What each acceptor accepted when it last handled something."""

    def after_crash(self, node: str, kept: Mapping[int, Proposed]) -> Sequence[Cast]:
        """`node` crashed, and this is left of what it had accepted: what was not on disk was never cast."""
        return [cast for cast in self.latest.pop(node, ()) if kept.get(cast[1][0]) == cast[1][1:]]

    def going_on(self, node: str, new: Sequence[Vote]) -> Sequence[Cast]:
        """`node` handled something and accepted `new`: what it had accepted before is cast for good."""
        cast = self.latest.pop(node, ())
        if new:
            self.latest[node] = tuple([(node, vote) for vote in new])
        return cast

    def clash(self, cast: Iterable[Cast]) -> tuple[Vote, Vote] | None:
        """Count these votes; gives the first that is chosen, after what was chosen beside it before."""
        for acceptor, vote in cast:
            slot, _, value = vote
            self.votes.add(acceptor, vote)
            if self.votes.is_chosen(slot, value):
                first = self.votes.chosen[slot]
                if first[1] != value:
                    return (slot, *first), vote
        return None

    def copy(self) -> Self:
        twin = super().copy()
        twin.latest = self.latest.copy()
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
        concerned = [node]
        if not self.has_crashed(s):  # a node that goes on has kept on disk what it promised before
            self.give(node, before.get("promised", s.promised))
        if "promises" in before or "ballot" in before:
            for acceptor in s.promises:
                if acceptor != node:
                    self.give(acceptor, s.ballot)
                    concerned.append(acceptor)
        for acceptor in concerned:
            given, now = self.given.get(acceptor, NONE), self.now.get(acceptor, NONE)
            if now < given:
                return {"node": acceptor, "promised": str(given), "now": str(now)}
        return None

    def give(self, acceptor: str, ballot: Ballot) -> None:
        if ballot > self.given.get(acceptor, NONE):
            self.given[acceptor] = ballot

    def copy(self) -> Self:
        twin = self.__class__()
        twin.given, twin.now = self.given.copy(), self.now.copy()
        return twin
