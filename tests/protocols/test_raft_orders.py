"""What operators order: handing over (diss. §3.10), members coming and going (§6, diss. chapter 4)."""

from typing import Any

import pytest

from app.sim.config import read_config
from app.sim.errors import Refused
from protocols.actor import Impossible
from protocols.client import ClientReply, ClientRequest
from protocols.key_value import Command
from protocols.log import Configuration, Entry
from protocols.raft import (
    AppendEntries,
    AppendEntriesReply,
    InstallSnapshot,
    RequestVote,
    RequestVoteReply,
    TimeoutNow,
)
from tests.protocols.driving import Server
from tests.protocols.scheduling import Schedule

RARE = Schedule(
    "raft",
    # What seldom happens by itself: a read before the no-op is committed, and twice; a transfer given up, and
    # its TimeoutNow late; a server that cannot catch up; a snapshot of an old term.
    [
        (10, "timeout n1 election"),
        (30.5, "request c1 get x at n1"),
        (35, "duplicate ClientRequest c1 -> n1"),
        (60, "cut n1 -> n2"),
        (60, "request c2 put x 1 at n1"),
        (61, "tell n1 transfer n2"),
        (70, "timeout n1 transfer"),
        (90, "hold every TimeoutNow n1 -> n3"),
        (90, "tell n1 transfer n3"),
        (95, "timeout n1 transfer"),
        (96, "drop every AppendEntries n1 -> n4"),
        (96, "tell n1 add n4"),
        *((100 + i, "timeout n1 catchup") for i in range(10)),
        (120, "request c3 put x 2 at n1"),
        (150, "heal"),
        (150, "hold every InstallSnapshot n1 -> n2"),
        (151, "timeout n1 heartbeat"),
        (170, "timeout n3 election"),
        (200, "deliver InstallSnapshot n1 -> n2"),
        (200, "deliver TimeoutNow n1 -> n3"),
    ],
    nodes=5,
    options={
        "electionTimeout": "20s..30s",
        "heartbeat": "5s",
        "voters": ["n1", "n2", "n3"],
        "reads": "index",
        "snapshotEvery": 2,
    },
)


def test_what_seldom_happens() -> None:
    sim, refused = RARE.run(None)
    assert not refused
    assert not any(sim.cluster.broken.values())
    seen = [rule for e in sim.cluster.events for rule, _ in e.why]
    for rule in ("read-waits", "already-waiting", "transfer-aborted", "timeout-now-ignored"):
        assert rule in seen
    assert seen.count("catch-up-round") == 9
    assert seen.count("catch-up-failed") == seen.count("snapshot-denied-term") == 1
    leader = sim.cluster.processes[2].state
    assert (leader.role, leader.configuration.voters) == ("leader", ("n1", "n2", "n3"))


def order(n: Server, name: str, *args: str) -> Server:
    n.out.clear()
    getattr(n.raft, f"order_{name}")(n.state, args, n.out)
    return n


def leader(*log: int, voters: tuple[str, ...] = (), **options: Any) -> Server:
    """n1 leads; all that is in its log is committed, and is on every voter."""
    n = Server(*log, options={"voters": voters, **options}).lead()
    n.state.commit_index = n.state.last_applied = n.state.log.last_index
    n.state.match_index = dict.fromkeys(n.state.match_index, n.state.log.last_index)
    n.state.next_index = dict.fromkeys(n.state.next_index, n.state.log.last_index + 1)
    return n


def confirm(n: Server, *peers: str) -> Server:
    for peer in peers:
        n.receive(peer, AppendEntriesReply(n.state.current_term, True, n.state.log.last_index))
    return n


def refused(n: Server, name: str, *args: str) -> str:
    """The refusal's code; nothing has changed."""
    before = (n.state.log, n.state.configuration, n.state.catch_up, n.state.transfer)
    with pytest.raises(Impossible) as why:
        order(n, name, *args)
    assert (n.state.log, n.state.configuration, n.state.catch_up, n.state.transfer) == before
    assert not n.out.outbox
    return why.value.code


# --- leadership transfer (diss. §3.10) ----------------------------------------------------------------------


def test_a_target_that_has_the_log_is_told_at_once() -> None:
    """diss. §3.10: "sends a TimeoutNow request to the target server"."""
    n = order(leader(1), "transfer", "n3")
    assert n.sent == [("n3", TimeoutNow(1, "n1"))]
    assert n.timers["transfer"] is not None


def test_a_target_that_lacks_entries_gets_them_first() -> None:
    """diss. §3.10: "fully updates the target server's log to match its own"."""
    n = leader(1)
    n.state.match_index["n3"], n.state.next_index["n3"] = 0, 1
    order(n, "transfer", "n3")
    assert n.all_sent(AppendEntries)["n3"].prev_log_index == 0
    assert not n.all_sent(TimeoutNow)
    assert confirm(n, "n3").all_sent(TimeoutNow) == {"n3": TimeoutNow(1, "n1")}


def test_it_accepts_no_requests_until_the_transfer_is_over() -> None:
    """diss. §3.10: "stops accepting new client requests"; aborted, it "resumes"."""
    n, request = order(leader(1), "transfer", "n3"), ClientRequest(Command("put", "x", "1", "c1", 1))
    assert n.receive("c1", request).sent == [("c1", ClientReply(1, "redirect"))]
    n.ring("transfer")
    assert n.receive("c1", request).all_sent(AppendEntries)
    assert len(n.state.log) == 3


def test_the_target_stands_at_once_without_a_pre_vote() -> None:
    """diss. §3.10, §4.2.3: and its requests say whose wish it is."""
    n = Server(1, options={"pre_vote": True}).append("n2", 1, (1, 1)).receive("n2", TimeoutNow(1, "n2"))
    assert (n.role, n.state.current_term) == ("candidate", 2)
    assert {m.leadership_transfer for m in n.all_sent(RequestVote).values()} == {True}


def test_stickiness_does_not_stand_in_the_way_of_a_transfer() -> None:
    """diss. §4.2.3: "a flag in the RequestVote request"."""
    for wanted in (False, True):
        n = Server(1, options={"check_quorum": True}).append("n2", 1, (1, 1))
        n.receive("n3", RequestVote(2, "n3", 1, 1, wanted))
        assert (n.state.voted_for == "n3") == wanted


@pytest.mark.parametrize("term", [1, 2])
def test_a_late_timeout_now_is_ignored(term: int) -> None:
    n = Server(1, term=2, role="candidate" if term == 2 else "follower")
    assert not n.receive("n2", TimeoutNow(term, "n2")).sent
    assert n.state.current_term == 2


def test_transfers_that_make_no_sense() -> None:
    n = leader(1, voters=("n1", "n2", "n3"))
    assert refused(Server(1), "transfer", "n2") == "raft-not-leader"
    assert refused(n, "transfer", "n1") == refused(n, "transfer", "n4") == "raft-transfer-target"
    assert refused(order(n, "transfer", "n2"), "transfer", "n3") == "raft-transferring"


# --- single-server changes (diss. §4.1, §4.2) ---------------------------------------------------------------

THREE = ("n1", "n2", "n3")


def test_a_new_server_catches_up_before_it_has_a_vote() -> None:
    """diss. §4.2.1: "the new server joins the cluster as a non-voting member"."""
    n = order(leader(1, 1, voters=THREE), "add", "n4")
    assert n.all_sent(AppendEntries).keys() == {"n4"}
    assert "n4" not in n.state.configuration
    confirm(n, "n4")
    assert n.state.configuration == Configuration((*THREE, "n4"))
    assert n.state.log.entry(4) == Entry(1, Configuration((*THREE, "n4")))
    n.assert_saved_before_sending()


def test_a_configuration_counts_as_soon_as_it_is_in_the_log() -> None:
    """diss. §4.1: three of four must have it; two were enough before."""
    n = confirm(order(leader(1, voters=THREE), "add", "n4"), "n4")
    confirm(n, "n2")
    assert n.state.commit_index < n.state.configuration_index
    assert confirm(n, "n3").state.commit_index == n.state.configuration_index


def test_a_removed_server_gets_nothing_more_and_counts_no_more() -> None:
    n = order(leader(1, voters=THREE), "remove", "n3")
    assert n.all_sent(AppendEntries).keys() == {"n2"}
    assert confirm(n, "n2").state.commit_index == 3
    n.receive("n3", AppendEntriesReply(1, True, 2))
    assert n.rules == ["reply-ignored"]


def test_a_leader_that_is_removed_leads_until_that_is_committed_without_counting_itself() -> None:
    """diss. §4.2.2, figure 4.6."""
    n = order(leader(1, voters=THREE), "remove", "n1")
    assert confirm(n, "n2").role == "leader"
    assert confirm(n, "n3").role == "follower"
    assert "removed-steps-down" in n.rules


def test_one_change_at_a_time() -> None:
    """diss. §4.1: the change before must be committed; catching up is part of it."""
    n = order(leader(1, voters=THREE), "add", "n4")
    assert refused(n, "add", "n5") == "raft-change-pending"
    confirm(n, "n4")
    assert refused(n, "remove", "n2") == refused(n, "change", "n1", "n2") == "raft-change-pending"
    confirm(n, "n2", "n3")
    assert confirm(order(n, "add", "n5"), "n5").state.configuration.voters == (*THREE, "n4", "n5")


def test_no_change_before_an_entry_of_the_leaders_own_term_is_committed() -> None:
    """Ongaro, raft-dev, 2015: "a leader may not append a new configuration entry until it has committed an
    entry from its current term"."""
    n = Server(1, options={"voters": THREE}, term=2).lead()
    assert refused(n, "add", "n4") == refused(n, "remove", "n2") == "raft-change-too-early"
    assert order(confirm(n, "n2"), "remove", "n2").state.configuration.voters == ("n1", "n3")


def test_a_follower_uses_a_configuration_at_once_and_goes_back_when_it_is_overwritten() -> None:
    """diss. §4.1: "a server must be prepared to fall back to the previous configuration in its log"."""
    n, four = Server(1, options={"voters": THREE}), Configuration((*THREE, "n4"))
    n.receive("n2", AppendEntries(1, "n2", 1, 1, (Entry(1, four),), 0))
    assert (n.state.configuration, n.state.configuration_index) == (four, 2)
    n.append("n3", 2, (1, 1), 2)
    assert (n.state.configuration.voters, n.state.configuration_index) == (THREE, 0)


def test_a_restart_finds_the_configuration_in_the_log() -> None:
    n = Server(1, options={"voters": THREE})
    n.receive("n2", AppendEntries(1, "n2", 1, 1, (Entry(1, Configuration(("n2", "n3"))),), 0))
    s = n.raft.initial({})
    s.log, s.current_term = n.state.log, 1
    n.raft.restart(s, n.out)
    assert s.configuration == Configuration(("n2", "n3"))


def test_a_server_that_has_no_vote_does_not_stand() -> None:
    """diss. §4.2.1; but one that is removed does, until it knows that this is committed (§4.2.2)."""
    spare = Server(1, me="n5", options={"voters": THREE})
    assert not spare.ring("election").sent
    assert spare.rules == ["election-timeout", "not-a-voter"]
    removed = Server(1, options={"voters": THREE})
    removed.receive("n2", AppendEntries(1, "n2", 1, 1, (Entry(1, Configuration(("n2", "n3"))),), 0))
    assert removed.ring("election").role == "candidate"
    assert removed.state.votes == ()
    assert removed.all_sent(RequestVote).keys() == {"n2", "n3"}
    removed.receive("n2", RequestVoteReply(2, True))
    assert removed.role == "candidate", "its own vote does not count"


def test_changes_that_make_no_sense() -> None:
    n = leader(1, voters=THREE)
    assert refused(n, "add", "n2") == "raft-is-voter"
    assert refused(n, "remove", "n5") == "raft-no-member"
    assert refused(n, "learn", "n2") == "raft-is-member"
    assert refused(n, "add", "c1") == refused(n, "change", "n1", "c1") == "raft-no-server"
    assert refused(n, "change", "n3", "n1", "n2") == "raft-same-voters"
    assert refused(leader(1, voters=("n1",)), "remove", "n1") == "raft-no-voters"
    assert refused(Server(1), "add", "n5") == "raft-not-leader"


# --- learners -----------------------------------------------------------------------------------------------


def test_a_learner_gets_the_log_but_is_in_no_quorum() -> None:
    n = order(leader(1, voters=THREE), "learn", "n4")
    assert n.state.configuration == Configuration(THREE, learners=("n4",))
    assert n.all_sent(AppendEntries).keys() == {"n2", "n3", "n4"}
    assert confirm(n, "n4").state.commit_index == 2
    assert confirm(n, "n2").state.commit_index == 3
    assert order(confirm(n, "n4"), "add", "n4").state.configuration == Configuration((*THREE, "n4"))


def test_learners_from_the_start() -> None:
    n = Server(1, options={"learners": ("n4", "n5")})
    assert n.state.configuration == Configuration(THREE, learners=("n4", "n5"))
    assert n.ring("election").all_sent(RequestVote).keys() == {"n2", "n3"}


# --- joint consensus (section 6) ----------------------------------------------------------------------------


def test_while_joint_a_decision_takes_both_majorities() -> None:
    """§6: "agreement (for elections and entry commitment) requires separate majorities"."""
    n = order(leader(1, voters=THREE), "change", "n1", "n4", "n5")
    confirm(n, "n4", "n5")
    assert n.state.configuration == Configuration(("n1", "n4", "n5"), THREE)
    joint = n.state.configuration_index
    assert confirm(n, "n4", "n5").state.commit_index < joint
    assert not n.raft.has_quorum(n.state, ("n1", "n4", "n5"))
    assert n.raft.has_quorum(n.state, ("n1", "n2", "n4"))
    n.receive("n2", AppendEntriesReply(1, True, joint))
    assert n.state.commit_index == joint
    assert n.state.configuration == Configuration(("n1", "n4", "n5"))
    assert n.state.log.last_index == joint + 1


def test_a_new_leader_ends_what_another_began() -> None:
    """§6: C_old,new is committed, and its leader gone: the next one appends C_new."""
    n = Server(1, 1, options={"voters": THREE}, term=2)
    n.state.log = n.state.log.append((Entry(2, Configuration(("n1", "n2"), THREE)),))
    n.raft.adopt_configuration(n.state, n.out)
    n.state.current_term = 3
    n.lead()
    confirm(n, "n2", "n3")
    assert n.state.log.entry(5) == Entry(3, Configuration(("n1", "n2")))


# --- first configurations -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"voters": ["n9"]}, "raft-no-server"),
        ({"voters": ["n1"], "learners": ["n1"]}, "raft-voter-and-learner"),
        ({"learners": ["n1", "n2", "n3", "n4", "n5"]}, "raft-no-voters"),
        ({"reads": "index", "noOp": False}, "raft-reads-no-op"),
        ({"reads": "lease"}, "raft-lease-sticky"),
        ({"reads": "lease", "preVote": True, "clockDrift": 3}, "raft-lease-short"),
    ],
)
def test_clusters_that_cannot_be(options: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as why:
        read_config({"options": {"raft": options}})
    assert why.value.code == code


def test_a_transfer_brings_a_snapshot_if_need_be() -> None:
    n = leader(1, 1, 1)
    n.ring("snapshot")
    n.state.match_index["n2"], n.state.next_index["n2"] = 0, 1
    assert order(n, "transfer", "n2").all_sent(InstallSnapshot).keys() == {"n2"}
