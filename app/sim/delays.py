"""How long messages take, where a span does not say it: distributions as people write them.

    5ms    5ms..10ms    exp(0.183)    pareto(1.05,1.51)    lnkd-disk
    38%pareto(1.05,1.51)+62%exp(0.183)    75ms+lnkd-disk

Numbers in brackets are for milliseconds: the rate of an exponential distribution; least value and shape of a
Pareto distribution. Shares add up to 100 %; a time in front is added to every draw. The browser reads the
same texts (static/js/quorum/distributions.js).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from app.sim.errors import Refused
from app.sim.units import FACTORS, micros, span, spoken_span
from protocols.actor import Span

NAMES = {
    "lnkd-ssd": "91.22%pareto(0.235,10)+8.78%exp(1.66)",
    "lnkd-disk": "38%pareto(1.05,1.51)+62%exp(0.183)",
    "ymmr-w": "93.9%pareto(3,3.35)+6.1%exp(0.0028)",
    "ymmr-ars": "98.2%pareto(1.5,3.8)+1.8%exp(0.0217)",
}
"""The published fits (Bailis et al., PBS, VLDB 2012, table 3)."""

LONGEST = 3_600_000.0
"""Milliseconds: no message takes longer than an hour."""
_SHARE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,9})?)%(.+)")
_CALL = re.compile(r"(pareto|exp)\(([^()]*)\)")
_NUMBER = re.compile(r"[0-9]*\.?[0-9]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Part:
    """This share of all draws is `pareto` of least value `a` and shape `b`, `exp` of rate `a`, or `uniform`
    from `a` to `b`.
    """

    share: float
    kind: Literal["pareto", "exp", "uniform"]
    a: float
    b: float = 0.0

    def at_most(self, left: float) -> float:
        """The milliseconds that a share `left` of its draws exceeds."""
        if self.kind == "pareto":
            return self.a * math.pow(left, -1 / self.b)
        if self.kind == "exp":
            return -math.log(left) / self.a
        return self.a + (self.b - self.a) * (1 - left)


@dataclass(frozen=True, slots=True)
class Delay:
    """A distribution of delays, and the text that it was written as."""

    text: str
    parts: tuple[Part, ...]
    shift: float = 0.0

    def quantile(self, u: float) -> float:
        """The milliseconds within which a share `u` of all messages arrives (part after part: one chance says
        which part it is, and how late within it)."""
        for part in self.parts[:-1]:
            if u < part.share:
                break
            u -= part.share
        else:
            part = self.parts[-1]
        left = max(1 - u / part.share, 2.0**-53)
        return min(self.shift + part.at_most(left), LONGEST)

    def micros(self, word: int) -> int:
        """A random word of 32 bits as a delay in whole microseconds."""
        return round(1_000 * self.quantile((word + 0.5) / 2**32))

    def __str__(self) -> str:
        return self.text


def read_link_delay(text: str) -> Span | Delay:
    """What a link's delay is: a span as ever, or a distribution. Raises Refused."""
    return span(text) if text[:1].isdigit() and not set(text) & set("%+") else read_delay(text)


def spoken_delay(text: str) -> str:
    """The same in its shortest form. Raises Refused."""
    found = read_link_delay(text)
    return spoken_span(found) if isinstance(found, Span) else str(found)


def read_delay(text: str) -> Delay:
    """Raises Refused, saying what would be right."""
    said = re.sub(r"\s+", "", text.lower())
    shift, terms = _split(said)
    named = NAMES.get(terms[0]) if len(terms) == 1 else None
    parts = tuple(_part(term, text) for term in (named.split("+") if named else terms))
    total = sum(part.share for part in parts)
    if abs(total - 1) > 1e-6:
        raise Refused("delay-shares", text=text, sum=f"{100 * total:.7g}")
    return Delay(said, parts, shift)


def _split(said: str) -> tuple[float, list[str]]:
    """The time in front, if there is one, and what comes after it."""
    first, plus, rest = said.partition("+")
    if plus and re.fullmatch(r"[0-9.]+[a-zµ]+", first):
        return _milliseconds(first), rest.split("+")
    return 0.0, said.split("+")


def _part(term: str, text: str) -> Part:
    match = _SHARE.fullmatch(term)
    share, what = (float(match[1]) / 100, match[2]) if match else (1.0, term)
    call = _CALL.fullmatch(what)
    if call and share:
        return _called(share, call)
    if not what[:1].isdigit() or not share:
        raise Refused("delay-form", text=text, known=", ".join(NAMES))
    found = span(what)
    return Part(share, "uniform", found.low / FACTORS["ms"], found.high / FACTORS["ms"])


def _called(share: float, call: re.Match[str]) -> Part:
    values = [float(v) if _NUMBER.fullmatch(v) else math.nan for v in call[2].split(",")]
    wanted = 1 if call[1] == "exp" else 2
    right = len(values) == wanted and all(1e-6 <= v <= 1e6 for v in values)
    if not right or (wanted == 2 and values[1] < 0.1):
        raise Refused("delay-parameters", text=call[0])
    return Part(share, "exp" if wanted == 1 else "pareto", *values)


def _milliseconds(text: str) -> float:
    return micros(text) / FACTORS["ms"]
