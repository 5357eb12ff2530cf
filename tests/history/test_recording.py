"""The histories that runs leave behind: right protocols are linearizable, and a stale read is caught."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from app.history.check import check
from app.history.recording import Recorder, record
from app.sim.config import read_config
from app.sim.simulation import Simulation
from app.sim.timeline import Timeline
from protocols.key_value import Command
from tests.sim.chaos import Chaos, random_config


class Contending(Chaos):
    """Clients that write, read, add and delete the same two keys."""

    def operation(self, client: str) -> str:
        key, value = self.rng.choice("xy"), self.rng.randrange(100)
        return self.rng.choice(
            [f"put {key} {value}", f"get {key}", f"get {key}", f"add {key} 1", f"delete {key}"]
        )


def contended(seed: str, kinds: tuple[str, ...] | None = None, **config: Any) -> Contending:
    rng = Random(seed)
    chaos = Contending(random_config(rng, clients=4, **config), rng, kinds)
    chaos.run(80)
    return chaos


@pytest.mark.parametrize("seed", range(5))
def test_raft_under_random_faults_is_linearizable(seed: int) -> None:
    chaos = contended(f"history {seed}")
    found = check(record(chaos.sim.cluster.events))
    assert found.linearizable, (found.refusals, chaos.commands)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "config",
    [
        {"services": ["multi-paxos"], "options": {}},
        {"options": {"raft": {"reads": "index"}}},
        # Leases trust the clocks, and that an overdue timer is noticed: neither is disturbed here.
        {"options": {"raft": {"reads": "lease", "checkQuorum": True}}},
    ],
    ids=["multi-paxos", "read-index", "lease"],
)
def test_so_are_multi_paxos_and_reads_that_bypass_the_log(config: dict[str, Any], seed: int) -> None:
    kinds = ("crash", "cut", "partition", "loss", "duplicate", "reorder")
    chaos = contended(f"others {seed}", kinds, **config)
    found = check(record(chaos.sim.cluster.events))
    assert found.linearizable, (found.refusals, chaos.commands)


def deposed(**config: Any) -> Simulation:
    """n1 leads and is cut off with c2; c1 writes with the others' leader, then c2 reads from n1."""
    options = {"raft": {"reads": "index"}}
    sim = Simulation(read_config({"nodes": 5, "clients": 2, "options": options, **config}))
    sim.execute("timeout n1 election")
    sim.advance(100_000)
    sim.execute("request c1 put x 1 at n1")
    sim.advance(300_000)
    sim.execute("partition n1 n2 c2 | n3 n4 n5 c1")
    sim.advance(1_500_000)
    sim.execute("request c1 put x 2 at n3")
    sim.advance(3_000_000)
    sim.execute("request c2 get x at n1")
    sim.advance(4_000_000)
    return sim


def test_a_stale_read_of_a_deposed_leader_is_caught() -> None:
    """Ongaro's dissertation, section 6.4: a leader must confirm that it still leads before it answers."""
    found = check(record(deposed(mutants={"raft": "reads-unconfirmed"}).take()))
    assert found.linearizable is False
    (refusal,) = found.refusals
    assert (refusal.operation.process, refusal.operation.result, refusal.possible) == ("c2", "1", ("2",))
    assert [o.command.op for o in refusal.core] == ["put", "get"]
    right = record(deposed().take())
    assert check(right).linearizable
    assert right[-1].returned is None, "the right leader that lost its followers does not answer"


def test_a_retry_is_not_another_call() -> None:
    sim = Simulation(read_config({"nodes": 3, "clients": 1}))
    sim.execute("drop every ClientReply * -> c1")
    sim.execute("request c1 add x 1")
    sim.advance(1_500_000)
    sim.execute("allow every ClientReply * -> c1")
    sim.advance(3_000_000)
    events = sim.take()
    sent = [e for e in events if e.kind == "send" and e.body[1] == "ClientRequest"]
    (only,) = record(events)
    assert len(sent) > 2
    assert (only.result, only.process) == ("1", "c1")
    issued = next(e for e in events if e.seq == only.called)
    assert (issued.kind, issued.time, only.begun) == ("request", 0, 0)


def test_what_waits_in_line_is_called_when_its_turn_comes() -> None:
    sim = Simulation(read_config({"nodes": 3, "clients": 1}))
    for _ in range(3):
        sim.execute("request c1 add x 1")
    sim.advance(3_000_000)
    first, second, third = record(sim.take())
    assert first.returned == second.called
    assert second.returned == third.called
    assert [o.result for o in (first, second, third)] == ["1", "2", "3"]


def test_a_history_whose_beginning_is_gone() -> None:
    """What was pending then was called before everything else; keys may hold anything."""
    line = Timeline(read_config({"seed": 3, "clients": 3}))
    for client in ("c1", "c2", "c3"):
        line.execute(f"load {client} 70ms")
    line.advance(4_000_000)
    events = line.events(1, line.head)
    whole = record(events)
    middle = events[len(events) // 2].seq
    pending = {o.process: o.command for o in whole if o.called < middle <= (o.returned or middle)}
    late = Recorder("client", pending).listen(e for e in events if e.seq >= middle)
    assert pending
    assert [o.result for o in late] == [o.result for o in whole if (o.returned or middle) >= middle]
    assert check(late, from_start=False).linearizable
    assert all(isinstance(o.command, Command) for o in late)


def lagging(*, sync: bool) -> Simulation:
    """ZAB: n1 hears of the second write late; c2 reads from it meanwhile."""
    sim = Simulation(read_config({"services": ["zab"], "nodes": 3, "clients": 2, "seed": 2}))
    sim.advance(3_000_000)
    sim.execute("request c1 put x 1 at n3")
    sim.advance(4_000_000)
    sim.execute("link n3 -> n1 delay 100ms")
    sim.execute("request c1 put x 2 at n3")
    sim.advance(4_110_000)
    if sync:
        sim.execute("request c2 sync at n1")
    sim.execute("request c2 get x at n1")
    sim.advance(6_000_000)
    return sim


def test_zab_reads_are_linearizable_only_behind_a_sync() -> None:
    """A server reads from its own database, which may be behind; `sync` waits for what was committed."""
    stale = record(lagging(sync=False).take())
    found = check(stale)
    assert found.linearizable is False
    assert found.refusals[0].operation.result == "1"
    assert found.refusals[0].possible == ("2",)
    fresh = record(lagging(sync=True).take())
    assert [o.command.op for o in fresh] == ["put", "put", "get"], "sync touches no key"
    assert check(fresh).linearizable


@pytest.mark.parametrize("seed", range(6))
def test_zab_writes_under_random_faults_are_linearizable(seed: int) -> None:
    """Additions see what was there: with reads left out, ZAB's histories have an order."""
    rng = Random(f"zab {seed}")
    config = read_config({"services": ["zab"], "nodes": 5, "clients": 4, "seed": rng.randrange(2**31)})
    chaos = Contending(config, rng)
    chaos.run(80)
    writes = [o for o in record(chaos.sim.cluster.events) if o.command.op != "get"]
    assert check(writes).linearizable
