"""The store, rule by rule (Dynamo, sections 4.3 to 4.7; Attiya, Bar-Noy & Dolev, section 3)."""

from typing import Any

import pytest

from app.sim.config import read_config
from app.sim.errors import Refused
from app.sim.simulation import Simulation
from protocols.actor import Effects, Message, persistent_values
from protocols.key_value import Command
from protocols.quorum import Quorum, QuorumOptions
from protocols.quorum.messages import (
    Difference,
    Digest,
    Fetched,
    FetchRequest,
    Handoff,
    HandoffAck,
    QuorumReply,
    QuorumRequest,
    Stored,
    StoreRequest,
)
from protocols.quorum.ring import preference
from protocols.quorum.versions import How, Stamp, Version, Versions, clock_of, includes, merge

FIVE = ("n1", "n2", "n3", "n4", "n5")
VC: How = "vector-clock"
LWW: How = "last-write-wins"


class Node:
    """One node of the store by hand: what it was given, what it sent."""

    def __init__(self, me: str = "n1", members: tuple[str, ...] = FIVE, **options: Any) -> None:
        self.actor = Quorum(me, members, QuorumOptions(**options))
        self.state = self.actor.initial({})
        self.out = Effects()

    def hear(self, src: str, *messages: Message) -> "Node":
        for m in messages:
            self.out = Effects()
            self.actor.handlers[type(m)](self.state, src, m, self.out)
        return self

    def ring(self, timer: str) -> "Node":
        self.out = Effects()
        self.actor.timeouts[timer](self.state, self.out)
        return self

    def put(self, value: str, serial: int = 1, client: str = "c1", **more: Any) -> "Node":
        return self.hear(client, QuorumRequest(Command("put", "x", value, client, serial), **more))

    def get(self, serial: int = 1, client: str = "c1", **more: Any) -> "Node":
        return self.hear(client, QuorumRequest(Command("get", "x", "", client, serial), **more))

    @property
    def sent(self) -> dict[str, Any]:
        return {to: m for to, m in self.out.outbox if to is not None}

    @property
    def rules(self) -> list[str]:
        return [rule for rule, _ in self.out.reasons]

    @property
    def values(self) -> list[str]:
        return [v.value for v in self.state.store.get("x", ())]

    def assert_saved_first(self) -> None:
        """What it says is on disk was written there before."""
        assert self.out.outbox[0] == (None, persistent_values(self.state))


def version(value: str, node: str = "n1", counter: int = 1, at: int = 0, **past: int) -> Version:
    return Version(value, Stamp(node, counter, at), tuple(sorted(past.items())))


# --- the ring (4.3) and versions (4.4) ----------------------------------------------------------------------


def test_a_key_is_held_by_its_home_and_the_next_clockwise() -> None:
    assert preference("x", FIVE) == FIVE
    assert preference("y", FIVE) == ("n2", "n3", "n4", "n5", "n1")
    assert Node().actor.replicas("y") == ("n2", "n3", "n4")


def test_figure_3_the_evolution_of_an_object() -> None:
    """D1 and D2 by Sx; D3 by Sy and D4 by Sz, both from D2; D5 by Sx reconciles them."""
    d1, d2 = version("D1", "sx", 1), version("D2", "sx", 2, sx=1)
    d3, d4 = version("D3", "sy", 1, sx=2), version("D4", "sz", 1, sx=2)
    assert merge(VC, (d1,), (d2,)) == (d2,)
    both = merge(VC, (d2, d3), (d4,))
    assert both == (d3, d4)
    assert clock_of(both) == (("sx", 2), ("sy", 1), ("sz", 1))
    d5 = version("D5", "sx", 3, **dict(clock_of(both)))
    assert merge(VC, both, (d5,)) == (d5,)
    assert clock_of((d5,)) == (("sx", 3), ("sy", 1), ("sz", 1))


def test_two_blind_writes_at_one_coordinator_are_siblings() -> None:
    """Plain vector clocks would take the second for a successor of the first."""
    node = Node(w=1).put("1").put("2", client="c2")
    assert node.values == ["1", "2"]
    assert "siblings" in node.rules
    context = clock_of(node.state.store["x"])
    assert node.put("3", serial=2, context=context).values == ["3"]


def test_the_last_write_wins_by_time_then_by_node() -> None:
    early, late = version("a", "n2", 1, at=5), version("b", "n1", 1, at=6)
    assert merge(LWW, (late,), (early,)) == (late,)
    assert merge(LWW, (version("a", "n1", at=5),), (early,)) == (early,)
    assert includes(LWW, (late,), early.stamp)
    assert not includes(LWW, (early,), late.stamp)


# --- put (4.5) ----------------------------------------------------------------------------------------------


def test_a_coordinator_saves_its_copy_and_sends_it_to_the_other_replicas() -> None:
    node = Node().put("5")
    node.assert_saved_first()
    assert set(node.sent) == {"n2", "n3"}
    assert node.sent["n2"].versions == node.state.store["x"]
    assert node.rules == ["coordinates-write", "write-acknowledged"]


def test_w_copies_are_a_success_and_one_replica_counts_once() -> None:
    node = Node(w=3).put("5").hear("n2", *[Stored("c1/1", "x")] * 2)
    assert "late-acknowledgement" in node.rules
    assert node.hear("n3", Stored("c1/1", "x")).sent["c1"].status == "ok"
    assert node.sent["c1"].quorum == ("n1", "n2", "n3")
    assert node.state.working == {}


def test_w_is_the_requests_own_if_it_says_one() -> None:
    assert Node(w=3).put("5", level=1).sent["c1"].status == "ok"
    assert "c1" not in Node(w=1).put("5", level=2).sent


def test_without_w_in_time_the_write_fails_but_may_have_happened() -> None:
    node = Node().put("5").ring("timeout")
    assert node.sent["c1"] == QuorumReply(1, "failed", quorum=("n1",), need=2)
    assert node.values == ["5"]


def test_a_coordinator_that_is_no_replica_does_not_count() -> None:
    node = Node("n5").put("5")
    assert set(node.sent) == {"n1", "n2", "n3"}
    assert node.state.working["c1/1"].quorum == ()


def test_a_request_that_comes_twice_is_carried_out_once_even_after_a_crash() -> None:
    node = Node().put("5")
    disk = persistent_values(node.state)
    assert node.put("5").rules == ["request-seen"]
    again = Node()
    again.state.store, again.state.counter, again.state.hints, again.state.served = disk
    assert again.put("5").rules == ["request-seen"]


def test_numbers_of_writes_are_never_used_again() -> None:
    node = Node(w=1).put("1")
    fresh = Node(w=1)
    fresh.state.store, fresh.state.counter, *_ = persistent_values(node.state)
    fresh.put("2", serial=2)
    assert [v.stamp.counter for v in fresh.state.store["x"]] == [1, 2]


# --- replicas -----------------------------------------------------------------------------------------------


def test_a_replica_saves_before_it_acknowledges() -> None:
    node = Node("n2").hear("n1", StoreRequest("c1/1", "x", (version("5"),)))
    node.assert_saved_first()
    assert node.sent == {"n1": Stored("c1/1", "x")}


def test_a_replica_does_not_go_back_to_an_older_version() -> None:
    newer, older = version("6", "n1", 2, n1=1), version("5", "n1", 1)
    node = Node("n2").hear("n1", StoreRequest("a", "x", (newer,)), StoreRequest("b", "x", (older,)))
    assert node.values == ["6"]
    assert node.rules == ["has-it-already"]
    assert node.sent == {"n1": Stored("b", "x")}


# --- get (4.5), read repair (5), ABD ------------------------------------------------------------------------


def answered(node: Node, **held: Versions) -> Node:
    for name, versions in held.items():
        node.hear(name, Fetched("c1/1", "x", versions))
    return node


def test_a_read_takes_the_first_r_answers_and_the_newest_of_them() -> None:
    node = answered(Node("n5").get(), n1=(), n3=(version("5"),))
    assert node.sent["c1"].versions == (version("5"),)
    assert node.sent["c1"].quorum == ("n1", "n3")


def test_a_read_asks_only_r_if_told_so_itself_first() -> None:
    node = Node("n2", ask="r").get()
    assert node.state.working["c1/1"].asked == ("n2", "n1")
    assert node.sent == {"n1": FetchRequest("c1/1", "x")}


def test_whoever_answered_with_less_is_repaired_also_late_ones() -> None:
    node = answered(Node("n5").get(), n1=(), n3=(version("5"),))
    assert node.sent["n1"] == StoreRequest("c1/1", "x", (version("5"),), "repair")
    assert answered(node, n2=()).sent["n2"].versions == (version("5"),)
    assert node.state.working == {}
    repaired = Node("n1").hear("n5", StoreRequest("c1/1", "x", (version("5"),), "repair"))
    assert repaired.sent == {}
    assert repaired.values == ["5"]


def test_read_repair_can_be_switched_off() -> None:
    node = answered(Node("n5", read_repair=False).get(), n1=(), n3=(version("5"),))
    assert set(node.sent) == {"c1"}


def test_abd_writes_back_before_it_answers() -> None:
    node = answered(Node("n5", write_back=True).get(), n1=(), n3=(version("5"),))
    assert {m.purpose for m in node.sent.values()} == {"write-back"}
    assert set(node.sent) == {"n1", "n2", "n3"}
    node.hear("n3", Stored("c1/1", "x"))
    assert "c1" not in node.sent
    assert node.hear("n2", Stored("c1/1", "x")).sent["c1"].versions == (version("5"),)


def test_a_token_makes_a_read_wait_for_what_the_client_knows() -> None:
    token = (Stamp("n1", 1, 0),)
    node = answered(Node("n5", r=1, ask="r").get(token=token), n1=())
    assert node.rules[-1] == "token-not-covered"
    assert set(node.sent) == {"n2", "n3"}
    assert "c1" not in answered(node, n2=()).sent
    assert answered(node, n3=(version("5"),)).sent["c1"].versions == (version("5"),)


def test_without_r_in_time_the_read_fails() -> None:
    node = answered(Node("n5").get(), n1=()).ring("timeout")
    assert node.sent["c1"] == QuorumReply(1, "failed", quorum=("n1",), need=2)


# --- sloppy quorums and hinted handoff (4.6) ----------------------------------------------------------------


def test_the_next_on_the_ring_stand_in_for_silent_replicas() -> None:
    node = Node(sloppy=True).put("5").hear("n3", Stored("c1/1", "x")).ring("patience")
    assert node.sent == {"n4": StoreRequest("c1/1", "x", node.state.store["x"], "write", "n2")}
    strict = Node().put("5")
    assert "patience" not in dict(strict.out.timers) or dict(strict.out.timers)["patience"] is None


def hinted() -> Node:
    return Node("n4", sloppy=True).hear("n1", StoreRequest("c1/1", "x", (version("5"),), hint="n2"))


def test_a_hint_is_on_disk_before_it_counts_and_is_kept_until_it_is_home() -> None:
    node = hinted()
    node.assert_saved_first()
    assert node.ring("handoff").sent == {"n2": Handoff("x", (version("5"),))}
    assert node.values == ["5"]
    home = Node("n2").hear("n4", node.sent["n2"])
    home.assert_saved_first()
    assert home.values == ["5"]
    node.hear("n2", home.sent["n4"])
    assert (node.state.hints, node.state.store) == ((), {})


def test_a_hint_stays_when_something_newer_has_come_meanwhile() -> None:
    node = hinted().hear("n1", StoreRequest("c1/2", "x", (version("6", "n1", 2, n1=1),), hint="n2"))
    assert node.hear("n2", HandoffAck("x", (Stamp("n1", 1, 0),))).rules == ["hint-stays"]
    assert node.values == ["6"]


def test_a_coordinator_may_stand_in_itself() -> None:
    node = Node("n4", sloppy=True).put("5").hear("n1", Stored("c1/1", "x")).ring("patience")
    assert [(h.home, h.key) for h in node.state.hints] == [("n2", "x")]
    assert node.sent["c1"].quorum == ("n1", "n4")
    assert node.sent["n5"].hint == "n3"


# --- anti-entropy (4.7) -------------------------------------------------------------------------------------


def test_replicas_exchange_what_differs_and_only_that() -> None:
    a, b = Node("n1", FIVE[:3]), Node("n2", FIVE[:3])
    a.state.store = {"x": (version("5"),), "y": (version("7", "n1", 2),), "z": (version("9", "n3"),)}
    b.state.store = {"x": (version("6", "n2"),), "z": (version("9", "n3"),)}
    told = b.hear("n1", Digest(a.actor.digest(a.state, "n2"))).sent["n1"]
    assert told == Difference({"x": (version("6", "n2"),), "y": ()})
    back = a.hear("n2", told).sent["n2"]
    assert b.hear("n1", back).sent == {}
    assert a.state.store == b.state.store
    assert a.values == ["5", "6"]
    assert b.hear("n1", Digest(a.actor.digest(a.state, "n2"))).rules == ["agrees"]


# --- clients ------------------------------------------------------------------------------------------------


def room(**options: Any) -> Simulation:
    config: dict[str, Any] = {"services": ["quorum"], "nodes": 3, "options": {"quorum": options}}
    return Simulation(read_config(config | {"network": {"delay": "10ms"}}))


def asked(sim: Simulation) -> list[str]:
    return [e.body[0] for e in sim.cluster.events if e.kind == "send" and e.body[1] == "QuorumRequest"]


def do(sim: Simulation, *commands: str) -> Any:
    for text in commands:
        sim.execute(text)
    sim.advance(sim.now + 500_000)
    return sim.cluster.machines["c1"].processes[0].state


@pytest.mark.parametrize(
    ("orders", "whom"),
    [
        ([], ["n1", "n2", "n3", "n1"]),
        (["tell c1 route primary"], ["n1"] * 4),
        (["tell c1 route n3"], ["n3"] * 4),
        (["tell c1 window 10s"], ["n1", "n1", "n1", "n1"]),
    ],
)
def test_whom_a_client_asks(orders: list[str], whom: list[str]) -> None:
    sim = room()
    do(sim, *orders, "request c1 put x 1", *["request c1 get x"] * 3)
    assert asked(sim) == whom


def test_sticky_is_always_the_same_one() -> None:
    sim = room()
    do(sim, "tell c1 route sticky", *["request c1 get x"] * 3)
    assert len(set(asked(sim))) == 1


def test_three_outcomes_and_no_second_try() -> None:
    sim = room()
    do(sim, "request c1 put x 1 at n1")
    do(sim, "crash n2", "crash n3", "request c1 put x 2 at n1")
    client = do(sim, "crash n1", "request c1 get x at n1")
    assert [a.outcome for a in client.answers] == ["ok", "failed", "time-out"]
    assert len(asked(sim)) == 3


def test_a_probe_writes_and_reads_again_and_again() -> None:
    sim = room(w=1, r=1)
    client = do(sim, "tell c1 probe x 1ms..5ms")
    pairs = list(zip(client.answers, client.answers[1:], strict=False))
    assert {(a.op, b.op) for a, b in pairs} == {("put", "get"), ("get", "put")}
    assert all(1_000 <= b.asked - a.answered <= 5_000 for a, b in pairs if a.op == "put")
    count = do(sim, "tell c1 probe x off").answered
    assert do(sim).answered == count


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("tell c1 write x 5 0", "quorum-level"),
        ("tell c1 read x 4", "quorum-level"),
        ("tell c1 levels 2 two", "quorum-level"),
        ("tell c1 route n9", "quorum-route"),
        ("tell c1 window soon", "quorum-duration"),
        ("tell c1 token maybe", "quorum-switch"),
        ("tell c1 probe x 5ms..1ms", "quorum-duration"),
    ],
)
def test_what_makes_no_sense_is_refused(text: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        room().execute(text)
    assert refused.value.code == code
    assert "{" not in refused.value.message("zh")


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"n": 4}, "quorum-n"),
        ({"n": 0}, "quorum-n"),
        ({"w": 0}, "quorum-level"),
        ({"r": 4}, "quorum-level"),
        ({"claims": ["perfect"]}, "quorum-claim"),
    ],
)
def test_a_cluster_that_cannot_be_is_refused(options: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refused:
        room(**options)
    assert refused.value.code == code
