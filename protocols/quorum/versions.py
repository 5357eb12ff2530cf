"""Versions of a key (section 4.4): vector clocks and siblings, or simply the last write.

A vector clock has one counter for each node that has coordinated a write: a clock covers a write whose number
at its node it has reached. Each version is stamped with its own write and carries, as its `past`, the clock
of what its writer had seen: what that covers is replaced. Keeping the two apart tells even two writes by the
same coordinator apart (Preguiça et al., "Dotted version vectors", 2010), which Dynamo's plain clocks cannot.

A clock stands for *all* writes of a node up to its counter. That is only true as long as versions travel
together with their siblings: nodes and clients always exchange the whole set that they have of a key.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

How = Literal["vector-clock", "last-write-wins"]
Clock = tuple[tuple[str, int], ...]
"""(node, counter), sorted by node."""


class Stamp(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Which write made a version: the coordinator, its number there, and the time on the coordinator."""

    node: str
    counter: int
    at: int


class Version(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A value, the write that made it, what that write replaces, and who asked for it."""

    value: str
    stamp: Stamp
    past: Clock = ()
    client: str = ""
    serial: int = 0


Versions = tuple[Version, ...]
"""What a node has of a key: nothing, a version, or several that are concurrent (siblings)."""


def join(clocks: Iterable[Clock]) -> Clock:
    """The least clock that covers all that these cover."""
    counters: dict[str, int] = {}
    for clock in clocks:
        for node, counter in clock:
            counters[node] = max(counter, counters.get(node, 0))
    return tuple(sorted(counters.items()))


def covers(clock: Clock, stamp: Stamp) -> bool:
    """Whether that write is in this clock's past."""
    return any(node == stamp.node and counter >= stamp.counter for node, counter in clock)


def clock_of(versions: Versions) -> Clock:
    """The vector clock of what is held: its writes, and all that they replaced."""
    return join(clock for v in versions for clock in (v.past, ((v.stamp.node, v.stamp.counter),)))


def order(stamp: Stamp) -> tuple[int, str, int]:
    """The order of last-write-wins: by time, ties by node."""
    return stamp.at, stamp.node, stamp.counter


def merge(how: How, *sets: Versions) -> Versions:
    """What is left of several sets of versions of one key: syntactic reconciliation (section 4.4)."""
    known = {(v.stamp.node, v.stamp.counter): v for versions in sets for v in versions}
    if how == "last-write-wins":
        return (max(known.values(), key=lambda v: order(v.stamp)),) if known else ()
    past = join(v.past for v in known.values())
    return tuple(known[dot] for dot in sorted(known) if not covers(past, known[dot].stamp))


def includes(how: How, versions: Versions, stamp: Stamp) -> bool:
    """Whether `versions` hold this write, or something that replaced it."""
    if how == "last-write-wins":
        return any(order(v.stamp) >= order(stamp) for v in versions)
    return covers(clock_of(versions), stamp)


def includes_all(how: How, versions: Versions, stamps: Iterable[Stamp]) -> bool:
    return all(includes(how, versions, stamp) for stamp in stamps)


def stamps_of(versions: Versions) -> tuple[Stamp, ...]:
    return tuple(v.stamp for v in versions)


def spoken(versions: Versions) -> str | None:
    """The value, or all of them where there are siblings; None where there is none."""
    return " | ".join(v.value for v in versions) if versions else None
