"""Every mutant of 3PC is caught by the law it is said to break, on a run that the right 3PC survives."""

import pytest

from protocols.registry import PROTOCOLS
from protocols.three_phase_commit import ThreePhaseCommit
from protocols.three_phase_commit_mutants import MUTANTS
from tests.protocols.commit_schedules import THREE_PHASE


def test_every_mutant_has_its_schedule() -> None:
    assert set(THREE_PHASE) == set(MUTANTS)


@pytest.mark.parametrize("mutant", MUTANTS)
def test_its_law_catches_it(mutant: str) -> None:
    sim, refused = THREE_PHASE[mutant].run(mutant)
    assert not refused
    assert sim.cluster.broken[MUTANTS[mutant][1]], sim.cluster.broken


@pytest.mark.parametrize("mutant", MUTANTS)
def test_the_right_protocol_survives_the_same_schedule(mutant: str) -> None:
    sim, refused = THREE_PHASE[mutant].run()
    assert not refused
    assert sim.cluster.broken == {law.id: 0 for law in PROTOCOLS["3pc"].laws}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_mutant_is_one_bug(mutant: str) -> None:
    kind, _ = MUTANTS[mutant]
    assert kind.__bases__ == (ThreePhaseCommit,)
    assert kind.__doc__
    assert 1 <= sum(callable(getattr(ThreePhaseCommit, n, None)) for n in vars(kind) if n[:2] != "__") <= 2
