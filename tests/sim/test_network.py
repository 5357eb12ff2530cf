"""Links, disks, clocks and machines: each fault does what it says, and nothing else."""

import re
from itertools import pairwise
from typing import Any

import pytest

from app.sim.chance import Stream
from app.sim.config import ClusterConfig, read_config
from app.sim.delays import read_delay
from app.sim.errors import Refused
from app.sim.simulation import Simulation
from app.sim.trace import Event


class Lab:
    """A simulation with its events at hand."""

    def __init__(self, *commands: str, **config: Any) -> None:
        self.sim = Simulation(ClusterConfig.model_validate({"clients": 1, "seed": 3} | config))
        self.events: list[Event] = self.sim.take()
        self.do(*commands)

    def do(self, *commands: str) -> "Lab":
        for text in commands:
            self.sim.execute(text)
        self.events += self.sim.take()
        return self

    def run(self, ms: float) -> "Lab":
        """Go on for so long."""
        self.sim.advance(self.sim.now + round(ms * 1000))
        self.events += self.sim.take()
        return self

    def of(self, *kinds: str, node: str | None = None) -> list[Event]:
        return [e for e in self.events if e.kind in kinds and node in (None, e.node)]

    def between(self, src: str, dst: str) -> list[Event]:
        return [e for e in self.of("send") if (e.node, e.body[0]) == (src, dst)]

    def fate(self, message: int) -> tuple[str, int]:
        """What became of a message, and when."""
        for e in self.of("deliver", "drop"):
            if e.body[0] == message:
                return (e.kind if e.kind == "deliver" else str(e.body[1])), e.time
        return "in flight", self.sim.now

    def state(self, node: str) -> Any:
        return self.sim.cluster.machines[node].processes[0].state

    def status(self, node: str) -> str:
        return self.sim.cluster.machines[node].status

    def leader(self) -> str:
        """Wait for one."""
        for _ in range(100):
            for p in self.sim.cluster.processes:
                if getattr(p.state, "role", "") == "leader" and p.machine.status == "up":
                    return p.node
            self.run(50)
        raise AssertionError("nobody leads")


# --- links --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("delay", "low", "high"), [("5ms..10ms", 5_000, 10_000), ("7ms", 7_000, 7_000)])
def test_delays_lie_within_their_range(delay: str, low: int, high: int) -> None:
    lab = Lab(network={"delay": delay}).run(5_000)
    for e in lab.of("send"):
        assert low <= e.body[3] - e.time <= high
        assert lab.fate(e.seq)[1] == e.body[3] or lab.fate(e.seq)[0] == "in flight"
    spread = {e.body[3] - e.time for e in lab.of("send")}
    assert len(spread) > 50 if high > low else spread == {low}


def delays(lab: Lab, src: str, dst: str) -> list[int]:
    return [e.body[3] - e.time for e in lab.between(src, dst)]


MIXTURE = "38%pareto(1.05,1.51)+62%exp(0.183)"


@pytest.mark.parametrize("text", ["lnkd-disk", MIXTURE, "5ms+exp(0.1)"])
def test_a_delay_may_be_a_distribution_drawn_from_the_links_own_stream(text: str) -> None:
    lab = Lab(network={"delay": text}).run(3_000)
    stream = Stream(3, "link/n1/n2")
    found = delays(lab, "n1", "n2")
    assert len(found) > 50
    assert found == [read_delay(text).micros(stream.word()) for _ in found]


def test_kinds_of_messages_may_have_delays_of_their_own() -> None:
    settings = {"delay": "2ms", "delays": {"AppendEntriesReply": "exp(0.5)", "RequestVote": "7ms..9ms"}}
    lab = Lab(network=settings).run(2_000)
    kinds: dict[str, set[int]] = {}
    for e in lab.of("send"):
        kinds.setdefault(e.body[1], set()).add(e.body[3] - e.time)
    assert kinds["AppendEntries"] == {2_000}
    assert len(kinds["AppendEntriesReply"]) > 100
    assert kinds["RequestVote"] <= set(range(7_000, 9_001))
    lab.do("link * -> * delay 3ms delay:AppendEntries lnkd-ssd").run(1_000)
    late = [e for e in lab.of("send") if e.time > 2_000_000]
    assert {e.body[3] - e.time for e in late if e.body[1] == "AppendEntriesReply"} == {3_000}
    assert len({e.body[3] - e.time for e in late if e.body[1] == "AppendEntries"}) > 20


def test_chance_goes_on_in_a_copy_as_it_would_have() -> None:
    """Keyframes keep where a link's distributions stand, and what they are."""
    lab = Lab("link n1 -> n2 delay:AppendEntries exp(0.3)", network={"delay": "lnkd-disk"}).run(700)
    twin = lab.sim.copy()
    lab.do("link n1 -> n2 delay 1ms").do("link * -> * delay lnkd-disk delay:AppendEntries exp(0.3)")
    straight = Lab("link n1 -> n2 delay:AppendEntries exp(0.3)", network={"delay": "lnkd-disk"}).run(1_500)
    twin.advance(1_500_000)
    later = [e for e in straight.events if e.seq > straight_from(straight, 700)]
    assert [str(e) for e in twin.take()] == [str(e) for e in later]
    assert any(e.kind == "send" and e.body[3] - e.time > 5_000 for e in later)


def straight_from(lab: Lab, ms: int) -> int:
    return max(e.seq for e in lab.events if e.time <= ms * 1_000)


@pytest.mark.parametrize(
    ("network", "sentence"),
    [
        ({"delay": "soon"}, "“soon” is not a delay"),
        ({"delay": "30%5ms"}, "add up to 30 %"),
        ({"delays": {"AppendEntries": "pareto(1)"}}, "“pareto(1)” is not a distribution"),
        ({"delays": {"Letter": "5ms"}}, "Letter"),
    ],
)
def test_delays_that_cannot_be_are_refused(network: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Refused, match=re.escape(sentence)):
        read_config({"network": network})


def test_a_links_delay_is_its_own() -> None:
    lab = Lab("link n1 -> n2 delay 90ms").run(5_000)
    assert {e.body[3] - e.time for e in lab.between("n1", "n2")} == {90_000}
    assert all(e.body[3] - e.time <= 25_000 for e in lab.between("n2", "n1") + lab.between("n1", "n3"))


def test_loss_is_a_share_and_happens_half_way() -> None:
    lab = Lab(network={"loss": 0.3}).run(7_000)
    sent = [e for e in lab.of("send") if lab.fate(e.seq)[0] != "in flight"]
    lost = [e for e in sent if lab.fate(e.seq)[0] == "lost"]
    assert len(sent) > 500
    assert 0.25 < len(lost) / len(sent) < 0.35
    for e in lost:
        assert e.time < lab.fate(e.seq)[1] < e.body[3]


def test_certain_loss_and_none() -> None:
    lab = Lab("link n1 -> n2 loss 1").run(3_000)
    assert {lab.fate(e.seq)[0] for e in lab.between("n1", "n2")} <= {"lost", "in flight"}
    lab.do("link n1 -> n2 loss 0")
    seen = len(lab.events)
    lab.run(3_000)
    late = [e for e in lab.between("n1", "n2") if e.seq > lab.events[seen - 1].seq]
    assert {lab.fate(e.seq)[0] for e in late} <= {"deliver", "in flight"}


def test_a_duplicate_is_a_message_of_its_own_that_names_the_first() -> None:
    lab = Lab(network={"duplicate": 0.4}).run(10_000)
    originals = {e.seq: e for e in lab.of("send") if not e.body[5]}
    copies = [e for e in lab.of("send") if e.body[5]]
    assert 0.3 < len(copies) / len(originals) < 0.5
    for copy in copies:
        first = originals[copy.body[5]]
        assert (copy.node, copy.body[:3], copy.time) == (first.node, first.body[:3], first.time)
        assert copy.cause == first.seq


def test_fifo_keeps_order_and_its_absence_does_not() -> None:
    def overtakings(lab: Lab) -> int:
        count = 0
        for link in {(e.node, e.body[0]) for e in lab.of("send")}:
            count += sum(b < a for a, b in pairwise(e.body[3] for e in lab.between(*link)))
        return count

    rough = {"delay": "1ms..80ms"}
    assert overtakings(Lab(network=rough).run(5_000)) > 20
    assert overtakings(Lab(network={**rough, "fifo": True}).run(5_000)) == 0


def test_a_cut_is_one_way() -> None:
    lab = Lab("cut n1 -> n2").run(3_000)
    assert {lab.fate(e.seq)[0] for e in lab.between("n1", "n2")} <= {"cut", "in flight"}
    assert {lab.fate(e.seq)[0] for e in lab.between("n2", "n1")} <= {"deliver", "in flight"}
    assert lab.sim.cluster.view()["network"]["cut"] == [["n1", "n2"]]


def test_a_cut_kills_what_is_on_the_line() -> None:
    lab = Lab(network={"delay": "20ms"}).run(10).do("timeout n1 election").run(5)
    on_line = [e.seq for e in lab.between("n1", "n2")]
    lab.do("cut n1 -- n2").run(50)
    assert on_line
    assert {lab.fate(m) for m in on_line} == {("cut", 15_000)}
    assert lab.fate(lab.between("n1", "n3")[0].seq)[0] == "deliver"


def test_a_mended_line_works_again() -> None:
    lab = Lab("cut n1 -- n2", network={"delay": "20ms"}).run(500).do("mend n1 -- n2", "timeout n1 election")
    now = lab.sim.now
    lab.run(100)
    fates = [lab.fate(e.seq)[0] for e in lab.between("n1", "n2") + lab.between("n2", "n1") if e.time == now]
    assert fates == ["deliver"]


def test_groups_may_overlap_and_reachability_is_not_transitive() -> None:
    """n3 is in both groups: n1 reaches n3, n3 reaches n5, n1 does not reach n5; c1 in none reaches all."""
    lab = Lab("partition n1 n2 n3 | n3 n4 n5").run(3_000)
    cut = {tuple(pair) for pair in lab.sim.cluster.view()["network"]["cut"]}
    left, right = {"n1", "n2"}, {"n4", "n5"}
    assert cut == {(a, b) for a in left for b in right} | {(b, a) for a in left for b in right}
    for e in lab.of("send"):
        expected = {"cut", "in flight"} if (e.node, e.body[0]) in cut else {"deliver", "in flight"}
        assert lab.fate(e.seq)[0] in expected


def test_a_partition_keeps_endpoints_in_no_group_connected() -> None:
    lab = Lab("partition n1 | n2 n3 n4 n5")
    assert all("c1" not in pair for pair in lab.sim.cluster.view()["network"]["cut"])


def test_heal_ends_cuts_partition_and_rules_but_not_link_settings() -> None:
    lab = Lab(
        "cut n1 -> n2", "partition n1 | n2 n3", "drop every * * -> n4", "link n1 -> n3 delay 70ms", "heal"
    )
    assert lab.sim.cluster.view()["network"] == {"cut": [], "groups": [], "manual": False, "rules": []}
    lab.run(3_000)
    assert {e.body[3] - e.time for e in lab.between("n1", "n3")} <= {70_000}
    assert not lab.of("drop")


# --- by hand ------------------------------------------------------------------------------------------------


def asked(**config: Any) -> Lab:
    """n1 has just asked everybody for a vote; 5 ms of 20 have passed."""
    lab = Lab(network={"delay": "20ms"}, nodes=4, clients=0, **config)
    return lab.run(10).do("timeout n1 election").run(5)


def requests(lab: Lab) -> dict[str, int]:
    return {e.body[0]: e.seq for e in lab.of("send") if e.body[1] == "RequestVote" and e.node == "n1"}


def test_held_messages_wait_until_somebody_delivers_them_in_any_order() -> None:
    lab = asked().do("network manual")
    ids = requests(lab)
    lab.run(500)
    assert all(lab.fate(m)[0] == "in flight" for m in ids.values())
    order = ["n4", "n2", "n3"]
    for dst in order:
        lab.do(f"deliver #{ids[dst]}").run(1)
    delivered = [e.node for e in lab.of("deliver") if e.body[0] in ids.values()]
    assert delivered == order


def test_under_manual_delivery_new_messages_are_held_from_the_start() -> None:
    lab = asked().do("network manual")
    lab.do(f"deliver #{requests(lab)['n2']}")
    reply = lab.between("n2", "n1")[-1]
    assert reply.body[4] == 1
    assert lab.run(100).fate(reply.seq)[0] == "in flight"


def test_automatic_delivery_sends_held_messages_on_for_the_rest_of_their_way() -> None:
    """They were held 5 ms on their way of 20, travel to the middle, and need the other half from there."""
    lab = asked().do("network manual").run(500).do("network auto")
    now = lab.sim.now
    lab.run(50)
    assert {lab.fate(m) for m in requests(lab).values()} == {("deliver", now + 10_000)}


def test_a_held_message_is_not_lost_by_a_cut() -> None:
    """Who holds it has it in his hand."""
    lab = asked()
    m = requests(lab)["n2"]
    lab.do(f"hold #{m}", "cut n1 -> n2").run(30)
    assert lab.fate(m)[0] == "in flight"
    assert lab.do(f"deliver #{m}").fate(m)[0] == "deliver"


def test_a_dropped_message_is_gone() -> None:
    lab = asked()
    m = requests(lab)["n2"]
    assert lab.do(f"drop #{m}").run(100).fate(m) == ("command", 15_000)


def test_a_delayed_message_comes_later_by_as_much() -> None:
    lab = asked()
    m = requests(lab)["n2"]
    assert lab.do(f"delay #{m} 30ms").run(100).fate(m) == ("deliver", 10_000 + 20_000 + 30_000)


def test_a_duplicated_message_comes_twice() -> None:
    lab = asked()
    m = requests(lab)["n2"]
    lab.do(f"duplicate #{m}").run(100)
    (copy,) = [e for e in lab.of("send") if e.body[5] == m]
    assert lab.fate(m) == ("deliver", 30_000)
    assert lab.fate(copy.seq) == ("deliver", 35_000)


def test_deliver_brings_a_message_in_at_once() -> None:
    lab = asked()
    m = requests(lab)["n2"]
    assert lab.do(f"deliver #{m}").fate(m) == ("deliver", 15_000)
    assert len([e for e in lab.run(100).of("deliver") if e.body[0] == m]) == 1


@pytest.mark.parametrize(("which", "count"), [("first RequestVote n1 -> *", 1), ("RequestVote n1 -> *", 3)])
def test_a_selector_means_all_or_the_oldest(which: str, count: int) -> None:
    lab = asked().do(f"drop {which}")
    assert len(lab.of("drop")) == count


def test_standing_rules_hold_and_drop_what_is_sent_from_now_on() -> None:
    lab = asked().do("drop every RequestVoteReply n2 -> n1", "hold every RequestVoteReply n3 -> *").run(100)
    fates = {e.node: lab.fate(e.seq)[0] for e in lab.of("send") if e.body[1] == "RequestVoteReply"}
    assert fates == {"n2": "rule", "n3": "in flight", "n4": "deliver"}
    lab.do("allow every RequestVoteReply n2 -> n1", "timeout n1 election").run(100)
    last = [e for e in lab.between("n2", "n1") if e.body[1] == "RequestVoteReply"][-1]
    assert lab.fate(last.seq)[0] == "deliver"


# --- machines -----------------------------------------------------------------------------------------------


def test_a_crash_loses_what_is_volatile_and_a_restart_finds_what_was_saved() -> None:
    lab = Lab()
    leader = lab.leader()
    lab.do("request c1 put x 1").run(300)
    s = lab.state(leader)
    kept = s.current_term, s.voted_for, list(s.log)
    assert s.commit_index > 0
    lab.do(f"crash {leader}")
    s = lab.state(leader)
    assert (s.current_term, s.voted_for, list(s.log)) == kept
    assert (s.role, s.commit_index, s.last_applied, s.data, s.next_index) == ("follower", 0, 0, {}, {})
    lab.do(f"restart {leader}").run(2_000)
    assert lab.state(leader).data == {"x": "1"}


def test_messages_to_a_crashed_machine_are_lost() -> None:
    lab = asked().do("crash n2").run(100)
    assert lab.fate(requests(lab)["n2"])[0] == "crashed"


def test_timers_of_a_crashed_machine_do_not_fire() -> None:
    lab = Lab("crash n2").run(3_000)
    assert not lab.of("timeout", node="n2")
    assert not [e for e in lab.of("send") if e.node == "n2"]


def test_a_paused_machine_does_nothing_and_then_catches_up_messages_first() -> None:
    lab = asked().do("pause n2").run(3_000)
    assert not lab.of("deliver", "timeout", node="n2")
    at = lab.sim.now
    lab.do("resume n2").run(1)
    after = [e for e in lab.of("deliver", "timeout", node="n2") if e.time == at]
    assert after[0].body[0] == requests(lab)["n2"]
    kinds = [e.kind for e in after]
    assert kinds == sorted(kinds), "first the messages that waited, then overdue timers"


def test_an_overdue_timer_fires_after_a_pause_unless_the_messages_put_it_off() -> None:
    lab = Lab("pause n2", "partition n2 | n1 n3 n4 n5").run(3_000).do("resume n2")
    at = lab.sim.now
    lab.run(0)
    (fired,) = lab.of("timeout", node="n2")
    assert (fired.time, fired.body) == (at, ("election",))


def test_what_was_sent_before_a_pause_arrives() -> None:
    lab = asked().do("pause n1").run(100)
    assert {lab.fate(m)[0] for m in requests(lab).values()} == {"deliver"}


@pytest.mark.parametrize("rate", [0.5, 2.0, 4.0])
def test_a_clock_that_runs_differently_times_out_differently(rate: float) -> None:
    """Timers are measured on the node's own clock: at twice the speed they fire in half the time."""
    lab = Lab("network manual", f"clock n1 {rate}").run(60_000)
    mine, theirs = ([b.time - a.time for a, b in pairwise(lab.of("timeout", node=n))] for n in ("n1", "n2"))
    assert all(150_000 / rate - 1 <= gap <= 300_000 / rate + 1 for gap in mine)
    assert all(150_000 <= gap <= 300_000 for gap in theirs)
    assert rate * 0.9 < (sum(theirs) / len(theirs)) / (sum(mine) / len(mine)) < rate * 1.1


# --- disks --------------------------------------------------------------------------------------------------


def test_a_write_takes_its_time_and_what_depends_on_it_waits() -> None:
    lab = Lab(disk={"latency": "7ms"}, network={"delay": "20ms"}).run(10).do("timeout n1 election")
    assert not lab.between("n1", "n2")
    (save,) = lab.of("save")
    assert save.body == (17_000,)
    lab.run(6.9)
    assert not lab.of("saved")
    lab.run(0.1)
    assert [e.time for e in lab.of("saved")] == [17_000]
    assert [e.time for e in lab.between("n1", "n2")] == [17_000]


def test_a_node_that_writes_handles_nothing_else() -> None:
    lab = Lab(disk={"latency": "100ms"}, network={"delay": "20ms"}).run(10)
    lab.do("timeout n1 election", "timeout n2 election").run(500)
    for node in ("n1", "n2", "n3"):
        busy = [(e.time, e.body[0]) for e in lab.of("save", node=node)]
        handled = [e.time for e in lab.of("deliver", "timeout", node=node)]
        assert not [t for t in handled for start, end in busy if start < t < end]


def test_latency_lies_within_its_range() -> None:
    lab = Lab("load c1 50ms", disk={"latency": "2ms..9ms"}).run(5_000)
    took = {e.body[0] - e.time for e in lab.of("save")}
    assert len(took) > 20
    assert all(2_000 <= t <= 9_000 for t in took)


@pytest.mark.parametrize("latency", [None, "5ms"])
@pytest.mark.parametrize(("trap", "kept"), [("before", False), ("after", True)])
def test_a_crash_at_a_save_loses_or_keeps_it_and_sends_nothing(
    trap: str, kept: bool, latency: str | None
) -> None:
    lab = Lab(disk={"latency": latency}).run(10).do(f"crash n1 {trap} save", "timeout n1 election").run(20)
    assert lab.status("n1") == "crashed"
    assert lab.state("n1").current_term == (1 if kept else 0)
    assert lab.state("n1").voted_for == ("n1" if kept else None)
    assert not [e for e in lab.of("send") if e.node == "n1"]


def test_a_crash_in_the_middle_of_a_write_loses_it() -> None:
    lab = Lab(disk={"latency": "50ms"}).run(10).do("timeout n1 election").run(20).do("crash n1").run(200)
    assert lab.state("n1").current_term == 0
    assert not lab.of("saved", node="n1")


def test_a_trap_is_for_one_crash() -> None:
    lab = Lab("crash n1 before save", "timeout n1 election", "restart n1", "timeout n1 election").run(5)
    assert lab.status("n1") == "up"


# --- clients ------------------------------------------------------------------------------------------------


def test_a_client_finds_the_leader_and_gets_its_answer() -> None:
    lab = Lab()
    lab.leader()
    lab.do("request c1 put x 7", "request c1 get x").run(2_000)
    assert [(a.op, a.result) for a in lab.state("c1").answers] == [("put", "7"), ("get", "7")]


def test_leader_is_whoever_leads_at_that_moment() -> None:
    lab = Lab()
    leader = lab.leader()
    lab.do("request c1 put x 1 at leader", "cut leader -> c1")
    assert lab.between("c1", leader)
    assert lab.sim.cluster.view()["network"]["cut"] == [[leader, "c1"]]
    lab.do("crash leader")
    assert lab.status(leader) == "crashed"
    with pytest.raises(Refused) as refused:
        lab.do("crash leader")
    assert refused.value.code == "no-leader"


def test_leader_in_a_partition_a_rule_and_a_selector() -> None:
    lab = Lab()
    leader = lab.leader()
    others = [f"n{i}" for i in range(1, 6) if f"n{i}" != leader]
    lab.do("drop every AppendEntries leader -> *", f"partition leader {others[0]} | {' '.join(others[1:])}")
    state = lab.sim.cluster.view()["network"]
    assert state["rules"] == [f"drop every AppendEntries {leader} -> *"]
    assert state["groups"][0] == [leader, others[0]]


def test_servers_alone_go_on_without_clients() -> None:
    lab = Lab(nodes=1, clients=0).run(1_000)
    assert lab.state("n1").role == "leader"
    assert lab.state("n1").commit_index == 1
