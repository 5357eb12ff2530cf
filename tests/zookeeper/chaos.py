"""An ensemble, its clients, and faults: what several tests of ZooKeeper use."""

from random import Random
from typing import Any

from app.sim.config import ClusterConfig
from tests.sim.chaos import Chaos

LINES = (
    "create /a x", "create -s /a/n- x", "create -e -s /a/e- x", "set /a y", "get -s /a", "get -w /a", "ls /a",
    "ls -w /a", "stat -w /a", "sync /", "deleteall /b", "create /b", "create /b/c", "addWatch /a", "whoami",
    "removewatches /a", "addauth digest u:p", "create -c /a/box", "create /a/box/x", "delete /a/box/x",
    "create -t 1 /a/ttl", "close", "connect n2", "addauth nobody x", "delete /a", "getAllChildrenNumber /",
)  # fmt: skip
"""What clients type: reads and writes, watches, and what ends a session."""


class ZooKeeperChaos(Chaos):
    timers = ("notification", "silence", "tick", "connect")

    def request(self) -> None:
        """A line of the shell, a recipe, or another server."""
        client = self.rng.choice(self.clients)
        kind = self.rng.random()
        if kind < 0.7:
            self.do(f"tell {client} zk '{self.rng.choice(LINES)}'")
        elif kind < 0.8:
            self.do(f"tell {client} run lock /lock 50")
        else:
            self.do(f"tell {client} connect {self.node()}")


def zookeeper_config(rng: Random, **fixed: Any) -> ClusterConfig:
    """Three to five servers, one of them an observer now and then, small logs and frequent snapshots."""
    nodes = rng.randint(3, 5)
    options = {
        "committedLog": rng.choice([1, 5, 500]),
        "snapshotEvery": rng.choice([1, 3, 500]),
        "observers": ["n1"] if rng.random() < 0.3 else [],
        "resendLimit": "1s",
        "containerCheck": "200ms",
    }
    values: dict[str, Any] = {
        "services": ["zookeeper"],
        "nodes": nodes,
        "clients": 3,
        "seed": rng.randrange(2**31),
        "options": {"zookeeper": options},
        "disk": {"latency": rng.choice([None, None, "2ms..9ms"])},
    }
    return ClusterConfig.model_validate(values | fixed)


def servers(chaos: Chaos) -> list[Any]:
    return [p.state for p in chaos.sim.cluster.processes if p.service == "zookeeper"]


def clients(chaos: Chaos) -> list[Any]:
    return [p.state for p in chaos.sim.cluster.processes if p.service == "client-zookeeper"]
