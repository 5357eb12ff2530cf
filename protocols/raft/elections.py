"""Leader election (section 5.2, 5.4.1), pre-vote (diss. 9.6), check-quorum, stickiness (diss. 4.2.3, 6.2)."""

from __future__ import annotations

from protocols.actor import Effects, Span
from protocols.log import Entry
from protocols.raft.messages import PreVote, PreVoteReply, RequestVote, RequestVoteReply
from protocols.raft.replication import Replication
from protocols.raft.state import RaftState


class Elections(Replication):
    """A server that stands for election, votes, and leads."""

    def on_election_timeout(self, s: RaftState, out: Effects) -> None:
        out.explain("election-timeout", leader=s.leader_id)
        if not self.may_stand(s):
            out.explain("not-a-voter", configuration=s.configuration)
        elif self.options.pre_vote:
            self.become_pre_candidate(s, out)
        else:
            self.become_candidate(s, out)

    def on_pre_vote(self, s: RaftState, src: str, m: PreVote, out: Effects) -> None:
        granted = m.term > s.current_term and not self.leader_is_alive(s) and self.is_up_to_date(s, m)
        out.explain("pre-vote-granted" if granted else "pre-vote-denied", candidate=src, term=m.term)
        out.send(src, PreVoteReply(m.term if granted else s.current_term, granted))

    def on_pre_vote_reply(self, s: RaftState, src: str, m: PreVoteReply, out: Effects) -> None:
        if m.vote_granted and s.role == "pre-candidate" and m.term == s.current_term + 1:
            self.count_vote(s, src, out)
            if self.has_quorum(s, s.votes):
                self.become_candidate(s, out)
        elif not m.vote_granted and m.term > s.current_term:
            self.become_follower(s, m.term, out)
            out.save(s)
        else:
            out.explain("vote-reply-ignored", voter=src, term=m.term)

    def on_request_vote(self, s: RaftState, src: str, m: RequestVote, out: Effects) -> None:
        if m.term > s.current_term and self.leader_is_alive(s) and not m.leadership_transfer:
            out.explain("vote-ignored-leader-alive", candidate=src, leader=s.leader_id, term=m.term)
            return
        self.observe_term(s, m.term, out)
        if m.term < s.current_term:
            out.explain("vote-denied-term", candidate=src, term=m.term, current=s.current_term)
            self.deny_vote(s, src, out)
        elif not self.may_vote_for(s, src):
            out.explain("vote-denied-already-voted", candidate=src, term=m.term, voted=s.voted_for)
            self.deny_vote(s, src, out)
        elif not self.is_up_to_date(s, m):
            out.explain(
                "vote-denied-log",
                candidate=src,
                term=m.term,
                theirs=f"{m.last_log_index}@{m.last_log_term}",
                mine=f"{s.log.last_index}@{s.log.last_term}",
            )
            self.deny_vote(s, src, out)
        else:
            out.explain("vote-granted", candidate=src, term=m.term)
            self.grant_vote(s, src, out)

    def on_request_vote_reply(self, s: RaftState, src: str, m: RequestVoteReply, out: Effects) -> None:
        self.observe_term(s, m.term, out)
        if s.role != "candidate" or m.term != s.current_term:
            out.explain("vote-reply-ignored", voter=src, term=m.term)
        elif not m.vote_granted:
            out.explain("vote-refused", voter=src, term=m.term)
        else:
            self.count_vote(s, src, out)
            if self.has_quorum(s, s.votes):
                self.become_leader(s, out)

    def on_quorum_timeout(self, s: RaftState, out: Effects) -> None:
        """Check-quorum: a leader that a majority no longer answers steps down (diss. 6.2)."""
        voters = self.voters(s)
        heard = [v for v in voters if v == self.me or v in s.heard_from]
        if not self.has_quorum(s, heard):
            out.explain("quorum-lost", heard=len(heard), of=len(voters), term=s.current_term)
            self.become_follower(s, s.current_term, out)
            return
        out.explain("quorum-checked", heard=len(heard), of=len(voters))
        s.heard_from = ()
        out.set_timer("quorum", Span(self.options.election_timeout.high))

    def on_lease_timeout(self, s: RaftState, out: Effects) -> None:
        """A minimum election timeout has passed without a word from the leader (diss. 4.2.3); or, at the
        leader, its lease is over: too long ago has a majority confirmed it (diss. 6.4.1)."""
        s.leader_alive = s.leased = False

    # --- changes of role: one door each (the third, `become_follower`, is every server's) -------------------

    def become_pre_candidate(self, s: RaftState, out: Effects) -> None:
        s.role = "pre-candidate"
        s.leader_id = None
        s.votes = self.own_vote(s)
        out.set_timer("election", self.options.election_timeout)
        out.explain("start-pre-vote", term=s.current_term + 1)
        if self.has_quorum(s, s.votes):
            self.become_candidate(s, out)
            return
        for voter in self.other_voters(s):
            out.send(voter, PreVote(s.current_term + 1, self.me, s.log.last_index, s.log.last_term))

    def become_candidate(self, s: RaftState, out: Effects, transfer: bool = False) -> None:
        """`transfer`: the leader itself has asked for it (diss. 3.10)."""
        s.current_term += 1
        s.role = "candidate"
        s.leader_id = None
        s.voted_for = self.me
        s.votes = self.own_vote(s)
        out.set_timer("election", self.options.election_timeout)
        out.explain("start-election", term=s.current_term)
        out.save(s)  # term and own vote are durable before anybody is asked
        if self.has_quorum(s, s.votes):
            self.become_leader(s, out)
            return
        request = RequestVote(s.current_term, self.me, s.log.last_index, s.log.last_term, transfer)
        for voter in self.other_voters(s):
            out.send(voter, request)

    def become_leader(self, s: RaftState, out: Effects) -> None:
        out.explain("become-leader", term=s.current_term, quorum=s.votes, of=len(self.voters(s)))
        s.role = "leader"
        s.leader_id = self.me
        s.leader_alive = False
        self.reset_leader_state(s)
        self.follow(s)
        out.cancel_timer("election")
        out.set_timer("heartbeat", self.options.heartbeat)
        if self.options.check_quorum:
            out.set_timer("quorum", Span(self.options.election_timeout.high))
        if self.options.no_op:
            self.append_own(s, Entry(s.current_term), out)
            out.explain("append-no-op", index=s.log.last_index, term=s.current_term)
            out.save(s)
        self.broadcast(s, out)
        self.commit_alone(s, out)

    # --- rules, one function each ---------------------------------------------------------------------------

    def may_vote_for(self, s: RaftState, candidate: str) -> bool:
        """At most one vote a term, first come first served (section 5.2)."""
        return s.voted_for is None or s.voted_for == candidate

    def is_up_to_date(self, s: RaftState, m: RequestVote | PreVote) -> bool:
        """The candidate's log is at least as up-to-date as ours: last terms first, then lengths (5.4.1)."""
        return (m.last_log_term, m.last_log_index) >= (s.log.last_term, s.log.last_index)

    def grant_vote(self, s: RaftState, candidate: str, out: Effects) -> None:
        s.voted_for = candidate
        out.save(s)
        out.set_timer("election", self.options.election_timeout)
        out.send(candidate, RequestVoteReply(s.current_term, True))

    def deny_vote(self, s: RaftState, candidate: str, out: Effects) -> None:
        out.send(candidate, RequestVoteReply(s.current_term, False))

    def count_vote(self, s: RaftState, voter: str, out: Effects) -> None:
        """Votes are counted by voter: the same one twice is one."""
        if voter not in s.votes:
            s.votes = tuple(sorted((*s.votes, voter)))
        out.explain("vote-counted", voter=voter, have=len(s.votes), need=self.needed(s))

    def leader_is_alive(self, s: RaftState) -> bool:
        """Stickiness: with pre-vote or check-quorum on, a server that hears from a leader does not help
        to replace it (diss. 4.2.3); the leader itself counts while it has its quorum."""
        return self.sticky and (s.leader_alive or s.role == "leader")

    def own_vote(self, s: RaftState) -> tuple[str, ...]:
        """Who is not in its own latest configuration may stand, but does not count itself (diss. 4.2.2)."""
        return (self.me,) if s.configuration.may_vote(self.me) else ()

    def other_voters(self, s: RaftState) -> list[str]:
        return [p for p in self.peers if s.configuration.may_vote(p)]
