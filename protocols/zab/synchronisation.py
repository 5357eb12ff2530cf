"""Phase 2: synchronisation (paper, phase 2; the choice of DIFF, TRUNC or SNAP is LearnerHandler's).

The leader brings each learner to its own history. A follower makes it durable, *then* records the epoch,
*then* acknowledges: an epoch on disk says "my history is that of this epoch's leader", and an
acknowledgement that it will stay so. When a quorum has acknowledged, the history is committed and the epoch
established.
"""

from __future__ import annotations

import msgspec

from protocols.actor import Effects
from protocols.zab.discovery import CONNECTED, Discovery
from protocols.zab.messages import (
    Ack,
    Commit,
    Diff,
    NewLeader,
    Proposal,
    Snap,
    Trunc,
    Txn,
    UpToDate,
    counter_of,
    epoch_of,
    make_zxid,
    shown,
)
from protocols.zab.state import S
from protocols.zab.storage import Log, position

SENT, ACKNOWLEDGED, SYNCED = "sent", "acknowledged", "synced"
"""More that a leader knows of a learner: it has been sent the history; it has it on disk; it serves."""
SENT_HISTORY = (SENT, ACKNOWLEDGED, SYNCED)
"""A learner in any of these is sent what is proposed from then on."""


class Plan(msgspec.Struct, frozen=True, gc=False):
    """How to bring a learner to the leader's history: `DIFF`, `TRUNC` (to `zxid`) or `SNAP`, then `txns`."""

    mode: str
    zxid: int
    txns: Log = ()


class Synchronisation(Discovery[S]):
    """From a new epoch to an established one."""

    def begin_synchronization(self, s: S, out: Effects) -> None:
        out.explain("epoch-quorum", epoch=s.new_epoch, quorum=s.epoch_acks, of=len(self.voters))
        s.phase = "synchronization"
        s.current_epoch = s.new_epoch
        out.save(s)
        for learner, status in s.learners.items():
            if status != CONNECTED:
                self.synchronise(s, learner, out)
        self.count_leader_ack(s, self.me, out)

    # --- the leader chooses, and sends --------------------------------------------------------------------

    def synchronise(self, s: S, learner: str, out: Effects) -> None:
        """What it lacks of what is committed, then what is proposed only, then NEWLEADER."""
        plan = self.choose(s, s.learner_zxid[learner])
        data = {"learner": learner, "zxid": shown(plan.zxid), "count": len(plan.txns)}
        if plan.mode == "DIFF":
            out.explain("send-diff", theirs=shown(s.learner_zxid[learner]), **data)
            self.transmit(s, learner, Diff, out, plan.zxid)
        elif plan.mode == "TRUNC":
            out.explain("send-trunc", theirs=shown(s.learner_zxid[learner]), **data)
            self.transmit(s, learner, Trunc, out, plan.zxid)
        else:
            out.explain("send-snap", theirs=shown(s.learner_zxid[learner]), **data)
            self.transmit(s, learner, Snap, out, self.take_snapshot(s))
        for txn in plan.txns:
            self.transmit(s, learner, Proposal, out, txn)
            self.transmit(s, learner, Commit, out, txn.zxid)
        for txn in self.outstanding(s) if learner in self.voters else ():
            self.transmit(s, learner, Proposal, out, txn)
        self.transmit(s, learner, NewLeader, out, make_zxid(s.new_epoch))
        s.learners = {**s.learners, learner: SENT}

    def choose(self, s: S, peer: int) -> Plan:
        """`peer` is the learner's last zxid. With counter 0 it is an epoch's beginning and stands for no
        transaction: there is nothing to cut behind it."""
        log, last = self.committed_log(s), s.last_processed
        low, high = (log[0].zxid, log[-1].zxid) if log else (last, last)
        if peer == last:
            return Plan("DIFF", last)
        if peer > high and counter_of(peer):
            return Plan("TRUNC", high)
        if low <= peer <= high:
            return self.from_history(log, peer, last)
        if peer < low and self.log_reaches(s, peer):
            return self.from_history(s.log[: position(s.log, last)], peer, last)
        return Plan("SNAP", last)

    def from_history(self, log: Log, peer: int, last: int) -> Plan:
        """DIFF where the learner's last transaction is in `log`. Where it is not, the learner has what we
        never had: cut it, unless it would have to cut back into another epoch."""
        at = position(log, peer)
        known = at > 0 and log[at - 1].zxid == peer
        if known or not counter_of(peer):
            return Plan("DIFF", last, log[at:])
        if at == 0 or at == len(log) or epoch_of(log[at].zxid) != epoch_of(peer):
            return Plan("SNAP", last)
        return Plan("TRUNC", log[at - 1].zxid, log[at:])

    def log_reaches(self, s: S, peer: int) -> bool:
        """The log on disk goes back to `peer`, and sending it is cheap against a snapshot."""
        behind = position(s.log, s.last_processed) - position(s.log, peer)
        cheap = behind <= self.options.snapshot_size_factor * self.size(s)
        return bool(s.log) and s.log[0].zxid <= peer and cheap

    def outstanding(self, s: S) -> tuple[Txn, ...]:
        """Proposed, and not committed yet."""
        return s.log[position(s.log, s.committed) :] if self.is_serving(s) else ()

    # --- the learner receives -----------------------------------------------------------------------------

    def on_diff(self, s: S, src: str, m: Diff, out: Effects) -> None:
        out.explain("receive-diff", leader=src, zxid=shown(m.zxid))
        s.sync_mode, s.received_commit = "DIFF", s.last_processed

    def on_trunc(self, s: S, src: str, m: Trunc, out: Effects) -> None:
        out.explain("truncate", leader=src, zxid=shown(m.zxid), last=shown(s.last_processed))
        self.truncate(s, m.zxid, out)
        s.sync_mode, s.received_commit = "TRUNC", m.zxid

    def on_snap(self, s: S, src: str, m: Snap, out: Effects) -> None:
        out.explain("receive-snap", leader=src, zxid=shown(m.snapshot.zxid))
        s.sync_mode, s.received_commit = "SNAP", m.snapshot.zxid
        s.received_snapshot = m.snapshot

    def on_new_leader(self, s: S, src: str, m: NewLeader, out: Effects) -> None:
        """First the transactions, then the epoch, then the acknowledgement (ZOOKEEPER-3911, 4643)."""
        epoch = epoch_of(m.zxid)
        out.explain("new-leader", leader=src, epoch=epoch, count=len(s.received))
        self.adopt_history(s, epoch, out)
        self.transmit(s, src, Ack, out, m.zxid)
        for txn in s.log[position(s.log, s.received_commit) :]:
            self.transmit(s, src, Ack, out, txn.zxid)

    def adopt_history(self, s: S, epoch: int, out: Effects) -> None:
        self.keep_received(s)
        out.save(s)
        s.current_epoch = epoch
        out.save(s, apart=True)

    def keep_received(self, s: S) -> None:
        """What the leader has sent is this server's history now."""
        if s.received_snapshot is not None:
            s.log = ()
            s.snapshot = s.received_snapshot
            self.load_snapshot(s, s.snapshot)
        self.append(s, s.received)
        s.sync_mode, s.received_snapshot, s.received = "", None, ()

    # --- a quorum has it ----------------------------------------------------------------------------------

    def acknowledge_leader(self, s: S, src: str, out: Effects) -> None:
        """A learner has our history on disk. The one after UPTODATE says nothing new."""
        if s.learners.get(src) != SENT:
            return
        s.learners = {**s.learners, src: ACKNOWLEDGED}
        if self.is_serving(s):
            self.let_serve(s, src, out)
        elif src in self.voters:
            self.count_leader_ack(s, src, out)

    def count_leader_ack(self, s: S, voter: str, out: Effects) -> None:
        s.leader_acks = tuple(sorted({*s.leader_acks, voter}))
        out.explain("leader-acknowledged", voter=voter, have=len(s.leader_acks), need=self.quorum)
        if self.is_quorum(s.leader_acks):
            self.establish(s, out)

    def establish(self, s: S, out: Effects) -> None:
        """The history is committed, the epoch established: from here on this server is the primary."""
        out.explain("established", epoch=s.new_epoch, quorum=s.leader_acks, of=len(self.voters))
        s.phase = "broadcast"
        self.deliver(s, self.last_logged(s), out)
        s.proposed = s.committed = s.last_processed = make_zxid(s.new_epoch)
        self.vote_for_epoch(s)
        for learner, status in s.learners.items():
            if status == ACKNOWLEDGED:
                self.let_serve(s, learner, out)
        self.established(s, out)

    def let_serve(self, s: S, learner: str, out: Effects) -> None:
        s.learners = {**s.learners, learner: SYNCED}
        self.transmit(s, learner, UpToDate, out)

    def on_up_to_date(self, s: S, src: str, m: UpToDate, out: Effects) -> None:
        """The history is committed: execute it, and serve."""
        out.explain("up-to-date", leader=src, epoch=m.epoch)
        s.phase = "broadcast"
        self.vote_for_epoch(s)
        self.transmit(s, src, Ack, out, make_zxid(m.epoch))
        out.set_timer("silence", self.patience(s))
        self.deliver(s, s.received_commit, out)
        self.established(s, out)

    def vote_for_epoch(self, s: S) -> None:
        """What is told to a server that looks: this leader leads this epoch."""
        if s.vote is not None:
            s.vote = msgspec.structs.replace(s.vote, peer_epoch=s.current_epoch)
