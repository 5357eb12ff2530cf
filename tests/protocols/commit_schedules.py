"""Runs of 2PC and 3PC that can be followed with a pencil: 10 ms a hop, and what is done when (in ms).

Node n1 coordinates; n2 holds account A, n3 holds B, n4 and on keep books. A request given at 10 ms reaches n1
at 20, the vote requests arrive at 30, the votes at 40.
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

    def run(self, mutant: str | None = None) -> tuple[Simulation, list[str]]:
        """The run's end, and the commands that made no sense when their time came."""
        config = {
            "services": [self.service],
            "nodes": self.nodes,
            "clients": 2,
            "network": {"delay": "10ms"},
            "options": {self.service: self.options, "client": {"timeout": "60s", "backoff": "60s"}},
            "mutants": {self.service: mutant} if mutant else {},
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


TWO_PHASE = {
    "2pc-yes-not-durable": Schedule([ASK, (35, "crash n2"), (36, "restart n2")]),
    "2pc-decision-not-durable": Schedule(
        # n2 hears of the commit, n3 does not; the coordinator comes back without it.
        [(5, "drop every Commit n1 -> n3"), ASK, (55, "crash n1"), (56, "heal"), (57, "restart n1")]
    ),
    "2pc-acknowledges-too-early": Schedule(
        # All have acknowledged, the coordinator has forgotten; n2 comes back and asks.
        [ASK, (70, "crash n2"), (71, "restart n2")]
    ),
    "2pc-majority": Schedule([(5, "tell n4 refuse"), ASK], nodes=4),
    "2pc-counts-duplicate-votes": Schedule(
        [(5, "tell n3 refuse"), (5, "hold every Vote n3 -> n1"), ASK, (35, "duplicate Vote n2 -> n1")]
    ),
    "2pc-counts-late-votes": Schedule(
        # n1 aborts at 170 for want of n3's vote; then that comes.
        [(5, "hold every Vote n3 -> n1"), ASK, (175, "deliver Vote n3 -> n1")]
    ),
    "2pc-aborts-alone": Schedule([(5, "drop every Commit n1 -> n3"), ASK, (400, "heal")]),
    "2pc-presumes-commit": Schedule(
        # n1 crashes before it hears of n3's no.
        [(5, "tell n3 refuse"), ASK, (35, "crash n1"), (36, "restart n1")]
    ),
    "2pc-forgets-too-early": Schedule([(5, "drop every Commit n1 -> n3"), ASK, (70, "heal")]),
    "2pc-aborts-in-words": Schedule(
        # n2 in doubt asks n3, which has not been asked to vote yet; the vote request comes after that.
        [(5, "hold every Prepare n1 -> n3"), ASK, (400, "deliver Prepare n1 -> n3")],
        options={"cooperative": True, "voteTimeout": "2s"},
    ),
    "2pc-unlocks-at-vote": Schedule(
        # Two transfers overlap; the second commits, the first aborts and puts back what it had found.
        [
            (5, "hold every Vote n3 -> n1"),
            ASK,
            (35, "allow every Vote n3 -> n1"),
            (36, "request c2 transfer 500 at n1"),
        ]
    ),
    "2pc-forgets-to-undo": Schedule([(5, "tell n3 refuse"), ASK]),
}
"""For each mutant: a run in which its law catches it. The right protocol survives the same run."""


def three(*steps: tuple[float, str], **kwargs: Any) -> Schedule:
    return Schedule(steps, service="3pc", **kwargs)


QUORUM, ELECTED = {"termination": "quorum"}, {"termination": "elected"}

# canCommit arrives at 30, the votes at 40, preCommit at 50, its acknowledgements at 60, doCommit at 70.
THREE_PHASE = {
    "3pc-yes-not-durable": three(ASK, (35, "crash n2"), (36, "restart n2")),
    "3pc-prepared-not-durable": three(
        # n2 alone is prepared for ballot 0 when it crashes; n1 has two acknowledgements of three and commits.
        (5, "drop every PreCommit n1 -> n4"),
        ASK,
        (62, "partition n1 | n2 n3 n4"),
        (63, "crash n2"),
        (64, "restart n2"),
        (65, "crash n3"),
        (66, "restart n3"),
        (3000, "heal"),
        nodes=4,
        options=QUORUM,
        until=4_000_000,
    ),
    "3pc-skips-precommit": three(
        # n1 is heard by n2 alone and dies.
        (5, "drop every DoCommit n1 -> n3"),
        ASK,
        (46, "crash n1"),
    ),
    "3pc-recovers-to-time-out": three(ASK, (45, "crash n3"), (55, "restart n3"), (69, "crash n1")),
    "3pc-majority": three((5, "tell n4 refuse"), ASK, nodes=4),
    "3pc-new-coordinator-aborts": three(
        # n2 commits in time; n3 and n4, in p, are left to a new coordinator.
        (5, "drop every DoCommit n1 -> n3"),
        (5, "drop every DoCommit n1 -> n4"),
        ASK,
        (71, "crash n1"),
        (72, "crash n2"),
        nodes=4,
        options=ELECTED,
        until=3_000_000,
    ),
    "3pc-ignores-ballots": three(
        # n4 stands and n3 answers, in w. The first coordinator's preCommit, held up so far, reaches n3 before
        # n4's preAbort does.
        (5, "hold every PreCommit n1 -> n3"),
        (5, "hold every PreCommit n1 -> n4"),
        (5, "drop every DoCommit n1 -> *"),
        (5, "drop every StateRequest n4 -> n2"),
        ASK,
        (100, "timeout n4 decision"),
        (150, "deliver PreCommit n1 -> n3"),
        nodes=4,
        options=QUORUM,
    ),
    "3pc-minority-quorum": three(
        # n1 and n2, n3 committed; n4 alone decides for itself.
        (5, "hold every PreCommit n1 -> n4"),
        ASK,
        (45, "partition n1 n2 n3 c1 | n4"),
        nodes=4,
        options=QUORUM,
        until=3_000_000,
    ),
    "3pc-counts-late-votes": three((5, "hold every Vote n3 -> n1"), ASK, (175, "deliver Vote n3 -> n1")),
    "3pc-unlocks-at-vote": three(ASK),
}
