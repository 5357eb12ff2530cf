"""Everything a run can say has its text, in both languages, with everything filled in."""

import re
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from app.sim.errors import texts
from app.sim.scenario import catalogue
from app.sim.simulation import Simulation
from app.sim.source import source_map
from app.sim.text import text_lines, word
from app.sim.trace import Event
from protocols.actor import field_table
from protocols.registry import PROTOCOLS, clients, protocol_of
from protocols.zab.rules import BROADCAST
from tests.protocols.commit_schedules import three
from tests.protocols.test_mutants import without_the_bug
from tests.protocols.test_raft_orders import RARE
from tests.protocols.test_zab_faults import ZabChaos, zab_config
from tests.protocols.test_zab_rules import CORNERS
from tests.sim.chaos import KINDS, Chaos, random_config
from tests.sim.commit_chaos import commit_config
from tests.sim.quorum_chaos import QuorumChaos, quorum_config
from tests.sim.test_multi_paxos_faults import MultiPaxosChaos, random_multi_paxos
from tests.sim.test_paxos_faults import PaxosChaos, random_paxos
from tests.sim.test_three_phase_faults import ThreePhaseChaos
from tests.sim.test_two_phase_faults import TwoPhaseChaos
from tests.zookeeper.chaos import ZooKeeperChaos, zookeeper_config
from tests.zookeeper.tour import tour

PLACEHOLDER = re.compile(r"\{(\w+)\}")
SERVICES = (*PROTOCOLS, *clients())
SIDES = [protocol_of(s) for s in SERVICES]
LAWS = list(dict.fromkeys(law for side in SIDES for law in side.laws))
MUTANTS = [mutant for p in PROTOCOLS.values() for mutant in p.mutants]
RULES = [(s, rule) for s in SERVICES for rule in protocol_of(s).rules]
OWN_RULES = [(s, rule) for s, rule in RULES if s != "zookeeper" or rule not in BROADCAST]
"""Without what ZooKeeper's servers say of ZAB, in ZAB's words."""


def runs() -> Iterator[list[Event]]:
    """Many and various: scenarios, with their bugs and without, and random faults."""
    for scenario in catalogue():
        for config in (scenario.config, *([without_the_bug(scenario)] if scenario.config.mutants else [])):
            sim = Simulation(config)
            sim.advance(4_000_000)
            yield sim.take()
    for seed in range(8):
        rng = Random(seed)
        options = {"preVote": seed % 2 == 0, "checkQuorum": seed % 4 < 2}
        chaos = Chaos(random_config(rng, options={"raft": options}), rng, KINDS)
        chaos.run(60)
        yield chaos.sim.take()
    yield RARE.run(None)[0].take()
    for seed in range(6):
        paxos = PaxosChaos(random_paxos(rng := Random(seed)), rng, KINDS)
        paxos.run(60)
        yield paxos.sim.take()
        multi = MultiPaxosChaos(random_multi_paxos(rng := Random(seed)), rng, KINDS)
        multi.run(60)
        yield multi.sim.take()
    yield from commit_runs()
    yield from zab_runs()
    yield tour().take()
    for seed in range(8):
        zookeeper = ZooKeeperChaos(zookeeper_config(rng := Random(seed)), rng)
        zookeeper.run(100)
        yield zookeeper.sim.take()
    for seed in range(8):
        quorum = QuorumChaos(quorum_config(rng := Random(seed)), rng, KINDS)
        quorum.run(100)
        yield quorum.sim.take()


def commit_runs() -> Iterator[list[Event]]:
    everybody = [(55, f"crash n{i}") for i in (1, 2, 3)] + [(99, f"restart n{i}") for i in (1, 2, 3)]
    yield three((10, "request c1 transfer 1 at n1"), *everybody).run()[0].take()
    for seed in range(8):
        rng = Random(seed)
        presume, cooperative = rng.choice(["nothing", "abort"]), seed % 2 == 0
        options = {"presume": presume, "cooperative": cooperative, "lockAlarm": "60ms"}
        two_phase = TwoPhaseChaos(commit_config("2pc", rng, options), rng, KINDS)
        two_phase.run(60)
        two_phase.do("request c1 transfer much at n1")
        two_phase.recover()
        yield two_phase.sim.take()
        options = {"termination": ("elected", "quorum")[seed % 2], "lockAlarm": "60ms"}
        three_phase = ThreePhaseChaos(commit_config("3pc", rng, options), rng, KINDS)
        three_phase.run(60)
        three_phase.do("request c1 transfer much at n1")
        three_phase.calm()
        three_phase.sim.advance(three_phase.sim.now + 2_000_000)
        yield three_phase.sim.take()


def zab_runs() -> Iterator[list[Event]]:
    for seed in range(8):
        zab = ZabChaos(zab_config(rng := Random(seed)), rng, KINDS)
        zab.run(60)
        yield zab.sim.take()
    for corner in CORNERS.values():
        yield corner.run(None)[0].take()


EVENTS = [e for events in runs() for e in events]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_name_has_its_text(lang: str) -> None:
    known = texts(lang)
    wanted = [f"rule.{s}.{rule}" for s, rule in RULES]
    wanted += [f"field.{s}.{f.wire}" for s in SERVICES for f in field_table(protocol_of(s).state)]
    wanted += [f"law.{law.id}{part}" for law in LAWS for part in ("", ".text", ".broken")]
    wanted += [f"mutant.{name}{part}" for name in MUTANTS for part in ("", ".text")]
    assert [key for key in wanted if not known.get(key)] == []


@pytest.mark.parametrize("service", SERVICES)
def test_the_code_tab_finds_every_rule(service: str) -> None:
    """Each rule is explained somewhere in the source that is shown, and nothing else is."""
    found = source_map(service)
    assert set(found["rules"]) == set(protocol_of(service).rules)
    shown = found["source"].splitlines()
    for rule, (line, function, first, last) in found["rules"].items():
        assert first <= line <= last
        assert f"def {function}(" in shown[first - 1]
        assert any(rule in text for text in shown[line - 1 : line + 7])


@pytest.mark.parametrize(("service", "rule"), OWN_RULES)
def test_a_rules_sentence_is_filled_by_what_it_is_told_with(service: str, rule: str) -> None:
    """By the data that runs really carry; every rule is seen in some run."""
    seen: list[Any] = [(e, d) for e in EVENTS if e.service == service for r, d in e.why if r == rule]
    assert seen, f"no run applied {rule}"
    for lang in ("en", "zh"):
        names = set(PLACEHOLDER.findall(texts(lang)[f"rule.{service}.{rule}"]))
        for _, data in seen[:50]:
            assert names <= {"node", *data}


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.id)
def test_a_broken_laws_sentence_is_filled(law: Any) -> None:
    seen = [e.body[1] for e in EVENTS if e.kind == "violation" and e.body[0] == law.id]
    assert seen or law.id in ("leader-append-only", "log-matching", "zab-global-primary-order")
    for lang in ("en", "zh"):
        names = set(PLACEHOLDER.findall(texts(lang)[f"law.{law.id}.broken"]))
        assert all(names <= set(data) for data in seen)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_line_of_a_trace_has_a_hole(lang: str) -> None:
    for line in text_lines(EVENTS[:6000], lang):
        assert not PLACEHOLDER.search(line), line
        assert "rule." not in line


def test_what_is_missing_is_none_and_who_is_missing_is_nobody() -> None:
    assert word(None, "en", "accepted") == word(None, "en", "result") == "none"
    assert word(None, "en", "leader") == "nobody"
    assert word((), "en", "slots") == "none"
    assert word(None, "zh", "accepted") == "无"
