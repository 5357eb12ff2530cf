"""What acceptors have accepted, and what is thereby chosen: for the laws of the Paxos family.

A law sees the states of nodes, not their disks: an acceptance in a state may still be lost in a crash when
its write is not finished. It counts for good once its acceptor has gone on to something else (a node that
writes handles nothing), or once another node has heard of it (what is sent is durable before).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self

from protocols.ballot import Ballot

Vote = tuple[int, Ballot, Any]
"""A slot (0 where there is but one decree), a ballot and a value."""


class Votes:
    """Every acceptance so far, by vote."""

    def __init__(self) -> None:
        self.acceptors: frozenset[str] = frozenset()
        self.made: dict[Vote, frozenset[str]] = {}
        self.final: dict[Vote, frozenset[str]] = {}
        self.pending: dict[str, tuple[Vote, ...]] = {}
        self.chosen: dict[int, Vote] = {}
        """For each slot: what a majority was first seen to have accepted in one ballot."""

    def join(self, acceptor: str) -> None:
        """Acceptors join when they are switched on, before anything happens."""
        self.acceptors |= {acceptor}

    def crash(self, node: str, kept: Mapping[int, tuple[Ballot, Any]]) -> list[tuple[Vote, Vote]]:
        """`node` crashed, and this is left of its acceptances: what was not on disk was never made."""
        pending = self.pending.pop(node, ())
        return self.settle(node, [v for v in pending if kept.get(v[0]) == v[1:]])

    def go_on(self, node: str, new: Iterable[Vote]) -> list[tuple[Vote, Vote]]:
        """`node` handled something and accepted `new`: what it had accepted before counts for good."""
        clashes = self.settle(node, self.pending.pop(node, ()))
        self.pending[node] = tuple(new)
        for vote in self.pending[node]:
            self.made[vote] = self.made.get(vote, frozenset()) | {node}
        return clashes

    def settle(self, node: str, votes: Iterable[Vote]) -> list[tuple[Vote, Vote]]:
        """`node` has cast these votes for good. Gives each vote that is chosen beside another."""
        clashes = []
        for vote in votes:
            self.final[vote] = self.final.get(vote, frozenset()) | {node}
            if self.is_majority(self.final[vote]):
                first = self.chosen.setdefault(vote[0], vote)
                if first[2] != vote[2]:
                    clashes.append((first, vote))
        return clashes

    def is_chosen(self, slot: int, value: Any) -> bool:
        """A majority accepted `value` in one ballot, as far as their states say."""
        return any(
            v[0] == slot and v[2] == value and self.is_majority(names) for v, names in self.made.items()
        )

    def is_majority(self, names: frozenset[str]) -> bool:
        return 2 * len(names & self.acceptors) > len(self.acceptors)

    def copy(self) -> Self:
        twin = self.__class__()
        twin.acceptors = self.acceptors
        twin.made, twin.final = self.made.copy(), self.final.copy()
        twin.pending, twin.chosen = self.pending.copy(), self.chosen.copy()
        return twin
