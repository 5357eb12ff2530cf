"""Every mutant of Paxos is caught by the law it is said to break, on a schedule that the right one survives.

A request takes 10 ms to its proposer, each of the four messages of a round another 10 ms.
"""

from typing import Any

import pytest

from protocols.paxos import Paxos
from protocols.paxos_laws import LAWS
from protocols.paxos_mutants import MUTANTS
from tests.protocols.scheduling import Schedule

QUIET = {"timeout": "20s", "backoff": "20s", "inquiry": "60s"}


def schedule(steps: list[tuple[float, str]], **more: Any) -> Schedule:
    return Schedule("paxos", steps, **(more | {"options": QUIET | more.get("options", {})}))


RED_THEN_BLUE: list[tuple[float, str]] = [
    # n1 gets red chosen with n2; n3, which has not heard of it, wants blue.
    (10, "drop every Accept n1 -> n3"),
    (10, "drop every Chosen n1 -> *"),
    (10, "request c1 propose red at n1"),
    (80, "request c2 propose blue at n3"),
]
BLUE_AFTER_RED = {
    # n1 alone accepted red in ballot 1; blue was chosen by n2 and n3 in ballot 2.
    "n1": {"round": 2, "accepted": {"ballot": "1.n1", "value": "red"}},
    "n2": {"accepted": {"ballot": "2.n2", "value": "blue"}},
    "n3": {"accepted": {"ballot": "2.n2", "value": "blue"}},
}
TWO_REDS = {
    # n1 and n2 accepted red in ballot 1; blue was chosen by n3, n4 and n5 in ballot 2.
    "n1": {"round": 2, "accepted": {"ballot": "1.n1", "value": "red"}},
    "n2": {"accepted": {"ballot": "1.n1", "value": "red"}},
    **{n: {"accepted": {"ballot": "2.n3", "value": "blue"}} for n in ("n3", "n4", "n5")},
}

SCHEDULES = {
    "paxos-promise-lost": schedule(
        # n2 promises 2.n3, forgets it in a crash, and then accepts 1.n1, which n3 thinks is out of the race.
        [
            (10, "hold every Accept n1 -> *"),
            (10, "drop every Prepare n3 -> n1"),
            (10, "request c1 propose red at n1"),
            (45, "request c2 propose blue at n3"),
            (76, "crash n2"),
            (77, "restart n2"),
            (78, "deliver Accept n1 -> n2"),
        ]
    ),
    "paxos-accepted-lost": schedule(
        # Red is chosen by n1 and n2. n2 forgets it in a crash and tells n3 of nothing.
        [
            *RED_THEN_BLUE[:3],
            (70, "crash n2"),
            (71, "restart n2"),
            (71, "drop every Prepare n3 -> n1"),
            RED_THEN_BLUE[3],
        ]
    ),
    "paxos-accepts-below-promise": schedule(
        # n1's Accept is late: n2 has promised n3's higher ballot by then.
        [
            (10, "hold every Accept n1 -> *"),
            (10, "request c1 propose red at n1"),
            (45, "request c2 propose blue at n3"),
            (70, "deliver Accept n1 -> n2"),
        ]
    ),
    "paxos-ignores-reported-value": schedule(RED_THEN_BLUE),
    # n1's own acceptance of red comes first and is the lowest; what is chosen is blue.
    "paxos-picks-first": schedule([(10, "timeout n1 learn")], disks=BLUE_AFTER_RED),
    "paxos-picks-lowest": schedule([(10, "timeout n1 learn")], disks=BLUE_AFTER_RED),
    "paxos-picks-most-frequent": schedule(
        # n1's majority is itself, n2 and n3: two reds, one blue, and blue has the higher ballot.
        [
            (10, "drop every Prepare n1 -> n4"),
            (10, "drop every Prepare n1 -> n5"),
            (10, "timeout n1 learn"),
        ],
        disks=TWO_REDS,
        nodes=5,
    ),
    "paxos-accept-does-not-raise-promise": schedule(
        # Acceptors n1 n2 n3. n3 has promised 1.n4 and accepts 1.n5, with which n1 and n3 choose blue; then
        # 1.n4's red comes and replaces it. 2.n4 asks n2 and n3, hears only of red, and gets it chosen.
        [
            (10, "drop every Prepare n4 -> n1"),
            (10, "hold every Accept n4 -> *"),
            (10, "drop every Prepare n5 -> n3"),
            (10, "drop every Accept n5 -> n2"),
            (10, "request c1 propose red at n4"),
            (45, "request c2 propose blue at n5"),
            (110, "deliver Accept n4 -> n3"),
            (130, "allow every Accept n4 -> *"),
            (130, "timeout n4 retry"),
        ],
        nodes=5,
        options={"acceptors": ["n1", "n2", "n3"], "proposers": ["n4", "n5"], "learners": []},
    ),
    "paxos-ballot-reused": schedule(
        # n1's ballot 1 proposes red. It restarts, and promises that were on their way allow it blue, in
        # ballot 1 again.
        [
            (10, "drop every Accept n1 -> n3"),
            (10, "drop every Accept n1 -> n4"),
            (10, "request c1 propose red at n1"),
            (35, "hold Promise n4 -> n1"),
            (35, "duplicate Promise n3 -> n1"),
            (41, "hold Promise n3 -> n1"),
            (45, "crash n1"),
            (46, "restart n1"),
            (60, "request c2 propose blue at n1"),
            (75, "deliver Promise * -> n1"),
        ],
        nodes=4,
        options={"proposers": ["n1"], "acceptors": ["n2", "n3", "n4"]},
    ),
    "paxos-sums-over-ballots": schedule(
        # Red is accepted by n1 and n2 in ballot 1, and by n1 and n3 in ballot 2: three, but no majority.
        [
            *[(10, f"drop every Accept n1 -> {n}") for n in ("n3", "n4", "n5")],
            (10, "request c1 propose red at n1"),
            (70, "heal"),
            *[(70, f"drop every Accept n1 -> {n}") for n in ("n2", "n4", "n5")],
            (70, "timeout n1 retry"),
        ],
        nodes=5,
    ),
    "paxos-minority-quorum": schedule(
        # n1, n2 and n3 choose red; n4 and n5 have heard of nothing and take themselves for a quorum.
        [
            (10, "partition c1 n1 n2 n3 | c2 n4 n5"),
            (10, "request c1 propose red at n1"),
            (100, "request c2 propose blue at n5"),
            (125, "heal"),
        ],
        nodes=5,
    ),
    "paxos-invents-value": schedule([(10, "timeout n1 learn")]),
}


def test_every_mutant_has_its_schedule() -> None:
    assert set(SCHEDULES) == set(MUTANTS)


@pytest.mark.parametrize("mutant", SCHEDULES)
def test_its_law_catches_it(mutant: str) -> None:
    sim, refused = SCHEDULES[mutant].run(mutant)
    assert not refused
    assert sim.cluster.broken[MUTANTS[mutant][1]], sim.cluster.broken


@pytest.mark.parametrize("mutant", SCHEDULES)
def test_the_right_paxos_survives_the_same_schedule(mutant: str) -> None:
    sim, refused = SCHEDULES[mutant].run(None)
    assert not refused
    assert sim.cluster.broken == {law.id: 0 for law in LAWS}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_mutant_is_one_bug(mutant: str) -> None:
    """A few overrides of the right code, and a sentence of what is wrong."""
    kind, _ = MUTANTS[mutant]
    assert kind.__bases__ == (Paxos,)
    assert kind.__doc__
    assert 1 <= sum(callable(getattr(Paxos, name, None)) for name in vars(kind) if name[:2] != "__") <= 2


def test_each_law_is_broken_by_some_mutant() -> None:
    """None of them is always true."""
    assert {law for _, law in MUTANTS.values()} == {law.id for law in LAWS}
