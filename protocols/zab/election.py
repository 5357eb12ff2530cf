"""Phase 0: Fast Leader Election (Medeiros 2012, section 4; ZooKeeper 3.8, FastLeaderElection).

Every server that looks for a leader tells all its vote, at first itself, and takes over a better one it
hears of. When a quorum has the same vote, and nothing better comes for a while, the election is over: the
elected server leads, the others follow. Servers that have a leader tell one that looks who it is.

Nothing here is on disk, and nothing that ZAB promises depends on it: whom the election names must still win
a quorum over in discovery. Notifications may be lost, late and doubled.
"""

from __future__ import annotations

from protocols.actor import Effects, Span
from protocols.zab.channel import Channel
from protocols.zab.messages import Notification, shown
from protocols.zab.state import S, Vote

LOOKING_TIMERS = ("notification", "finalize")
SETTLED_TIMERS = ("connect", "silence", "tick")


class Election(Channel[S]):
    """Looking for a leader."""

    def become_looking(self, s: S, out: Effects) -> None:
        """A new round, with a vote for itself; whatever was known of a leader is over."""
        self.lost(s, out)
        for timer in SETTLED_TIMERS:
            out.cancel_timer(timer)
        self.fast_forward(s)  # what it has logged is its history now, and speaks for it
        s.role, s.phase, s.leader_id = "looking", "election", None
        s.links = {}
        s.sync_mode, s.received_snapshot, s.received, s.received_commit = "", None, (), 0
        s.new_epoch, s.proposed, s.epochs, s.epoch_acks, s.leader_acks = 0, 0, {}, (), ()
        s.learners, s.learner_zxid, s.acked, s.syncs, s.heard, s.ticks = {}, {}, {}, (), {}, 0
        s.round += 1
        s.votes, s.settled = {}, {}
        out.explain("look-for-leader", round=s.round, zxid=shown(s.last_processed), epoch=s.current_epoch)
        s.backoff = self.options.resend.low
        self.cast(s, self.own_vote(s), out)
        self.count(s, out)

    # --- notifications ------------------------------------------------------------------------------------

    def on_notification(self, s: S, src: str, m: Notification, out: Effects) -> None:
        voter = src in self.voters
        if m.state == "looking" and not (voter and s.role == "looking"):
            out.explain("answer-looking", server=src, leader=s.vote.leader if s.vote else None)
            self.tell(s, src, out)
        elif s.role != "looking" or not voter or m.leader not in self.voters:
            out.explain("notification-ignored", server=src)
        elif m.state == "looking":
            self.hear_vote(s, src, vote_of(m), out)
        else:
            self.hear_settled(s, src, vote_of(m), out)

    def hear_vote(self, s: S, voter: str, v: Vote, out: Effects) -> None:
        """The vote of a server that is looking, too: a newer round starts the count anew, an older one
        does not count, a better vote is taken over and told to all."""
        if v.round < s.round:
            out.explain("older-round", voter=voter, round=v.round, current=s.round)
            if self.votes_itself:
                self.tell(s, voter, out)
            return
        if v.round > s.round:
            out.explain("newer-round", voter=voter, round=v.round, current=s.round)
            s.round, s.votes = v.round, {}
            mine = self.own_vote(s)
            self.cast(s, v if mine is None or self.is_better(v, mine) else mine, out)
        elif s.vote is None or self.is_better(v, s.vote):
            out.explain("better-vote", voter=voter, leader=v.leader, epoch=v.peer_epoch, zxid=shown(v.zxid))
            self.cast(s, v, out)
        else:
            out.explain("vote-heard", voter=voter, leader=v.leader, epoch=v.peer_epoch, zxid=shown(v.zxid))
        s.votes = {**s.votes, voter: v}
        self.count(s, out)

    def hear_settled(self, s: S, voter: str, v: Vote, out: Effects) -> None:
        """The vote of a server that has a leader. It takes a quorum of these, the leader's own among them
        (or ours, if we are meant: then in this very round), to join what is established."""
        s.settled = {**s.settled, voter: v}
        agree = {n: w for n, w in s.settled.items() if (w.leader, w.peer_epoch) == (v.leader, v.peer_epoch)}
        if v.round == s.round:  # our own election, that others have decided before us
            agree = {n: w for n, w in s.votes.items() if same(w, v)} | agree
        leads = v.round == s.round if v.leader == self.me else self.says_it_leads(agree, v.leader)
        if not (leads and self.is_quorum(agree)):
            out.explain("settled-heard", voter=voter, leader=v.leader, epoch=v.peer_epoch)
            return
        s.round, s.vote = v.round, v
        out.explain("join-established", leader=v.leader, quorum=tuple(sorted(agree)), of=len(self.voters))
        self.settle(s, v.leader, out)

    def on_notification_timeout(self, s: S, out: Effects) -> None:
        """Silence: tell everybody again, and have twice the patience."""
        s.backoff = min(2 * s.backoff, self.options.resend_limit.high)
        out.explain("resend-vote", round=s.round, interval=s.backoff // 1000)
        self.tell_all(s, out)

    def on_finalize_timeout(self, s: S, out: Effects) -> None:
        """Nothing better has come: this vote has won."""
        assert s.vote is not None
        agree = tuple(sorted(n for n, v in s.votes.items() if same(v, s.vote)))
        out.explain("election-over", leader=s.vote.leader, round=s.round, quorum=agree, of=len(self.voters))
        self.settle(s, s.vote.leader, out)

    # --- rules, one function each -------------------------------------------------------------------------

    def is_better(self, a: Vote, b: Vote) -> bool:
        """The higher epoch, then the higher zxid, then the higher server id."""
        return (a.peer_epoch, a.zxid, self.sid[a.leader]) > (b.peer_epoch, b.zxid, self.sid[b.leader])

    def count(self, s: S, out: Effects) -> None:
        """With a quorum for the present vote, wait a little for a better one before deciding."""
        agree = tuple(sorted(n for n, v in s.votes.items() if s.vote and same(v, s.vote)))
        if s.vote is not None and self.is_quorum(agree) and not s.deciding:
            s.deciding = True
            out.cancel_timer("notification")
            out.explain("quorum-of-votes", leader=s.vote.leader, quorum=agree, of=len(self.voters))
            out.set_timer("finalize", self.options.finalize_wait)

    def says_it_leads(self, votes: dict[str, Vote], leader: str) -> bool:
        return leader in votes and votes[leader].state == "leading"

    def settle(self, s: S, leader: str, out: Effects) -> None:
        for timer in LOOKING_TIMERS:
            out.cancel_timer(timer)
        s.deciding, s.settled = False, {}
        if leader == self.me:
            self.become_leading(s, out)
        else:
            self.become_learner(s, leader, out)

    # --- helpers ------------------------------------------------------------------------------------------

    def own_vote(self, s: S) -> Vote | None:
        if not self.votes_itself:
            return None
        return Vote(self.me, s.current_epoch, s.last_processed, s.round)

    def cast(self, s: S, vote: Vote | None, out: Effects) -> None:
        """A new vote: all must hear of it, and what was about to be decided is not."""
        s.vote, s.deciding = vote, False
        if vote is not None and self.votes_itself:
            s.votes = {**s.votes, self.me: vote}
        out.cancel_timer("finalize")
        self.tell_all(s, out)

    def tell_all(self, s: S, out: Effects) -> None:
        for peer in self.voters:
            if peer != self.me:
                self.tell(s, peer, out)
        out.set_timer("notification", Span(s.backoff))

    def tell(self, s: S, to: str, out: Effects) -> None:
        v = s.vote
        leader, zxid, epoch = (v.leader, v.zxid, v.peer_epoch) if v else (None, 0, 0)
        out.send(to, Notification(leader, zxid, s.round, epoch, self.sid[self.me], s.role))


def vote_of(m: Notification) -> Vote:
    assert m.leader is not None
    return Vote(m.leader, m.peer_epoch, m.zxid, m.round, m.state)


def same(a: Vote, b: Vote) -> bool:
    """The same vote, whoever cast it and whatever came of it."""
    return (a.leader, a.peer_epoch, a.zxid) == (b.leader, b.peer_epoch, b.zxid)
