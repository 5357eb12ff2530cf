"""ZAB rule by rule: elections as observed on ZooKeeper, the choice of DIFF, TRUNC or SNAP, durability before
acknowledgement, what a broadcast costs, local reads, and connections."""

from collections import Counter
from typing import Any

import pytest

from app.sim.config import ClusterConfig
from app.sim.errors import Refused
from app.sim.simulation import Simulation
from protocols.actor import Effects, durable_fields
from protocols.client import ClientReply, ClientRequest
from protocols.key_value import Command
from protocols.zab import StoreState, Zab, ZabOptions
from protocols.zab.messages import (
    Ack,
    Commit,
    Diff,
    FollowerInfo,
    LeaderInfo,
    NewLeader,
    Notification,
    Ping,
    Proposal,
    Snap,
    Txn,
    UpToDate,
    make_zxid,
    shown,
)
from protocols.zab.state import Link, Vote
from protocols.zab.storage import read_zxid
from protocols.zab.store import StoreSnapshot
from tests.protocols.scheduling import Schedule

DURABLE = durable_fields(StoreState)


def disk(epoch: int, *log: str, accepted: int | None = None) -> dict[str, object]:
    return {
        "acceptedEpoch": epoch if accepted is None else accepted,
        "currentEpoch": epoch,
        "log": list(log),
    }


CORNERS = {
    "epoch-refused": Schedule(
        # n1 has accepted epoch 5 of a leader that never was; n2 and n3 are established in epoch 2.
        "zab",
        [(0, "crash n1"), (0, "drop Notification n1 -> *"), (500, "restart n1")],
        disks={"n1": disk(1, accepted=5), "n2": disk(1), "n3": disk(1)},
        until=1_200_000,
    ),
    "follower-ahead": Schedule(
        # While n3 waits for n2's ACKEPOCH, n1 comes, with a more recent history.
        "zab",
        [
            (0, "crash n1"),
            (0, "drop Notification n1 -> *"),
            (0, "hold every AckEpoch n2 -> n3"),
            (300, "restart n1"),
        ],
        disks={
            "n1": disk(2, "1.1", "1.2"),
            "n2": disk(1, "1.1", accepted=3),
            "n3": disk(1, "1.1", accepted=3),
        },
        until=4_000_000,
    ),
    "epoch-ack-not-counted": Schedule(
        # n2 has accepted n3's epoch, its ACKEPOCH is lost, it crashes, and accepts it again.
        "zab",
        [(0, "drop every AckEpoch * -> n3"), (300, "crash n2"), (310, "heal"), (310, "restart n2")],
        until=600_000,
    ),
    "already-proposed": Schedule(
        # The client asks a second server while its first request is still to be acknowledged.
        "zab",
        [
            (500, "hold every Ack * -> n3"),
            (500, "request c1 add x 1 at n1"),
            (540, "timeout c1 retry"),
            (580, "heal"),
            (585, "deliver Ack * -> n3"),
        ],
        until=1_000_000,
    ),
}
"""What random runs seldom meet."""


def rules(sim: Simulation, node: str = "") -> list[str]:
    return [rule for e in sim.cluster.events if node in ("", e.node) for rule, _ in e.why]


@pytest.mark.parametrize("rule", CORNERS)
def test_a_corner_is_met_and_survived(rule: str) -> None:
    sim, refused = CORNERS[rule].run(None)
    assert not refused
    assert rule in rules(sim)
    assert not any(sim.cluster.broken.values())


def test_a_leader_less_recent_than_a_follower_gives_way_to_it() -> None:
    """Phase 1, l.1.2: n3 had won the election without n1."""
    sim, _ = CORNERS["follower-ahead"].run(None)
    assert servers(sim)["n1"].role == "leading"
    assert [t.zxid for t in servers(sim)["n3"].log] == [read_zxid("1.1"), read_zxid("1.2")]


def servers(sim: Simulation) -> dict[str, Any]:
    return {p.node: p.state for p in sim.cluster.processes if p.service == "zab"}


def room(nodes: int = 5, seed: int = 1, **more: Any) -> Simulation:
    return Simulation(
        ClusterConfig.model_validate({"services": ["zab"], "nodes": nodes, "clients": 2, "seed": seed} | more)
    )


# --- phase 0: Fast Leader Election --------------------------------------------------------------------------


def one_by_one(nodes: int) -> tuple[Simulation, list[str | None]]:
    """Servers 1 to `nodes` are started 2 s apart; who leads after each."""
    sim = room(nodes)
    for n in range(1, nodes + 1):
        sim.execute(f"crash n{n}")
    sim.execute("drop Notification * -> *")
    led: list[str | None] = []
    for n in range(1, nodes + 1):
        sim.execute(f"restart n{n}")
        sim.advance(sim.now + 2_000_000)
        leading = [name for name, s in servers(sim).items() if s.role == "leading"]
        led.append(leading[0] if leading else None)
    return sim, led


def test_five_servers_started_one_by_one() -> None:
    """GROUND_TRUTH: 1 and 2 keep looking, 3 leads, 4 and 5 follow without an election of their own."""
    sim, led = one_by_one(5)
    assert led == [None, None, "n3", "n3", "n3"]
    assert "join-established" in rules(sim, "n4")
    assert "join-established" in rules(sim, "n5")
    assert all(s.current_epoch == 1 and s.phase == "broadcast" for s in servers(sim).values())


def test_three_servers_started_one_by_one() -> None:
    """With three members two are a quorum: server 2 leads before 3 is there."""
    assert one_by_one(3)[1] == [None, "n2", "n2"]


def test_the_next_leader_with_equal_histories_is_the_highest_server_left() -> None:
    sim, _ = one_by_one(5)
    sim.execute("crash n3")
    sim.advance(sim.now + 2_000_000)
    assert servers(sim)["n5"].role == "leading"
    assert servers(sim)["n5"].current_epoch == 2
    sim.execute("restart n3")
    sim.advance(sim.now + 1_000_000)
    assert servers(sim)["n3"].leader_id == "n5"


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (Vote("n1", 2, 0, 1), Vote("n3", 1, 9, 1)),
        (Vote("n1", 1, 9, 1), Vote("n3", 1, 8, 1)),
        (Vote("n3", 1, 9, 1), Vote("n1", 1, 9, 1)),
    ],
)
def test_the_order_of_votes(better: Vote, worse: Vote) -> None:
    """FLE: epoch, then zxid, then server id."""
    actor = Zab("n2", ("n1", "n2", "n3"), ZabOptions())
    assert actor.is_better(better, worse)
    assert not actor.is_better(worse, better)


def test_silence_doubles_the_wait_up_to_a_limit() -> None:
    sim = room(3, options={"zab": {"resendLimit": "1s"}})
    for n in (2, 3):
        sim.execute(f"crash n{n}")
    sim.execute("drop Notification * -> *")
    sim.advance(5_000_000)
    again = [d["interval"] for e in sim.cluster.events for r, d in e.why if r == "resend-vote"]
    assert again == [400, 800, 1000, 1000, 1000, 1000]


class Member:
    """One server by hand."""

    def __init__(self, me: str = "n1", size: int = 3, **options: Any) -> None:
        self.members = tuple(f"n{i}" for i in range(1, size + 1))
        self.actor = Zab(me, self.members, ZabOptions(**options))
        self.s = self.actor.initial({})
        self.out = Effects()

    def start(self) -> "Member":
        self.actor.start(self.s, self.out)
        return self

    def hear(self, src: str, m: Any) -> list[tuple[str | None, Any]]:
        self.out.clear()
        self.actor.handlers[type(m)](self.s, src, m, self.out)
        return list(self.out.outbox)

    def history(self, *zxids: str) -> "Member":
        self.s.log = tuple(Txn(read_zxid(z), Command("put", "k", z)) for z in zxids)
        self.actor.load_database(self.s)
        self.s.committed = self.s.last_processed
        return self


def test_a_newer_round_is_joined_and_an_older_one_answered() -> None:
    m = Member("n2").start()
    m.s.votes = {"n1": Vote("n1", 0, 0, 1)}
    sent = m.hear("n1", Notification("n1", 0, 7, 0, 1, "looking"))
    assert m.s.round == 7
    assert m.s.vote == Vote("n2", 0, 0, 7)  # its own is better
    assert {to for to, _ in sent} == {"n1", "n3"}
    sent = m.hear("n3", Notification("n3", 9, 6, 9, 3, "looking"))
    assert [to for to, _ in sent] == ["n3"]
    assert "n3" not in m.s.votes


def test_a_settled_server_answers_one_that_looks_and_its_vote_stays() -> None:
    m = Member("n2").start()
    m.s.role, m.s.vote = "following", Vote("n3", 1, 0, 1)
    ((to, answer),) = m.hear("n1", Notification("n1", 99, 9, 9, 1, "looking"))
    assert (to, answer.leader, answer.state, answer.round) == ("n1", "n3", "following", 1)


# --- observers ----------------------------------------------------------------------------------------------


def test_observers_never_vote_and_never_count() -> None:
    """Two voters of five: without one of them there is no quorum, whatever the observers do."""
    sim = room(5, options={"zab": {"observers": ["n3", "n4", "n5"]}})
    sim.advance(1_500_000)
    states = servers(sim)
    assert states["n2"].role == "leading"
    assert [states[f"n{n}"].role for n in (3, 4, 5)] == ["observing"] * 3
    sim.execute("request c1 put x 7 at n4")
    sim.advance(2_000_000)
    assert all(s.data == {"x": "7"} for s in servers(sim).values())
    sent = Counter((e.body[1], e.body[0]) for e in sim.cluster.events if e.kind == "send")
    assert sent["Inform", "n5"] == 1
    assert not sent["Proposal", "n5"]
    assert not sent["Commit", "n5"]
    sim.execute("crash n1")
    sim.advance(4_000_000)
    assert not [s for s in servers(sim).values() if s.phase == "broadcast"]


def test_an_answer_is_not_answered() -> None:
    """A server that looks answers an observer that looks, too; but not one that only tells whom it follows:
    the two would go on for ever."""
    m = Member("n2", observers=("n1",)).start()
    ((to, _),) = m.hear("n1", Notification("n3", 0, 1, 0, 1, "looking"))
    assert to == "n1"
    assert not m.hear("n1", Notification("n3", 0, 1, 0, 1, "observing"))


@pytest.mark.parametrize(
    ("observers", "code"), [(["n9"], "zab-no-such-observer"), (["n1", "n2", "n3"], "zab-no-voters")]
)
def test_impossible_observers_are_refused(observers: list[str], code: str) -> None:
    with pytest.raises(Refused) as refused:
        room(3, options={"zab": {"observers": observers}})
    assert refused.value.code == code


# --- phase 1 ------------------------------------------------------------------------------------------------


def test_the_new_epoch_is_one_more_than_any_accepted_and_durable_first() -> None:
    """l.1.1; acceptedEpoch is on disk before LEADERINFO leaves."""
    m = Member("n3", size=3).start()
    m.s.accepted_epoch = 4
    m.actor.become_leading(m.s, m.out)
    sent = m.hear("n1", FollowerInfo(1, 0, 1, 6))
    assert m.s.new_epoch == 7
    assert sent[0][0] is None
    assert sent[0][1][DURABLE.index("accepted_epoch")] == 7
    assert isinstance(sent[1][1], LeaderInfo)
    assert sent[1][1].epoch == 7


def joined(**options: Any) -> Member:
    """n1, connected to n3 in epoch 2, its ACKEPOCH sent."""
    m = Member("n1", **options).start()
    m.actor.become_learner(m.s, "n3", m.out)
    m.hear("n3", LeaderInfo(1, 2, 1))
    return m


def test_a_follower_accepts_an_epoch_durably_before_it_says_so() -> None:
    """f.1.1"""
    m = Member("n1").start()
    m.actor.become_learner(m.s, "n3", m.out)
    saved, (to, ack) = m.hear("n3", LeaderInfo(1, 2, 1))
    assert saved[1][DURABLE.index("accepted_epoch")] == 2
    assert (to, ack.current_epoch, ack.last_zxid) == ("n3", 0, 0)


# --- phase 2: the choice ------------------------------------------------------------------------------------

HISTORY = ("1.1", "1.2", "1.3", "2.1", "2.2")


@pytest.mark.parametrize(
    ("peer", "mode", "to", "count"),
    [
        ("2.2", "DIFF", "2.2", 0),  # the same last transaction
        ("1.3", "DIFF", "2.2", 2),  # within the committed log
        ("2.7", "TRUNC", "2.2", 0),  # beyond it
        ("3.0", "SNAP", "2.2", 0),  # beyond it, but an epoch's beginning: there is nothing to cut
        ("2.0", "DIFF", "2.2", 2),  # an epoch's beginning within it
        ("1.4", "SNAP", "2.2", 0),  # a tail that we never had, and ours goes on in another epoch
        ("1.2", "DIFF", "2.2", 3),  # the first of the committed log
        ("1.1", "SNAP", "2.2", 0),  # older, and a snapshot is cheaper
    ],
)
def test_the_choice_of_synchronisation(peer: str, mode: str, to: str, count: int) -> None:
    """ZOOKEEPER.md, "Sync choice", with a committed log of four transactions."""
    m = Member("n3", committed_log=4, snapshot_size_factor=0.33).history(*HISTORY)
    plan = m.actor.choose(m.s, read_zxid(peer))
    assert (plan.mode, shown(plan.zxid), len(plan.txns)) == (mode, shown(read_zxid(to)), count)


def test_a_tail_in_the_leaders_own_epoch_is_cut() -> None:
    """1.4 was never ours, but we have 1.3 before and 1.5 after it."""
    m = Member("n3").history("1.1", "1.3", "1.5")
    plan = m.actor.choose(m.s, read_zxid("1.4"))
    assert (plan.mode, shown(plan.zxid), len(plan.txns)) == ("TRUNC", shown(read_zxid("1.3")), 1)


def test_the_log_on_disk_serves_when_it_is_cheap_and_goes_back_far_enough() -> None:
    m = Member("n3", committed_log=1, snapshot_size_factor=0.33).history(*HISTORY)
    m.s.data = {str(n): "" for n in range(20)}
    assert m.actor.choose(m.s, read_zxid("1.1")).mode == "DIFF"
    assert m.actor.choose(m.s, 0).mode == "SNAP"  # an empty learner: the log begins at 1.1
    m.s.data = {}
    assert m.actor.choose(m.s, read_zxid("1.1")).mode == "SNAP"


def test_with_nothing_committed_yet_everybody_is_up_to_date() -> None:
    assert Member("n3").actor.choose(Member("n3").history().s, 0).mode == "DIFF"


# --- phase 2: durability ------------------------------------------------------------------------------------


def test_transactions_then_epoch_then_acknowledgement() -> None:
    """ZOOKEEPER-3911, 4643: two writes, in this order, then the ACK."""
    m = joined()
    m.hear("n3", Diff(1, 2, 2, read_zxid("1.1")))
    sent = m.hear("n3", Proposal(1, 2, 3, Txn(read_zxid("1.1"), Command("put", "x", "1"))))
    assert not sent
    m.hear("n3", Commit(1, 2, 4, read_zxid("1.1")))
    first, second, (to, ack) = m.hear("n3", NewLeader(1, 2, 5, make_zxid(2)))
    log, epoch = DURABLE.index("log"), DURABLE.index("current_epoch")
    assert (len(first[1][log]), first[1][epoch]) == (1, 0)
    assert (len(second[1][log]), second[1][epoch]) == (1, 2)
    assert (to, ack) == ("n3", Ack(1, 2, 3, make_zxid(2)))
    assert not m.actor.is_serving(m.s)
    m.hear("n3", UpToDate(1, 2, 6))
    assert m.s.data == {"x": "1"}


def test_a_snapshot_replaces_everything_but_not_before_new_leader() -> None:
    m = joined()
    m.s.log = (Txn(read_zxid("1.9"), Command("put", "old", "1")),)
    m.hear("n3", Snap(1, 2, 2, StoreSnapshot(read_zxid("1.2"), {"x": "5"}, {})))
    assert [txn.command.key for txn in m.s.log] == ["old"]
    assert not m.s.snapshot.zxid
    m.hear("n3", NewLeader(1, 2, 3, make_zxid(2)))
    assert [txn.command.key for txn in m.s.log] == []
    assert (m.s.data, m.s.last_processed) == ({"x": "5"}, read_zxid("1.2"))


def test_what_is_outstanding_is_logged_and_acknowledged_but_not_executed() -> None:
    """A learner that joins late is also sent what is proposed and not committed."""
    m = joined()
    m.hear("n3", Diff(1, 2, 2, 0))
    m.hear("n3", Proposal(1, 2, 3, Txn(read_zxid("2.1"), Command("put", "x", "1"))))
    sent = m.hear("n3", NewLeader(1, 2, 4, make_zxid(2)))
    assert [a.zxid for _, a in sent if isinstance(a, Ack)] == [make_zxid(2), read_zxid("2.1")]
    m.hear("n3", UpToDate(1, 2, 5))
    assert m.s.data == {}
    m.hear("n3", Commit(1, 2, 6, read_zxid("2.1")))
    assert m.s.data == {"x": "1"}


# --- phase 3 ------------------------------------------------------------------------------------------------


def test_a_proposal_is_durable_before_it_is_acknowledged() -> None:
    """ZOOKEEPER-4646"""
    m = joined()
    m.hear("n3", Diff(1, 2, 2, 0))
    m.hear("n3", NewLeader(1, 2, 3, make_zxid(2)))
    m.hear("n3", UpToDate(1, 2, 4))
    saved, (_, ack) = m.hear("n3", Proposal(1, 2, 5, Txn(read_zxid("2.1"), Command("put", "x", "1"))))
    assert len(saved[1][DURABLE.index("log")]) == 1
    assert ack.zxid == read_zxid("2.1")


@pytest.mark.parametrize("nodes", [3, 4, 5, 7])
@pytest.mark.parametrize("at", ["leader", "follower"])
def test_what_a_broadcast_costs(nodes: int, at: str) -> None:
    """GROUND_TRUTH: 3(n−1) messages; two delays until it is committed, three until all know."""
    sim = room(nodes, network={"delay": "10ms"}, options={"zab": {"tick": "300ms"}})
    sim.advance(1_500_000)
    leader = f"n{nodes}"
    assert servers(sim)[leader].role == "leading"
    seen = len(sim.cluster.events)
    sim.execute(f"request c1 put x 1 at {leader if at == 'leader' else 'n1'}")
    sim.advance(1_640_000)
    events = sim.cluster.events[seen:]
    sent = Counter(e.body[1] for e in events if e.kind == "send")
    followers = nodes - 1
    assert (sent["Proposal"], sent["Ack"], sent["Commit"]) == (followers,) * 3
    assert sent["Request"] == (at == "follower")
    assert set(sent) <= {"ClientRequest", "ClientReply", "Request", "Proposal", "Ack", "Commit", "Ping"}
    when = {(rule, e.node): e.time for e in events for rule, _ in e.why}
    proposed = when["propose", leader]
    assert when["commit", leader] - proposed == 20_000
    assert {when["commit-learned", f"n{n}"] - proposed for n in range(1, nodes)} == {30_000}
    answered = when["answer", leader if at == "leader" else "n1"]
    assert answered - proposed == (20_000 if at == "leader" else 30_000)


def test_reads_are_local_and_may_be_stale_and_sync_mends_it() -> None:
    sim = room(3, network={"delay": "10ms"})
    sim.advance(1_000_000)
    sim.execute("link n3 -> n1 delay 60ms")
    sim.execute("request c1 put x 1 at n3")
    sim.advance(1_045_000)
    sim.execute("request c2 get x at n1")
    sim.execute("request c2 sync at n1")
    sim.execute("request c2 get x at n1")
    sim.advance(1_400_000)
    client = next(p.state for p in sim.cluster.processes if p.node == "c2")
    assert [(a.op, a.result, a.server) for a in client.answers] == [
        ("get", None, "n1"), ("sync", None, "n1"), ("get", "1", "n1")
    ]  # fmt: skip


def test_a_server_without_a_leader_sends_clients_away_without_a_name() -> None:
    m = Member("n1").start()
    ((to, reply),) = m.hear("c1", ClientRequest(Command("put", "x", "1", "c1", 1)))
    assert (to, reply) == ("c1", ClientReply(1, "redirect"))


def test_a_leader_that_loses_its_quorum_looks_again_and_so_do_its_followers() -> None:
    sim = room(5)
    sim.advance(1_000_000)
    sim.execute("partition n4 n5 | n1 n2 n3")
    sim.advance(2_500_000)
    states = servers(sim)
    assert "quorum-lost" in rules(sim, "n5")
    assert "leader-silent" in rules(sim, "n1")
    assert states["n3"].role == "leading"
    assert states["n5"].role == states["n4"].role == "looking"


# --- connections --------------------------------------------------------------------------------------------


def test_packets_are_put_in_order_and_taken_once() -> None:
    m = joined()
    assert m.hear("n3", NewLeader(1, 2, 3, make_zxid(2))) == []
    assert m.s.links["n3"].held
    m.hear("n3", Diff(1, 2, 2, 0))
    assert m.s.current_epoch == 2
    assert m.s.links["n3"] == Link(1, 2, sent=3, received=3)
    assert m.hear("n3", NewLeader(1, 2, 3, make_zxid(2))) == []


def test_packets_of_another_connection_or_epoch_are_dropped() -> None:
    m = joined()
    for stray in (Diff(2, 2, 2, 0), Diff(1, 3, 2, 0), LeaderInfo(1, 2, 1)):
        assert m.hear("n3", stray) == []
        assert m.s.sync_mode == ""
        assert [rule for rule, _ in m.out.reasons] == ["packet-dropped"]


def test_a_connection_number_is_durable_before_it_is_used() -> None:
    m = Member("n1").start()
    m.out.clear()
    m.actor.become_learner(m.s, "n3", m.out)
    saved, (to, info) = m.out.outbox
    assert saved[1][DURABLE.index("connection")] == info.connection == 1
    assert to == "n3"


def test_a_gap_that_stays_silences_the_connection_and_breaks_it() -> None:
    """One lost packet: what comes after it does not count as heard."""
    sim = room(3)
    sim.advance(1_000_000)
    sim.execute("drop every Proposal n3 -> n1")
    sim.execute("request c1 put x 1 at n3")
    sim.advance(1_200_000)
    sim.execute("heal")
    sim.advance(2_500_000)
    assert "leader-silent" in rules(sim, "n1")
    assert servers(sim)["n1"].data == {"x": "1"}
    assert servers(sim)["n1"].connection == 2


def test_old_acknowledgements_go_with_their_connection() -> None:
    """A follower that reconnects may be told to cut what it had acknowledged: it counts no longer."""
    m = Member("n3", size=5).start()
    m.actor.become_leading(m.s, m.out)
    m.hear("n1", FollowerInfo(1, 0, 1, 0))
    m.s.acked = {"n1": read_zxid("1.1"), "n2": read_zxid("1.1")}
    m.hear("n1", FollowerInfo(2, 0, 1, 0))
    assert m.s.acked == {"n2": read_zxid("1.1")}


# --- disks --------------------------------------------------------------------------------------------------


def test_a_snapshot_bounds_the_log_and_restart_finds_everything() -> None:
    sim = room(3, options={"zab": {"snapshotEvery": 5, "committedLog": 3}})
    sim.advance(1_000_000)
    for _ in range(23):
        sim.execute("request c1 add x 1 at n3")
    sim.advance(6_000_000)
    s = servers(sim)["n3"]
    assert s.data == {"x": "23"}
    assert len(s.log) <= 5 + 5
    assert s.snapshot.zxid == read_zxid("1.20")
    for n in (1, 2, 3):
        sim.execute(f"crash n{n}")
    for n in (1, 2, 3):
        sim.execute(f"restart n{n}")
    sim.advance(8_000_000)
    assert all(s.data == {"x": "23"} for s in servers(sim).values())


@pytest.mark.parametrize(
    "wrong",
    [
        {"log": 7},
        {"log": ["1"]},
        {"log": ["1.2", "1.1"], "currentEpoch": 1, "acceptedEpoch": 1},
        {"log": ["2.1"], "currentEpoch": 1, "acceptedEpoch": 1},
        {"currentEpoch": 2, "acceptedEpoch": 1},
        {"log": [{"command": "x=1"}]},
        {"snapshot": {"data": {}}},
    ],
)
def test_a_disk_that_no_run_leaves_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(Refused) as refused:
        room(3, initial={"n1": {"zab": wrong}})
    assert refused.value.code == "initial-value"


def test_pings_are_answered() -> None:
    m = joined()
    m.hear("n3", Diff(1, 2, 2, 0))
    m.hear("n3", NewLeader(1, 2, 3, make_zxid(2)))
    ((to, ping),) = m.hear("n3", Ping(1, 2, 4))
    assert (to, ping.number) == ("n3", 4)
