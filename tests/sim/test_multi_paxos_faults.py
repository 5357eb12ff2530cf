"""Multi-Paxos under random faults: the laws hold whatever happens; and once the faults end, work goes on."""

from collections import Counter
from random import Random
from typing import Any

import pytest

from app.sim.config import ClusterConfig
from protocols.multi_paxos_mutants import MUTANTS
from tests.sim.chaos import KINDS, Chaos, assert_found


class MultiPaxosChaos(Chaos):
    timers = ("election", "election", "heartbeat")

    def recovered(self) -> bool:
        """One leader that all follow, all logs the same and executed, nothing under way or waited for."""
        nodes = self.states("multi-paxos")
        leaders = [s for s in nodes if s.role == "leader"]
        return (
            len(leaders) == 1
            and not leaders[0].proposals
            and all(s.leader_id == leaders[0].leader_id for s in nodes)
            and all(s.log == leaders[0].log and s.executed == len(s.log) and not s.chosen for s in nodes)
            and all(c.pending is None and not c.waiting for c in self.customers)
        )


def random_multi_paxos(rng: Random, **fixed: Any) -> ClusterConfig:
    values: dict[str, Any] = {
        "services": ["multi-paxos"],
        "nodes": rng.randint(3, 7),
        "clients": 2,
        "seed": rng.randrange(2**31),
        "options": {"multi-paxos": {"batch": rng.choice([1, 2, 64])}},
        "disk": {"latency": rng.choice([None, None, "2ms..9ms"])},
    }
    return ClusterConfig.model_validate(values | fixed)


def suffer_and_recover(seed: object, kinds: tuple[str, ...] | None = None) -> None:
    rng = Random(repr(seed))
    chaos = MultiPaxosChaos(random_multi_paxos(rng), rng, kinds)
    chaos.suffer_and_recover()
    check_history(chaos)


def check_history(chaos: Chaos) -> None:
    """Each client added 1 to a counter of its own: every acknowledged request took effect exactly once."""
    for client, state in zip(chaos.clients, chaos.customers, strict=True):
        asked = sum(e.kind == "request" and e.node == client for e in chaos.sim.cluster.events)
        assert state.answered == asked
        for node in chaos.states("multi-paxos"):
            assert node.data[client] == str(asked)
            in_log = Counter(c.serial for c in node.log if c and c.client == client)
            assert set(in_log) == set(range(1, asked + 1))


@pytest.mark.parametrize("seed", range(14))
def test_laws_hold_under_random_faults_and_work_goes_on_after_them(seed: int) -> None:
    suffer_and_recover(seed)


@pytest.mark.parametrize("kind", KINDS)
def test_one_kind_of_fault_alone(kind: str) -> None:
    suffer_and_recover(f"only {kind}", (kind,))


@pytest.mark.parametrize("mutant", ["multi-paxos-ignores-reported-value", "multi-paxos-promise-lost"])
def test_random_faults_find_bugs(mutant: str) -> None:
    config = {"mutants": {"multi-paxos": mutant}}
    assert_found(
        MUTANTS[mutant][1], mutant, lambda rng: MultiPaxosChaos(random_multi_paxos(rng, **config), rng)
    )
