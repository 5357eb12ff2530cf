"""Values that the trace does not take field by field, but as they say themselves."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import msgspec

_encode = msgspec.msgpack.Encoder().encode


class Traced:
    """An immutable value that neither JSON nor msgspec knows."""

    __slots__ = ()

    def traced(self) -> Any:
        """What a trace and a view hold in its place."""
        raise NotImplementedError


def digest64(*what: Any) -> int:
    """64 bits of plain values, the same in every process: sums of these tell large values apart."""
    return int.from_bytes(blake2b(_encode(what), digest_size=8).digest(), "big")


def total64(digest: int, more: int) -> int:
    """A sum of such, modulo 2^64."""
    return (digest + more) & (1 << 64) - 1
