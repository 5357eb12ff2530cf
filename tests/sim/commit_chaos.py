"""Random faults for atomic commit: transfers of all sizes, nodes that are told to refuse, all its timers."""

from __future__ import annotations

from random import Random
from typing import Any

from app.sim.config import ClusterConfig
from tests.sim.chaos import Chaos


class CommitChaos(Chaos):
    rounds = 60

    def operation(self, client: str) -> str:
        if self.rng.random() < 0.2:
            self.do(f"tell {self.node()} refuse")
        return f"transfer {self.rng.choice([100, 250, -100, -250, 4000, 9000])}"

    @property
    def servers(self) -> list[Any]:
        return [p.state for p in self.sim.cluster.processes if not p.machine.is_client]

    def ask_again(self) -> None:
        """Nobody: what is under way must be settled without."""

    def recovered(self) -> bool:
        """Every transaction is decided wherever it is known, no lock is held, and every client has heard."""
        return all(
            set(s.states.values()) <= {"c", "a"} and not s.locks and not s.queue for s in self.servers
        ) and all(c.pending is None and not c.waiting for c in self.customers)


def commit_config(service: str, rng: Random, options: dict[str, Any], **fixed: Any) -> ClusterConfig:
    values: dict[str, Any] = {
        "services": [service],
        "nodes": rng.randint(2, 6),
        "clients": 3,
        "seed": rng.randrange(2**31),
        "options": {service: options},
        "disk": {"latency": rng.choice([None, None, "2ms..9ms"])},
    }
    return ClusterConfig.model_validate(values | fixed)


def committed(chaos: CommitChaos) -> dict[str, int]:
    """For each client and serial number whose transfer was committed: how often."""
    counts: dict[str, int] = {}
    for s in chaos.servers:
        for r in s.log:
            if r.kind == "commit" and r.client:
                counts[f"{r.client}/{r.serial}"] = counts.get(f"{r.client}/{r.serial}", 0) + 1
    return counts


def check_books(chaos: CommitChaos, forgetful: bool = False) -> None:
    """What clients were told is what happened: each transfer that was answered "committed" was committed
    once, no other was, and the accounts stand where the committed transfers have put them. A `forgetful`
    coordinator (presumed abort) does not know after a crash that it has answered "aborted": an old copy of
    the request is then a new one.
    """
    told: dict[str, str] = {}
    amounts: dict[str, int] = {}
    for e in chaos.sim.cluster.events:
        for rule, data in e.why:
            if rule == "answered":
                key = f"{e.node}/{data['op'].serial}"
                told[key], amounts[key] = data["result"], int(data["op"].value)
    counts = committed(chaos)
    assert all(key in counts for key, result in told.items() if result == "committed")
    assert forgetful or all(told[key] == "committed" for key in counts)
    assert set(counts.values()) <= {1}
    moved = sum(amounts[key] for key in counts)
    for s in chaos.servers:
        for account, now in s.accounts.items():
            assert now == {"A": 5000 - moved, "B": 5000 + moved, "book": moved}[account]
