"""Raft under random faults: the laws hold whatever happens; and once the faults end, work goes on."""

from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.sim.trace import Event
from protocols.raft.mutants import MUTANTS
from tests.sim.chaos import KINDS, SWITCHES, Chaos, random_config

BOUND = 8_000_000
"""So long, in virtual time, may it take after the last fault until everybody has been answered."""


def servers(chaos: Chaos) -> list[Any]:
    return [p.state for p in chaos.sim.cluster.processes if p.service == "raft"]


def customers(chaos: Chaos) -> list[Any]:
    return [p.state for p in chaos.sim.cluster.processes if p.service == "client"]


def recovered(chaos: Chaos) -> bool:
    """One leader that all follow, all logs the same, all applied, and no client waiting."""
    states = servers(chaos)
    leaders = [s for s in states if s.role == "leader"]
    return (
        len(leaders) == 1
        and all(s.leader_id == leaders[0].leader_id for s in states)
        and all(s.log == leaders[0].log and s.last_applied == s.log.last_index for s in states)
        and all(c.pending is None and not c.waiting for c in customers(chaos))
    )


def suffer_and_recover(seed: object, kinds: tuple[str, ...] | None = None, **fixed: Any) -> Chaos:
    rng = Random(seed) if isinstance(seed, int | str) else Random(repr(seed))
    chaos = Chaos(random_config(rng, **fixed), rng, kinds)
    chaos.run(70)
    assert not chaos.broken, (chaos.broken, chaos.kinds, chaos.commands)
    chaos.calm()
    for client in chaos.clients:
        chaos.do(f"request {client} add {client} 1")
    healed = chaos.sim.now
    while not recovered(chaos):
        assert chaos.sim.now < healed + BOUND, (chaos.kinds, chaos.sim.config.options, chaos.commands)
        chaos.sim.advance(chaos.sim.now + 200_000)
    assert not chaos.broken
    check_history(chaos)
    return chaos


def check_history(chaos: Chaos) -> None:
    """Each client added 1 to a counter of its own: it stands at the number of its requests, and each answer
    was the next number. So every acknowledged request took effect exactly once, and in order.
    """
    events = chaos.sim.cluster.events
    for client, state in zip(chaos.clients, customers(chaos), strict=True):
        asked = sum(e.kind == "request" and e.node == client for e in events)
        assert state.answered == asked
        assert answers(events, client) == [str(n) for n in range(1, asked + 1)]
        for server in servers(chaos):
            assert server.data[client] == str(asked)
            assert server.sessions[client].serial == asked
            in_log = Counter(e.command.serial for e in server.log if e.command and e.command.client == client)
            assert set(in_log) == set(range(1, asked + 1))


def answers(events: list[Event], client: str) -> list[Any]:
    return [data["result"] for e in events if e.node == client for rule, data in e.why if rule == "answered"]


@pytest.mark.parametrize("seed", range(40))
def test_laws_hold_under_random_faults_and_work_goes_on_after_them(seed: int) -> None:
    suffer_and_recover(seed)


@pytest.mark.parametrize("kind", KINDS)
def test_one_kind_of_fault_alone(kind: str) -> None:
    suffer_and_recover(f"only {kind}", (kind,))


@given(st.integers(0, 2**40), st.sets(st.sampled_from(KINDS), min_size=1))
@settings(max_examples=15)
def test_any_faults(seed: int, kinds: set[str]) -> None:
    suffer_and_recover(seed, tuple(sorted(kinds)))


@pytest.mark.parametrize("on", SWITCHES)
def test_each_switch_under_all_faults(on: str) -> None:
    for value in (True, False):
        options = dict.fromkeys(SWITCHES, not value) | {on: value}
        suffer_and_recover(f"{on}={value}", KINDS, options={"raft": options})


@pytest.mark.parametrize("mutant", ["no-log-check", "own-vote-unrecorded"])
def test_random_faults_find_bugs(mutant: str) -> None:
    """What the tests above would see: the same faults, with a bug, break a law within a few runs."""
    for seed in range(60):
        rng = Random(f"{mutant}/{seed}")
        chaos = Chaos(random_config(rng, mutants={"raft": mutant}, nodes=3, disk={}), rng)
        chaos.run(70)
        if MUTANTS[mutant][1] in chaos.broken:
            return
    pytest.fail("no run broke a law")
