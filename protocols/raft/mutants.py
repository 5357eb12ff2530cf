"""Raft with one bug in it: mistakes that real implementations made, each one override from the right code.

Each says which law it breaks, if one does. A test runs every one of them until that law catches it.
"""

from __future__ import annotations

from collections.abc import Collection

from msgspec.structs import replace

from protocols.actor import Effects
from protocols.key_value import Command
from protocols.log import Log
from protocols.raft.actor import Raft
from protocols.raft.messages import (
    AppendEntries,
    AppendEntriesReply,
    PreVote,
    RequestVote,
    RequestVoteReply,
)
from protocols.raft.state import RaftState, Read, Snapshot


class VoteNotDurable(Raft):
    """Answers before its vote is on disk; after a crash it votes again. Breaks Election Safety."""

    def grant_vote(self, s: RaftState, candidate: str, out: Effects) -> None:
        s.voted_for = candidate
        out.save(replace(s, voted_for=None))
        out.set_timer("election", self.options.election_timeout)
        out.send(candidate, RequestVoteReply(s.current_term, True))


class TermNotDurable(Raft):
    """Never writes the term by itself, only entries carry theirs. Breaks Election Safety."""

    def observe_term(self, s: RaftState, term: int, out: Effects) -> None:
        if term > s.current_term:
            self.become_follower(s, term, out)

    def grant_vote(self, s: RaftState, candidate: str, out: Effects) -> None:
        s.voted_for = candidate
        out.save(replace(s, current_term=s.log.last_term))
        out.set_timer("election", self.options.election_timeout)
        out.send(candidate, RequestVoteReply(s.current_term, True))


class VoteClearedOnStepDown(Raft):
    """Forgets its vote when it steps down within its own term. Breaks Election Safety."""

    def become_follower(self, s: RaftState, term: int, out: Effects) -> None:
        super().become_follower(s, term, out)
        s.voted_for = None


class OwnVoteUnrecorded(Raft):
    """Counts its own vote without recording it, and so can vote for another. Breaks Election Safety."""

    def may_vote_for(self, s: RaftState, candidate: str) -> bool:
        return super().may_vote_for(s, candidate) or s.voted_for == self.me


class NoLogCheck(Raft):
    """Votes for anybody, however old the candidate's log. Breaks Leader Completeness."""

    def is_up_to_date(self, s: RaftState, m: RequestVote | PreVote) -> bool:
        return True


class LengthOnlyLogCheck(Raft):
    """Takes the longer log for the newer one. Breaks Leader Completeness."""

    def is_up_to_date(self, s: RaftState, m: RequestVote | PreVote) -> bool:
        return m.last_log_index >= s.log.last_index


class TruncatesAlways(Raft):
    """Cuts its log after any AppendEntries, even an old one. Breaks Leader Completeness."""

    def store(self, s: RaftState, m: AppendEntries, out: Effects) -> None:
        super().store(s, m, out)
        end = max(self.verified(s, m), s.log.base)
        if s.log.last_index > end:
            s.log = s.log.upto(end)
            out.save(s)


class CountsOldTerms(Raft):
    """Commits by counting replicas of entries of earlier terms (figure 8). Breaks State Machine Safety."""

    def may_commit(self, s: RaftState, index: int) -> bool:
        return True


class AcknowledgesOwnLastIndex(Raft):
    """Acknowledges all it has instead of all it verified. Breaks State Machine Safety."""

    def on_append_entries(self, s: RaftState, src: str, m: AppendEntries, out: Effects) -> None:
        super().on_append_entries(s, src, m, out)
        to, reply = out.outbox[-1]
        if isinstance(reply, AppendEntriesReply) and reply.success:
            out.outbox[-1] = (to, replace(reply, match_index=s.log.last_index))

    def advance_follower(self, s: RaftState, peer: str, match: int, out: Effects) -> None:
        super().advance_follower(s, peer, min(match, s.log.last_index), out)


class CommitsPastVerified(Raft):
    """Follows leaderCommit beyond what the message verified. Breaks State Machine Safety."""

    def learn_commit(self, s: RaftState, m: AppendEntries, out: Effects) -> None:
        commit = min(m.leader_commit, s.log.last_index)
        if commit > s.commit_index:
            s.commit_index = commit
            out.explain("commit-learned", leader=m.leader_id, index=commit)
            self.apply(s, out)


class UsesStaleReplies(Raft):
    """Takes a reply of an earlier term for one of its own. Breaks State Machine Safety."""

    def is_current_reply(self, s: RaftState, peer: str, term: int) -> bool:
        return s.role == "leader" and peer in s.match_index

    def advance_follower(self, s: RaftState, peer: str, match: int, out: Effects) -> None:
        super().advance_follower(s, peer, min(match, s.log.last_index), out)


class CountsDuplicateVotes(Raft):
    """Counts replies instead of voters: a duplicated message is two votes. Breaks Election Safety."""

    def count_vote(self, s: RaftState, voter: str, out: Effects) -> None:
        s.votes = (*s.votes, voter)
        out.explain("vote-counted", voter=voter, have=len(s.votes), need=self.needed(s))


class ChangesTooEarly(Raft):
    """Changes members before an entry of its own term is committed: the bug of the single-server change as it
    was first published. Breaks Leader Completeness."""

    def may_change(self, s: RaftState) -> bool:
        return True


class OneQuorumOfBoth(Raft):
    """In a joint configuration, takes a majority of all instead of one of the old and one of the new. Breaks
    Election Safety."""

    def has_quorum(self, s: RaftState, names: Collection[str]) -> bool:
        return sum(s.configuration.may_vote(n) for n in names) > len(self.voters(s)) // 2

    def majority_match(self, s: RaftState) -> int:
        return self.held_by_most(s, self.voters(s))


class SnapshotPastCommit(Raft):
    """Takes all that is in its log for committed when it takes a snapshot. Breaks State Machine Safety."""

    def snapshot_index(self, s: RaftState) -> int:
        s.commit_index = s.last_applied = s.log.last_index
        return s.last_applied


class SnapshotDiscardsSuffix(Raft):
    """Installs any snapshot and keeps nothing of its log: a late one discards what it acknowledged since.
    Breaks Leader Completeness."""

    def is_news(self, s: RaftState, snapshot: Snapshot) -> bool:
        return True

    def rest_of_log(self, s: RaftState, snapshot: Snapshot) -> Log:
        return Log((), snapshot.last_included_index, snapshot.last_included_term)


class ReadsUnconfirmed(Raft):
    """Answers reads at once, without asking whether it still leads: a deposed leader's are stale."""

    def is_query(self, c: Command) -> bool:
        return c.op == "get"

    def query(self, s: RaftState, client: str, c: Command, out: Effects) -> None:
        self.answer_query(s, Read(c, client), out)


class TimerResetByDenial(Raft):
    """Starts its election timer anew even when it denies the vote. Delays elections (liveness)."""

    def deny_vote(self, s: RaftState, candidate: str, out: Effects) -> None:
        super().deny_vote(s, candidate, out)
        out.set_timer("election", self.options.election_timeout)


class WrongHint(Raft):
    """Hints one past the conflict, so that the leader never backs up far enough (liveness)."""

    def conflict(self, s: RaftState, prev_log_index: int) -> AppendEntriesReply:
        return AppendEntriesReply(s.current_term, False, conflict_index=prev_log_index + 1)

    def back_up(self, s: RaftState, peer: str, m: AppendEntriesReply, out: Effects) -> None:
        s.next_index = {**s.next_index, peer: min(m.conflict_index, s.log.last_index + 1)}
        out.explain("back-up", peer=peer, index=s.next_index[peer])


MUTANTS: dict[str, tuple[type[Raft], str]] = {
    "vote-not-durable": (VoteNotDurable, "election-safety"),
    "term-not-durable": (TermNotDurable, "election-safety"),
    "vote-cleared-on-step-down": (VoteClearedOnStepDown, "election-safety"),
    "own-vote-unrecorded": (OwnVoteUnrecorded, "election-safety"),
    "counts-duplicate-votes": (CountsDuplicateVotes, "election-safety"),
    "no-log-check": (NoLogCheck, "leader-completeness"),
    "length-only-log-check": (LengthOnlyLogCheck, "leader-completeness"),
    "truncates-always": (TruncatesAlways, "leader-completeness"),
    "counts-old-terms": (CountsOldTerms, "state-machine-safety"),
    "acknowledges-own-last-index": (AcknowledgesOwnLastIndex, "state-machine-safety"),
    "commits-past-verified": (CommitsPastVerified, "state-machine-safety"),
    "uses-stale-replies": (UsesStaleReplies, "state-machine-safety"),
    "changes-too-early": (ChangesTooEarly, "leader-completeness"),
    "one-quorum-of-both": (OneQuorumOfBoth, "election-safety"),
    "snapshot-past-commit": (SnapshotPastCommit, "state-machine-safety"),
    "snapshot-discards-suffix": (SnapshotDiscardsSuffix, "leader-completeness"),
    "reads-unconfirmed": (ReadsUnconfirmed, ""),
    "timer-reset-by-denial": (TimerResetByDenial, ""),
    "wrong-hint": (WrongHint, ""),
}
"""Each mutant's name, its actor, and the law that catches it ("" where only progress suffers)."""
