"""3PC under random faults: crashes alone for the variants that count on time-outs, everything for the quorum
variant. The laws hold; and once the faults end, all is decided and every client has been told the truth.
"""

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.three_phase_commit_mutants import MUTANTS
from tests.sim.chaos import KINDS, assert_found
from tests.sim.commit_chaos import CommitChaos, check_books, commit_config

CRASHES = ("crash", "trap")


class ThreePhaseChaos(CommitChaos):
    timers = ("vote", "ack", "resend", "decision", "collect", "lock", "alarm")
    bound = 10_000_000


def suffer_and_recover(seed: object, kinds: tuple[str, ...] | None, options: dict[str, Any]) -> None:
    rng = Random(repr(seed))
    chaos = ThreePhaseChaos(commit_config("3pc", rng, options), rng, kinds)
    chaos.suffer_and_recover()
    check_books(chaos)


@pytest.mark.parametrize("termination", ["course", "elected"])
@pytest.mark.parametrize("seed", range(5))
def test_crashes_neither_break_a_law_nor_block_for_ever(seed: int, termination: str) -> None:
    options = {"termination": termination, "acks": seed % 3 > 0}
    suffer_and_recover((seed, termination), CRASHES, options)


@pytest.mark.parametrize("seed", range(8))
def test_with_quorums_nothing_breaks_a_law(seed: int) -> None:
    suffer_and_recover(seed, None, {"termination": "quorum", "acks": seed % 3 > 0})


@pytest.mark.parametrize("kind", KINDS)
def test_with_quorums_one_kind_of_fault_alone(kind: str) -> None:
    suffer_and_recover(f"only {kind}", (kind,), {"termination": "quorum"})


@given(st.integers(0, 2**40), st.sets(st.sampled_from(KINDS), min_size=1))
@settings(max_examples=15)
def test_with_quorums_any_faults(seed: int, kinds: set[str]) -> None:
    suffer_and_recover(seed, tuple(sorted(kinds)), {"termination": "quorum"})


@pytest.mark.parametrize("termination", ["course", "elected"])
def test_partitions_break_what_counts_on_time_outs(termination: str) -> None:
    """That the variants without quorums are tested with crashes alone is no accident."""
    options = {"termination": termination}

    def apart(rng: Random) -> ThreePhaseChaos:
        return ThreePhaseChaos(
            commit_config("3pc", rng, options, nodes=4, disk={}), rng, ("partition", "cut")
        )

    assert_found("3pc-atomicity", termination, apart)


@pytest.mark.parametrize("mutant", ["3pc-yes-not-durable", "3pc-recovers-to-time-out"])
def test_random_faults_find_bugs(mutant: str) -> None:
    config: dict[str, Any] = {"mutants": {"3pc": mutant}, "nodes": 3, "disk": {}}
    assert_found(
        MUTANTS[mutant][1],
        mutant,
        lambda rng: ThreePhaseChaos(commit_config("3pc", rng, {}, **config), rng, CRASHES),
    )
