"""The ring (section 4.2): which nodes hold a key. It is the ring that the stage draws."""

from __future__ import annotations


def hash32(key: str) -> int:
    """FNV-1a: the same in every process, and in the browser (static/js/lenses/quorum.js)."""
    found = 2166136261
    for byte in key.encode():
        found = (found ^ byte) * 16777619 & 0xFFFFFFFF
    return found


def preference(key: str, members: tuple[str, ...]) -> tuple[str, ...]:
    """The preference list of a key (section 4.3): its home, then the others clockwise. The first N hold the
    key; who comes behind them stands in under a sloppy quorum."""
    home = hash32(key) % len(members)
    return members[home:] + members[:home]
