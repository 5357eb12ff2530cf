"""Every seeded bug of every protocol is shown by a shipped scenario: its law catches it there, and the right
protocol survives the same course.
"""

from typing import Any

import pytest

from app.history.check import check
from app.history.recording import record
from app.sim.config import ClusterConfig
from app.sim.examine import Run, run_scenario
from app.sim.scenario import MUSEUM, Scenario, catalogue
from protocols.registry import CLIENT, PROTOCOLS

MUTANTS = [(service, mutant) for service, protocol in PROTOCOLS.items() for mutant in protocol.mutants]
SHOWN = {mutant: s for s in reversed(catalogue()) for mutant in s.config.mutants.values()}


def without_the_bug(scenario: Scenario) -> ClusterConfig:
    return scenario.config.model_copy(update={"mutants": {}})


def broken(run: Run) -> set[str]:
    return {event.body[0] for event in run.events if event.kind == "violation"}


def test_every_mutant_has_a_shipped_scenario() -> None:
    assert set(SHOWN) == {mutant for _, mutant in MUTANTS}


def test_the_museum_keeps_what_no_famous_moment_shows() -> None:
    elsewhere = {m for s in catalogue() if s.folder != MUSEUM for m in s.config.mutants.values()}
    for scenario in catalogue():
        if scenario.folder == MUSEUM:
            assert scenario.config.mutants == {scenario.protocol: scenario.name}
            assert scenario.name not in elsewhere


@pytest.mark.parametrize(("service", "mutant"), MUTANTS)
def test_its_law_catches_it(service: str, mutant: str) -> None:
    run = run_scenario(SHOWN[mutant].config)
    assert not run.failed, [f"{v}: {v.seen}" for v in run.verdicts if not v.met]
    law = PROTOCOLS[service].mutants[mutant][1]
    assert law in broken(run) if law else not broken(run)


@pytest.mark.parametrize("mutant", SHOWN)
def test_the_right_protocol_survives_the_same_scenario(mutant: str) -> None:
    """Nothing breaks, and what was expected of the bug does not happen."""
    run = run_scenario(without_the_bug(SHOWN[mutant]))
    assert not broken(run)
    assert any(not v.met for v in run.verdicts)


@pytest.mark.parametrize("mutant", [s.name for s in catalogue() if s.folder == MUSEUM])
def test_the_right_protocol_gets_the_same_commands(mutant: str) -> None:
    """It is safe by what it does, not because the script waits for what only the bug brings about."""
    config = without_the_bug(SHOWN[mutant])
    run = run_scenario(config)
    assert not run.refused
    assert not any(step.do for step in config.script[len(config.script) - run.unfinished :])


@pytest.mark.parametrize(("service", "mutant"), MUTANTS)
def test_a_mutant_is_one_bug(service: str, mutant: str) -> None:
    """A few overrides of the right code, and a sentence of what is wrong."""
    right: Any = PROTOCOLS[service].actor
    kind, law = PROTOCOLS[service].mutants[mutant]
    assert kind.__bases__ == (right,)
    assert kind.__doc__
    sides = [PROTOCOLS[service], PROTOCOLS[service].client or CLIENT]
    assert law in ("", *(law.id for side in sides for law in side.laws))
    assert 1 <= sum(callable(getattr(right, name, None)) for name in vars(kind) if name[:2] != "__") <= 2


@pytest.mark.parametrize("service", ["paxos", "multi-paxos", "quorum"])
def test_each_law_is_broken_by_some_mutant(service: str) -> None:
    """None of them is always true."""
    protocol = PROTOCOLS[service]
    assert {law for _, law in protocol.mutants.values()} >= {law.id for law in protocol.laws}


def test_a_deposed_leader_answers_a_read_that_it_did_not_confirm() -> None:
    """diss. §6.4: another leads and x is 2; n1, which does not know, says 1. The right Raft says nothing."""
    scenario = SHOWN["reads-unconfirmed"]
    for config, linearizable in ((scenario.config, False), (without_the_bug(scenario), True)):
        assert check(record(run_scenario(config).events)).linearizable is linearizable
