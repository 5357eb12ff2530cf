"""2PC under random faults, in all its modes: the laws hold whatever happens; and once the faults end, every
transaction is decided everywhere, the locks are free, and every client has been told what really happened.
"""

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.two_phase_commit_mutants import MUTANTS
from tests.sim.chaos import KINDS, assert_found
from tests.sim.commit_chaos import CommitChaos, check_books, commit_config

MODES = [
    {"presume": presume, "cooperative": cooperative, "acks": acks}
    for presume in ("nothing", "abort")
    for cooperative in (False, True)
    for acks in (True, False)
]


class TwoPhaseChaos(CommitChaos):
    timers = ("vote", "resend", "decision", "lock", "alarm")


def suffer_and_recover(seed: object, kinds: tuple[str, ...] | None, options: dict[str, Any]) -> None:
    rng = Random(repr(seed))
    chaos = TwoPhaseChaos(commit_config("2pc", rng, options), rng, kinds)
    chaos.suffer_and_recover()
    check_books(chaos, forgetful=options.get("presume") == "abort")


@pytest.mark.parametrize("mode", MODES, ids=lambda m: "-".join(map(str, m.values())))
@pytest.mark.parametrize("seed", range(5))
def test_laws_hold_and_everything_is_decided_in_the_end(seed: int, mode: dict[str, Any]) -> None:
    suffer_and_recover((seed, mode), None, mode)


@pytest.mark.parametrize("kind", KINDS)
def test_one_kind_of_fault_alone(kind: str) -> None:
    for presume in ("nothing", "abort"):
        suffer_and_recover(f"only {kind}", (kind,), {"presume": presume, "cooperative": True})


@given(st.integers(0, 2**40), st.sets(st.sampled_from(KINDS), min_size=1), st.sampled_from(MODES))
@settings(max_examples=15)
def test_any_faults(seed: int, kinds: set[str], mode: dict[str, Any]) -> None:
    suffer_and_recover(seed, tuple(sorted(kinds)), mode)


@pytest.mark.parametrize(
    ("mutant", "options"), [("2pc-yes-not-durable", {}), ("2pc-decision-not-durable", {"presume": "abort"})]
)
def test_random_faults_find_bugs(mutant: str, options: dict[str, Any]) -> None:
    config: dict[str, Any] = {"mutants": {"2pc": mutant}, "nodes": 3, "disk": {}}
    assert_found(
        MUTANTS[mutant][1],
        mutant,
        lambda rng: TwoPhaseChaos(commit_config("2pc", rng, options, **config), rng),
    )
