"""The network: one-way links, each with its own delay, loss and stream of chance, and what is cut.

Links are one-way, so a cut may be too; groups of a partition may overlap, so reachability need not be
transitive.
"""

from __future__ import annotations

from app.sim.chance import Stream
from protocols.actor import Span


class Link:
    """The way from `src` to `dst`."""

    __slots__ = (
        "closed", "cut", "dst", "duplicate", "fifo", "high", "last", "loss", "low", "plain", "src", "stream"
    )  # fmt: skip

    def __init__(self, src: str, dst: str, delay: Span, stream: Stream) -> None:
        self.src = src
        self.dst = dst
        self.low = delay.low
        self.high = delay.high
        self.loss = 0.0
        self.duplicate = 0.0
        self.fifo = False
        self.last = 0
        """When the latest message so far arrives: with `fifo`, none overtakes it."""
        self.cut = False
        self.closed = False
        """Cut, or severed by the partition."""
        self.plain = True
        """Nothing to think about: open, no loss, no duplicates, any order."""
        self.stream = stream

    def refresh(self, severed: bool) -> None:
        """Recompute what follows from the settings."""
        self.closed = self.cut or severed
        self.plain = not (self.closed or self.loss or self.duplicate or self.fifo)

    def arrival(self, now: int) -> int:
        """When a message sent now arrives."""
        at = now + self.stream.between(self.low, self.high)
        if self.fifo:
            at = self.last = max(at, self.last)
        return at

    def copy(self) -> Link:
        twin = Link.__new__(Link)
        for name in Link.__slots__:
            setattr(twin, name, getattr(self, name))
        twin.stream = self.stream.copy()
        return twin


class Network:
    """All links, and the condition they are in."""

    def __init__(self, links: dict[str, dict[str, Link]]) -> None:
        self.links = links
        self.groups: tuple[tuple[str, ...], ...] = ()
        self.rules: tuple[str, ...] = ()
        self.manual = False
        self.ruled = False
        """Some rule, or a person, decides about every message."""

    def each(self, src: str, dst: str) -> list[Link]:
        """The links from `src` to `dst`, in order; `*` is every endpoint."""
        sources = sorted(self.links) if src == "*" else [src]
        return [
            self.links[a][b]
            for a in sources
            for b in (sorted(self.links[a]) if dst == "*" else [dst])
            if b in self.links[a]
        ]

    def severed(self, a: str, b: str) -> bool:
        """The partition keeps `a` from `b`: both are in groups, and in none together."""
        mine = [g for g in self.groups if a in g]
        return bool(mine) and any(b in g for g in self.groups) and not any(b in g for g in mine)

    def refresh(self) -> None:
        """Recompute what follows from the settings."""
        self.ruled = self.manual or bool(self.rules)
        for link in self.each("*", "*"):
            link.refresh(self.severed(link.src, link.dst))

    def state(self) -> dict[str, object]:
        """The condition as the trace and the view have it."""
        return {
            "cut": [[link.src, link.dst] for link in self.each("*", "*") if link.closed],
            "groups": [list(g) for g in self.groups],
            "manual": self.manual,
            "rules": list(self.rules),
        }

    def copy(self) -> Network:
        twin = Network({a: {b: link.copy() for b, link in row.items()} for a, row in self.links.items()})
        twin.groups, twin.rules, twin.manual = self.groups, self.rules, self.manual
        twin.ruled = self.ruled
        return twin
