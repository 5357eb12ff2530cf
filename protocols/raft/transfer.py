"""Leadership transfer (diss. 3.10): a leader hands over before it is taken down, or to a better place."""

from __future__ import annotations

from protocols.actor import Effects, Impossible, Span
from protocols.raft.elections import Elections
from protocols.raft.messages import TimeoutNow
from protocols.raft.state import RaftState


class Transfer(Elections):
    """A server that can make another one the leader."""

    def order_transfer(self, s: RaftState, args: tuple[str, ...], out: Effects) -> None:
        """Stop accepting requests, bring the target's log up to date, and let it stand at once."""
        (target,) = args
        if s.role != "leader":
            raise Impossible("raft-not-leader", leader=s.leader_id or "–")
        if target == self.me or not s.configuration.may_vote(target):
            raise Impossible("raft-transfer-target", name=target)
        if s.transfer is not None:
            raise Impossible("raft-transferring", name=s.transfer)
        s.transfer = target
        out.explain("transfer-begins", target=target, behind=s.log.last_index - s.match_index[target])
        out.set_timer("transfer", Span(self.options.election_timeout.high))
        if s.match_index[target] == s.log.last_index:
            self.send_timeout_now(s, out)
        else:
            self.send_entries(s, target, out)

    def on_timeout_now(self, s: RaftState, src: str, m: TimeoutNow, out: Effects) -> None:
        """Stand without waiting: no pre-vote, and stickiness does not stand in the way (diss. 4.2.3)."""
        self.observe_term(s, m.term, out)
        if m.term < s.current_term or s.role != "follower" or not self.may_stand(s):
            out.explain("timeout-now-ignored", leader=src, term=m.term)
            return
        out.explain("timeout-now", leader=src, term=m.term)
        self.become_candidate(s, out, transfer=True)

    def on_transfer_timeout(self, s: RaftState, out: Effects) -> None:
        """It has not worked within an election timeout: lead on."""
        out.explain("transfer-aborted", target=s.transfer)
        s.transfer = None

    def follower_advanced(self, s: RaftState, peer: str, out: Effects) -> None:
        super().follower_advanced(s, peer, out)
        if s.transfer == peer and s.match_index[peer] == s.log.last_index:
            self.send_timeout_now(s, out)

    def send_timeout_now(self, s: RaftState, out: Effects) -> None:
        """From now on another may be elected at any time, whoever still hears from us: no more leases."""
        assert s.transfer is not None
        s.yielded, s.leased, s.lease_round = True, False, 0
        out.explain("send-timeout-now", target=s.transfer)
        out.send(s.transfer, TimeoutNow(s.current_term, self.me))
