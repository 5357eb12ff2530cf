"""Clients that come and go: what they bring, what they take with them, and that nobody else notices."""

from time import perf_counter
from typing import Any

import pytest

from app.sim import clients
from app.sim.config import ClusterConfig
from app.sim.errors import Refused
from app.sim.examine import run_scenario
from app.sim.process import NOBODY
from app.sim.scenario import load_scenario
from app.sim.simulation import Simulation
from app.sim.spacetime import endpoints, spacetime_svg
from app.sim.timeline import Timeline
from tests.sim.test_determinism import arrivals


def room(**more: Any) -> Timeline:
    line = Timeline(ClusterConfig.model_validate({"services": ["raft", "zab"], "nodes": 3, "seed": 3} | more))
    line.advance(1_000_000)
    return line


def kinds(line: Timeline, first: int = 1) -> list[tuple[str, str]]:
    return [(e.kind, e.node) for e in line.events(first, line.head)]


def test_one_that_joins_is_switched_on_and_served() -> None:
    line = room()
    at = line.head
    line.execute("join k1")
    assert kinds(line, at + 1)[:4] == [("command", ""), ("join", "k1"), ("start", "k1"), ("start", "k1")]
    line.execute("request k1 put x 7")
    line.advance(2_000_000)
    there = line.view()["nodes"]["k1"]
    assert (there["client"], there["joined"], there["since"]) == (True, True, 1_000_000)
    assert [there["services"][s]["state"]["answered"] for s in ("client", "client-zab")] == [1, 1]
    assert line.view()["nodes"]["n1"]["services"]["zab"]["state"]["data"] == {"x": "7"}


def test_it_may_talk_to_one_service_alone() -> None:
    line = room()
    line.execute("join k1 on zab")
    assert list(line.view()["nodes"]["k1"]["services"]) == ["client-zab"]
    line.execute("request k1 put x 7")
    line.advance(2_000_000)
    assert line.view()["nodes"]["k1"]["services"]["client-zab"]["state"]["answered"] == 1
    with pytest.raises(Refused) as refused:
        line.execute("request k1 put x 7 on raft")
    assert refused.value.code == "service-not-here"


def test_what_is_on_its_way_to_or_from_one_that_leaves_is_gone() -> None:
    line = room()
    line.execute("join k1 on zab")
    line.execute("request k1 put x 7 at n1")
    at = line.head
    line.execute("leave k1")
    made = line.events(at + 1, line.head)
    assert [(e.kind, e.node) for e in made] == [("command", ""), ("drop", ""), ("leave", "k1")]
    assert made[1].body[1] == "gone"
    assert "k1" not in line.view()["nodes"]
    assert not line.view()["messages"].keys() & {str(made[1].body[0])}
    line.advance(3_000_000)
    assert line.view()["nodes"]["n1"]["services"]["zab"]["state"]["data"] == {}


def test_an_answer_to_one_that_has_left_reaches_nobody() -> None:
    line = room()
    line.execute("join k1 on zab")
    line.execute("request k1 put x 7 at n1")
    line.advance(line.time + 30_000)  # n1 has it, and waits for a quorum
    line.execute("leave k1")
    at = line.head
    line.advance(3_000_000)
    made = line.events(at + 1, line.head)
    (sent,) = [e for e in made if e.kind == "send" and e.body[0] == "k1"]
    (lost,) = [e for e in made if e.kind == "drop" and e.body == (sent.seq, "gone")]
    assert (lost.seq, lost.time) == (sent.seq + 1, sent.time)
    assert line.view()["nodes"]["n1"]["services"]["zab"]["state"]["data"] == {"x": "7"}


def test_its_place_in_cuts_and_groups_is_forgotten() -> None:
    line = room()
    for text in ("join k1", "cut k1 -> n2", "partition n1 k1 | n2 n3", "join k2"):
        line.execute(text)
    cut = line.view()["network"]["cut"]
    assert ["k1", "n3"] in cut
    assert ["k2", "n3"] not in cut, "who is in no group talks to all"
    line.execute("leave k1")
    assert line.events(line.head, line.head)[0].kind == "network"
    network = line.view()["network"]
    assert network["groups"] == [["n1"], ["n2", "n3"]]
    assert not any("k1" in link for link in network["cut"])


def test_it_finds_the_network_as_it_is() -> None:
    line = room(network={"delay": "3ms", "fifo": True})
    line.execute("network manual")
    line.execute("join k1 on zab")
    line.execute("request k1 get x at n1")
    (message,) = [m for m in line.view()["messages"].values() if m["src"] == "k1"]
    assert message["held"]
    assert message["arrives"] - message["sent"] == 3_000


def test_nobody_elses_chance_is_shuffled() -> None:
    config = ClusterConfig.model_validate({"nodes": 3, "clients": 1, "seed": 8})
    alone, visited = Simulation(config), Simulation(config)
    for at in range(100_000, 1_500_000, 100_000):
        visited.advance(at)
        visited.execute(f"join k{at}")
        if at > 300_000:
            visited.execute(f"leave k{at - 200_000}")
    for sim in (alone, visited):
        sim.advance(3_000_000)
    assert arrivals(alone.take()) == arrivals(visited.take())


def test_a_kept_moment_knows_only_who_was_there() -> None:
    line = room()
    before = line.head
    line.execute("join k1")
    line.execute("load k1 20ms")
    line.advance(3_000_000)
    between = line.head
    line.execute("leave k1")
    line.advance(4_000_000)
    for seq, there in ((before, False), (between, True), (line.head, False)):
        fork = line.fork(seq)
        assert ("k1" in fork.view()["nodes"]) == there
        fork.execute("leave k1" if there else "join k9")
        fork.execute("request k9 put y 1" if not there else "join k9")
        fork.advance(fork.time + 1_000_000)
        twin = Timeline.replay(fork.config, fork.journal, fork.head, fork.time)
        assert twin.hash() == fork.hash()
    fork = line.fork(before)
    fork.execute("join k1")  # there it has never been


def test_who_is_gone_leaves_no_more_than_a_place() -> None:
    line = room()
    size = len(line.sim.cluster.processes)
    for n in range(50):
        line.execute(f"join k{n}")
        line.execute(f"request k{n} put x {n}")
        line.advance(line.time + 50_000)
        line.execute(f"leave k{n}")
    left = line.sim.cluster.processes[size:]
    assert len(left) == 100
    assert all(p is NOBODY for p in left)
    assert not any(p.targets.keys() - {"n1", "n2", "n3", "c1"} for p in line.sim.cluster.processes)


def test_there_is_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    line = room()
    monkeypatch.setattr(clients, "MOST_CLIENTS", 3)
    line.execute("join k1")
    line.execute("join k2")
    with pytest.raises(Refused) as refused:
        line.execute("join k3")
    assert refused.value.code == "too-many-clients"
    line.execute("leave k2")
    line.execute("join k3")


def test_hundreds_come_and_go_in_a_moment() -> None:
    line = room(clients=0)
    began = perf_counter()
    for n in range(400):
        line.execute(f"join k{n} on zab")
    for n in range(400):
        line.execute(f"leave k{n}")
    assert perf_counter() - began < 8  # some tenths of a second where nothing else runs


SCRIPT = """
protocol = "zab"
nodes = 3
clients = 0
[[step]]
when = "leader is not none"
do = ["join guest", "request guest put x 7"]
[[step]]
when = "guest.answered == 1"
do = "leave guest"
[[expect]]
that = "delivered('ClientReply', '*', 'guest') == 1 and rule('answered', 'guest') == 1"
[[expect]]
that = "leader.data.x == '7'"
"""


def test_a_script_may_have_clients_come_and_go() -> None:
    run = run_scenario(load_scenario(SCRIPT, "visit").config)
    assert not run.failed, [(str(v), v.seen) for v in run.verdicts]
    with pytest.raises(Refused):
        load_scenario(SCRIPT.replace("leave guest", "leave gust"), "visit")


def test_a_diagram_is_drawn_of_those_who_are_there() -> None:
    line = room()
    line.execute("join k1")
    line.execute("load k1 30ms")
    line.advance(2_000_000)
    with_guest = endpoints(line.view())
    line.execute("leave k1")
    line.advance(3_000_000)
    events = line.events(1, line.head)
    for names in (with_guest, endpoints(line.view())):
        assert (">k1<" in spacetime_svg(events, names, 0, 3_000_000)) == ("k1" in names)
