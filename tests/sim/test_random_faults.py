"""Raft under random faults: the laws hold whatever happens; and once the faults end, work goes on."""

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.raft.mutants import MUTANTS
from tests.sim.chaos import KINDS, SWITCHES, Chaos, assert_found, random_config
from tests.sim.raft_chaos import RaftChaos, raft_config


def suffer_and_recover(seed: object, kinds: tuple[str, ...] | None = None, **fixed: Any) -> RaftChaos:
    rng = Random(seed) if isinstance(seed, int | str) else Random(repr(seed))
    kinds = kinds or tuple(k for k in KINDS if rng.random() < 0.5) or ("crash",)
    chaos = RaftChaos(raft_config(rng, kinds, **fixed), rng, kinds)
    chaos.suffer_and_recover()
    chaos.check_history()
    return chaos


@pytest.mark.parametrize("seed", range(14))
def test_laws_hold_under_random_faults_and_work_goes_on_after_them(seed: int) -> None:
    suffer_and_recover(seed)


@pytest.mark.parametrize("kind", KINDS)
def test_one_kind_of_fault_alone(kind: str) -> None:
    suffer_and_recover(f"only {kind}", (kind,))


@given(st.integers(0, 2**40), st.sets(st.sampled_from(KINDS), min_size=1))
@settings(max_examples=15)
def test_any_faults(seed: int, kinds: set[str]) -> None:
    suffer_and_recover(seed, tuple(sorted(kinds)))


@pytest.mark.parametrize("on", SWITCHES)
def test_each_switch_under_all_faults(on: str) -> None:
    for value in (True, False):
        options = dict.fromkeys(SWITCHES, not value) | {on: value}
        suffer_and_recover(f"{on}={value}", KINDS, options={"raft": options})


@pytest.mark.parametrize("mutant", ["no-log-check", "own-vote-unrecorded"])
def test_random_faults_find_bugs(mutant: str) -> None:
    config: dict[str, Any] = {"mutants": {"raft": mutant}, "nodes": 3, "disk": {}}
    assert_found(MUTANTS[mutant][1], mutant, lambda rng: Chaos(random_config(rng, **config), rng))
