"""Ballots: the proposal numbers of Paxos, all different and totally ordered; and how people write them.

"Different proposers choose their numbers from disjoint sets of numbers" ("Paxos Made Simple", section 2.5):
a ballot is a round and the node that issues it, and rounds are compared first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from protocols.key_value import Command


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


def read_value(item: Any) -> Command | None:
    """`"x=3"` is a command that puts 3 into x, `"no-op"` does nothing. Raises ValueError."""
    if item == "no-op":
        return None
    key, equals, value = str(item).partition("=")
    if not isinstance(item, str) or not equals or not key.strip():
        raise ValueError(f'a value is "x=3" or "no-op", not {item!r}')
    return Command("put", key.strip(), value.strip())


def read_accepted(items: Any, members: tuple[str, ...]) -> dict[int, tuple[Ballot, Command | None]]:
    """What was accepted, by slot. Raises ValueError."""
    if not isinstance(items, Mapping):
        raise ValueError("what was accepted is a table of slots")
    found = {}
    for slot, item in items.items():
        if not str(slot).isdigit() or int(slot) < 1:
            raise ValueError(f"a slot is a whole number from 1, not {slot!r}")
        if not isinstance(item, Mapping) or set(item) != {"ballot", "value"}:
            example = f'{{ ballot = "1.{members[0]}", value = "x=3" }}'
            raise ValueError(f"what was accepted in a slot is {example}, not {item!r}")
        found[int(slot)] = (read_ballot(item["ballot"], members), read_value(item["value"]))
    return found
