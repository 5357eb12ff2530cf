"""The network: one-way links, each with its own delay, loss and stream of chance, and what is cut.

A delay is a span, from which whole microseconds are drawn evenly, or a distribution (app/sim/delays.py); some
kinds of messages may have another than the rest.

Links are one-way, so a cut may be too; groups of a partition may overlap, so reachability need not be
transitive.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.sim.chance import BLOCK, Stream
from app.sim.delays import Delay
from protocols.actor import Span


def keeps_apart(groups: Sequence[Sequence[str]], a: str, b: str) -> bool:
    """Both are in groups of the partition, and in none together."""
    mine = [g for g in groups if a in g]
    return bool(mine) and any(b in g for g in groups) and not any(b in g for g in mine)


class Link(Stream):
    """The way from `src` to `dst`, with the stream of chance that decides what happens on it."""

    __slots__ = (
        "closed", "cut", "delays", "dst", "duplicate", "fifo", "high", "kinds", "last", "law", "loss", "low",
        "plain", "src",
    )  # fmt: skip

    def __init__(self, src: str, dst: str, delay: Span | Delay, seed: int) -> None:
        super().__init__(seed, f"link/{src}/{dst}")
        self.src = src
        self.dst = dst
        self.delays: tuple[int, ...] = ()
        """What each word of the present block means as a delay."""
        self.kinds: Mapping[str, Span | Delay] = {}
        """The kinds of messages that take another time than the rest."""
        self.set_delay(delay)
        self.loss = 0.0
        self.duplicate = 0.0
        self.fifo = False
        self.last = 0
        """When the latest message so far arrives: with `fifo`, none overtakes it."""
        self.cut = False
        self.closed = False
        """Cut, or severed by the partition."""
        self.plain = True
        """Nothing to think about: open, no loss, no duplicates, any order, no rule about messages, and all
        kinds of them are alike."""

    def set_delay(self, delay: Span | Delay) -> None:
        """For all kinds of messages."""
        self.law = delay
        self.low, self.high = (delay.low, delay.high) if isinstance(delay, Span) else (0, 1)
        self.kinds = {}
        self._weigh()

    def set_kind(self, kind: str, delay: Span | Delay) -> None:
        self.kinds = {**self.kinds, kind: delay}

    def refresh(self, severed: bool, ruled: bool) -> None:
        """Recompute what follows from the settings."""
        self.closed = self.cut or severed
        self.plain = not (self.closed or self.loss or self.duplicate or self.fifo or ruled or self.kinds)

    def delay(self) -> int:
        """How long the next message takes: as `between` draws it, but worked out for a whole block."""
        if self.low == self.high:
            return self.low
        at = self.at
        if at == BLOCK:
            self._refill()
            at = 0
        self.at = at + 1
        return self.delays[at]

    def delay_of(self, kind: str) -> int:
        """How long the next message takes, which is of that kind."""
        law = self.kinds.get(kind)
        if law is None:
            return self.delay()
        return self.between(law.low, law.high) if isinstance(law, Span) else law.micros(self.word())

    def in_order(self, arrives: int) -> int:
        """With `fifo`, no message overtakes the one before it."""
        if self.fifo:
            arrives = self.last = max(arrives, self.last)
        return arrives

    def _refill(self) -> None:
        super()._refill()
        self._weigh()

    def _weigh(self) -> None:
        if isinstance(self.law, Delay):
            self.delays = tuple(map(self.law.micros, self.words))
            return
        low, width = self.low, self.high - self.low + 1
        self.delays = tuple([low + (word * width >> 32) for word in self.words])

    def copy(self) -> Link:
        twin = Link.__new__(Link)
        twin.name, twin.block, twin.at, twin.words = self.name, self.block, self.at, self.words
        twin.src, twin.dst, twin.delays = self.src, self.dst, self.delays
        twin.law, twin.kinds = self.law, self.kinds
        twin.low, twin.high, twin.loss, twin.duplicate = self.low, self.high, self.loss, self.duplicate
        twin.fifo, twin.last, twin.cut = self.fifo, self.last, self.cut
        twin.closed, twin.plain = self.closed, self.plain
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
        """The partition keeps `a` from `b`."""
        return keeps_apart(self.groups, a, b)

    def forget(self, name: str) -> None:
        """This endpoint is gone, with its links and its place in the groups."""
        del self.links[name]
        for row in self.links.values():
            row.pop(name, None)
        groups = (tuple(other for other in group if other != name) for group in self.groups)
        self.groups = tuple(group for group in groups if group)

    def refresh(self) -> None:
        """Recompute what follows from the settings."""
        self.ruled = self.manual or bool(self.rules)
        for link in self.each("*", "*"):
            link.refresh(self.severed(link.src, link.dst), self.ruled)

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
