"""Every protocol at work on five nodes: what recording and judging cost, and the pace against a bare heap.

A client works steadily, as the protocol's own `workload` says; events are let go in batches, as a room does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from app.sim.build import build
from app.sim.cluster import FOREVER, Record
from app.sim.commands import parse
from app.sim.config import read_config
from app.sim.interventions import execute
from benchmarks.kernel import bare_heap
from benchmarks.measure import Ratio, rates
from protocols.law import Laws
from protocols.registry import PROTOCOLS

EVENTS = 20_000
EVERY = "50ms"


def at_work(service: str, record: Record, judged: bool = True) -> Callable[[], int]:
    """A run of `service`; without `judged` no law looks at it."""

    def run() -> int:
        cluster = build(read_config({"seed": 7, "services": [service]}), record)
        if not judged:
            cluster.laws = {name: Laws() for name in cluster.laws}
        execute(cluster, parse(f"load c1 {EVERY}"))
        while cluster.seq < EVENTS:
            cluster.run(FOREVER, cluster.seq + 500)
            cluster.events = []
        return cluster.seq

    return run


def report(services: Iterable[str] = PROTOCOLS) -> list[Ratio]:
    ratios = []
    for service in services:
        found = rates(
            {
                "heap": bare_heap,
                "full": at_work(service, "full"),
                "unjudged": at_work(service, "full", judged=False),
                "traffic": at_work(service, "traffic"),
                "none": at_work(service, "none"),
            }
        )
        ratios += [
            Ratio(
                f"{service}: traffic recorded / bare heap loop",
                found["traffic"] / found["heap"],
                None,
                True,
                ", ".join(f"{name} {rate:,.0f}/s" for name, rate in found.items()),
            ),
            Ratio(f"{service}: recording on / off", found["traffic"] / found["none"], 0.60, True),
            Ratio(f"{service}: laws on / off", found["full"] / found["unjudged"], 0.70, True),
        ]
    return ratios
