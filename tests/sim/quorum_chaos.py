"""The store under random faults."""

from __future__ import annotations

from random import Random
from typing import Any

from app.sim.config import ClusterConfig, read_config
from tests.sim.chaos import Chaos

ORDERS = ("route any", "route primary", "route sticky", "token on", "token off", "window 100ms", "window off",
          "levels 1 1", "levels 2 2", "probe x 1ms..60ms", "probe x off")  # fmt: skip


def quorum_config(rng: Random, **options: Any) -> ClusterConfig:
    """Three to six nodes, two clients, switches as chance has it."""
    nodes = rng.randint(3, 6)
    n = rng.randint(2, min(4, nodes))
    given: dict[str, Any] = {
        "n": n,
        "w": rng.randint(1, n),
        "r": rng.randint(1, n),
        "versions": rng.choice(["vector-clock", "last-write-wins"]),
        "antiEntropy": "120ms",
        **{name: rng.random() < 0.5 for name in ("sloppy", "readRepair", "writeBack")},
        "ask": rng.choice(["all", "r"]),
    }
    return read_config(
        {
            "services": ["quorum"],
            "nodes": nodes,
            "clients": 3,
            "seed": rng.randrange(2**31),
            "options": {"quorum": given | options},
            "disk": {"latency": rng.choice([None, None, "2ms..9ms"])},
        }
    )


class QuorumChaos(Chaos):
    """Writes and reads of two keys; and once all faults are over, the replicas converge."""

    timers = ("timeout", "patience", "handoff", "exchange")

    def request(self) -> None:
        client = self.rng.choice(self.clients)
        if self.rng.random() < 0.3:
            self.do(f"tell {client} {self.rng.choice(ORDERS)}")
        self.do(f"request {client} {self.operation(client)} at {self.node()}")

    def operation(self, client: str) -> str:
        key = self.rng.choice("xy")
        return f"put {key} {self.sim.seq}" if self.rng.random() < 0.5 else f"get {key}"

    def ask_again(self) -> None:
        for client in self.clients:
            self.do(f"tell {client} probe x off")

    @property
    def customers_here(self) -> list[Any]:
        return self.states("client-quorum")

    def recovered(self) -> bool:
        """Nobody waits, no hint is left, and the replicas of each key have the same."""
        actor = self.sim.cluster.processes[0].actor
        stores = {p.node: p.state.store for p in self.sim.cluster.processes if p.service == "quorum"}
        return (
            not any(c.pending for c in self.customers_here)
            and not any(s.hints or s.working for s in self.states("quorum"))
            and all(len({repr(stores[n].get(key)) for n in actor.replicas(key)}) == 1 for key in "xy")
        )
