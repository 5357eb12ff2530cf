"""Quorums in closed form: of N replicas of a key, W must store a write and R must answer a read."""

from __future__ import annotations

from math import comb

from app.sim.errors import Refused


def check(n: int, w: int, r: int) -> None:
    """Raises Refused for levels that cannot be."""
    if n < 1:
        raise Refused("nwr-replicas", value=n)
    for level, value in (("W", w), ("R", r)):
        if not 1 <= value <= n:
            raise Refused("nwr-level", level=level, value=value, n=n)


def overlap(n: int, w: int, r: int) -> int:
    """At least how many replicas a read shares with a completed write; 0 or less: none for certain."""
    return w + r - n


def available(n: int, level: int, p: float) -> float:
    """That at least `level` of `n` nodes are up, each of which is down with probability `p`."""
    return sum(comb(n, i) * (1 - p) ** i * p ** (n - i) for i in range(level, n + 1))


def missed(n: int, w: int, r: int, k: int = 1) -> float:
    """That a read of R random replicas sees none of the last `k` writes, when each is on W random replicas
    and spreads no further (PBS, section 3.1)."""
    return float((comb(n - w, r) / comb(n, r)) ** k)
