"""Every mutant is caught by the law it is said to break, on a schedule that the right Raft survives.

Delays are 10 ms exactly and no timer fires by itself, so each schedule can be followed with a pencil.
"""

from dataclasses import dataclass, field
from typing import Any

import pytest

from app.history.check import check
from app.history.recording import record
from app.sim.config import ClusterConfig
from app.sim.errors import Refused
from app.sim.simulation import Simulation
from protocols.raft import Raft
from protocols.raft.laws import LAWS
from protocols.raft.mutants import MUTANTS

QUIET = {"electionTimeout": "20s..30s", "heartbeat": "5s", "noOp": False}


@dataclass(frozen=True)
class Schedule:
    """What is done when (in ms); `logs` are terms by node."""

    steps: list[tuple[float, str]]
    nodes: int = 3
    logs: dict[str, list[int]] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    delay: str = "10ms"
    until: int = 500_000
    refused: tuple[str, ...] = ()
    """The commands that the right Raft refuses, and by that is safe."""

    def config(self, mutant: str | None) -> ClusterConfig:
        return ClusterConfig.model_validate(
            {
                "nodes": self.nodes,
                "clients": 5,
                "network": {"delay": self.delay},
                "options": {"raft": QUIET | self.options, "client": {"timeout": "60s", "backoff": "60s"}},
                "initial": {n: {"raft": {"log": terms}} for n, terms in self.logs.items()},
                "mutants": {"raft": mutant} if mutant else {},
            }
        )

    def run(self, mutant: str | None) -> tuple[Simulation, list[str]]:
        """The run's end, and the commands that made no sense when their time came."""
        sim, refused = Simulation(self.config(mutant)), []
        for at, text in self.steps:
            sim.advance(round(at * 1000))
            try:
                sim.execute(text)
            except Refused:
                refused.append(text)
        sim.advance(self.until)
        return sim, refused


VOTES_TWICE = Schedule(
    # n3 votes for n1, crashes and forgets, and votes for n2 in the same term.
    [
        (10, "cut n1 -- n2"),
        (10, "timeout n1 election"),
        (35, "crash n3"),
        (36, "restart n3"),
        (50, "timeout n2 election"),
    ]
)

SCHEDULES = {
    "vote-not-durable": VOTES_TWICE,
    "term-not-durable": VOTES_TWICE,
    "vote-cleared-on-step-down": Schedule(
        # n1 leads term 1 with n2's vote, loses its quorum and steps down; then n3's request of term 1 comes.
        [
            (10, "hold every RequestVote n3 -> n1"),
            (10, "drop every RequestVote n3 -> n2"),
            (10, "drop every RequestVote n1 -> n3"),
            (10, "drop every AppendEntries n1 -> *"),
            (10, "timeout n3 election"),
            (10, "timeout n1 election"),
            (40, "timeout n1 quorum"),
            (50, "deliver RequestVote n3 -> n1"),
        ],
        options={"checkQuorum": True},
    ),
    "own-vote-unrecorded": Schedule(
        # n1 and n2 stand for term 1; n3 votes for n1, and n1 for itself and for n2.
        [
            (10, "drop every RequestVote n2 -> n3"),
            (10, "timeout n1 election"),
            (10, "timeout n2 election"),
        ]
    ),
    "counts-duplicate-votes": Schedule(
        # n3 wins with n4 and n5; n1 has its own vote and n2's, which comes twice.
        [
            (10, "drop every RequestVote n1 -> n4"),
            (10, "drop every RequestVote n1 -> n5"),
            (10, "drop every RequestVote n3 -> n2"),
            (10, "timeout n1 election"),
            (10, "timeout n3 election"),
            (25, "duplicate RequestVoteReply n2 -> n1"),
        ],
        nodes=5,
    ),
    "no-log-check": Schedule(
        # An entry is committed on n1 and n2; n3, which lacks it, stands for election.
        [
            (10, "timeout n1 election"),
            (40, "drop every AppendEntries n1 -> n3"),
            (50, "request c1 put x 1 at n1"),
            (100, "timeout n3 election"),
        ]
    ),
    "length-only-log-check": Schedule(
        # The same, but n3 has a long log of old entries.
        [
            (10, "timeout n1 election"),
            (10, "drop every AppendEntries n1 -> n3"),
            (50, "request c1 put x 1 at n1"),
            (100, "timeout n3 election"),
        ],
        logs={"n1": [1], "n2": [1], "n3": [1, 1, 1]},
    ),
    "truncates-always": Schedule(
        # n2 has both entries when a copy of the first AppendEntries arrives late; then n2 is elected.
        [
            (10, "timeout n1 election"),
            (50, "drop every AppendEntries n1 -> n3"),
            (50, "request c1 put x 1 at n1"),
            (62, "duplicate AppendEntries n1 -> n2"),
            (71, "hold AppendEntries n1 -> n2"),
            (75, "request c2 put x 2 at n1"),
            (120, "deliver AppendEntries n1 -> n2"),
            (130, "crash n1"),
            (140, "timeout n2 election"),
        ]
    ),
    "counts-old-terms": Schedule(
        # Figure 8 from (c): the entry of term 2 reaches n3; n1 crashes, n5 wins and overwrites it.
        [
            (10, "drop every AppendEntries n1 -> n4"),
            (10, "drop every AppendEntries n1 -> n5"),
            (10, "timeout n1 election"),
            (90, "crash n1"),
            (100, "timeout n5 election"),
            (130, "request c1 put x 1 at n5"),
        ],
        nodes=5,
        logs={"n1": [1, 2], "n2": [1, 2], "n3": [1], "n4": [1], "n5": [1, 3]},
    ),
    "acknowledges-own-last-index": Schedule(
        # n2 confirms a heartbeat with entries of its own that n1 never had; n1 takes them for its new one.
        [
            (10, "timeout n1 election"),
            (30, "request c1 put x 1 at n1"),
            (35, "drop every AppendEntries n1 -> *"),
            (60, "crash n1"),
            (61, "timeout n2 election"),
            (90, "request c2 put x 2 at n2"),
        ],
        logs={"n1": [1], "n2": [1, 1, 1], "n3": [1]},
    ),
    "commits-past-verified": Schedule(
        # n2's refusal comes twice, so n1 goes back too far; its message verifies index 2 and says commit 5.
        [
            (10, "timeout n1 election"),
            (45, "delay AppendEntriesReply n2 -> n1 10ms"),
            (51, "duplicate AppendEntriesReply n2 -> n1"),
            (60.5, "drop AppendEntries n1 -> n2"),
        ],
        logs={"n1": [1, 1, 3, 3], "n2": [1, 1, 2, 2], "n3": [1, 1, 3, 3]},
        options={"batch": 1, "noOp": True},
    ),
    "uses-stale-replies": Schedule(
        # n2's confirmation of index 2 in term 1 comes in term 3, when index 2 is another entry n2 never had.
        [
            (10, "timeout n1 election"),
            (55, "hold every AppendEntriesReply n2 -> n1"),
            (55, "drop every AppendEntries n1 -> n3"),
            (55, "drop every AppendEntries n1 -> n4"),
            (55, "drop every AppendEntries n1 -> n5"),
            (55, "request c1 put a 1 at n1"),
            (56, "request c2 put a 2 at n1"),
            (100, "timeout n3 election"),
            (125, "request c3 put b 1 at n3"),
            (158, "heal"),
            (158, "drop every AppendEntries n1 -> n2"),
            (158, "drop every AppendEntries n1 -> n3"),
            (158, "drop every AppendEntries n1 -> n4"),
            (160, "timeout n1 election"),
            (185, "request c4 put c 1 at n1"),
            (220, "deliver AppendEntriesReply n2 -> n1"),
            (230, "crash n1"),
            (231, "heal"),
            (232, "timeout n3 election"),
            (260, "request c5 put d 1 at n3"),
        ],
        nodes=5,
    ),
    "changes-too-early": Schedule(
        # Ongaro, raft-dev, 2015: n1 adds n5, known to both alone. n2 is elected by n2, n3 and n4, removes n1,
        # and commits that with n3. Then n1 is elected by n1, n4 and n5, of the configuration that it knows.
        [
            (10, "timeout n1 election"),
            (40, "drop every AppendEntries n1 -> n2"),
            (40, "drop every AppendEntries n1 -> n3"),
            (40, "drop every AppendEntries n1 -> n4"),
            (40, "tell n1 add n5"),
            (100, "drop every AppendEntries n2 -> n1"),
            (100, "drop every AppendEntries n2 -> n4"),
            (100, "timeout n2 election"),
            (130, "tell n2 remove n1"),
            (200, "timeout n1 election"),
        ],
        nodes=5,
        options={"voters": ["n1", "n2", "n3", "n4"]},
        refused=("tell n1 add n5", "tell n2 remove n1"),
    ),
    "one-quorum-of-both": Schedule(
        # From n1 n2 n3 to n1 n4 n5: n2 and n3, who know only the old, elect n2; n1, n4 and n5 elect n4.
        [
            (10, "timeout n1 election"),
            (40, "drop every AppendEntries n1 -> n2"),
            (40, "drop every AppendEntries n1 -> n3"),
            (40, "tell n1 change n1 n4 n5"),
            (100, "timeout n2 election"),
            (100, "timeout n4 election"),
        ],
        nodes=5,
        options={"voters": ["n1", "n2", "n3"]},
    ),
    "snapshot-past-commit": Schedule(
        # n1 has appended a second entry when the first is applied.
        [
            (10, "timeout n1 election"),
            (40, "request c1 put x 1 at n1"),
            (41, "request c2 put x 2 at n1"),
        ],
        options={"snapshotEvery": 1},
    ),
    "snapshot-discards-suffix": Schedule(
        # n2 gets a snapshot up to 3, then 4 and 5, which n3 lacks; then a second copy of the snapshot comes.
        [
            (10, "timeout n1 election"),
            (40, "drop every AppendEntries n1 -> n2"),
            (40, "request c1 put x 1 at n1"),
            (41, "request c2 put x 2 at n1"),
            (42, "request c3 put x 3 at n1"),
            (80, "heal"),
            (80, "drop every AppendEntries n1 -> n3"),
            (80, "request c4 put x 4 at n1"),
            (81, "request c5 put x 5 at n1"),
            (95, "duplicate InstallSnapshot n1 -> n2"),
            (96, "hold first InstallSnapshot n1 -> n2"),
            (150, "deliver InstallSnapshot n1 -> n2"),
            (160, "crash n1"),
            (170, "timeout n3 election"),
        ],
        options={"snapshotEvery": 3},
    ),
}


def test_every_mutant_that_breaks_a_law_has_its_schedule() -> None:
    assert set(SCHEDULES) == {name for name, (_, law) in MUTANTS.items() if law}


@pytest.mark.parametrize("mutant", SCHEDULES)
def test_its_law_catches_it(mutant: str) -> None:
    sim, refused = SCHEDULES[mutant].run(mutant)
    assert not refused
    assert sim.cluster.broken[MUTANTS[mutant][1]], sim.cluster.broken


@pytest.mark.parametrize("mutant", SCHEDULES)
def test_the_right_raft_survives_the_same_schedule(mutant: str) -> None:
    sim, refused = SCHEDULES[mutant].run(None)
    assert refused == [*SCHEDULES[mutant].refused]
    assert sim.cluster.broken == {law.id: 0 for law in LAWS}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_mutant_is_one_bug(mutant: str) -> None:
    """A few overrides of the right code, and a sentence of what is wrong."""
    kind, _ = MUTANTS[mutant]
    assert kind.__bases__ == (Raft,)
    assert kind.__doc__
    assert 1 <= sum(callable(getattr(Raft, name, None)) for name in vars(kind) if name[:2] != "__") <= 2


def test_a_deposed_leader_answers_a_read_that_it_did_not_confirm() -> None:
    """diss. §6.4: n2 leads and x is 2; n1, which does not know, says 1. The right Raft says nothing."""
    schedule = Schedule(
        [
            (10, "timeout n1 election"),
            (40, "request c1 put x 1 at n1"),
            (100, "partition n1 | n2 n3"),
            (100, "timeout n2 election"),
            (140, "request c2 put x 2 at n2"),
            (200, "request c3 get x at n1"),
        ],
        options={"reads": "index", "noOp": True},
    )
    right, wrong = schedule.run(None)[0], schedule.run("reads-unconfirmed")[0]
    for sim, results in ((right, ["1", "2", None]), (wrong, ["1", "2", "1"])):
        customers = [p.state for p in sim.cluster.processes if p.node in ("c1", "c2", "c3")]
        assert [c.answers[-1].result if c.answers else None for c in customers] == results
        assert check(record(sim.cluster.events)).linearizable == (sim is right)


# --- those that break no law but stand in the way -----------------------------------------------------------


def has_led(sim: Simulation) -> bool:
    return any("become-leader" in [rule for rule, _ in e.why] for e in sim.cluster.events)


def test_a_timer_that_is_reset_by_denials_delays_the_election() -> None:
    """n3 lacks an entry and its clock runs ten times too fast: it asks again and again, in vain. The others
    time out in the end, unless each denial puts them off.
    """
    schedule = Schedule(
        [(1, "clock n3 10"), (2, "timeout n3 election")],
        logs={"n1": [1, 1], "n2": [1, 1], "n3": [1]},
        options={"electionTimeout": "150ms..300ms", "heartbeat": "10ms"},
        delay="1ms",
        until=5_000_000,
    )
    right, _ = schedule.run(None)
    wrong, _ = schedule.run("timer-reset-by-denial")
    assert has_led(right)
    assert not has_led(wrong)


def test_a_wrong_hint_leaves_a_log_unrepaired() -> None:
    """Figure 7 (f): the leader never goes back far enough."""
    schedule = Schedule(
        [(10, "timeout n1 election"), (40, "request c1 put x 1 at n1")],
        logs={"n1": [1, 1, 1, 4, 4, 5], "n2": [1, 1, 1, 2, 2, 2, 3, 3], "n3": [1, 1, 1, 4, 4, 5]},
        options={"heartbeat": "50ms"},
    )

    def logs(sim: Simulation) -> list[Any]:
        return [p.state.log for p in sim.cluster.processes if p.service == "raft"]

    right, wrong = (logs(schedule.run(mutant)[0]) for mutant in (None, "wrong-hint"))
    assert right[0] == right[1] == right[2]
    assert wrong[0] == wrong[2]
    assert wrong[0] != wrong[1]
