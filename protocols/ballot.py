"""Ballots: the proposal numbers of Paxos, all different and totally ordered.

"Different proposers choose their numbers from disjoint sets of numbers" ("Paxos Made Simple", section 2.5):
a ballot is a round and the node that issues it, and rounds are compared first.
"""

from __future__ import annotations

from typing import Any

import msgspec


class Ballot(msgspec.Struct, frozen=True, gc=False, order=True, rename="camel"):
    """Round `round` of proposer `node`, written `3.n1`; `Ballot()` comes before all that are ever issued."""

    round: int = 0
    node: str = ""

    def __str__(self) -> str:
        return f"{self.round}.{self.node}" if self.round else "0"


def read_ballot(text: Any, members: tuple[str, ...]) -> Ballot:
    """A ballot as people write it: `"3.n1"`, or `0` for none. Raises ValueError for anything else."""
    if text in (0, "0"):
        return Ballot()
    number, _, node = str(text).partition(".")
    if not number.isascii() or not number.isdigit() or int(number) < 1 or node not in members:
        raise ValueError(f'a ballot is a round from 1 and a node, such as "1.{members[0]}", not {text!r}')
    return Ballot(int(number), node)
