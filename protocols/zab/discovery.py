"""Phase 1: discovery (paper, phase 1). The elected server wins a quorum over.

A quorum tells it the latest epochs they have accepted; it proposes a newer one; each accepts it, on disk,
and from then on follows no earlier leader. With the acceptance each says how recent its history is: nobody's
in the quorum may be more recent than the leader's, and then the leader's history is the one to keep.
"""

from __future__ import annotations

from msgspec.structs import replace

from protocols.actor import Effects
from protocols.zab.election import Election
from protocols.zab.messages import AckEpoch, FollowerInfo, LeaderInfo, ObserverInfo, shown
from protocols.zab.state import Link, S

CONNECTED, ACCEPTED = "connected", "accepted"
"""What a leader knows of a learner: it has connected; it has accepted the epoch."""


class Discovery(Election[S]):
    """From an election to a new epoch."""

    # --- changes of role ----------------------------------------------------------------------------------

    def become_leading(self, s: S, out: Effects) -> None:
        s.role, s.phase, s.leader_id = "leading", "discovery", self.me
        s.epochs = {self.me: s.accepted_epoch}
        out.explain("lead", round=s.round)
        out.set_timer("tick", self.options.tick)
        self.propose_epoch(s, out)

    def become_learner(self, s: S, leader: str, out: Effects) -> None:
        s.role = "following" if self.votes_itself else "observing"
        s.phase, s.leader_id = "discovery", leader
        s.connection += 1
        out.save(s)  # no connection ever has the number of another
        s.links = {leader: Link(s.connection, sent=1)}
        out.set_timer("silence", self.patience(s))
        self.connect(s, leader, out)

    # --- the learner connects -----------------------------------------------------------------------------

    def connect(self, s: S, leader: str, out: Effects) -> None:
        out.explain("connect", leader=leader, epoch=s.accepted_epoch)
        kind = FollowerInfo if self.votes_itself else ObserverInfo
        out.send(leader, kind(s.connection, 0, 1, s.accepted_epoch))
        out.set_timer("connect", self.options.tick)

    def on_connect_timeout(self, s: S, out: Effects) -> None:
        """The leader may not know yet that it leads: connect again."""
        assert s.leader_id is not None
        self.connect(s, s.leader_id, out)

    def on_silence_timeout(self, s: S, out: Effects) -> None:
        out.explain("leader-silent", leader=s.leader_id)
        self.become_looking(s, out)

    def on_follower_info(
        self, s: S, src: str, m: FollowerInfo | ObserverInfo, out: Effects
    ) -> None:  # fmt: skip
        link = s.links.get(src)
        if s.role != "leading":
            out.explain("not-leading", learner=src)
        elif link is not None and m.connection <= link.connection:
            out.explain("connected-already", learner=src)
            if m.connection == link.connection and link.sent and link.received == 1:
                out.send(src, LeaderInfo(link.connection, link.epoch, 1))
        else:
            out.explain("learner-connects", learner=src, epoch=m.accepted_epoch)
            self.forget_learner(s, src)
            s.links = {**s.links, src: Link(m.connection, s.new_epoch, received=1)}
            s.learners = {**s.learners, src: CONNECTED}
            s.heard = {**s.heard, src: s.ticks}
            self.hear_epoch(s, src, m.accepted_epoch, out)

    on_observer_info = on_follower_info

    # --- the new epoch ------------------------------------------------------------------------------------

    def hear_epoch(self, s: S, learner: str, accepted: int, out: Effects) -> None:
        if s.new_epoch:
            self.transmit(s, learner, LeaderInfo, out)
        elif learner in self.voters:
            s.epochs = {**s.epochs, learner: accepted}
            self.propose_epoch(s, out)

    def propose_epoch(self, s: S, out: Effects) -> None:
        """One more than the latest epoch that anybody in a quorum has accepted (paper, step l.1.1)."""
        if not self.is_quorum(s.epochs):
            return
        quorum = tuple(sorted(s.epochs))
        s.new_epoch = self.next_epoch(s)
        out.explain("new-epoch", epoch=s.new_epoch, quorum=quorum, of=len(self.voters))
        s.accepted_epoch = s.new_epoch
        out.save(s)  # the leader is the first to accept it
        s.links = {name: replace(link, epoch=s.new_epoch) for name, link in s.links.items()}
        for learner in s.learners:
            self.transmit(s, learner, LeaderInfo, out)
        self.count_epoch_ack(s, self.me, out)

    def next_epoch(self, s: S) -> int:
        return max(s.epochs.values()) + 1

    def on_leader_info(self, s: S, src: str, m: LeaderInfo, out: Effects) -> None:
        """Accept the epoch if it is newer than any accepted before; durable, then acknowledged (f.1.1)."""
        out.cancel_timer("connect")
        if m.epoch < s.accepted_epoch:
            out.explain("epoch-refused", leader=src, epoch=m.epoch, accepted=s.accepted_epoch)
            self.become_looking(s, out)
            return
        again = m.epoch == s.accepted_epoch
        out.explain("epoch-accepted-before" if again else "epoch-accepted", leader=src, epoch=m.epoch)
        if not again:
            self.accept_epoch(s, m.epoch, out)
        s.phase = "synchronization"
        self.transmit(s, src, AckEpoch, out, -1 if again else s.current_epoch, s.last_processed)

    def accept_epoch(self, s: S, epoch: int, out: Effects) -> None:
        s.accepted_epoch = epoch
        out.save(s)

    def on_ack_epoch(self, s: S, src: str, m: AckEpoch, out: Effects) -> None:
        s.learner_zxid = {**s.learner_zxid, src: m.last_zxid}
        s.learners = {**s.learners, src: ACCEPTED}
        if s.phase != "discovery":
            out.explain("learner-joins", learner=src, zxid=shown(m.last_zxid))
            self.synchronise(s, src, out)
        elif self.is_ahead(s, m):
            theirs, mine = shown(m.last_zxid), shown(s.last_processed)
            out.explain("follower-ahead", follower=src, theirs=theirs, mine=mine)
            self.become_looking(s, out)
        elif m.current_epoch == -1 or src not in self.voters:
            out.explain("epoch-ack-not-counted", learner=src, epoch=s.new_epoch)
        else:
            self.count_epoch_ack(s, src, out)

    def is_ahead(self, s: S, m: AckEpoch) -> bool:
        """Its history is more recent than ours: we must not lead (step l.1.2)."""
        return (m.current_epoch, m.last_zxid) > (s.current_epoch, s.last_processed)

    def count_epoch_ack(self, s: S, voter: str, out: Effects) -> None:
        s.epoch_acks = tuple(sorted({*s.epoch_acks, voter}))
        out.explain("epoch-acknowledged", voter=voter, have=len(s.epoch_acks), need=self.quorum)
        if self.is_quorum(s.epoch_acks):
            self.begin_synchronization(s, out)

    # --- helpers ------------------------------------------------------------------------------------------

    def forget_learner(self, s: S, learner: str) -> None:
        """Its connection is gone, and with it what it has acknowledged and not been told is committed: it
        may be made to cut that from its log when it comes back."""
        for name in ("links", "learners", "learner_zxid", "acked", "heard"):
            rows = getattr(s, name)
            setattr(s, name, {k: v for k, v in rows.items() if k != learner})
