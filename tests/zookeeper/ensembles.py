"""Three servers and their clients on the simulator, moment by moment."""

from __future__ import annotations

from typing import Any

from app.sim.config import ClusterConfig
from app.sim.simulation import Simulation


class Ensemble:
    """n3 leads, every hop takes 20 ms, sessions last 600 ms. `c1`, `n1`, … as attributes are states."""

    def __init__(self, clients: int = 2, client: dict[str, Any] | None = None, **options: Any) -> None:
        values = {
            "services": ["zookeeper"], "nodes": 3, "clients": clients, "network": {"delay": "20ms"},
            "options": {"zookeeper": options, "client-zookeeper": client or {"sessionTimeout": "600ms"}},
        }  # fmt: skip
        self.sim = Simulation(ClusterConfig.model_validate(values))
        self.sim.advance(600_000)
        assert (self.n3.role, self.n3.phase) == ("leading", "broadcast")

    def __getattr__(self, name: str) -> Any:
        for p in self.sim.cluster.processes:
            if p.node == name:
                return p.state
        raise AttributeError(name)

    def do(self, *commands: str, ms: int = 0) -> Ensemble:
        for text in commands:
            self.sim.execute(text)
        self.sim.advance(self.sim.now + ms * 1000)
        return self

    def release(self) -> Ensemble:
        """Nothing is held back any more."""
        self.do("heal")
        for message in [number for number, moved in self.sim.cluster.moved.items() if moved.held]:
            self.do(f"deliver #{message}")
        return self

    def zk(self, client: str, *lines: str, ms: int = 300) -> list[str]:
        """What the shell answers."""
        before = len(self.output(client))
        self.do(*(f'tell {client} zk "{line}"' for line in lines), ms=ms)
        return [text for text in self.output(client)[before:] if not text.startswith("[zk: ")]

    def output(self, client: str) -> list[str]:
        return [said.text for said in getattr(self, client).output]

    def why(self, node: str, rule: str) -> list[dict[str, Any]]:
        """What `node` has explained by this rule so far."""
        return [d for e in self.sim.cluster.events if e.node == node for r, d in e.why if r == rule]

    @property
    def broken(self) -> list[str]:
        return [law for law, seq in self.sim.cluster.broken.items() if seq]
