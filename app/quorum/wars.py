"""WARS (Bailis et al., PBS, VLDB 2012, section 5.1) in blocks: how stale and how slow quorums are.

In each trial a replica draws how long the write takes to it (W), its acknowledgement (A), a later read (R)
and its answer (S). The write returns with the w-th smallest W + A. A read sent t later meets the new version
where wt + t + R >= W, and takes the r fastest R + S: it is fresh from t = min(W - R) - wt over those on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.quorum.formulas import check
from app.quorum.published import Fit
from app.sim.delays import Delay, read_delay

BLOCK = 20_000
"""Trials at a time: these arrays stay in the processor's cache."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Outcomes:
    """What came of every trial, in milliseconds; sorted."""

    reads: Floats
    writes: Floats
    fresh: Floats
    """How long after the write a read is fresh from; below zero, from the start."""

    def percentiles(self, percents: tuple[float, ...]) -> tuple[list[float], list[float]]:
        """Of reads and of writes."""
        return [_at(self.reads, p) for p in percents], [_at(self.writes, p) for p in percents]

    def stale(self, t: float = 0.0) -> float:
        """The probability that a read sent `t` after the write returned is stale."""
        return 1 - float(np.searchsorted(self.fresh, t, "right")) / len(self.fresh)

    def within(self, share: float = 0.999) -> float:
        """How long after the write this share of reads is fresh."""
        return max(0.0, _at(self.fresh, 100 * share))


def _at(values: Floats, percent: float) -> float:
    return float(values[min(len(values) - 1, int(len(values) * percent / 100))])


class Trials:
    """What each trial drew for `n` replicas, put in order: all levels can be read from it."""

    def __init__(self, fit: Fit, n: int, trials: int, seed: int = 1) -> None:
        legs = [read_delay(text) for text in (fit.w, fit.a, fit.r, fit.s)]
        streams = np.random.default_rng(seed).spawn(-(-trials // BLOCK))
        blocks = [_block(legs, fit.far, n, rng) for rng in streams]
        self.n = n
        self.acked, self.answered, self.reached = map(np.concatenate, zip(*blocks, strict=True))

    def outcomes(self, w: int, r: int) -> Outcomes:
        """Raises Refused for levels that cannot be."""
        check(self.n, w, r)
        reads, writes = self.answered[:, r - 1], self.acked[:, w - 1]
        return Outcomes(np.sort(reads), np.sort(writes), np.sort(self.reached[:, r - 1] - writes))


def _block(legs: list[Delay], far: float, n: int, rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    """When the 1st, 2nd, … acknowledgement and answer are there, and when a write must have returned at the
    latest for the first 1, 2, … answers to be fresh."""
    write, ack, read, answer = (draw(leg, rng.random((BLOCK, n))) for leg in legs)
    if far:
        away, apart = (_ways(n, far, rng) for _ in range(2))
        write, ack, read, answer = write + away, ack + away, read + apart, answer + apart
    answered = read + answer
    order = np.argsort(answered, axis=1)
    reached = np.minimum.accumulate(np.take_along_axis(write - read, order, axis=1), axis=1)
    return np.sort(write + ack, axis=1), np.take_along_axis(answered, order, axis=1), reached


def _ways(n: int, far: float, rng: np.random.Generator) -> Floats:
    """One way from a coordinator at a random site to each of the replicas."""
    site = rng.integers(n, size=(BLOCK, 1))
    return np.where(site == np.arange(n), 0.0, far)


def draw(delay: Delay, u: Floats) -> Floats:
    """`Delay.quantile` for many at once."""
    found = np.empty_like(u)
    below = 0.0
    for i, part in enumerate(delay.parts):
        here = (u >= below) & ((u < below + part.share) if i < len(delay.parts) - 1 else True)
        left = np.maximum(1 - (u[here] - below) / part.share, 2.0**-53)
        if part.kind == "pareto":
            found[here] = part.a * left ** (-1 / part.b)
        elif part.kind == "exp":
            found[here] = -np.log(left) / part.a
        else:
            found[here] = part.a + (part.b - part.a) * (1 - left)
        below += part.share
    return found + delay.shift
