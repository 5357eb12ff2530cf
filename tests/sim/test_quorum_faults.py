"""The store keeps its laws under random faults; once they are over, its replicas converge."""

from random import Random

import pytest

from tests.sim.quorum_chaos import QuorumChaos, quorum_config


@pytest.mark.parametrize("seed", range(8))
def test_the_laws_hold_and_replicas_converge(seed: int) -> None:
    rng = Random(f"quorum/{seed}")
    QuorumChaos(quorum_config(rng), rng).suffer_and_recover()
