"""Schedules with delays of 10 ms exactly, so that each can be followed with a pencil. Those of the seeded
bugs are shipped, in `scenarios/museum`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.sim.config import ClusterConfig
from app.sim.errors import Refused
from app.sim.simulation import Simulation


@dataclass(frozen=True)
class Schedule:
    """What is done when (in ms), to which service; `disks` says what nodes hold at the start."""

    service: str
    steps: list[tuple[float, str]]
    nodes: int = 3
    disks: dict[str, dict[str, Any]] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    until: int = 500_000

    def config(self, mutant: str | None) -> ClusterConfig:
        return ClusterConfig.model_validate(
            {
                "services": [self.service],
                "nodes": self.nodes,
                "clients": 5,
                "network": {"delay": "10ms"},
                "options": {self.service: self.options, "client": {"timeout": "60s", "backoff": "60s"}},
                "initial": {n: {self.service: disk} for n, disk in self.disks.items()},
                "mutants": {self.service: mutant} if mutant else {},
            }
        )

    def run(self, mutant: str | None) -> tuple[Simulation, list[str]]:
        """The run's end, and the commands that made no sense when their time came."""
        sim, refused = Simulation(self.config(mutant)), []
        for at, text in self.steps:
            sim.advance(round(at * 1000))
            try:
                sim.execute(text)
            except Refused as why:
                refused.append(f"{text}: {why}")
        sim.advance(self.until)
        return sim, refused
