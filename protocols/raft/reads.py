"""Reads that do not go through the log (diss. 6.4): by read-index, or by a lease (6.4.1).

A lease is measured from the heartbeat on, but a server has no clock here, only timers. So only the latest
heartbeat's confirmations start one, and it is shorter by a heartbeat, the most that it can be late.
"""

from __future__ import annotations

from msgspec import UnsetType
from msgspec.structs import replace

from protocols.actor import Effects, Impossible, Span
from protocols.client import ClientReply
from protocols.key_value import Command
from protocols.raft.replication import Replication
from protocols.raft.state import RaftOptions, RaftState, Read


def lease_of(options: RaftOptions) -> int:
    """How long a leader may count on no other being elected."""
    return int(options.election_timeout.low / options.clock_drift) - options.heartbeat.high


class Reads(Replication):
    """A server that answers reads from its state machine, once it knows that it may."""

    @classmethod
    def check(cls, members: tuple[str, ...], options: RaftOptions) -> None:
        super().check(members, options)
        if options.reads != "log" and not options.no_op:
            raise Impossible("raft-reads-no-op", reads=options.reads)
        if options.reads == "lease" and not (options.pre_vote or options.check_quorum):
            raise Impossible("raft-lease-sticky")
        if options.reads == "lease" and lease_of(options) < 1:
            raise Impossible("raft-lease-short")

    def on_heartbeat_timeout(self, s: RaftState, out: Effects) -> None:
        if self.options.reads == "lease" and not s.yielded:
            s.round += 1
            s.lease_round = s.round
        super().on_heartbeat_timeout(s, out)

    # --- read-index (diss. 6.4) -----------------------------------------------------------------------------

    def is_query(self, c: Command) -> bool:
        """Whether `c` is a read that does not go through the log."""
        return c.op == "get" and self.options.reads != "log"

    def query(self, s: RaftState, client: str, c: Command, out: Effects) -> None:
        if any(r.command == c for r in s.reads):
            out.explain("already-waiting", client=client, serial=c.serial)
        elif s.leased and self.has_committed_own(s):
            out.explain("read-leased", client=client, op=c)
            self.answer_query(s, Read(c, client), out)
        else:
            s.reads = (*s.reads, Read(c, client))
            self.begin_reads(s, out)

    def begin_reads(self, s: RaftState, out: Effects) -> None:
        """Save commitIndex as readIndex, and begin a round of heartbeats; but not before an entry of our own
        term is committed: until then commitIndex may lag (steps 1 to 3)."""
        if not self.has_committed_own(s):
            out.explain("read-waits", index=s.commit_index, term=s.current_term)
            return
        s.round += 1
        s.reads = tuple(r if r.index else replace(r, index=s.commit_index, round=s.round) for r in s.reads)
        out.explain("read-index", index=s.commit_index, round=s.round)
        self.broadcast(s, out)
        self.confirm_reads(s, out)

    def hear_from_follower(self, s: RaftState, peer: str, round: int | UnsetType, out: Effects) -> None:
        super().hear_from_follower(s, peer, round, out)
        if isinstance(round, int) and round > s.acknowledged.get(peer, 0):
            s.acknowledged = {**s.acknowledged, peer: round}
            self.renew_lease(s, out)
            self.confirm_reads(s, out)

    def confirm_reads(self, s: RaftState, out: Effects) -> None:
        """A majority has answered a heartbeat sent after the read came: nobody else had been elected then
        (step 3). Whatever is committed here is applied, so the state machine is fresh enough (step 4)."""
        for read in s.reads:
            if read.index and self.has_quorum(s, quorum := self.followed_in(s, read.round)):
                out.explain("read-confirmed", index=read.index, quorum=quorum, of=len(self.voters(s)))
                s.reads = tuple(r for r in s.reads if r is not read)
                self.answer_query(s, read, out)

    def answer_query(self, s: RaftState, read: Read, out: Effects) -> None:
        c = read.command
        result = s.data.get(c.key)
        out.explain("answer-read", client=read.client, op=c, result=result)
        out.send(read.client, ClientReply(c.serial, "ok", result))

    def committed(self, s: RaftState, out: Effects) -> None:
        super().committed(s, out)
        if any(not r.index for r in s.reads):
            self.begin_reads(s, out)

    # --- leases (diss. 6.4.1) -------------------------------------------------------------------------------

    def renew_lease(self, s: RaftState, out: Effects) -> None:
        """A majority has heard our latest heartbeat: none of them votes for another for a minimum election
        timeout, as long as no clock runs `clockDrift` times as fast as another."""
        if s.lease_round and self.has_quorum(s, self.followed_in(s, s.lease_round)):
            out.explain("lease-renewed", round=s.lease_round)
            s.leased, s.lease_round = True, 0
            out.set_timer("lease", Span(lease_of(self.options)))

    # --- helpers --------------------------------------------------------------------------------------------

    def has_committed_own(self, s: RaftState) -> bool:
        return s.log.term_at(s.commit_index) == s.current_term

    def followed_in(self, s: RaftState, round: int) -> tuple[str, ...]:
        """The voters that took us for their leader in heartbeat `round` or later, ourselves included."""
        return tuple(v for v in self.voters(s) if v == self.me or s.acknowledged.get(v, 0) >= round)
