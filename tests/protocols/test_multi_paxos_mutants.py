"""Every mutant of Multi-Paxos is caught by the law it is said to break, on a schedule that the right one
survives.

A node whose election timer fires at 10 ms leads at 30 ms; a request made at 40 ms is chosen at 70 ms.
"""

from typing import Any

import pytest

from protocols.multi_paxos import MultiPaxos
from protocols.multi_paxos_laws import LAWS
from protocols.multi_paxos_mutants import MUTANTS
from tests.protocols.scheduling import Schedule

QUIET = {"electionTimeout": "20s..30s", "heartbeat": "5s"}
Steps = list[tuple[float, str]]


def schedule(steps: Steps, **more: Any) -> Schedule:
    return Schedule("multi-paxos", steps, options=QUIET, **more)


def accepted(ballot: str, value: str) -> dict[str, Any]:
    return {"accepted": {"1": {"ballot": ballot, "value": value}}}


# n1 leads, and x=1 is chosen in slot 1 by n1 and n2; n3 has not heard of it.
CHOSEN_BY_TWO: Steps = [
    (10, "timeout n1 election"),
    (35, "drop every Accept n1 -> n3"),
    (40, "request c1 put x 1 at n1"),
]
# n1 alone accepted x=1 in ballot 1; x=2 was chosen by n2 and n3 in ballot 2.
TWO_AFTER_ONE = {
    "n1": {"round": 2, **accepted("1.n1", "x=1")},
    "n2": accepted("2.n2", "x=2"),
    "n3": accepted("2.n2", "x=2"),
}
# n1 and n2 accepted x=1 in ballot 1; x=2 was chosen by n3, n4 and n5 in ballot 2.
TWO_ONES = {
    "n1": {"round": 2, **accepted("1.n1", "x=1")},
    "n2": accepted("1.n1", "x=1"),
    **{n: accepted("2.n3", "x=2") for n in ("n3", "n4", "n5")},
}

SCHEDULES = {
    "multi-paxos-promise-lost": schedule(
        # n2's promise makes n1 the leader; n2 crashes and has forgotten it.
        [
            (10, "drop every Prepare n1 -> n3"),
            (10, "timeout n1 election"),
            (35, "crash n2"),
            (36, "restart n2"),
        ]
    ),
    "multi-paxos-accepted-lost": schedule(
        # n2 forgets x=1 in a crash and tells n3 of nothing; n3 puts x=2 into slot 1.
        [
            *CHOSEN_BY_TWO,
            (75, "crash n2"),
            (76, "restart n2"),
            (77, "crash n1"),
            (80, "timeout n3 election"),
            (120, "request c2 put x 2 at n3"),
        ]
    ),
    "multi-paxos-accepts-below-promise": schedule(
        # n1's Accept is late: n2 has promised n3's higher ballot by then.
        [
            (10, "timeout n1 election"),
            (35, "hold every Accept n1 -> n2"),
            (40, "request c1 put x 1 at n1"),
            (55, "timeout n3 election"),
            (70, "deliver Accept n1 -> n2"),
        ]
    ),
    "multi-paxos-ignores-reported-value": schedule(
        # n2 reports x=1; n3 fills the slot with a no-op all the same.
        [*CHOSEN_BY_TWO, (75, "crash n1"), (80, "timeout n3 election")]
    ),
    # n1's own acceptance of x=1 comes first and is the lowest; what is chosen is x=2.
    "multi-paxos-picks-first": schedule([(10, "timeout n1 election")], disks=TWO_AFTER_ONE),
    "multi-paxos-picks-lowest": schedule([(10, "timeout n1 election")], disks=TWO_AFTER_ONE),
    "multi-paxos-picks-most-frequent": schedule(
        # n1's majority is itself, n2 and n3: twice x=1, once x=2, which has the higher ballot.
        [
            (10, "drop every Prepare n1 -> n4"),
            (10, "drop every Prepare n1 -> n5"),
            (10, "timeout n1 election"),
        ],
        disks=TWO_ONES,
        nodes=5,
    ),
    "multi-paxos-accept-does-not-raise-promise": schedule(
        # n3 promises 1.n1, accepts from 1.n2, and then still from 1.n1.
        [
            (10, "drop every Prepare n1 -> n2"),
            (10, "drop every Prepare n2 -> n3"),
            (10, "hold every Accept n1 -> *"),
            (10, "timeout n1 election"),
            (35, "request c1 put x 1 at n1"),
            (41, "timeout n2 election"),
            (75, "deliver Accept n1 -> n3"),
        ]
    ),
    "multi-paxos-ballot-reused": schedule(
        # n1 puts x=1 into slot 1 in ballot 1. It restarts, and promises that were on their way make it the
        # leader of ballot 1 again: now it puts x=2 there.
        [
            (10, "drop every Accept n1 -> n3"),
            (10, "timeout n1 election"),
            (25, "hold Promise n3 -> n1"),
            (25, "duplicate Promise n2 -> n1"),
            (31, "hold Promise n2 -> n1"),
            (31, "request c1 put x 1 at n1"),
            (45, "crash n1"),
            (46, "restart n1"),
            (60, "timeout n1 election"),
            (65, "deliver Promise * -> n1"),
            (70, "request c2 put x 2 at n1"),
        ]
    ),
    "multi-paxos-sums-over-ballots": schedule(
        # x=1 is accepted by n1 and n2 in ballot 1, by n1 and n3 in ballot 2; n2's Accepted comes in ballot 2.
        [
            (10, "timeout n1 election"),
            *[(35.0, f"drop every Accept n1 -> {n}") for n in ("n3", "n4", "n5")],
            (35, "hold every Accepted n2 -> n1"),
            (40, "request c1 put x 1 at n1"),
            (70, "crash n1"),
            (71, "restart n1"),
            (72, "allow every Accept n1 -> n3"),
            (72, "drop every Accept n1 -> n2"),
            (72, "timeout n1 election"),
            (125, "deliver Accepted n2 -> n1"),
        ],
        nodes=5,
    ),
    "multi-paxos-minority-quorum": schedule(
        # n1, n2 and n3 choose x=1; n4 makes n5 the leader, which puts x=2 into the same slot.
        [
            (10, "partition c1 n1 n2 n3 | c2 n4 n5"),
            (10, "timeout n1 election"),
            (40, "request c1 put x 1 at n1"),
            (80, "timeout n5 election"),
            (101, "heal"),
            (105, "request c2 put x 2 at n5"),
        ],
        nodes=5,
    ),
    "multi-paxos-skips-holes": schedule(
        # Slot 1 reaches n2 alone, slot 2 everybody. n1 takes slot 1 for a no-op; n2 knows better.
        [
            (10, "timeout n1 election"),
            *[(35.0, f"drop every Accept n1 -> {n}") for n in ("n3", "n4", "n5")],
            (40, "request c1 put x 1 at n1"),
            (55, "heal"),
            (56, "request c2 put y 2 at n1"),
            (100, "timeout n1 heartbeat"),
            (130, "timeout n1 heartbeat"),
        ],
        nodes=5,
    ),
    "multi-paxos-trusts-old-acceptances": schedule(
        # n2 has accepted x=1 from n1; n3, n4 and n5 choose x=2 in that slot. n3 says: slot 1 is chosen.
        [
            (10, "timeout n1 election"),
            *[(35.0, f"drop every Accept n1 -> {n}") for n in ("n3", "n4", "n5")],
            (40, "request c1 put x 1 at n1"),
            (65, "crash n1"),
            (70, "drop every Prepare n3 -> n2"),
            (70, "drop every Accept n3 -> n2"),
            (70, "timeout n3 election"),
            (95, "request c2 put x 2 at n3"),
            (130, "timeout n3 heartbeat"),
        ],
        nodes=5,
    ),
    "multi-paxos-leader-believes-news": schedule(
        # n1 asks n2 what is in slot 1, and then leads with n4 and n5; only n4 has its x in slot 2 when n3
        # takes over with n2 and n5 and gets y chosen there. n2's late answer tells n1 of y; n1 tells n4 that
        # slot 2 is chosen, and n4 takes it for x.
        [
            (10, "timeout n2 election"),
            (35, "drop every Accept n2 -> n1"),
            (40, "request c1 put a 1 at n2"),
            (75, "hold every Fetch n1 -> *"),
            (80, "timeout n2 heartbeat"),
            *[(100.0, f"drop every Prepare n1 -> {n}") for n in ("n2", "n3")],
            (100, "timeout n1 election"),
            *[(121.0, f"drop every Accept n1 -> {n}") for n in ("n2", "n3", "n5")],
            (125, "request c2 put x 1 at n1"),
            *[(150.0, f"cut n3 -> {n}") for n in ("n1", "n4")],
            (150, "timeout n3 election"),
            (175, "request c3 put y 2 at n3"),
            (210, "timeout n3 heartbeat"),
            (225, "deliver Fetch n1 -> n2"),
            (240, "timeout n1 heartbeat"),
        ],
        nodes=5,
    ),
}


def test_every_mutant_has_its_schedule() -> None:
    assert set(SCHEDULES) == set(MUTANTS)


@pytest.mark.parametrize("mutant", SCHEDULES)
def test_its_law_catches_it(mutant: str) -> None:
    sim, refused = SCHEDULES[mutant].run(mutant)
    assert not refused
    assert sim.cluster.broken[MUTANTS[mutant][1]], sim.cluster.broken


@pytest.mark.parametrize("mutant", SCHEDULES)
def test_the_right_multi_paxos_survives_the_same_schedule(mutant: str) -> None:
    sim, refused = SCHEDULES[mutant].run(None)
    assert not refused
    assert sim.cluster.broken == {law.id: 0 for law in LAWS}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_mutant_is_one_bug(mutant: str) -> None:
    """A few overrides of the right code, and a sentence of what is wrong."""
    kind, _ = MUTANTS[mutant]
    assert kind.__bases__ == (MultiPaxos,)
    assert kind.__doc__
    overrides = [
        name for name in vars(kind) if name[:2] != "__" and callable(getattr(MultiPaxos, name, None))
    ]
    assert 1 <= len(overrides) <= 2


def test_each_law_is_broken_by_some_mutant() -> None:
    """None of them is always true."""
    assert {law for _, law in MUTANTS.values()} == {law.id for law in LAWS}
