"""The simulator against a bare heap loop and against simpy: what recording, patches and laws cost."""

from __future__ import annotations

import random
from collections.abc import Callable, Generator
from heapq import heappop, heappush
from typing import Any

import simpy

from app.sim.build import build
from app.sim.cluster import FOREVER, Record
from app.sim.commands import parse
from app.sim.config import read_config
from app.sim.interventions import execute
from benchmarks.measure import Ratio, rates

EVENTS = 60_000


def bare_heap() -> int:
    """The limit: pop an event, push the next after a random delay; nothing else."""
    chance = random.Random(7)
    delays = [chance.randint(15_000, 25_000) for _ in range(1_024)]
    heap: list[tuple[int, int, int, int, int]] = [(delays[i], 1, i, i, 0) for i in range(32)]
    number = 32
    for _ in range(EVENTS):
        time, priority, _, what, index = heappop(heap)
        number += 1
        heappush(heap, (time + delays[number & 1_023], priority, number, what, index))
    return EVENTS


def simpy_ping() -> int:
    """The peer: two processes a pair, each waiting for a delay and then handing a message to the other."""
    env = simpy.Environment()
    seen = [0]

    def player(mine: Any, other: Any) -> Generator[Any, Any, Any]:
        while True:
            yield mine.get()
            seen[0] += 1
            yield env.timeout(20)
            yield other.put(1)

    for _ in range(10):
        a, b = simpy.Store(env), simpy.Store(env)
        env.process(player(a, b))
        env.process(player(b, a))
        a.put(1)
    while seen[0] < EVENTS // 4:
        env.step()
    return seen[0] * 2  # a sending and a delivery, as the simulator counts them


def raft(record: Record) -> Callable[[], int]:
    """Five servers and a client that writes twice a second, at work from round to round; events (sends,
    deliveries, timers that fire, saves) are let go in batches, as a room does."""
    cluster = build(read_config({"seed": 7}), record)
    execute(cluster, parse("load c1 500ms"))

    def run() -> int:
        first = cluster.seq
        while cluster.seq < first + EVENTS:
            cluster.run(FOREVER, cluster.seq + 500)
            cluster.events = []
        return cluster.seq - first

    return run


def share() -> float:
    """How many of a run's events are messages sent."""
    cluster = build(read_config({"seed": 7}))
    cluster.run(FOREVER, 5_000)
    return sum(e.kind == "send" for e in cluster.events) / len(cluster.events)


def report() -> list[Ratio]:
    found = rates(
        {
            "heap": bare_heap,
            "simpy": simpy_ping,
            "full": raft("full"),
            "traffic": raft("traffic"),
            "none": raft("none"),
        }
    )
    scale = ", ".join(f"{name} {rate:,.0f}/s" for name, rate in found.items())
    return [
        Ratio("Raft, traffic recorded / bare heap loop", found["traffic"] / found["heap"], 0.30, True, scale),
        Ratio("Raft, traffic recorded / simpy ping traffic", found["traffic"] / found["simpy"], 2.0, True),
        Ratio("messages a second / RaftScope's 131 000", found["none"] * share() / 131_000, None, True),
        Ratio("recording on / off", found["traffic"] / found["none"], 0.60, True),
        Ratio("patches, reasons and laws too / bare heap loop", found["full"] / found["heap"], 0.10, True),
    ]
