"""Chance from a seed: named streams of random numbers, the same on every machine and in every process.

Each link and each node draws from a stream of its own, so that an intervention in one place does not
reshuffle chance in another. A stream is the output of SHAKE-128 over its name, a block at a time: where it
stands is two small numbers, so keeping a moment of a run keeps its chance for next to nothing.
"""

from __future__ import annotations

import hashlib
import math
import struct

BLOCK = 64
"""Words a block."""
_UNPACK = struct.Struct(f">{BLOCK}I").unpack


class Stream:
    """A stream of 32-bit random words; `block` and `at` say where it stands."""

    __slots__ = ("at", "block", "name", "words")

    def __init__(self, seed: int, name: str) -> None:
        self.name = f"{seed}/{name}"
        self.block = -1
        self.at = BLOCK
        self.words: tuple[int, ...] = ()

    def word(self) -> int:
        """A random number of 32 bits."""
        at = self.at
        if at == BLOCK:
            self._refill()
            at = 0
        self.at = at + 1
        return self.words[at]

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included; draws nothing when they are the same."""
        if low == high:
            return low
        at = self.at
        if at == BLOCK:
            self._refill()
            at = 0
        self.at = at + 1
        return low + (self.words[at] * (high - low + 1) >> 32)

    def happens(self, probability: float) -> bool:
        """True with `probability`; draws nothing when the answer is certain."""
        if probability <= 0.0:
            return False
        return probability >= 1.0 or self.word() < probability * 2.0**32

    def exponential(self, mean: float) -> int:
        """A whole number, exponentially distributed about `mean`."""
        return round(-mean * math.log1p(-self.word() / 2.0**32))

    def copy(self) -> Stream:
        twin = Stream.__new__(Stream)
        twin.name, twin.block, twin.at, twin.words = self.name, self.block, self.at, self.words
        return twin

    def _refill(self) -> None:
        self.block += 1
        digest = hashlib.shake_128(f"{self.name}/{self.block}".encode()).digest(4 * BLOCK)
        self.words = _UNPACK(digest)
