"""Every mutant of 2PC is caught by the law it is said to break, on a run that the right 2PC survives."""

import pytest

from protocols.registry import PROTOCOLS
from protocols.two_phase_commit import TwoPhaseCommit
from protocols.two_phase_commit_mutants import MUTANTS
from tests.protocols.commit_schedules import TWO_PHASE


def test_every_mutant_has_its_schedule() -> None:
    assert set(TWO_PHASE) == set(MUTANTS)


@pytest.mark.parametrize("mutant", MUTANTS)
def test_its_law_catches_it(mutant: str) -> None:
    sim, refused = TWO_PHASE[mutant].run(mutant)
    assert not refused
    assert sim.cluster.broken[MUTANTS[mutant][1]], sim.cluster.broken


@pytest.mark.parametrize("mutant", MUTANTS)
def test_the_right_protocol_survives_the_same_schedule(mutant: str) -> None:
    sim, refused = TWO_PHASE[mutant].run()
    assert not refused
    assert sim.cluster.broken == {law.id: 0 for law in PROTOCOLS["2pc"].laws}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_mutant_is_one_bug(mutant: str) -> None:
    kind, _ = MUTANTS[mutant]
    assert kind.__bases__ == (TwoPhaseCommit,)
    assert kind.__doc__
    assert 1 <= sum(callable(getattr(TwoPhaseCommit, n, None)) for n in vars(kind) if n[:2] != "__") <= 2


def test_what_early_unlocking_leads_to() -> None:
    """The lock law sees the cause; conservation sees the effect: an undo that takes another's work along."""
    sim, _ = TWO_PHASE["2pc-unlocks-at-vote"].run("2pc-unlocks-at-vote")
    assert sim.cluster.broken["2pc-conservation"] > sim.cluster.broken["2pc-locks"] > 0
