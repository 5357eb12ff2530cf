"""What every server does in every role: it starts, restarts, and follows into newer terms (section 5.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from protocols.actor import Actor, Effects, Span
from protocols.log import Log
from protocols.raft.state import RaftOptions, RaftState, read_log


class Server(Actor[RaftState, RaftOptions]):
    """A server and its term."""

    def __init__(self, me: str, members: tuple[str, ...], options: RaftOptions) -> None:
        super().__init__(me, members, options)
        self.majority = len(members) // 2 + 1
        self.lease = Span(options.election_timeout.low)

    def leadership(self, s: RaftState) -> int | None:
        return s.current_term if s.role == "leader" else None

    # --- start and restart ----------------------------------------------------------------------------------

    def initial(self, durable: Mapping[str, Any]) -> RaftState:
        """`durable` may give currentTerm, votedFor and log (terms, or tables of term and command).

        Raises ValueError for what no run could have left on a disk.
        """
        values = dict(durable)
        if "log" in values:
            values["log"] = Log(read_log(values["log"]))
        s = msgspec.convert(values, RaftState, strict=True)
        if s.current_term < 0:
            raise ValueError("currentTerm is 0 or more")
        if s.voted_for not in (None, *self.members):
            raise ValueError(f"votedFor is one of {', '.join(self.members)}")
        s.current_term = max(s.current_term, s.log.last_term)
        return s

    def start(self, s: RaftState, out: Effects) -> None:
        out.set_timer("election", self.options.election_timeout)

    def restart(self, s: RaftState, out: Effects) -> None:
        """Only the persistent state is left; the rest is learned again (section 5.1, figure 2)."""
        out.explain("recovered", term=s.current_term, index=s.log.last_index)
        self.start(s, out)

    # --- terms (section 5.1) --------------------------------------------------------------------------------

    def observe_term(self, s: RaftState, term: int, out: Effects) -> None:
        """If an RPC's term is newer than ours, adopt it and become a follower (section 5.1)."""
        if term > s.current_term:
            out.explain("newer-term", term=term, current=s.current_term)
            self.become_follower(s, term, out)
            out.save(s)

    def become_follower(self, s: RaftState, term: int, out: Effects) -> None:
        """Step down, or follow into a newer term; the caller saves before it answers."""
        if term > s.current_term:
            s.current_term = term
            s.voted_for = None
            s.leader_id = None
        if s.role == "leader":
            out.cancel_timer("heartbeat")
            out.cancel_timer("quorum")
            out.set_timer("election", self.options.election_timeout)
            s.next_index, s.match_index, s.waiting, s.heard_from = {}, {}, {}, ()
            s.leader_id = None
        s.role = "follower"
        s.votes = ()
