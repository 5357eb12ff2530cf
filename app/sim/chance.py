"""Chance from a seed: named streams of random numbers, the same on every machine and in every process.

Each link and each node draws from a stream of its own, so that an intervention in one place does not
reshuffle chance in another. A stream is one 64-bit word (SplitMix64: Steele, Lea & Flood, OOPSLA 2014), so
keeping a moment costs one integer a stream, where the standard library's generator would cost 625.
"""

from __future__ import annotations

import hashlib
import math

MASK = (1 << 64) - 1
GAMMA = 0x9E3779B97F4A7C15


class Stream:
    """A stream of random numbers; `state` is all there is to it."""

    __slots__ = ("state",)

    def __init__(self, state: int) -> None:
        self.state = state

    @classmethod
    def named(cls, seed: int, name: str) -> Stream:
        """The stream called `name` under `seed`."""
        digest = hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=8).digest()
        return cls(int.from_bytes(digest, "big"))

    def word(self) -> int:
        """A random 64-bit number."""
        self.state = z = (self.state + GAMMA) & MASK
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + (self.word() * (high - low + 1) >> 64)

    def happens(self, probability: float) -> bool:
        """True with `probability`; draws nothing when the answer is certain."""
        if probability <= 0.0:
            return False
        return probability >= 1.0 or self.word() < probability * 2.0**64

    def exponential(self, mean: float) -> int:
        """A whole number, exponentially distributed about `mean`."""
        return round(-mean * math.log1p(-self.word() / 2.0**64))

    def copy(self) -> Stream:
        return Stream(self.state)
