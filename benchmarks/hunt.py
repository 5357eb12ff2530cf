"""Random schedules against every protocol: how soon each seeded bug is caught, and that right ones never are.

`python -m benchmarks hunt` takes its time (ten thousand schedules for each right protocol) and is not part of
`make bench`; `python -m benchmarks.hunt SCHEDULES SEEDS [SERVICE…]` takes other numbers. A schedule is a run
with faults at random times, as the property tests have them (`tests/sim/`).
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Iterator
from multiprocessing import Pool
from random import Random
from typing import Any

from benchmarks.measure import Ratio
from protocols.registry import PROTOCOLS
from tests.protocols.test_zab_faults import ZabChaos, zab_config
from tests.sim.chaos import KINDS, Chaos
from tests.sim.commit_chaos import commit_config
from tests.sim.raft_chaos import RaftChaos, raft_config
from tests.sim.test_multi_paxos_faults import MultiPaxosChaos, random_multi_paxos
from tests.sim.test_paxos_faults import PaxosChaos, random_paxos
from tests.sim.test_three_phase_faults import CRASHES, ThreePhaseChaos
from tests.sim.test_two_phase_faults import MODES, TwoPhaseChaos

Swarm = Callable[[Random, dict[str, Any]], Chaos]


def raft(rng: Random, fixed: dict[str, Any]) -> Chaos:
    kinds = tuple(k for k in KINDS if rng.random() < 0.5) or ("crash",)
    return RaftChaos(raft_config(rng, kinds, **fixed), rng, kinds)


def two_phase(rng: Random, fixed: dict[str, Any]) -> Chaos:
    return TwoPhaseChaos(commit_config("2pc", rng, rng.choice(MODES), **fixed), rng)


def three_phase(rng: Random, fixed: dict[str, Any]) -> Chaos:
    """Every fault where quorums decide; crashes alone where time-outs do, which promise no more."""
    termination = rng.choice(["course", "elected", "quorum"])
    kinds = None if termination == "quorum" else CRASHES
    return ThreePhaseChaos(commit_config("3pc", rng, {"termination": termination}, **fixed), rng, kinds)


SWARMS: dict[str, Swarm] = {
    "2pc": two_phase,
    "3pc": three_phase,
    "paxos": lambda rng, fixed: PaxosChaos(random_paxos(rng, **fixed), rng),
    "multi-paxos": lambda rng, fixed: MultiPaxosChaos(random_multi_paxos(rng, **fixed), rng),
    "raft": raft,
    "zab": lambda rng, fixed: ZabChaos(zab_config(rng, **fixed), rng),
}
"""For each protocol: a cluster as chance has it, and what is done to it."""

SCHEDULES = 10_000
SEEDS = 20
PATIENCE = 200
"""After so many schedules a bug counts as not found."""
ROUNDS = 60
BATCH = 100


def broken_laws(service: str, mutant: str, seed: str) -> list[str]:
    """The laws that one random schedule breaks."""
    rng = Random(seed)
    fixed: dict[str, Any] = {"mutants": {service: mutant}} if mutant else {}
    chaos = SWARMS[service](rng, fixed)
    chaos.run(ROUNDS, until=lambda: bool(chaos.broken))
    return chaos.broken


def schedules_until_caught(job: tuple[str, str, int]) -> int:
    """How many schedules it takes from this seed on; one more than `PATIENCE` when that is not enough."""
    service, mutant, seed = job
    tries = range(1, PATIENCE + 1)
    return next((n for n in tries if broken_laws(service, mutant, f"{seed}/{n}")), PATIENCE + 1)


def false_alarms(job: tuple[str, int]) -> list[str]:
    """Of a batch of schedules, those on which the right protocol broke a law: none, or a bug of ours."""
    service, first = job
    return [f"{service} {n}" for n in range(first, first + BATCH) if broken_laws(service, "", f"right/{n}")]


def hunt(schedules: int, seeds: int, services: list[str]) -> Iterator[Ratio]:
    with Pool(2) as pool:
        for service in services:
            jobs = [(service, first) for first in range(0, schedules, BATCH)]
            alarms = [alarm for batch in pool.imap_unordered(false_alarms, jobs) for alarm in batch]
            name = f"{service}: schedules of {len(jobs) * BATCH} on which a law of the right protocol broke"
            yield Ratio(name, len(alarms), 0, False, ", ".join(alarms[:5]))
            for mutant, (_, law) in PROTOCOLS[service].mutants.items():
                if law:
                    took = pool.map(schedules_until_caught, [(service, mutant, s) for s in range(seeds)], 1)
                    missed = sum(n > PATIENCE for n in took)
                    detail = f"most {max(took)}" + (f"; not found from {missed} seeds" if missed else "")
                    name = f"{service}: {mutant}: median of {seeds} seeds"
                    yield Ratio(name, statistics.median(took), None, False, detail)


def report() -> Iterator[Ratio]:
    return hunt(SCHEDULES, SEEDS, list(SWARMS))


if __name__ == "__main__":
    for ratio in hunt(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:] or list(SWARMS)):
        print(ratio, flush=True)
