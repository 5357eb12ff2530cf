"""Raft's elections, rule by rule (section 5.1, 5.2, 5.4.1, figure 2)."""

import pytest

from protocols.raft import AppendEntries, RequestVote, RequestVoteReply
from tests.protocols.driving import FIVE, Server

# --- section 5.1: terms -------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["follower", "candidate", "leader"])
def test_a_newer_term_is_adopted_and_makes_a_follower(role: str) -> None:
    """§5.1: "if one server's current term is smaller than the other's, it updates its current term to the
    larger value. If a candidate or leader discovers that its term is out of date, it immediately reverts to
    follower state."
    """
    n = Server(1, 2, term=2, role=role, voted_for="n1")
    n.receive("n2", RequestVoteReply(7, False))
    assert (n.state.current_term, n.state.voted_for, n.state.role) == (7, None, "follower")
    assert n.saved == [(7, None, n.state.log)]


@pytest.mark.parametrize("role", ["follower", "candidate", "leader"])
def test_a_request_of_a_stale_term_is_refused(role: str) -> None:
    """§5.1: "If a server receives a request with a stale term number, it rejects the request." Figure 2,
    both RPCs, 1.
    """
    n = Server(1, 1, term=5, role=role)
    n.ask_vote("n2", 4, 1, 1, 1)
    assert n.only(RequestVoteReply) == RequestVoteReply(5, False)
    n.append("n3", 4, (2, 1), 4)
    ((to, reply),) = n.sent
    assert (to, reply.term, reply.success) == ("n3", 5, False)
    assert (n.state.role, n.state.current_term, len(n.state.log)) == (role, 5, 2)
    assert not n.saved
    assert not n.timers, "a message of a stale leader does not put the election off"


def test_a_deposed_leader_stops_its_heartbeats_and_waits_for_an_election() -> None:
    """§5.1, §5.2: a follower has an election timer and sends no heartbeats."""
    n = Server(1, term=3).lead()
    n.receive("n2", RequestVoteReply(4, False))
    assert n.timers["heartbeat"] is None
    assert n.timers["election"] is not None
    assert n.state.next_index == {}
    assert n.state.match_index == {}


def test_terms_never_decrease() -> None:
    """§5.1: terms increase monotonically; an older one changes nothing."""
    n = Server(3, term=5, voted_for="n4")
    n.ask_vote("n2", 1, 3).receive("n2", RequestVoteReply(2, True)).append("n3", 3, (0, 0))
    assert (n.state.current_term, n.state.voted_for) == (5, "n4")


# --- section 5.2: elections ---------------------------------------------------------------------------------


def test_a_candidate_raises_its_term_votes_for_itself_and_asks_everybody() -> None:
    """§5.2, figure 2 (candidates): "increment currentTerm, vote for self, reset election timer, send
    RequestVote RPCs to all other servers".
    """
    n = Server(1, 1, 2, term=3).ring("election")
    assert (n.state.current_term, n.state.voted_for, n.state.role) == (4, "n1", "candidate")
    assert n.state.votes == ("n1",)
    assert n.timers["election"] is not None
    assert n.sent == [(peer, RequestVote(4, "n1", 3, 2)) for peer in FIVE[1:]]


def test_a_candidate_saves_its_term_and_vote_before_it_asks() -> None:
    """Figure 2: persistent state is "updated on stable storage before responding to RPCs"; a candidate that
    forgot its own vote could vote for another.
    """
    n = Server(1, term=3).ring("election")
    n.assert_saved_before_sending()
    assert n.saved == [(4, "n1", n.state.log)]


def test_a_voter_saves_its_vote_before_it_answers() -> None:
    """§5.1, figure 2: the vote is durable before the reply leaves."""
    n = Server(1, term=2).ask_vote("n3", 3, 1)
    n.assert_saved_before_sending()
    assert n.saved[-1] == (3, "n3", n.state.log)
    assert n.only(RequestVoteReply) == RequestVoteReply(3, True)


def test_a_server_saves_a_newer_term_before_it_answers_no() -> None:
    """§5.1, figure 2: the term is durable before any reply that carries it."""
    n = Server(1, 2, term=2).ask_vote("n3", 9, 1)
    n.assert_saved_before_sending()
    assert n.saved == [(9, None, n.state.log)]
    assert n.only(RequestVoteReply) == RequestVoteReply(9, False)


def test_a_server_votes_once_a_term_first_come_first_served() -> None:
    """§5.2: "each server will vote for at most one candidate in a given term"."""
    n = Server(1, term=2)
    assert n.ask_vote("n2", 3, 1).only(RequestVoteReply).vote_granted
    assert not n.ask_vote("n3", 3, 1, 1).only(RequestVoteReply).vote_granted
    assert n.state.voted_for == "n2"


def test_a_lost_reply_can_be_asked_for_again() -> None:
    """Figure 2, RequestVote, 2: the vote goes to a candidate that has it already."""
    n = Server(1, term=3, voted_for="n2")
    assert n.ask_vote("n2", 3, 1).only(RequestVoteReply).vote_granted


def test_a_new_term_is_a_new_vote() -> None:
    """§5.2, figure 2: votedFor is the vote "in current term"."""
    n = Server(1, term=3, voted_for="n2")
    assert n.ask_vote("n3", 4, 1).only(RequestVoteReply).vote_granted
    assert n.state.voted_for == "n3"


def test_a_candidate_does_not_vote_for_another_of_its_term() -> None:
    """§5.2: it has given its vote to itself."""
    n = Server(1, term=3).ring("election")
    assert not n.ask_vote("n2", 4, 1, 1).only(RequestVoteReply).vote_granted


def test_granting_a_vote_resets_the_election_timer() -> None:
    """Figure 2 (followers): an election begins "without … granting vote to candidate"."""
    assert Server(1, term=2).ask_vote("n2", 3, 1).timers["election"] is not None


@pytest.mark.parametrize(
    ("n", "candidate_log"),
    [
        (Server(1, 2, term=3), (1,)),
        (Server(1, term=4), (1,)),
        (Server(1, term=3, voted_for="n5"), (1,)),
    ],
    ids=["older log", "stale term", "voted for another"],
)
def test_a_denied_vote_does_not_reset_the_timer(n: Server, candidate_log: tuple[int, ...]) -> None:
    """Figure 2 (followers): only a granted vote or a current leader's message puts an election off."""
    n.ask_vote("n2", 3, *candidate_log)
    assert not n.only(RequestVoteReply).vote_granted
    assert "election" not in n.timers


def test_a_majority_elects() -> None:
    """§5.2: "a candidate wins an election if it receives votes from a majority of the servers"."""
    n = Server(1, term=2).ring("election")
    n.receive("n2", RequestVoteReply(3, True))
    assert n.role == "candidate"
    n.receive("n3", RequestVoteReply(3, True))
    assert n.role == "leader"
    assert n.state.leader_id == "n1"


def test_a_new_leader_says_so_at_once() -> None:
    """§5.2: "it then sends heartbeat messages to all of the other servers to establish its authority and
    prevent new elections".
    """
    n = Server(1, term=2, options={"no_op": False}).ring("election")
    n.receive("n2", RequestVoteReply(3, True)).receive("n3", RequestVoteReply(3, True))
    assert n.sent == [(peer, AppendEntries(3, "n1", 1, 1, (), 0)) for peer in FIVE[1:]]
    assert n.timers["heartbeat"] is not None
    assert n.timers["election"] is None


def test_a_vote_counted_twice_is_one_vote() -> None:
    """§5.2: a majority of the *servers*; a duplicated reply is no second voter."""
    n = Server(1, term=2).ring("election")
    for _ in range(3):
        n.receive("n2", RequestVoteReply(3, True))
    assert (n.state.role, n.state.votes) == ("candidate", ("n1", "n2"))


def test_a_vote_of_an_earlier_term_does_not_count() -> None:
    """§5.1, §5.2: votes are "in the same term"."""
    n = Server(1, term=2).ring("election").ring("election")
    n.receive("n2", RequestVoteReply(3, True)).receive("n3", RequestVoteReply(3, True))
    assert (n.state.role, n.state.votes) == ("candidate", ("n1",))
    assert n.rules == ["vote-reply-ignored"]


def test_a_refusal_is_no_vote() -> None:
    """§5.2."""
    n = Server(1, term=2).ring("election")
    for peer in FIVE[1:]:
        n.receive(peer, RequestVoteReply(3, False))
    assert (n.state.role, n.state.votes) == ("candidate", ("n1",))


def test_a_candidate_that_times_out_starts_another_election() -> None:
    """§5.2: "each candidate will time out and start a new election by incrementing its term"."""
    n = Server(1, term=2).ring("election").receive("n2", RequestVoteReply(3, True)).ring("election")
    assert (n.state.current_term, n.state.votes) == (4, ("n1",))


def test_a_candidate_steps_down_for_a_leader_of_its_term() -> None:
    """§5.2: "If the leader's term … is at least as large as the candidate's current term, then the candidate
    recognizes the leader as legitimate and returns to follower state." Its vote of that term stays given.
    """
    n = Server(1, term=2).ring("election").append("n4", 3, (1, 1))
    assert (n.state.role, n.state.leader_id, n.state.current_term) == ("follower", "n4", 3)
    assert n.state.voted_for == "n1"
    assert n.timers["election"] is not None


def test_election_timeouts_are_drawn_from_a_range() -> None:
    """§5.2: "election timeouts are chosen randomly from a fixed interval"."""
    n = Server(1, term=2).ring("election")
    span = n.timers["election"]
    assert span is not None
    assert 0 < span.low < span.high


def test_a_heartbeat_keeps_followers() -> None:
    """§5.2: leaders send AppendEntries "that carry no log entries" to all, again and again."""
    n = Server(1, term=3, options={"no_op": False}).lead().ring("heartbeat")
    assert n.sent == [(peer, AppendEntries(3, "n1", 1, 1, (), 0)) for peer in FIVE[1:]]
    assert n.timers["heartbeat"] is not None


def test_a_heartbeat_saves_nothing() -> None:
    """Figure 2: nothing persistent changes, at the leader or at the follower."""
    leader = Server(1, term=3).lead().ring("heartbeat")
    assert not leader.saved
    follower = Server(1, me="n2", term=3, voted_for="n1").append("n1", 3, (1, 1))
    assert not follower.saved
    assert follower.sent


# --- sizes --------------------------------------------------------------------------------------------------


def test_a_single_server_elects_itself_and_commits_alone() -> None:
    """§5.2, §5.3: the majority of one is one. It commits once its entry is on disk."""
    n = Server(term=0, members=("n1",)).ring("election")
    assert (n.state.role, n.state.current_term, n.state.commit_index) == ("leader", 1, 0)
    n.ring("commit")
    assert (n.state.commit_index, n.state.last_applied) == (1, 1)
    assert not n.sent


@pytest.mark.parametrize(("size", "need"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (6, 4), (9, 5)])
def test_a_majority_is_more_than_half(size: int, need: int) -> None:
    """§5.2: half of an even cluster is no majority."""
    members = tuple(f"n{i}" for i in range(1, size + 1))
    n = Server(term=0, members=members).ring("election")
    got = 1
    for voter in members[1:]:
        assert (n.state.role == "leader") == (got >= need)
        if n.state.role == "leader":
            break
        n.receive(voter, RequestVoteReply(1, True))
        got += 1
    assert (n.state.role, got) == ("leader", need)


# --- section 5.4.1: the election restriction ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("mine", "theirs", "granted"),
    [
        ((), (), True),
        ((), (1,), True),
        ((1,), (), False),
        ((1, 1), (1, 1), True),
        ((1, 1), (1,), False),
        ((1,), (1, 1), True),
        ((1, 1, 1), (1, 2), True),
        ((1, 2), (1, 1, 1, 1), False),
        ((1, 2), (1, 2, 2), True),
        ((1, 3), (1, 2, 2, 2, 2), False),
        ((2,), (1, 3), True),
        ((1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6), (1, 1, 1, 4, 4, 5, 5, 6, 6, 6), False),
    ],
)
def test_up_to_date(mine: tuple[int, ...], theirs: tuple[int, ...], granted: bool) -> None:
    """§5.4.1: "If the logs have last entries with different terms, then the log with the later term is more
    up-to-date. If the logs end with the same term, then whichever log is longer is more up-to-date."
    """
    n = Server(*mine, term=6).ask_vote("n2", 7, *theirs)
    assert n.only(RequestVoteReply).vote_granted == granted
    assert n.state.voted_for == ("n2" if granted else None)
