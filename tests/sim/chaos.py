"""Random faults at random times, from a seed. Each run uses some kinds of fault and not others (swarm
testing): runs that do everything at once tend to get nowhere interesting.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from app.sim.config import ClusterConfig
from app.sim.errors import Refused
from app.sim.simulation import Simulation
from protocols.raft.mutants import MUTANTS

KINDS = (
    "crash",
    "trap",
    "pause",
    "cut",
    "partition",
    "loss",
    "duplicate",
    "reorder",
    "hold",
    "timeout",
    "clock",
)
GUESTS = (*KINDS, "guests")
"""And clients come and go."""
SWITCHES = ("preVote", "checkQuorum", "conflictHints", "noOp")


def random_config(rng: Random, **fixed: Any) -> ClusterConfig:
    """Three to seven servers, two clients, switches as chance has it."""
    options: dict[str, Any] = {name: rng.random() < 0.5 for name in SWITCHES}
    options["batch"] = rng.choice([1, 2, 16])
    values: dict[str, Any] = {
        "nodes": rng.randint(3, 7),
        "clients": 2,
        "seed": rng.randrange(2**31),
        "options": {"raft": options},
        "disk": {"latency": rng.choice([None, None, "2ms..9ms"])},
    }
    return ClusterConfig.model_validate(values | fixed)


class Chaos:
    """A run and what is done to it; `commands` is what was really done, with the times."""

    timers: tuple[str, ...] = ("election",)
    """Those that a person may let fire."""
    rounds = 70
    bound = 8_000_000
    """So long, in virtual time, may it take after the last fault until all is well."""

    def __init__(self, config: ClusterConfig, rng: Random, kinds: tuple[str, ...] | None = None) -> None:
        self.rng = rng
        self.sim = Simulation(config)
        self.nodes, self.clients = config.nodes, list(config.clients)
        self.kinds = kinds or tuple(k for k in KINDS if rng.random() < 0.5) or ("crash",)
        self.commands: list[tuple[int, str]] = []
        self.gentle = rng.random() < 0.5

    def do(self, text: str) -> bool:
        """Whether the command made sense."""
        try:
            self.sim.execute(text)
        except Refused:
            return False
        self.commands.append((self.sim.now, text))
        return True

    def run(self, rounds: int, until: Callable[[], bool] = lambda: False) -> bool:
        """Let time pass, do something, and so on; stops early when `until` holds."""
        for _ in range(rounds):
            self.sim.advance(self.sim.now + self.rng.choice([1, 5, 20, 50, 100, 300]) * 1000)
            if until():
                return True
            if self.rng.random() < 0.3:
                self.request()
            if not self.gentle or self.rng.random() < 0.6:
                getattr(self, "_" + self.rng.choice(self.kinds))()
        return until()

    def suffer_and_recover(self) -> None:
        """The laws hold whatever happens; and once the faults end, work goes on and is finished."""
        self.run(self.rounds)
        assert not self.broken, (self.broken, self.kinds, self.commands)
        self.recover()
        assert not self.broken

    def recover(self) -> None:
        """Undo every fault; in time, all is well."""
        self.calm()
        self.ask_again()
        healed = self.sim.now
        while not self.recovered():
            assert self.sim.now < healed + self.bound, (self.kinds, self.sim.config.options, self.commands)
            self.while_waiting()
            self.sim.advance(self.sim.now + 200_000)

    def ask_again(self) -> None:
        """Everybody has one more request when the faults are over."""
        for client in self.clients:
            self.do(f"request {client} add {client} 1")

    def recovered(self) -> bool:
        """Whether all is well again: every protocol says what it promises."""
        raise NotImplementedError

    def while_waiting(self) -> None:
        """What is done until then."""

    def request(self) -> None:
        client = self.rng.choice(self.clients)
        self.do(f"request {client} {self.operation(client)} at {self.node()}")

    def operation(self, client: str) -> str:
        """It adds 1 to a counter of its own: how often it ran can be read off. Other protocols ask for other
        things, and say so in a subclass."""
        return f"add {client} 1"

    def calm(self) -> None:
        """Undo every fault."""
        for text in ("heal", "network auto", "link * -- * loss 0 duplicate 0 fifo off delay 15ms..25ms"):
            self.do(text)
        for node in (*self.nodes, *self.clients):
            if self.sim.cluster.machines[node].trap:
                self.do(f"crash {node}")  # nothing else disarms it
            for text in (f"restart {node}", f"resume {node}", f"clock {node} 1"):
                self.do(text)
        for message, moved in list(self.sim.cluster.moved.items()):
            if moved.held:
                self.do(f"delay #{message} 1ms")

    def states(self, service: str) -> list[Any]:
        return [p.state for p in self.sim.cluster.processes if p.service == service]

    @property
    def customers(self) -> list[Any]:
        return self.states("client")

    @property
    def broken(self) -> list[str]:
        return [law for law, seq in self.sim.cluster.broken.items() if seq]

    def node(self) -> str:
        return self.rng.choice(self.nodes)

    def two(self) -> str:
        return " -> ".join(self.rng.sample(self.nodes, 2))

    # --- kinds of fault -----------------------------------------------------------------------------------

    def _crash(self) -> None:
        self.do(self.rng.choice([f"crash {self.node()}", "crash leader", f"restart {self.node()}"]))
        for node in self.nodes:
            if self.rng.random() < 0.4:
                self.do(f"restart {node}")

    def _trap(self) -> None:
        self.do(f"crash {self.node()} {self.rng.choice(['before', 'after'])} save")
        self._crash()

    def _pause(self) -> None:
        self.do(f"pause {self.node()}")
        for node in self.nodes:
            if self.rng.random() < 0.3:
                self.do(f"resume {node}")

    def _cut(self) -> None:
        verb = self.rng.choice(["cut", "cut", "mend"])
        self.do(f"{verb} {self.two()}" if self.rng.random() < 0.8 else "heal")

    def _partition(self) -> None:
        nodes = self.rng.sample(self.nodes, len(self.nodes))
        at = self.rng.randint(1, len(nodes) - 1)
        both = self.rng.choice([[], nodes[:1]])  # sometimes somebody is in both groups
        groups = " | ".join(" ".join(dict.fromkeys(g)) for g in (nodes[:at] + both, nodes[at:] + both))
        self.do(groups and f"partition {groups}" if self.rng.random() < 0.7 else "heal")

    def _loss(self) -> None:
        self.do(f"link {self.two()} loss {self.rng.choice([0, 0.2, 0.7])}")

    def _duplicate(self) -> None:
        self.do(f"link * -> * duplicate {self.rng.choice([0, 0.3, 0.8])}")

    def _reorder(self) -> None:
        self.do(
            f"link {self.two()} delay {self.rng.choice(['1ms..2ms', '5ms..400ms', '300ms', '15ms..25ms'])}"
        )

    def _hold(self) -> None:
        messages = list(self.sim.cluster.in_flight)
        verb = self.rng.choice(["hold", "hold", "deliver", "deliver", "drop", "duplicate", "delay"])
        if messages:
            by = " 150ms" if verb == "delay" else ""
            self.do(f"{verb} #{self.rng.choice(messages)}{by}")

    def _timeout(self) -> None:
        self.do(f"timeout {self.node()} {self.rng.choice(self.timers)}")

    def _guests(self) -> None:
        joined = [name for name, m in self.sim.cluster.machines.items() if m.joined]
        if joined and self.rng.random() < 0.4:
            name = self.rng.choice(joined)
            if self.do(f"leave {name}"):
                self.clients.remove(name)
        else:
            name = f"k-{self.sim.seq}"
            if self.do(f"join {name}"):
                self.clients.append(name)
            self.do(f"load {name} 70ms")
            self.do(self.rng.choice([f"pause {name}", f"cut {self.node()} -> {name}", f"clock {name} 2"]))

    def _clock(self) -> None:
        self.do(f"clock {self.node()} {self.rng.choice([0.5, 1, 1, 2])}")


def mutant_config(mutant: str, rng: Random, **fixed: Any) -> ClusterConfig:
    assert mutant in MUTANTS
    return random_config(rng, mutants={"raft": mutant}, **fixed)


def assert_found(law: str, seeds: str, chaos_of: Callable[[Random], Chaos]) -> None:
    """What random faults would see: with a bug, or with more than was promised, `law` breaks within a few
    runs."""
    for number in range(60):
        chaos = chaos_of(Random(f"{seeds}/{number}"))
        chaos.run(chaos.rounds)
        if law in chaos.broken:
            return
    pytest.fail(f"no run broke {law}")
