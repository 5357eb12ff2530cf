"""What was published (Bailis et al., PBS, VLDB 2012, tables 3 and 4): the fits, and what came of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fit:
    """How long a write, its acknowledgement, a read and its answer take, as texts of delays; `far` is what
    one way between two sites takes longer, in milliseconds, where each replica is at a site of its own."""

    w: str
    a: str
    r: str
    s: str
    far: float = 0.0


FITS = {
    "lnkd-ssd": Fit("lnkd-ssd", "lnkd-ssd", "lnkd-ssd", "lnkd-ssd"),
    "lnkd-disk": Fit("lnkd-disk", "lnkd-ssd", "lnkd-ssd", "lnkd-ssd"),
    "ymmr": Fit("ymmr-w", "ymmr-ars", "ymmr-ars", "ymmr-ars"),
    "ymmr-3.5": Fit("93.9%pareto(3,3.5)+6.1%exp(0.0028)", "ymmr-ars", "ymmr-ars", "ymmr-ars"),
    "wan": Fit("lnkd-disk", "lnkd-ssd", "lnkd-ssd", "lnkd-ssd", far=75.0),
}

N = 3
Row = tuple[float, float, float]
PUBLISHED: dict[str, dict[tuple[int, int], Row]] = {
    "lnkd-ssd": {
        (1, 1): (0.66, 0.66, 1.85),
        (1, 2): (0.66, 1.63, 1.79),
        (2, 1): (1.63, 0.65, 0.0),
        (2, 2): (1.62, 1.64, 0.0),
    },
    "lnkd-disk": {
        (1, 1): (0.66, 10.99, 45.5),
        (1, 2): (0.65, 20.97, 43.3),
        (2, 1): (1.63, 10.9, 13.6),
        (2, 2): (1.64, 20.96, 0.0),
    },
    "ymmr": {
        (1, 1): (5.58, 10.83, 1364.0),
        (1, 2): (5.61, 427.12, 1352.0),
        (2, 1): (32.6, 10.73, 202.0),
        (2, 2): (33.18, 428.11, 0.0),
    },
    "wan": {
        (1, 1): (3.4, 55.12, 113.0),
        (1, 2): (3.4, 167.64, 0.0),
        (2, 1): (151.3, 56.36, 30.2),
        (2, 2): (151.31, 167.72, 0.0),
    },
}
PUBLISHED["ymmr-3.5"] = PUBLISHED["ymmr"]
"""By R and W: the 99.9th percentiles of a read's and a write's latency, and after how long 99.9 % of reads
are fresh, in milliseconds, for three replicas. The shape 3.35 that is printed for Yammer's writes gives
those figures less well than 3.5 does."""

TOLERANCES = {"read": (-0.03, 0.03), "write": (-0.03, 0.03), "t": (-0.05, 0.20)}
"""How far the figures of somebody else's trials may be from those."""
