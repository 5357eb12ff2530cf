"""Paxos under random faults: the laws hold whatever happens; and once the faults end, a value is chosen."""

from random import Random
from typing import Any

import pytest

from app.sim.config import ClusterConfig
from protocols.paxos_mutants import MUTANTS
from tests.sim.chaos import KINDS, Chaos

BOUND = 12_000_000
"""So long, in virtual time, may it take after the last fault until everybody knows."""


class PaxosChaos(Chaos):
    timers = ("retry", "learn")

    def operation(self, client: str) -> str:
        return f"propose v{self.rng.randint(1, 99)}"


def random_paxos(rng: Random, **fixed: Any) -> ClusterConfig:
    """Three to seven nodes, roles shared or not, switches as chance has it."""
    nodes = [f"n{i}" for i in range(1, rng.randint(3, 7) + 1)]
    options: dict[str, Any] = {name: rng.random() < 0.5 for name in ("nacks", "distinguishedLearner")}
    options["inquiry"] = "500ms..1500ms"
    if rng.random() < 0.5:
        for role, least in (("proposers", 2), ("acceptors", 3), ("learners", 1)):
            options[role] = rng.sample(nodes, rng.randint(least, len(nodes)))
    values: dict[str, Any] = {
        "services": ["paxos"],
        "nodes": nodes,
        "clients": 3,
        "seed": rng.randrange(2**31),
        "options": {"paxos": options},
        "disk": {"latency": rng.choice([None, None, "2ms..9ms"])},
    }
    return ClusterConfig.model_validate(values | fixed)


def known(chaos: Chaos) -> list[str | None]:
    """What each learner and each answered client knows; None for one that does not."""
    processes = chaos.sim.cluster.processes
    found = [p.state.learned for p in processes if p.service == "paxos" and "learner" in p.state.roles]
    for p in processes:
        if p.service == "client":
            found.append(p.state.answers[-1].result if p.state.pending is None else None)
    return found


def suffer_and_recover(seed: object, kinds: tuple[str, ...] | None = None) -> None:
    rng = Random(repr(seed))
    chaos = PaxosChaos(random_paxos(rng), rng, kinds)
    chaos.run(60)
    assert not chaos.broken, (chaos.broken, chaos.kinds, chaos.commands)
    chaos.calm()
    for client in chaos.clients:
        chaos.do(f"request {client} propose late at {chaos.node()}")
    healed = chaos.sim.now
    while None in known(chaos):
        assert chaos.sim.now < healed + BOUND, (chaos.kinds, chaos.sim.config.options, chaos.commands)
        chaos.sim.advance(chaos.sim.now + 200_000)
    assert not chaos.broken
    assert len(set(known(chaos))) == 1


@pytest.mark.parametrize("seed", range(40))
def test_laws_hold_under_random_faults_and_a_value_is_chosen_after_them(seed: int) -> None:
    suffer_and_recover(seed)


@pytest.mark.parametrize("kind", KINDS)
def test_one_kind_of_fault_alone(kind: str) -> None:
    suffer_and_recover(f"only {kind}", (kind,))


@pytest.mark.parametrize("mutant", ["paxos-ignores-reported-value", "paxos-promise-lost"])
def test_random_faults_find_bugs(mutant: str) -> None:
    """What the tests above would see: the same faults, with a bug, break its law within a few runs."""
    for seed in range(60):
        rng = Random(f"{mutant}/{seed}")
        chaos = PaxosChaos(random_paxos(rng, mutants={"paxos": mutant}), rng)
        chaos.run(60)
        if MUTANTS[mutant][1] in chaos.broken:
            return
    pytest.fail("no run broke a law")
