"""Durations as people write them (`250us`, `30ms`, `1.5s`, `5ms..10ms`) and as the simulator counts them."""

from __future__ import annotations

import re
from decimal import Decimal

from app.sim.errors import Refused
from protocols.actor import Span

FACTORS = {"us": 1, "µs": 1, "ms": 1_000, "s": 1_000_000, "min": 60_000_000, "h": 3_600_000_000}
LONGEST = 365 * 24 * FACTORS["h"]
_PATTERN = re.compile(r"([0-9]{1,14}(?:\.[0-9]{1,9})?)\s*(us|µs|ms|s|min|h)")


def micros(text: str) -> int:
    """`30ms` -> 30000. Raises Refused for what is no duration, or one over a year."""
    match = _PATTERN.fullmatch(text.strip())
    value = int(Decimal(match[1]) * FACTORS[match[2]]) if match else LONGEST + 1
    if value > LONGEST:
        raise Refused("duration", text=text)
    return value


def span(text: str) -> Span:
    """`5ms..10ms` or `5ms` -> Span. Raises Refused when an end is no duration, or the ends are the wrong
    way round.
    """
    low, dots, high = text.partition("..")
    found = Span(micros(low), micros(high) if dots else None)
    if found.high < found.low:
        raise Refused("span-reversed", text=text)
    return found


def spoken(value: int) -> str:
    """30000 -> `30ms`: the shortest exact way to write a duration."""
    for unit in ("s", "ms"):
        if value and value % FACTORS[unit] == 0:
            return f"{value // FACTORS[unit]}{unit}"
    if value >= 1_000 and value % 10 == 0:
        return f"{value // 1_000}.{value % 1_000:03}".rstrip("0") + "ms"
    return f"{value}us"


def spoken_span(value: Span) -> str:
    """The range as `span` reads it."""
    return spoken(value.low) if value.low == value.high else f"{spoken(value.low)}..{spoken(value.high)}"
