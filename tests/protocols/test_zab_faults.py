"""ZAB under random faults: its laws hold whatever happens; and once the faults end, work goes on."""

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.sim.config import ClusterConfig
from app.sim.trace import Event
from protocols.zab.mutants import MUTANTS
from tests.sim.chaos import KINDS, Chaos, assert_found


class ZabChaos(Chaos):
    timers = ("notification", "silence", "tick", "connect")

    def operation(self, client: str) -> str:
        """Mostly writes that count themselves; the others must not disturb them."""
        return self.rng.choice([f"add {client} 1"] * 4 + [f"get {client}", "sync"])

    def recovered(self) -> bool:
        """One established leader, all that can join it have, the same state everywhere, no client waiting.

        A server that has accepted a later epoch, of a leader that never was, cannot join an established one
        (as in ZooKeeper, until the next election).
        """
        leaders = [s for s in self.states("zab") if s.role == "leading" and s.phase == "broadcast"]
        if len(leaders) != 1 or any(c.pending or c.waiting for c in self.customers):
            return False
        leader = leaders[0]
        able = [s for s in self.states("zab") if s.accepted_epoch <= leader.current_epoch]
        return all(s.phase == "broadcast" and s.data == leader.data for s in able)


def zab_config(rng: Random, **fixed: Any) -> ClusterConfig:
    """Three to seven servers, some of them observers, small logs and frequent snapshots."""
    nodes = rng.randint(3, 7)
    observers = [f"n{n}" for n in range(1, nodes + 1)][: rng.choice([0, 0, 0, nodes - 3])]
    options = {
        "committedLog": rng.choice([1, 2, 5, 500]),
        "snapshotEvery": rng.choice([1, 3, 10, 500]),
        "snapshotSizeFactor": rng.choice([0, 0.33, 5]),
        "observers": observers,
        "resendLimit": "1s",
    }
    values: dict[str, Any] = {
        "services": ["zab"],
        "nodes": nodes,
        "clients": 2,
        "seed": rng.randrange(2**31),
        "options": {"zab": options},
        "disk": {"latency": rng.choice([None, None, "2ms..9ms"])},
    }
    return ClusterConfig.model_validate(values | fixed)


def suffer_and_recover(seed: object, kinds: tuple[str, ...] | None = None, **fixed: Any) -> None:
    rng = Random(repr(seed))
    chaos = ZabChaos(zab_config(rng, **fixed), rng, kinds)
    chaos.suffer_and_recover()
    check_history(chaos)


def check_history(chaos: Chaos) -> None:
    """Each client's additions were executed once each, in order: every answer was the next number."""
    events = chaos.sim.cluster.events
    leader = next(s for s in chaos.states("zab") if s.role == "leading")
    for client in chaos.clients:
        added = answers(events, client)
        assert added == [str(n) for n in range(1, len(added) + 1)]
        assert leader.data[client] == added[-1]


def answers(events: list[Event], client: str) -> list[Any]:
    told = [data for e in events if e.node == client for rule, data in e.why if rule == "answered"]
    return [data["result"] for data in told if data["op"].op == "add"]


@pytest.mark.parametrize("seed", range(10))
def test_laws_hold_under_random_faults_and_work_goes_on_after_them(seed: int) -> None:
    suffer_and_recover(seed)


@pytest.mark.parametrize("kind", KINDS)
def test_one_kind_of_fault_alone(kind: str) -> None:
    suffer_and_recover(f"only {kind}", (kind,))


@given(st.integers(0, 2**40), st.sets(st.sampled_from(KINDS), min_size=1))
@settings(max_examples=10)
def test_any_faults(seed: int, kinds: set[str]) -> None:
    suffer_and_recover(seed, tuple(sorted(kinds)))


@pytest.mark.parametrize("mutant", ["zab-takes-packets-as-they-come", "zab-epoch-not-raised"])
def test_random_faults_find_bugs(mutant: str) -> None:
    config: dict[str, Any] = {"mutants": {"zab": mutant}, "nodes": 5, "options": {}}
    assert_found(MUTANTS[mutant][1], mutant, lambda rng: ZabChaos(zab_config(rng, **config), rng))
