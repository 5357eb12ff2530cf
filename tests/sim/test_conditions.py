"""The language of conditions: what it can say, that nothing else can be said, and that nothing breaks it."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.sim.conditions import Counts, check_condition, holds
from app.sim.config import ClusterConfig, vocabulary
from app.sim.errors import Refused
from app.sim.simulation import Simulation

CONFIG = ClusterConfig.model_validate(
    {"seed": 4, "clients": 2, "initial": {f"n{i}": {"raft": {"log": [1]}} for i in range(1, 6)}}
)
WORDS = vocabulary(CONFIG)


def settled() -> tuple[Simulation, Counts]:
    """n1 leads, c1 has written x, n5 is crashed and n4 is paused."""
    sim, counts = Simulation(CONFIG), Counts()
    sim.execute("timeout n1 election")
    sim.advance(200_000)
    sim.execute("request c1 put x 7")
    sim.advance(600_000)
    for text in ("drop every * n1 -> n2", "crash n5", "pause n4"):
        sim.execute(text)
    sim.advance(700_000)
    counts.add(sim.cluster.events)
    return sim, counts


SIM, COUNTS = settled()

TRUE = [
    "leader == n1",
    "leader == 'n1'",
    "leader is not none and leader.currentTerm == 2",
    "n1.role == 'leader' and n2.role != 'leader'",
    "n5.status == 'crashed' and n4.status == 'paused' and n1.status == 'up'",
    "n1.name == 'n1'",
    "len(n1.log) == 3 and n1.log[0].term == 1 and n1.log[1].command is none",
    "n1.log[-1].command.op == 'put'",
    "n1.data.x == '7' and n1.data['x'] == '7'",
    "n1.matchIndex.n2 == 3",
    "count(n for n in nodes) == 4",
    "count(n for n in nodes if n.role == 'follower') == 3",
    "n5 not in nodes and n1 in nodes",
    "all(n.log == n1.log for n in nodes)",
    "any(e.term == 2 for e in n1.log)",
    "all(e.command is none or e.command.key == 'x' for e in n1.log if e.term > 1)",
    "max(n.commitIndex for n in nodes) == 3 and min(n.commitIndex for n in nodes) == 3",
    "sum(n.currentTerm for n in nodes) == 8",
    "sent('RequestVote') == 4 and sent('RequestVote', 'n1') == 4 and sent('RequestVote', 'n1', 'n2') == 1",
    "sent('*', n1, n2) > 3",
    "delivered('RequestVote', '*', n3) == 1",
    "dropped('*', 'n1', 'n2') >= 1",
    "rule('become-leader') == 1 and rule('become-leader', n1) == 1 and rule('become-leader', n2) == 0",
    "not broken('election-safety')",
    "now == 700000",
    "c1.answered == 1 and c1.answers[-1].result == '7' and c2.answered == 0",
    "c1.pending is none",
    "true and not false",
    "1 <= n1.currentTerm <= 2",
    "n1.currentTerm + 1 == 3 and n1.currentTerm - 1 == 1 and -1 < 0",
    "n1.role in ['leader', 'candidate']",
]
FALSE = [
    "leader == n2",
    "leader is none",
    "n1.log[7].term == 1",
    "n1.matchIndex.n9 == 1",
    "n1.data.y == '1'",
    "n2.nextIndex.n1 > 0",
    "c2.answers[0].result == '7'",
    "c2.pending.op == 'put'",
    "n1.role > 3",
    "len(n1.currentTerm) == 1",
    "max(n.commitIndex for n in nodes if n.role == 'candidate') == 1",
    "min([]) == 0",
    "sum(n.role for n in nodes) == 1",
]


@pytest.mark.parametrize("text", TRUE)
def test_what_holds(text: str) -> None:
    check_condition(text, WORDS)
    assert holds(text, SIM.cluster, COUNTS)


@pytest.mark.parametrize("text", FALSE)
def test_what_does_not_hold_or_is_not_there_yet(text: str) -> None:
    check_condition(text, WORDS)
    assert not holds(text, SIM.cluster, COUNTS)


@pytest.mark.parametrize(
    "text", ["n1.log[9].term == 1 or n1.role == 'leader'", "not (n1.data.y == '1') and n1.role == 'leader'"]
)
def test_what_is_not_there_makes_its_side_false_not_the_whole(text: str) -> None:
    assert holds(text, SIM.cluster, COUNTS)


WRONG = [
    ("n1.role ==", "condition-syntax"),
    ("", "condition-syntax"),
    ("(" * 300, "condition-syntax"),
    ("n1.role = 'leader'", "condition-syntax"),
    ("import os", "condition-syntax"),
    ("x" * 501, "condition-too-long"),
    ("n9.role == 'leader'", "condition-name"),
    ("lead is none", "condition-name"),
    ("__import__('os')", "condition-function"),
    ("open('/etc/passwd')", "condition-function"),
    ("n1.log.count(1) == 1", "condition-function"),
    ("'a'.upper() == 'A'", "condition-function"),
    ("len(n1.log)(3)", "condition-function"),
    ("n1.colour == 'red'", "condition-field"),
    ("leader.colour == 'red'", "condition-field"),
    ("leader.answered == 1", "condition-field"),
    ("c1.role == 'leader'", "condition-field"),
    ("all(n.colour == 1 for n in nodes)", "condition-field"),
    ("all(n.answered == 1 for n in nodes)", "condition-field"),
    ("n1.__class__", "condition-field"),
    ("len(n1.log) == len", "condition-name"),
    ("x == 1 and any(x for x in nodes)", "condition-name"),
    ("lambda: 1", "condition-word"),
    ("[n for n in nodes]", "condition-word"),
    ("{n for n in nodes}", "condition-word"),
    ("n1.log[0:1]", "condition-word"),
    ("f'{n1}'", "condition-word"),
    ("1 if n1 else 2", "condition-word"),
    ("(y := 1) == 1", "condition-word"),
    ("9 ** 9 ** 9", "condition-word"),
    ("'a' * 999999999 == ''", "condition-word"),
    ("len(*[n1.log]) == 1", "condition-word"),
    ("max(n1.log, key=1)", "condition-word"),
    ("count(x for n in nodes for x in n.log) == 1", "condition-word"),
    ("count(a for (a, b) in nodes) == 1", "condition-word"),
    ("-" * 400 + "1 == 1", "condition-syntax"),
]


@pytest.mark.parametrize(("text", "code"), WRONG, ids=[t[:40] for t, _ in WRONG])
def test_what_cannot_be_said_is_refused_before_anything_runs(text: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        check_condition(text, WORDS)
    assert refused.value.code == code
    for lang in ("en", "zh"):
        assert not refused.value.message(lang).startswith("errors.")


VOCABULARY = """
n1 n2 c1 leader nodes now none true 0 1 -1 'leader' . , ( ) [ ] == != < in not and or is + - for if x
len count max sum any all sent rule role log term data answers currentTerm matchIndex status
"""
PIECES = st.sampled_from(VOCABULARY.split())


@given(st.lists(PIECES, max_size=14).map(" ".join) | st.text(max_size=20))
@example("nodes[0].colour == 1")
@example("max(n.role for n in nodes)")
@example("n1 < n2")
@example("sum(nodes) == 1")
@example("sent(1, 2, 3, 4, 5)")
@example("rule()")
@example("any(n1)")
@example("not not not n1")
@example("n1 in 3")
@example("broken('nothing')")
@example("[n1][n2]")
@settings(max_examples=150)
def test_whatever_passes_the_check_can_be_evaluated(text: str) -> None:
    """Never another exception, before a run or in the middle of it."""
    try:
        check_condition(text, WORDS)
    except Refused:
        return
    assert holds(text, SIM.cluster, COUNTS) in (True, False)


def test_conditions_see_no_clients_state_through_leader() -> None:
    """`leader` before there is one: false, not an error."""
    fresh = Simulation(CONFIG)
    assert not holds("leader.currentTerm == 1", fresh.cluster, Counts())
    assert holds("leader is none", fresh.cluster, Counts())


def test_of_two_leaders_the_newer_is_meant() -> None:
    sim = Simulation(CONFIG)
    for text in ("timeout n1 election",):
        sim.execute(text)
    sim.advance(100_000)
    sim.execute("partition n1 | n2 n3 n4 n5")
    sim.execute("timeout n2 election")
    sim.advance(200_000)
    roles: Any = [sim.cluster.machines[n].processes[0].state.role for n in ("n1", "n2")]
    assert roles == ["leader", "leader"]
    assert holds("leader == n2", sim.cluster, Counts())
    sim.execute("crash n2")
    assert holds("leader == n1", sim.cluster, Counts())


def test_a_znode_is_what_a_server_has_at_its_path() -> None:
    sim = Simulation(ClusterConfig.model_validate({"services": ["zookeeper"], "nodes": 3}))
    sim.advance(700_000)
    for line in ("create /a old", "create /a/x", "create -e /a/y"):
        sim.execute(f"tell c1 zk '{line}'")
    sim.advance(1_500_000)
    for text in (
        "znode('n2', '/a').data == 'old' and znode(n2, '/a').version == 0 and znode(n2, '/a').owner == 0",
        "znode('n1', '/a').children == ['x', 'y'] and znode('n1', '/a').cversion == 2",
        "znode('n1', '/a').pzxid == znode('n1', '/a/y').czxid",
        "znode('n3', '/a/y').owner == c1.session",
        "znode('n3', '/b') is none and not znode('n9', '/a') == 1",
    ):
        check_condition(text, vocabulary(sim.config))
        assert holds(text, sim.cluster, Counts()), text
    assert not holds("znode('n1', '/a') is none", SIM.cluster, COUNTS), "no tree, no znode"
