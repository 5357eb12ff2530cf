"""What decisions cost: in runs without faults, just what the papers say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from app.sim.config import read_config
from app.sim.cost import Costs, Ledger, costs
from app.sim.simulation import Simulation
from app.sim.trace import Event, encode, encode_events
from protocols.registry import PROTOCOLS


def steady(service: str, nodes: int, *faults: str, every: str = "500ms", **options: Any) -> Simulation:
    """A client that works without haste, for some seconds."""
    config = read_config({"services": [service], "nodes": nodes, "options": {service: options}})
    sim = Simulation(config)
    sim.advance(2_000_000)
    for text in faults:
        sim.execute(text)
    sim.execute("request c1 propose v" if service == "paxos" else f"load c1 {every}")
    sim.advance(12_000_000)
    return sim


def cost_of(sim: Simulation, mark: str = "commit") -> Costs:
    (found,) = [c for c in costs(sim.take(), sim.config) if c.mark == mark]
    return found


def shape(c: Costs) -> tuple[float, ...]:
    assert c.measured is not None
    m = c.measured
    return (m.messages, m.decide, m.know, m.first, m.rest)


@pytest.mark.parametrize("n", [3, 4, 5, 7])
def test_raft_costs_two_messages_a_follower_and_the_commit_is_piggy_backed(n: int) -> None:
    assert shape(cost_of(steady("raft", n))) == (2 * (n - 1), 2, 3, 1, 1)


COMMIT = [
    ({}, 4),
    ({"acks": False}, 3),
    ({"presume": "abort"}, 4),
]


@pytest.mark.parametrize("n", [2, 4, 6])
@pytest.mark.parametrize(("options", "each"), COMMIT)
def test_two_phase_commit(options: dict[str, Any], each: int, n: int) -> None:
    """n participants besides the coordinator: 3n, 4n with acknowledgements."""
    assert shape(cost_of(steady("2pc", n + 1, **options))) == (each * n, 2, 3, 1, 2)


def test_a_presumed_abort_costs_less() -> None:
    """Nothing is forced by the coordinator, one record by who voted yes, and nobody acknowledges (3n)."""
    sim = steady("2pc", 5, "tell n2 refuse", presume="abort")
    first = Ledger("2pc", sim.config.nodes).read(sim.take())[0]
    assert first.mark == "abort"
    assert first.work is not None
    assert first.work.messages == 3 * 4
    assert "n1" not in first.work.forced
    assert max(first.work.forced.values()) == 1


@pytest.mark.parametrize("n", [3, 5])
def test_paxos_costs_four_delays(n: int) -> None:
    """4(n - 1) where the proposer is one of the acceptors, and n - 1 to tell the learners."""
    messages, decide, know, *_ = shape(cost_of(steady("paxos", n)))
    assert (messages, decide, know) == (4 * (n - 1) + n - 1, 4, 5)


STEADY: dict[str, tuple[Callable[[int], int], int, int]] = {
    "3pc": (lambda n: 6 * (n - 1), 4, 5),
    "multi-paxos": (lambda n: 2 * (n - 1), 2, 3),
    "zab": (lambda n: 3 * (n - 1), 2, 3),
}


@pytest.mark.parametrize("service", [s for s in STEADY if s in PROTOCOLS])
@pytest.mark.parametrize("n", [3, 5])
def test_the_others_in_their_steady_state(service: str, n: int) -> None:
    messages, decide, know = STEADY[service]
    assert shape(cost_of(steady(service, n)))[:3] == (messages(n), decide, know)


def test_heartbeats_are_nobodys_work() -> None:
    sim = steady("raft", 5, every="3s")
    sent = [e for e in sim.cluster.events if e.kind == "send" and e.body[0].startswith("n")]
    decisions = [d for d in Ledger("raft", sim.config.nodes).read(sim.take()) if d.work]
    counted = sum(d.work.messages for d in decisions if d.work)
    assert counted == 8 * len(decisions)
    assert len(sent) > 20 * counted


def test_bytes_are_those_of_the_fields() -> None:
    sim = steady("2pc", 3)
    one = Ledger("2pc", sim.config.nodes).read(sim.cluster.events)[0]
    assert one.work is not None
    prepare = b'{"txn":"' + str(one.value).encode() + b'","amount":100}'
    assert one.work.bytes > 2 * len(prepare)
    assert one.work.bytes == sum(
        len(encode(e.body[2]))
        for e in sim.cluster.events
        if e.kind == "send" and within(e, one.work.origin, sim)
    )


def within(e: Event, origin: Event, sim: Simulation) -> bool:
    """Between members, before the next request arrives."""
    nodes = sim.config.nodes
    later = [x.seq for x in sim.cluster.events if x.kind == "deliver" and x.body[2] == "ClientRequest"]
    end = min((s for s in later if s > origin.seq), default=1 << 62)
    return e.node in nodes and e.body[0] in nodes and origin.seq < e.seq < end


def test_a_disturbed_decision_is_left_out() -> None:
    sim = steady("raft", 5, "link * -- * loss 0.3")
    found = cost_of(sim)
    assert found.left_out > found.decisions / 2
    crashed = Simulation(read_config({"services": ["raft"], "nodes": 3}))
    crashed.advance(1_000_000)
    crashed.execute("crash n3")
    crashed.execute("load c1 500ms")
    crashed.advance(4_000_000)
    none = cost_of(crashed)
    assert none.decisions == none.left_out > 0
    assert none.measured is None


def test_what_is_decided_in_one_go_is_known_in_one_go() -> None:
    """Raft's commit index speaks for all before it; nobody waits for a word about each."""
    sim = Simulation(read_config({"services": ["raft"], "nodes": 5, "clients": 5}))
    sim.advance(1_000_000)
    for n in range(1, 6):
        sim.execute(f"load c{n} 60ms")
    sim.advance(5_000_000)
    sim.execute("load c1 off")
    decisions = Ledger("raft", sim.config.nodes).read(sim.take())
    assert len(decisions) > 50
    assert all(len(d.knew) == 5 for d in decisions[:-20])
    indices = [d.value for d in decisions]
    assert indices == sorted(set(indices))


def test_the_same_from_a_trace_that_was_kept() -> None:
    """Events that JSON gave back count the same."""
    sim = steady("raft", 3)
    events = sim.take()
    again = msgspec.json.decode(encode_events(events), type=list[Event])
    assert costs(events, sim.config) == costs(again, sim.config)
