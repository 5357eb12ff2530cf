"""Phase 3: broadcast (paper, phase 3), and how both sides notice that it is over.

A two-phase commit without aborts: the leader gives a client's write its zxid and proposes it, followers log
and acknowledge it, and with a quorum it is committed, in the order of zxids. Which clients there are, what
they ask, and what they are answered is the service's business (`machine.py`).
"""

from __future__ import annotations

from typing import Any

from protocols.actor import Effects
from protocols.zab.messages import (
    PACKETS,
    Ack,
    Commit,
    Inform,
    Notification,
    Ping,
    Proposal,
    Request,
    Sync,
    Txn,
    counter_of,
    shown,
)
from protocols.zab.state import S
from protocols.zab.storage import position
from protocols.zab.synchronisation import SENT_HISTORY, SYNCED, Synchronisation


class Broadcast(Synchronisation[S]):
    """An established epoch at work."""

    messages = (Notification, *PACKETS)
    timers = ("notification", "finalize", "connect", "silence", "tick")
    operations = {}  # a service says what its clients may ask for

    def start(self, s: S, out: Effects) -> None:
        self.load_database(s)
        self.become_looking(s, out)

    def restart(self, s: S, out: Effects) -> None:
        """What its disk held is its history; the rest is learned again."""
        out.explain("recovered", epoch=s.current_epoch, zxid=shown(self.last_logged(s)))
        self.start(s, out)

    # --- what the service wants replicated ----------------------------------------------------------------

    def submit(self, s: S, command: Any, out: Effects) -> None:
        """Have it proposed, by the leader; this server serves."""
        if s.role == "leading":
            self.propose(s, command, out)
            return
        assert s.leader_id is not None
        out.explain("forward-request", leader=s.leader_id, op=self.told(command))
        self.transmit(s, s.leader_id, Request, out, command)

    def on_request(self, s: S, src: str, m: Request, out: Effects) -> None:
        self.propose(s, m.command, out)

    # --- the leader proposes, followers log and acknowledge -----------------------------------------------

    def propose(self, s: S, command: Any, out: Effects) -> None:
        s.proposed += 1
        txn = Txn(s.proposed, self.prepare(s, command, s.proposed, out))
        out.explain("propose", zxid=shown(txn.zxid), op=self.told(command))
        self.append(s, (txn,))
        out.save(s)  # the leader's own acknowledgement
        for follower in self.receivers(s):
            if follower in self.voters:
                self.transmit(s, follower, Proposal, out, txn)

    def on_proposal(self, s: S, src: str, m: Proposal, out: Effects) -> None:
        """Before NEWLEADER it is part of the history; after it, it is logged and acknowledged."""
        if s.sync_mode:
            s.received += (m.txn,)
            out.explain("receive-history", leader=src, zxid=shown(m.txn.zxid))
            return
        out.explain("log-proposal", leader=src, zxid=shown(m.txn.zxid), op=self.told(m.txn.command))
        self.log_and_acknowledge(s, src, m.txn, out)

    def log_and_acknowledge(self, s: S, leader: str, txn: Txn, out: Effects) -> None:
        """An acknowledged transaction is on disk (ZOOKEEPER-4646)."""
        self.append(s, (txn,))
        out.save(s)
        self.transmit(s, leader, Ack, out, txn.zxid)

    def on_ack(self, s: S, src: str, m: Ack, out: Effects) -> None:
        if not counter_of(m.zxid):
            self.acknowledge_leader(s, src, out)
        elif src in self.voters and m.zxid > s.acked.get(src, 0):
            s.acked = {**s.acked, src: m.zxid}
            out.explain("acknowledged", follower=src, zxid=shown(m.zxid))
            self.commit_next(s, out)

    # --- commit, in the order of zxids --------------------------------------------------------------------

    def commit_next(self, s: S, out: Effects) -> None:
        """Commit what a quorum has on disk, one transaction after the other."""
        for txn in self.outstanding(s):
            holders = tuple(v for v in self.voters if v == self.me or s.acked.get(v, 0) >= txn.zxid)
            if not self.may_commit(holders):
                return
            out.explain("commit", zxid=shown(txn.zxid), quorum=holders, of=len(self.voters))
            for learner in self.receivers(s):
                if learner in self.voters:
                    self.transmit(s, learner, Commit, out, txn.zxid)
                else:
                    self.transmit(s, learner, Inform, out, txn)
            self.deliver(s, txn.zxid, out)
            self.answer_syncs(s, out)

    def may_commit(self, holders: tuple[str, ...]) -> bool:
        return self.is_quorum(holders)

    def on_commit(self, s: S, src: str, m: Commit, out: Effects) -> None:
        if self.is_serving(s):
            out.explain("commit-learned", leader=src, zxid=shown(m.zxid))
            self.deliver(s, m.zxid, out)
        else:
            s.received_commit = m.zxid

    def on_inform(self, s: S, src: str, m: Inform, out: Effects) -> None:
        """An observer logs for itself alone: nobody waits for it."""
        out.explain("informed", leader=src, zxid=shown(m.txn.zxid), op=self.told(m.txn.command))
        self.append(s, (m.txn,))
        out.save(s)
        if self.is_serving(s):
            self.deliver(s, m.txn.zxid, out)
        else:
            s.received_commit = m.txn.zxid

    def deliver(self, s: S, zxid: int, out: Effects) -> None:
        """Everything up to `zxid` is committed: execute it."""
        for txn in s.log[position(s.log, s.last_processed) : position(s.log, zxid)]:
            result = self.execute(s, txn)
            s.last_processed = txn.zxid
            out.explain("apply", zxid=shown(txn.zxid), op=self.told(txn.command), result=self.told(result))
            self.applied(s, txn, result, out)
        s.committed = max(zxid, s.committed)
        self.snapshot_if_due(s, out)

    # --- sync ---------------------------------------------------------------------------------------------

    def ask_sync(self, s: S, client: str, serial: int, out: Effects) -> None:
        """Behind everything that is committed or proposed now, an answer comes back."""
        if s.role == "leading":
            self.take_sync(s, self.me, client, serial, out)
        else:
            assert s.leader_id is not None
            out.explain("forward-sync", leader=s.leader_id, client=client)
            self.transmit(s, s.leader_id, Sync, out, client, serial)

    def on_sync(self, s: S, src: str, m: Sync, out: Effects) -> None:
        if s.role == "leading":
            self.take_sync(s, src, m.client, m.serial, out)
        else:
            self.end_sync(s, m.client, m.serial, out)

    def take_sync(self, s: S, server: str, client: str, serial: int, out: Effects) -> None:
        out.explain("sync-behind", server=server, client=client, zxid=shown(s.proposed))
        s.syncs += ((s.proposed, server, client, serial),)
        self.answer_syncs(s, out)

    def answer_syncs(self, s: S, out: Effects) -> None:
        """Those that wait for nothing any more; the answer stays behind the commits sent before it."""
        for zxid, server, client, serial in s.syncs:
            if zxid <= s.committed and server == self.me:
                self.end_sync(s, client, serial, out)
            elif zxid <= s.committed and server in s.links:
                self.transmit(s, server, Sync, out, client, serial)
        s.syncs = tuple(row for row in s.syncs if row[0] > s.committed)

    def end_sync(self, s: S, client: str, serial: int, out: Effects) -> None:
        out.explain("synced", client=client, zxid=shown(s.last_processed))
        self.synced(s, client, serial, out)

    # --- is anybody there? --------------------------------------------------------------------------------

    def on_tick_timeout(self, s: S, out: Effects) -> None:
        """A leader without a quorum that it hears from gives up."""
        s.ticks += 1
        out.set_timer("tick", self.options.tick)
        for learner in [n for n in s.learners if self.is_lost(s, n)]:
            out.explain("learner-lost", learner=learner)
            self.forget_learner(s, learner)
        if self.is_serving(s):
            self.keep_leading(s, out)
        elif s.ticks > self.options.init_limit:
            out.explain("no-quorum-in-time", phase=s.phase, ticks=s.ticks)
            self.become_looking(s, out)

    def is_lost(self, s: S, learner: str) -> bool:
        limit = self.options.sync_limit
        if s.learners[learner] != SYNCED:
            limit += self.options.init_limit
        return s.ticks - s.heard[learner] > limit

    def keep_leading(self, s: S, out: Effects) -> None:
        synced = (self.me, *(n for n, status in s.learners.items() if status == SYNCED))
        if not self.is_quorum(synced):
            heard = sum(name in self.voters for name in synced)
            out.explain("quorum-lost", heard=heard, of=len(self.voters), epoch=s.current_epoch)
            self.become_looking(s, out)
            return
        out.explain("ping", epoch=s.current_epoch)
        for learner in synced[1:]:
            self.transmit(s, learner, Ping, out)
        self.commit_next(s, out)  # a lone voter's own write is on disk by now

    def on_ping(self, s: S, src: str, m: Ping, out: Effects) -> None:
        if s.role == "leading":
            self.touch(s, src, m.alive, out)
        else:
            self.transmit(s, src, Ping, out, self.take_touched(s))

    # --- helpers ------------------------------------------------------------------------------------------

    def receivers(self, s: S) -> list[str]:
        """Learners that have been sent the history: what comes after it is for them."""
        return [name for name, status in s.learners.items() if status in SENT_HISTORY]
