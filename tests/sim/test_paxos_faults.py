"""Paxos under random faults: the laws hold whatever happens; and once the faults end, a value is chosen."""

from random import Random
from typing import Any

import pytest

from app.sim.config import ClusterConfig
from protocols.paxos_mutants import MUTANTS
from tests.sim.chaos import KINDS, Chaos, assert_found


class PaxosChaos(Chaos):
    timers = ("retry", "learn")
    rounds = 60
    bound = 12_000_000

    def operation(self, client: str) -> str:
        return f"propose v{self.rng.randint(1, 99)}"

    def ask_again(self) -> None:
        for client in self.clients:
            self.do(f"request {client} propose late at {self.node()}")

    def recovered(self) -> bool:
        return None not in self.known()

    def known(self) -> list[str | None]:
        """What each learner and each answered client knows; None for one that does not."""
        learners = [s.learned for s in self.states("paxos") if "learner" in s.roles]
        return learners + [c.answers[-1].result if c.pending is None else None for c in self.customers]


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


def suffer_and_recover(seed: object, kinds: tuple[str, ...] | None = None) -> None:
    rng = Random(repr(seed))
    chaos = PaxosChaos(random_paxos(rng), rng, kinds)
    chaos.suffer_and_recover()
    assert len(set(chaos.known())) == 1


@pytest.mark.parametrize("seed", range(14))
def test_laws_hold_under_random_faults_and_a_value_is_chosen_after_them(seed: int) -> None:
    suffer_and_recover(seed)


@pytest.mark.parametrize("kind", KINDS)
def test_one_kind_of_fault_alone(kind: str) -> None:
    suffer_and_recover(f"only {kind}", (kind,))


@pytest.mark.parametrize("mutant", ["paxos-ignores-reported-value", "paxos-promise-lost"])
def test_random_faults_find_bugs(mutant: str) -> None:
    config = {"mutants": {"paxos": mutant}}
    assert_found(MUTANTS[mutant][1], mutant, lambda rng: PaxosChaos(random_paxos(rng, **config), rng))
