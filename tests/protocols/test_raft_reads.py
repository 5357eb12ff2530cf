"""Reads that do not go through the log (dissertation §6.4): by read-index, and by a lease (§6.4.1)."""

from typing import Any

import pytest

from protocols.client import ClientReply, ClientRequest
from protocols.key_value import Command
from protocols.raft import AppendEntries, AppendEntriesReply, RequestVote
from tests.protocols.driving import Server

LEASE: dict[str, Any] = {"reads": "lease", "check_quorum": True}


def leader(reads: str = "index", **options: Any) -> Server:
    """n1 leads term 1 and has committed its no-op with n2 and n3; x is 7."""
    n = Server(term=1, options={"reads": reads, **options}, data={"x": "7"}).lead()
    return confirm(n, "n2", "n3")


def confirm(n: Server, *peers: str, round: int = 0) -> Server:
    for peer in peers:
        reply = AppendEntriesReply(n.state.current_term, True, n.state.log.last_index)
        n.receive(peer, AppendEntriesReply(reply.term, True, reply.match_index, 0, 0, round or n.state.round))
    return n


def get(n: Server, serial: int = 1) -> Server:
    return n.receive("c1", ClientRequest(Command("get", "x", "", "c1", serial)))


SEVEN = ("c1", ClientReply(1, "ok", "7"))


def test_a_read_waits_for_a_majority_to_answer_a_heartbeat_sent_after_it_came() -> None:
    """diss. §6.4, 3: "a new round of heartbeats"; an answer to an earlier one says nothing."""
    n = get(leader())
    assert {m.round for m in n.all_sent(AppendEntries).values()} == {1}
    assert len(n.state.log) == 1, "nothing was appended"
    get(n, 2)
    confirm(n, "n2", "n3", round=1)
    assert n.sent == [SEVEN]
    assert [r.command.serial for r in n.state.reads] == [2]
    assert confirm(n, "n2", "n3", round=2).sent == [("c1", ClientReply(2, "ok", "7"))]


def test_one_follower_of_five_is_not_enough() -> None:
    assert not confirm(get(leader()), "n2", "n2").sent


def test_a_follower_repeats_the_heartbeats_number() -> None:
    n = Server(1).receive("n2", AppendEntries(1, "n2", 1, 1, (), 0, 9))
    assert n.only(AppendEntriesReply).round == 9


def test_a_read_waits_until_an_entry_of_the_term_is_committed() -> None:
    """diss. §6.4, 1: until then the leader does not know which entries are committed."""
    n = get(Server(1, term=2, options={"reads": "index"}, data={"x": "7"}).lead())
    assert not n.sent
    assert n.rules == ["read-waits"]
    n.receive("n2", AppendEntriesReply(2, True, 2)).receive("n3", AppendEntriesReply(2, True, 2))
    assert "read-index" in n.rules
    assert n.state.reads[0].index == 2
    assert SEVEN[0] in dict(confirm(n, "n2", "n3").sent)


def test_a_deposed_leader_forgets_the_reads_that_wait() -> None:
    n = get(leader()).receive("n3", AppendEntriesReply(5, False))
    assert (n.role, n.state.reads) == ("follower", ())


def test_the_same_read_again_waits_only_once() -> None:
    n = get(get(leader()))
    assert n.rules == ["already-waiting"]
    assert len(n.state.reads) == 1


def test_reads_go_through_the_log_unless_told_otherwise() -> None:
    n = get(leader("log"))
    assert len(n.state.log) == 2
    assert not n.state.reads


def test_a_write_is_not_a_read() -> None:
    n = leader().receive("c1", ClientRequest(Command("put", "x", "1", "c1", 1)))
    assert len(n.state.log) == 2


# --- leases (diss. §6.4.1) ----------------------------------------------------------------------------------


def test_a_lease_begins_when_a_majority_has_answered_the_latest_heartbeat() -> None:
    """diss. §6.4.1: electionTimeout / clockDriftBound from the heartbeat on: less a heartbeat, from here."""
    n = leader(clock_drift=1.25, **LEASE).ring("heartbeat")
    assert not confirm(n, "n2").state.leased
    assert confirm(n, "n3").state.leased
    span = n.timers["lease"]
    assert span is not None
    assert span.low == span.high == 150_000 / 1.25 - 50_000
    assert get(n).sent == [SEVEN]
    assert not get(n.ring("lease"), 2).all_sent(ClientReply)


def test_answers_to_an_earlier_heartbeat_start_no_lease() -> None:
    n = leader(**LEASE).ring("heartbeat").ring("heartbeat")
    assert not confirm(n, "n2", "n3", round=1).state.leased


def test_without_a_lease_a_read_is_confirmed_as_by_read_index() -> None:
    n = get(leader(**LEASE))
    assert SEVEN in confirm(n, "n2", "n3").sent


def test_who_hands_over_has_no_lease_any_more() -> None:
    """diss. §6.4.1 with §3.10: the target's election does not wait for anybody's timeout."""
    n = confirm(leader(**LEASE).ring("heartbeat"), "n2", "n3")
    n.raft.order_transfer(n.state, ("n2",), n.out)
    assert not n.state.leased
    n.ring("transfer").ring("heartbeat")
    assert not confirm(n, "n2", "n3").state.leased


@pytest.mark.parametrize("reads", ["log", "lease"])
def test_a_restarted_server_may_not_break_a_lease(reads: str) -> None:
    """It may have confirmed one and forgotten it: for a minimum election timeout it votes for nobody."""
    n = Server(1, term=1, options={**LEASE, "reads": reads})
    n.raft.restart(n.state, n.out)
    n.receive("n3", RequestVote(2, "n3", 1, 1))
    assert (n.state.voted_for is None) == (reads == "lease")
    n.ring("lease").receive("n3", RequestVote(2, "n3", 1, 1))
    assert n.state.voted_for == "n3"
