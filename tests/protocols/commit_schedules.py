"""Runs of 2PC and 3PC that can be followed with a pencil: 10 ms a hop, and what is done when (in ms).

Node n1 coordinates; n2 holds account A, n3 holds B, n4 and on keep books. A request given at 10 ms reaches n1
at 20, the vote requests arrive at 30, the votes at 40. In 3PC preCommit arrives at 50, its acknowledgements
at 60, doCommit at 70.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from app.sim.config import ClusterConfig
from app.sim.errors import Refused
from app.sim.simulation import Simulation
from app.sim.trace import Event

ASK = (10, "request c1 transfer 1000 at n1")


@dataclass(frozen=True)
class Schedule:
    steps: Sequence[tuple[float, str]]
    nodes: int = 3
    options: dict[str, Any] = field(default_factory=dict)
    until: int = 1_000_000
    service: str = "2pc"

    def run(self) -> tuple[Simulation, list[str]]:
        """The run's end, and the commands that made no sense when their time came."""
        config = {
            "services": [self.service],
            "nodes": self.nodes,
            "clients": 2,
            "network": {"delay": "10ms"},
            "options": {self.service: self.options, "client": {"timeout": "60s", "backoff": "60s"}},
        }
        sim, refused = Simulation(ClusterConfig.model_validate(config)), []
        for at, text in self.steps:
            sim.advance(round(at * 1000))
            try:
                sim.execute(text)
            except Refused as why:
                refused.append(f"{text}: {why}")
        sim.advance(self.until)
        return sim, refused


def node(sim: Simulation, name: str) -> Any:
    """What the service on a node knows."""
    return next(p.state for p in sim.cluster.processes if p.node == name)


def states(sim: Simulation, txn: str = "t1") -> str:
    """The state of a transaction at n1, n2, …; a hyphen where it is not known."""
    nodes = [p for p in sim.cluster.processes if not p.machine.is_client]
    return "".join(p.state.states.get(txn, "-") for p in nodes)


def times(events: list[Event], rule: str) -> list[int]:
    """When a rule was applied, in ms."""
    return [e.time // 1000 for e in events for name, _ in e.why if name == rule]


def three(*steps: tuple[float, str], **kwargs: Any) -> Schedule:
    return Schedule(steps, service="3pc", **kwargs)


QUORUM, ELECTED = {"termination": "quorum"}, {"termination": "elected"}
