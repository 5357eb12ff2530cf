"""A token bucket: so many at once, so many a second in the long run."""

import time

MOST = 10_000
"""Addresses that are remembered, before those that have been quiet are forgotten."""


class Bucket:
    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = float(burst)
        self._filled = time.monotonic()

    def take(self) -> bool:
        """Whether one more may pass now. What is refused costs a token too, down to one burst below zero."""
        now = time.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._filled) * self._rate)
        self._filled = now
        self._tokens = max(self._tokens - 1, -float(self._burst))
        return self._tokens >= 0

    @property
    def empty(self) -> bool:
        """Nobody more may pass just now."""
        return self._tokens + (time.monotonic() - self._filled) * self._rate < 1

    @property
    def exhausted(self) -> bool:
        """Far beyond what could be a mistake."""
        return self._tokens <= -self._burst

    @property
    def full(self) -> bool:
        return self._tokens + (time.monotonic() - self._filled) * self._rate >= self._burst


class Buckets:
    """One for each address."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate, self._burst = rate, burst
        self._of: dict[str, Bucket] = {}

    def of(self, address: str) -> Bucket:
        if len(self._of) > MOST:
            self._of = {who: bucket for who, bucket in self._of.items() if not bucket.full}
        return self._of.setdefault(address, Bucket(self._rate, self._burst))
