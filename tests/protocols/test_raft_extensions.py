"""What the paper leaves to the dissertation: pre-vote, stickiness, check-quorum; each is a switch."""

import pytest

from protocols.raft import AppendEntriesReply, PreVote, PreVoteReply, RequestVote, RequestVoteReply
from tests.protocols.driving import FIVE, Server

PRE_VOTE = {"pre_vote": True}
CHECK_QUORUM = {"check_quorum": True}


# --- diss. 9.6: pre-vote ------------------------------------------------------------------------------------


def test_a_pre_vote_asks_without_changing_any_term() -> None:
    """Dissertation §9.6: "a candidate only increments its term if it first learns from a majority of the
    cluster that they would be willing to grant it their votes".
    """
    n = Server(1, 2, term=2, options=PRE_VOTE).ring("election")
    assert (n.state.role, n.state.current_term, n.state.voted_for) == ("pre-candidate", 2, None)
    assert not n.saved
    assert n.sent == [(peer, PreVote(3, "n1", 2, 2)) for peer in FIVE[1:]]


@pytest.mark.parametrize("granted", [True, False])
def test_answering_a_pre_vote_changes_nothing(granted: bool) -> None:
    """§9.6: no term, no vote, no timer; the same server may say yes to several."""
    n = Server(1, 2, term=2, options=PRE_VOTE, voted_for="n4")
    n.receive("n3", PreVote(9, "n3", 2 if granted else 1, 2 if granted else 1))
    assert n.only(PreVoteReply) == PreVoteReply(9 if granted else 2, granted)
    assert (n.state.current_term, n.state.voted_for) == (2, "n4")
    assert not n.saved
    assert not n.timers


def test_a_pre_vote_is_refused_to_an_older_log() -> None:
    """§9.6: the same comparison as for a vote (§5.4.1)."""
    n = Server(1, 2, term=2, options=PRE_VOTE).receive("n3", PreVote(3, "n3", 5, 1))
    assert not n.only(PreVoteReply).vote_granted


def test_a_pre_vote_is_refused_by_one_that_hears_from_a_leader() -> None:
    """§9.6, §4.2.3: "nodes that have heard from a valid leader within the minimum election timeout would not
    grant" it.
    """
    n = Server(1, term=2, options=PRE_VOTE).append("n2", 2, (1, 1))
    assert not n.receive("n3", PreVote(3, "n3", 5, 2)).only(PreVoteReply).vote_granted
    n.ring("lease")
    assert n.receive("n3", PreVote(3, "n3", 5, 2)).only(PreVoteReply).vote_granted


def test_a_pre_vote_for_a_term_that_has_begun_is_refused_with_the_newer_term() -> None:
    """§9.6, §5.1: so the one that asks learns of it."""
    n = Server(1, term=5, options=PRE_VOTE).receive("n3", PreVote(4, "n3", 9, 4))
    assert n.only(PreVoteReply) == PreVoteReply(5, False)


def test_a_majority_of_pre_votes_starts_the_real_election() -> None:
    """§9.6."""
    n = Server(1, term=2, options=PRE_VOTE).ring("election")
    n.receive("n2", PreVoteReply(3, True))
    assert n.state.role == "pre-candidate"
    n.receive("n3", PreVoteReply(3, True))
    assert (n.state.role, n.state.current_term, n.state.voted_for) == ("candidate", 3, "n1")
    n.assert_saved_before_sending()
    assert set(n.all_sent(RequestVote)) == set(FIVE[1:])


def test_pre_votes_are_no_votes() -> None:
    """§9.6, §5.2: the real election counts anew."""
    n = Server(1, term=2, options=PRE_VOTE).ring("election")
    n.receive("n2", PreVoteReply(3, True)).receive("n3", PreVoteReply(3, True))
    assert n.state.votes == ("n1",)


@pytest.mark.parametrize("reply", [PreVoteReply(2, True), PreVoteReply(4, True), PreVoteReply(2, False)])
def test_a_pre_vote_reply_about_another_term_does_not_count(reply: PreVoteReply) -> None:
    """§9.6, §5.1."""
    n = Server(1, term=2, options=PRE_VOTE).ring("election").receive("n2", reply)
    assert (n.state.role, n.state.votes, n.state.current_term) == ("pre-candidate", ("n1",), 2)


def test_a_refusal_with_a_newer_term_is_followed() -> None:
    """§5.1: a pre-candidate that lags behind catches up, and saves that."""
    n = Server(1, term=2, options=PRE_VOTE).ring("election").receive("n2", PreVoteReply(6, False))
    assert (n.state.role, n.state.current_term) == ("follower", 6)
    assert n.saved == [(6, None, n.state.log)]


def test_a_pre_candidate_follows_a_leader_of_its_term() -> None:
    """§9.6, §5.2: it has not left that term."""
    n = Server(1, term=2, options=PRE_VOTE).ring("election").append("n4", 2, (1, 1))
    assert (n.state.role, n.state.leader_id) == ("follower", "n4")


def test_a_single_server_needs_nobody_for_its_pre_vote() -> None:
    """§9.6: the majority of one."""
    n = Server(term=0, members=("n1",), options=PRE_VOTE).ring("election").ring("commit")
    assert (n.state.role, n.state.commit_index) == ("leader", 1)


# --- diss. 4.2.3: stickiness --------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [PRE_VOTE, CHECK_QUORUM], ids=["pre-vote", "check-quorum"])
def test_a_vote_request_is_ignored_while_a_leader_is_heard(options: dict[str, bool]) -> None:
    """Dissertation §4.2.3: "if a server receives a RequestVote request within the minimum election timeout of
    hearing from a current leader, it does not update its term or grant its vote". It does not answer either.
    """
    n = Server(1, term=2, options=options).append("n2", 2, (1, 1))
    n.ask_vote("n5", 9, 1, 1, 1)
    assert not n.out.outbox
    assert not n.timers
    assert n.state.current_term == 2


def test_stickiness_ends_a_minimum_election_timeout_after_the_last_word() -> None:
    """§4.2.3: the lease is as long as the shortest election timeout, and starts anew with each message."""
    n = Server(1, term=2, options=CHECK_QUORUM).append("n2", 2, (1, 1))
    lease = n.timers["lease"]
    assert lease is not None
    assert (lease.low, lease.high) == (n.raft.options.election_timeout.low,) * 2
    n.ring("lease").ask_vote("n5", 9, 1, 1)
    assert n.only(RequestVoteReply) == RequestVoteReply(9, True)


def test_a_leader_is_not_deposed_by_a_vote_request() -> None:
    """§4.2.3: the leader itself ignores it too; with check-quorum it steps down on its own if need be."""
    n = Server(1, term=2, options=CHECK_QUORUM).lead().ask_vote("n5", 9, 1, 1, 1)
    assert (n.state.role, n.state.current_term) == ("leader", 2)
    assert not n.out.outbox


def test_without_the_switches_a_vote_request_of_a_newer_term_deposes() -> None:
    """§5.1: plain Raft; that is what the switches are against (dissertation §4.2.3, disruptive servers)."""
    n = Server(1, term=2).lead().ask_vote("n5", 9, 1, 1, 1)
    assert (n.state.role, n.state.current_term) == ("follower", 9)


# --- diss. 6.2: check-quorum --------------------------------------------------------------------------------


def test_a_leader_without_a_quorum_steps_down() -> None:
    """Dissertation §6.2: "a leader … steps down if an election timeout elapses without a successful round of
    heartbeats to a majority of its cluster".
    """
    n = Server(1, term=2, options=CHECK_QUORUM).lead()
    n.receive("n2", reply(2))
    n.ring("quorum")
    assert (n.state.role, n.state.leader_id, n.state.current_term) == ("follower", None, 2)
    assert n.timers["election"] is not None
    assert n.timers["heartbeat"] is None
    assert n.state.voted_for == "n1", "the vote of this term stays given"


def test_a_leader_with_a_quorum_goes_on_and_counts_anew() -> None:
    """§6.2: each election timeout is judged by itself."""
    n = Server(1, term=2, options=CHECK_QUORUM).lead()
    n.receive("n2", reply(2)).receive("n3", reply(2)).receive("n2", reply(2))
    n.ring("quorum")
    assert (n.state.role, n.state.heard_from) == ("leader", ())
    assert n.timers["quorum"] is not None
    n.ring("quorum")
    assert n.state.role == "follower"


def test_a_refusal_is_a_sign_of_life_too() -> None:
    """§6.2: the follower answered; what it said about the log does not matter."""
    n = Server(1, term=2, options=CHECK_QUORUM).lead()
    n.receive("n2", refusal(2)).receive("n3", refusal(2)).ring("quorum")
    assert n.state.role == "leader"


def test_a_single_server_is_its_own_quorum() -> None:
    """§6.2."""
    n = Server(term=0, members=("n1",), options=CHECK_QUORUM).ring("election").ring("quorum")
    assert n.state.role == "leader"


def test_without_check_quorum_there_is_no_quorum_timer() -> None:
    """§6.2, as a switch."""
    assert "quorum" not in Server(1, term=2).lead().timers


def reply(term: int) -> AppendEntriesReply:
    return AppendEntriesReply(term, True, match_index=0)


def refusal(term: int) -> AppendEntriesReply:
    return AppendEntriesReply(term, False, conflict_index=1)
