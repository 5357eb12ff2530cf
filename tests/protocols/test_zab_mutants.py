"""Every mutant is caught by the law it is said to break, on a schedule that the right ZAB survives.

Delays are 10 ms exactly. Three servers that start together elect n3 (270 ms), which is established at 340 ms.
"""

from collections.abc import Sequence

import pytest

from protocols.zab.laws import LAWS
from protocols.zab.mutants import MUTANTS
from tests.protocols.scheduling import Schedule


def disk(epoch: int, *log: str) -> dict[str, object]:
    return {"acceptedEpoch": epoch, "currentEpoch": epoch, "log": list(log)}


def zab(
    steps: Sequence[tuple[float, str]], nodes: int = 3, until: int = 3_000_000, **more: object
) -> Schedule:
    return Schedule("zab", list(steps), nodes, until=until, **more)  # type: ignore[arg-type]


SCHEDULES: dict[str, Schedule] = {
    "zab-diff-for-trunc": zab(
        # n1 has 1.2, which was never committed: n2 and n3 have established epoch 2 without it, and write.
        [(0, "crash n1"), (400, "restart n1"), (1000, "request c1 put x 1 at n3")],
        disks={"n1": disk(1, "1.1", "1.2"), "n2": disk(2, "1.1"), "n3": disk(2, "1.1")},
    ),
    "zab-stale-database": zab(
        # n3 leads, and its 1.1 reaches nobody. All look for a leader again, and n3 wins again.
        [
            (500, "drop every Proposal n3 -> *"),
            (500, "request c1 put x 1 at n3"),
            (700, "heal"),
            (2000, "request c2 put x 2 at n3"),
        ],
    ),
    "zab-acknowledges-before-durable": zab(
        # n3 brings n2 to its history, 1.1; n2 crashes between its ACK and UPTODATE, then n3 does.
        [
            (0, "crash n1"),
            (315, "crash n2"),
            (330, "crash n3"),
            (340, "restart n1"),
            (340, "restart n2"),
            (1500, "request c1 put x 1 at n2"),
        ],
        disks={"n3": disk(1, "1.1")},
    ),
    "zab-epoch-before-transactions": zab(
        # n1 and n3 commit 1.1. n1 is cut off, n2 joins n3 in epoch 2 and crashes after the first of its two
        # writes; then n3 crashes, and n1 and n2 are left.
        [
            (0, "crash n2"),
            (500, "request c1 put x 1 at n3"),
            (600, "partition n1 | n2 n3"),
            (600, "restart n2"),
            (1155, "crash n2 after save"),
            (1190, "crash n3"),
            (1190, "heal"),
            (1200, "restart n2"),
        ],
    ),
    "zab-acknowledges-before-logging": zab(
        # n2 crashes when it should write 1.1, which n3 then commits, and crashes. n1 has never heard of it.
        [
            (490, "drop every Proposal n3 -> n1"),
            (490, "crash n2 before save"),
            (500, "request c1 put x 1 at n3"),
            (545, "crash n3"),
            (545, "heal"),
            (545, "restart n2"),
            (2000, "request c2 put x 2 at n2"),
        ],
    ),
    "zab-epoch-not-raised": zab(
        # n3 crashes with 1.1 in its own log only. n2 leads in the same epoch, and gives the same zxid.
        [
            (500, "drop every Proposal n3 -> *"),
            (500, "request c1 put x 1 at n3"),
            (515, "crash n3"),
            (515, "heal"),
            (2000, "request c2 put x 2 at n2"),
        ],
    ),
    "zab-accepted-epoch-not-durable": zab(
        # n3 has established epoch 1 when all crash; n1 and n2 come back.
        [(500, f"crash n{n}") for n in (1, 2, 3)] + [(600, "restart n1"), (600, "restart n2")],
    ),
    "zab-vote-ignores-epoch": zab(
        # n1 has 1.2, which the later epochs do not know; n3 begins to write in epoch 3, alone, and crashes.
        [
            (0, "crash n1"),
            (0, "drop Notification n1 -> *"),
            (500, "drop every Proposal n3 -> *"),
            (500, "request c1 put x 1 at n3"),
            (515, "crash n3"),
            (515, "heal"),
            (515, "restart n1"),
        ],
        disks={"n1": disk(1, "1.1", "1.2"), "n2": disk(2, "1.1"), "n3": disk(2, "1.1")},
    ),
    "zab-commits-without-quorum": zab(
        # 1.1 is on n4 and n5 when both crash; the other three go on.
        [(490, f"drop every Proposal n5 -> n{n}") for n in (1, 2, 3)]
        + [
            (500, "request c1 put x 1 at n5"),
            (545, "crash n4"),
            (545, "crash n5"),
            (545, "heal"),
            (2000, "request c2 put x 2 at n3"),
        ],
        nodes=5,
    ),
    "zab-takes-packets-as-they-come": zab(
        # The proposal of 1.1 is late at n1; that of 1.2 overtakes it.
        [
            (490, "hold every Proposal n3 -> n1"),
            (500, "request c1 put x 1 at n3"),
            (520, "heal"),
            (560, "request c2 put x 2 at n3"),
        ],
    ),
    "zab-serves-before-quorum": zab(
        # n5's history, with 1.2, reaches n1 alone; both crash, and the other three go on without it.
        [(0, f"drop every NewLeader n5 -> n{n}") for n in (2, 3, 4)]
        + [
            (330, "crash n1"),
            (330, "crash n5"),
            (330, "heal"),
            (3000, "request c1 put x 1 at n4"),
        ],
        nodes=5,
        disks={f"n{n}": disk(1, "1.1") for n in (1, 2, 3, 4)} | {"n5": disk(1, "1.1", "1.2")},
        until=4_000_000,
    ),
    "zab-decides-at-once": zab(
        # n5's vote is slow to arrive; four have decided before it comes.
        [(0, "delay Notification n5 -> * 100ms")],
        nodes=5,
    ),
}


def test_every_mutant_has_a_schedule_and_a_law() -> None:
    assert set(SCHEDULES) == set(MUTANTS)
    assert {law for _, law in MUTANTS.values()} <= {"", *(law.id for law in LAWS)}


@pytest.mark.parametrize("mutant", [m for m, (_, law) in MUTANTS.items() if law])
def test_its_law_catches_the_mutant(mutant: str) -> None:
    sim, refused = SCHEDULES[mutant].run(mutant)
    assert not refused
    assert sim.cluster.broken[MUTANTS[mutant][1]]


@pytest.mark.parametrize("mutant", MUTANTS)
def test_the_right_protocol_survives_the_same_schedule(mutant: str) -> None:
    """And gets something done: in the end somebody leads."""
    sim, _ = SCHEDULES[mutant].run(None)
    assert not any(sim.cluster.broken.values())
    assert any(p.state.role == "leading" for p in sim.cluster.processes if p.service == "zab")


def test_deciding_at_once_misses_the_best_vote() -> None:
    """FLE: the wait is what gives n5's slow vote its chance."""
    leaders = []
    for mutant in (None, "zab-decides-at-once"):
        sim, _ = SCHEDULES["zab-decides-at-once"].run(mutant)
        first = next(e.node for e in sim.cluster.events for rule, _ in e.why if rule == "lead")
        leaders.append(first)
    assert leaders == ["n5", "n4"]
