"""An ensemble, its clients, and faults: what several tests of ZooKeeper use."""

from collections.abc import Callable
from random import Random
from typing import Any

from app.sim.config import ClusterConfig
from app.sim.process import CRASHED
from tests.sim.chaos import Chaos

LINES = (
    "create /a x", "create -s /a/n- x", "create -e -s /a/e- x", "set /a y", "get -s /a", "get -w /a", "ls /a",
    "ls -w /a", "stat -w /a", "sync /", "deleteall /b", "create /b", "create /b/c", "addWatch /a", "whoami",
    "removewatches /a", "addauth digest u:p", "create -c /a/box", "create /a/box/x", "delete /a/box/x",
    "create -t 1 /a/ttl", "close", "connect n2", "addauth nobody x", "delete /a", "getAllChildrenNumber /",
)  # fmt: skip
"""What clients type: reads and writes, watches, and what ends a session."""

LOG = "/log"
"""Whatever is put under this stays there."""


class ZooKeeperChaos(Chaos):
    timers = ("notification", "silence", "tick", "connect")
    bound = 12_000_000
    added = 0

    def run(self, rounds: int, until: Callable[[], bool] = lambda: False) -> bool:
        """There is an ensemble, and a place for the log, before anything goes wrong."""
        if not self.commands:
            while established(self) is None:
                self.sim.advance(self.sim.now + 50_000)
            self.do(f"tell c1 zk 'create {LOG}'")
            self.sim.advance(self.sim.now + 300_000)
        return super().run(rounds, until)

    def request(self) -> None:
        """Lines of the shell, something for the log that must not be lost, a recipe, another server; or a
        crash, from which it comes back."""
        for client in self.clients:
            kind = self.rng.random()
            if self.sim.cluster.machines[client].status == CRASHED:
                self.do(f"restart {client}")
            elif kind < 0.04:
                self.do(f"crash {client}")
            elif kind < 0.25:
                self.do(f"tell {client} zk '{self.rng.choice(LINES)}'")
            elif kind < 0.7:
                self.added += 1
                self.do(f"tell {client} zk 'create -s {LOG}/n- {client}:{self.added}'")
            elif kind < 0.8:
                self.do(f"tell {client} run lock /lock {self.rng.choice([50, 500])}")
            elif kind < 0.85:
                self.do(f"tell {client} connect {self.node()}")
            elif any(c.shell.closed for c in clients(self)):
                self.do(f"tell {client} zk 'connect {self.node()}'")

    def ask_again(self) -> None:
        """A recipe begins a session where there is none; the shell would not, once its own is over."""
        for client in self.clients:
            self.do(f"tell {client} run unique-id /ids 1")

    def recovered(self) -> bool:
        """One established leader, all that can join it have (see ZabChaos), the same tree everywhere, no
        client waits for anything, and of the sessions only theirs are left."""
        leader = established(self)
        if leader is None or any(
            c.tasks or c.requests or c.unsent or c.lines or c.queue for c in clients(self)
        ):
            return False
        able = [s for s in servers(self) if s.accepted_epoch <= leader.current_epoch]
        theirs = {c.session for c in clients(self) if c.session}
        return all(
            s.phase == "broadcast" and s.tree == leader.tree and set(s.sessions) == theirs for s in able
        )


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


def established(chaos: Chaos) -> Any:
    """The one server that leads; None while there is none, or another believes to."""
    leaders = [s for s in servers(chaos) if s.role == "leading" and s.phase == "broadcast"]
    return leaders[0] if len(leaders) == 1 else None
