"""Raft's log replication and its safety rules (section 5.3, 5.4.2, 8, figures 2, 7 and 8)."""

from collections import deque
from typing import Any

import pytest

from protocols.actor import Effects, persistent_values
from protocols.client import ClientRequest
from protocols.key_value import Command
from protocols.log import Entry
from protocols.raft import AppendEntries, AppendEntriesReply
from tests.protocols.driving import FIVE, Server, entries_of, terms

# --- receiving AppendEntries --------------------------------------------------------------------------------


def test_entries_are_stored_behind_the_one_that_matches() -> None:
    """§5.3, figure 2 (AppendEntries, 4): "Append any new entries not already in the log"."""
    n = Server(1, 1).append("n2", 2, (2, 1), 2, 2)
    assert terms(n.state.log) == [1, 1, 2, 2]
    assert n.only(AppendEntriesReply) == AppendEntriesReply(2, True, match_index=4)


def test_a_follower_saves_entries_before_it_acknowledges_them() -> None:
    """Figure 2: the log is durable before the reply leaves, for a leader counts on it."""
    n = Server(1, 1, term=2).append("n2", 2, (2, 1), 2)
    n.assert_saved_before_sending()
    assert n.saved == [(2, None, n.state.log)]


@pytest.mark.parametrize(("index", "term"), [(3, 1), (2, 2), (1, 2), (9, 1)])
def test_the_consistency_check_refuses_what_does_not_follow(index: int, term: int) -> None:
    """§5.3: "If the follower does not find an entry in its log with the same index and term, then it refuses
    the new entries."
    """
    n = Server(1, 1, term=2).append("n2", 2, (index, term), 2)
    assert not n.only(AppendEntriesReply).success
    assert terms(n.state.log) == [1, 1]
    assert not n.saved


def test_a_refused_leader_is_still_the_leader() -> None:
    """§5.2: a failed consistency check is a message of the current leader: the timer starts anew."""
    n = Server(1, term=2).append("n2", 2, (5, 2), 2)
    assert n.state.leader_id == "n2"
    assert n.timers["election"] is not None


def test_a_conflict_deletes_the_entry_and_all_that_follow() -> None:
    """Figure 2 (AppendEntries, 3): "If an existing entry conflicts with a new one (same index but different
    terms), delete the existing entry and all that follow it".
    """
    n = Server(1, 1, 2, 2, 2, term=3).append("n2", 3, (2, 1), 3)
    assert terms(n.state.log) == [1, 1, 3]
    assert "append-truncated" in n.rules


@pytest.mark.parametrize(
    ("prev", "new"),
    [((0, 0), ()), ((0, 0), (1,)), ((1, 1), (1,)), ((0, 0), (1, 1, 2)), ((3, 2), ())],
)
def test_an_old_append_entries_does_not_truncate(prev: tuple[int, int], new: tuple[int, ...]) -> None:
    """§5.3, figure 2 (3): only a conflict deletes; a delayed message that holds a prefix must not, for what
    follows may have been acknowledged since.
    """
    n = Server(1, 1, 2, 2, term=2).append("n2", 2, prev, *new)
    assert terms(n.state.log) == [1, 1, 2, 2]
    assert not n.saved
    assert n.only(AppendEntriesReply).match_index == prev[0] + len(new)


def test_append_entries_is_idempotent() -> None:
    """§5.5: "If a follower receives an AppendEntries request that includes log entries already present in its
    log, it ignores those entries in the new request."
    """
    n = Server(1, term=2).append("n2", 2, (1, 1), 2, 2)
    before = n.state.log
    n.append("n2", 2, (1, 1), 2, 2)
    assert n.state.log == before
    assert n.only(AppendEntriesReply) == AppendEntriesReply(2, True, match_index=3)


def test_a_follower_acknowledges_only_what_the_message_verified() -> None:
    """§5.3: what it holds beyond that may differ from the leader's log."""
    n = Server(1, 1, 1, 1, term=2).append("n2", 2, (1, 1), 1)
    assert n.only(AppendEntriesReply).match_index == 2


@pytest.mark.parametrize(
    ("leader_commit", "new", "expected"),
    [(0, (2,), 0), (2, (2,), 2), (3, (2,), 3), (9, (2,), 3), (9, (), 2), (4, (2, 2, 2), 4)],
)
def test_commit_index_is_the_least_of_leader_commit_and_last_new_entry(
    leader_commit: int, new: tuple[int, ...], expected: int
) -> None:
    """Figure 2 (AppendEntries, 5): "set commitIndex = min(leaderCommit, index of last new entry)": not of the
    last entry in the log, which may be wrong beyond.
    """
    n = Server(1, 1, 1, 1, 1, term=2).append("n2", 2, (2, 1), *new, commit=leader_commit)
    assert n.state.commit_index == expected
    assert n.state.last_applied == expected


def test_commit_index_never_goes_back() -> None:
    """Figure 2: it "increases monotonically"; an old leaderCommit changes nothing."""
    n = Server(1, 1, term=1).append("n2", 1, (2, 1), commit=2)
    n.append("n2", 1, (2, 1), commit=1)
    assert n.state.commit_index == 2


def test_entries_are_applied_in_log_order() -> None:
    """§5.3, figure 2 (all servers): "increment lastApplied, apply log[lastApplied] to state machine"."""
    n = Server(term=1)
    new = tuple(Entry(1, Command("put", "x", str(i), "c1", i)) for i in (1, 2, 3))
    n.receive("n2", AppendEntries(1, "n2", 0, 0, new, 2))
    assert (n.state.last_applied, n.state.data) == (2, {"x": "2"})
    n.receive("n2", AppendEntries(1, "n2", 3, 1, (), 3))
    assert (n.state.last_applied, n.state.data) == (3, {"x": "3"})


# --- leading ------------------------------------------------------------------------------------------------


def test_a_new_leader_assumes_that_all_logs_are_like_its_own() -> None:
    """Figure 2 (volatile state on leaders): nextIndex is "leader last log index + 1", matchIndex 0."""
    n = Server(1, 1, 2, term=3, options={"no_op": False}).lead()
    assert n.state.next_index == dict.fromkeys(FIVE[1:], 4)
    assert n.state.match_index == dict.fromkeys(FIVE[1:], 0)


def test_a_no_op_begins_a_term() -> None:
    """§8: "each leader [commits] a blank no-op entry into the log at the start of its term"."""
    n = Server(1, term=3).lead()
    assert n.state.log.entry(2) == Entry(3, None)
    n.assert_saved_before_sending()
    assert n.sent == [(p, AppendEntries(3, "n1", 1, 1, (Entry(3, None),), 0)) for p in FIVE[1:]]


def test_without_the_no_op_a_leader_appends_nothing_of_its_own() -> None:
    """§8, as a switch: its absence can be shown."""
    n = Server(1, term=3, options={"no_op": False}).lead()
    assert terms(n.state.log) == [1]
    assert not n.saved


def test_a_command_is_appended_saved_and_sent_to_all() -> None:
    """§5.3: "The leader appends the command to its log as a new entry, then issues AppendEntries RPCs in
    parallel to each of the other servers". Its own copy counts, so it is durable first.
    """
    n = Server(1, term=3, options={"no_op": False}).lead()
    command = Command("put", "x", "7", "c1", 1)
    n.receive("c1", ClientRequest(command))
    n.assert_saved_before_sending()
    assert n.sent == [(p, AppendEntries(3, "n1", 1, 1, (Entry(3, command),), 0)) for p in FIVE[1:]]


def confirm(n: Server, peer: str, match: int) -> Server:
    return n.receive(peer, AppendEntriesReply(n.state.current_term, True, match_index=match))


def test_an_entry_on_a_majority_is_committed() -> None:
    """§5.3: "A log entry is committed once the leader that created the entry has replicated it on a majority
    of the servers"; it also commits all before it.
    """
    n = Server(1, 2, term=3).lead()
    confirm(n, "n2", 3)
    assert n.state.commit_index == 0
    confirm(n, "n3", 3)
    assert (n.state.commit_index, n.state.last_applied) == (3, 3)


@pytest.mark.parametrize(("size", "confirmations"), [(2, 1), (3, 1), (4, 2), (5, 2), (6, 3), (7, 3)])
def test_half_of_an_even_cluster_does_not_commit(size: int, confirmations: int) -> None:
    """§5.3: the leader and its confirmations must be more than half."""
    members = tuple(f"n{i}" for i in range(1, size + 1))
    n = Server(term=1, members=members).lead()
    for peer in members[1:confirmations]:
        confirm(n, peer, 1)
    assert n.state.commit_index == 0
    confirm(n, members[confirmations], 1)
    assert n.state.commit_index == 1


def test_an_entry_of_an_earlier_term_is_not_committed_by_counting() -> None:
    """§5.4.2, figure 8: "Raft never commits log entries from previous terms by counting replicas"."""
    n = Server(1, 2, term=4, options={"no_op": False}).lead()
    for peer in FIVE[1:]:
        confirm(n, peer, 2)
    assert n.state.commit_index == 0
    assert "commit-not-own-term" in n.rules


def test_an_entry_of_its_own_term_commits_the_earlier_ones_with_it() -> None:
    """§5.4.2: "once an entry from the current term has been committed in this way, then all prior entries are
    committed indirectly".
    """
    n = Server(1, 2, term=4).lead()
    confirm(n, "n2", 3)
    confirm(n, "n3", 2)
    assert n.state.commit_index == 0
    confirm(n, "n3", 3)
    assert n.state.commit_index == 3


def test_match_index_only_grows() -> None:
    """Figure 2: matchIndex "increases monotonically"; replies may overtake one another."""
    n = Server(1, 1, 1, term=2).lead()
    confirm(n, "n2", 3)
    confirm(n, "n2", 1)
    assert n.state.match_index["n2"] == 3
    assert n.state.next_index["n2"] == 4


def test_a_late_refusal_does_not_undo_a_match() -> None:
    """§5.3: nextIndex stays above what is known to match."""
    n = Server(1, 1, 1, term=2).lead()
    confirm(n, "n2", 3)
    n.receive("n2", AppendEntriesReply(2, False, conflict_index=1))
    assert n.state.match_index["n2"] == 3
    assert n.state.next_index["n2"] == 4


def test_a_reply_of_an_earlier_term_is_ignored() -> None:
    """§5.1: it speaks of what this server sent as the leader of another term."""
    n = Server(1, 1, term=5).lead()
    before = dict(n.state.match_index), dict(n.state.next_index)
    n.receive("n2", AppendEntriesReply(4, True, match_index=2))
    n.receive("n2", AppendEntriesReply(4, False, conflict_index=1))
    assert (n.state.match_index, n.state.next_index) == before
    assert n.rules == ["reply-ignored"]


def test_a_reply_is_ignored_by_one_that_no_longer_leads() -> None:
    """§5.1."""
    n = Server(1, 1, term=5, role="follower")
    n.receive("n2", AppendEntriesReply(5, True, match_index=2))
    assert n.state.match_index == {}
    assert n.rules == ["reply-ignored"]


def test_a_lagging_follower_is_sent_the_rest_at_once() -> None:
    """§5.3: the leader retries "until all followers eventually store all log entries"; a message carries a
    batch at most.
    """
    n = Server(*[1] * 10, term=2, options={"batch": 3}).lead()
    n.state.next_index = {**n.state.next_index, "n2": 1}
    confirm(n, "n2", 3)
    sent = n.all_sent(AppendEntries)["n2"]
    assert (sent.prev_log_index, len(sent.entries)) == (3, 3)


def test_a_leader_follows_a_refusal_back() -> None:
    """§5.3: "After a rejection, the leader decrements nextIndex and retries the AppendEntries RPC"."""
    n = Server(1, 1, 2, term=3, options={"no_op": False}).lead()
    n.receive("n2", AppendEntriesReply(3, False, conflict_index=3))
    assert n.state.next_index["n2"] == 3
    assert n.sent == [("n2", AppendEntries(3, "n1", 2, 1, entries_of([2], 2), 0))]


def test_a_leader_never_goes_back_before_the_first_entry() -> None:
    """§5.3: nextIndex is 1 at least."""
    n = Server(1, term=2, options={"no_op": False}).lead()
    for _ in range(5):
        n.receive("n2", AppendEntriesReply(2, False, conflict_index=1))
    assert n.state.next_index["n2"] == 1


# --- hints --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("log", "prev", "hint"),
    [
        ((1, 1), (5, 3), (3, 0)),
        ((), (4, 1), (1, 0)),
        ((1, 2, 2, 2, 2), (5, 3), (2, 2)),
        ((4, 4, 4), (3, 5), (1, 4)),
    ],
    ids=["too short", "empty", "whole term", "only term"],
)
def test_a_refusal_hints_at_the_conflicting_term(
    log: tuple[int, ...], prev: tuple[int, int], hint: tuple[int, int]
) -> None:
    """§5.3: "the follower can include the term of the conflicting entry and the first index it stores for
    that term"; a log that is too short says where it ends.
    """
    reply = Server(*log, term=6).append("n2", 6, prev, 6).only(AppendEntriesReply)
    assert (reply.conflict_index, reply.conflict_term) == hint


@pytest.mark.parametrize(
    ("hint", "following"),
    [((2, 2), 4), ((4, 9), 4), ((3, 0), 3), ((1, 7), 1)],
    ids=["has that term", "lacks that term", "short log", "lacks it, from the first"],
)
def test_the_leader_skips_a_whole_term(hint: tuple[int, int], following: int) -> None:
    """§5.3: "the leader can decrement nextIndex to bypass all of the conflicting entries in that term"."""
    n = Server(1, 2, 2, 3, 3, term=10, options={"no_op": False}).lead()
    n.receive("n2", AppendEntriesReply(10, False, conflict_index=hint[0], conflict_term=hint[1]))
    assert n.state.next_index["n2"] == following


def test_without_hints_a_leader_goes_back_one_by_one() -> None:
    """§5.3, as a switch: one refusal an entry."""
    follower = Server(1, me="n2", term=6, options={"conflict_hints": False})
    reply = follower.append("n1", 6, (4, 3)).only(AppendEntriesReply)
    n = Server(1, 2, 2, 3, 3, term=6, options={"no_op": False, "conflict_hints": False}).lead()
    n.state.next_index = {**n.state.next_index, "n2": 5}
    n.receive("n2", reply)
    assert n.state.next_index["n2"] == 4


# --- figure 7 -----------------------------------------------------------------------------------------------

LEADER_7 = (1, 1, 1, 4, 4, 5, 5, 6, 6, 6)
FIGURE_7 = {
    "a": (1, 1, 1, 4, 4, 5, 5, 6, 6),
    "b": (1, 1, 1, 4),
    "c": (*LEADER_7, 6),
    "d": (*LEADER_7, 7, 7),
    "e": (1, 1, 1, 4, 4, 4, 4),
    "f": (1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3),
}
ROUNDS = {"a": (1, 1), "b": (1, 6), "c": (0, 0), "d": (0, 0), "e": (2, 5), "f": (2, 7)}
"""Refusals until the logs meet: with hints, and one by one."""


def repair(leader: Server, follower: Server) -> int:
    """Carry messages between the two until there are none; gives the number of refusals."""
    name, refusals = follower.raft.me, 0
    waiting: deque[Any] = deque(leader.all_sent(AppendEntries).items())
    while waiting:
        to, message = waiting.popleft()
        if to != name:
            continue
        reply = follower.receive("n1", message).only(AppendEntriesReply)
        refusals += not reply.success
        leader.receive(name, reply)
        waiting.extend(leader.sent)
    return refusals


@pytest.mark.parametrize("hints", [True, False], ids=["with hints", "one by one"])
@pytest.mark.parametrize("which", FIGURE_7)
def test_figure_7(which: str, hints: bool) -> None:
    """§5.3, figure 7: whatever a follower lacks or has too much, AppendEntries makes its log the leader's.

    The leader of term 8 begins with a no-op, so a follower that has entries in its place loses them.
    """
    options = {"conflict_hints": hints, "batch": 1}
    leader = Server(*LEADER_7, me="n1", members=("n1", "n2", "n3"), term=8, options=options).lead()
    follower = Server(*FIGURE_7[which], me="n2", members=("n1", "n2", "n3"), options=options)
    refusals = repair(leader, follower)
    assert follower.state.log == leader.state.log
    assert terms(follower.state.log) == [*LEADER_7, 8]
    assert leader.state.match_index["n2"] == 11
    assert refusals == ROUNDS[which][0 if hints else 1]


# --- crash --------------------------------------------------------------------------------------------------


def test_a_restart_keeps_term_vote_and_log_and_nothing_else() -> None:
    """§5.1, figure 2: the rest is volatile: commitIndex and the state machine are learned again."""
    n = Server(1, 1, term=1).append("n2", 1, (2, 1), commit=2)
    term, vote, log, _ = persistent_values(n.state)
    blank = n.raft.initial({})
    assert (blank.commit_index, blank.last_applied, blank.data, blank.role) == (0, 0, {}, "follower")
    blank.current_term, blank.voted_for, blank.log = term, vote, log
    out = Effects()
    n.raft.restart(blank, out)
    assert [name for name, _ in out.timers] == ["election"]
    assert not out.outbox
