"""What every server does in every role: it starts, restarts, follows into newer terms (section 5.1), and uses
the latest configuration in its log (section 6)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from protocols.actor import Actor, Effects, Span
from protocols.log import Configuration, Log
from protocols.raft.state import RaftOptions, RaftState, read_log, read_snapshot


class Server(Actor[RaftState, RaftOptions]):
    """A server and its term."""

    def __init__(self, me: str, members: tuple[str, ...], options: RaftOptions) -> None:
        super().__init__(me, members, options)
        self.first = options.first_configuration(members)
        self.lease = Span(options.election_timeout.low)
        self.sticky = options.pre_vote or options.check_quorum
        """Servers that hear from a leader do not help to replace it (diss. 4.2.3)."""
        self.listens = options.check_quorum or options.reads != "log"
        """A leader takes note of who answers."""

    def leadership(self, s: RaftState) -> int | None:
        return s.current_term if s.role == "leader" else None

    # --- start and restart ----------------------------------------------------------------------------------

    def initial(self, durable: Mapping[str, Any]) -> RaftState:
        """`durable` may give currentTerm, votedFor, snapshot, and log (terms, or tables of term and command).

        Raises ValueError for what no run could have left on a disk.
        """
        values = dict(durable)
        snapshot = values["snapshot"] = read_snapshot(values.get("snapshot", {}))
        base, term = snapshot.last_included_index, snapshot.last_included_term
        values["log"] = Log(read_log(values.get("log", ()), term), base, term)
        s = msgspec.convert(values, RaftState, strict=True)
        s.configuration = self.first
        if s.current_term < 0:
            raise ValueError("currentTerm is 0 or more")
        if s.voted_for not in (None, *self.members):
            raise ValueError(f"votedFor is one of {', '.join(self.members)}")
        s.current_term = max(s.current_term, s.log.last_term)
        return s

    def start(self, s: RaftState, out: Effects) -> None:
        self.load_snapshot(s)
        self.adopt_configuration(s, out)
        if self.may_stand(s):
            out.set_timer("election", self.options.election_timeout)

    def restart(self, s: RaftState, out: Effects) -> None:
        """Only the persistent state is left; the rest is learned again (section 5.1, figure 2)."""
        out.explain("recovered", term=s.current_term, index=s.log.last_index)
        self.start(s, out)
        if self.options.reads == "lease":  # whom it heard from is forgotten, but a leader may count on it
            s.leader_alive = True
            out.set_timer("lease", self.lease)

    def load_snapshot(self, s: RaftState) -> None:
        """The state machine begins where the snapshot ends (section 7)."""
        s.commit_index = s.last_applied = s.snapshot.last_included_index
        s.data, s.sessions = s.snapshot.data, s.snapshot.sessions

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
            for timer in ("heartbeat", "quorum", "catchup", "transfer"):
                out.cancel_timer(timer)
            out.set_timer("election", self.options.election_timeout)
            self.reset_leader_state(s)
            s.leader_id = None
        s.role = "follower"
        s.votes = ()

    def reset_leader_state(self, s: RaftState) -> None:
        s.next_index, s.match_index, s.waiting, s.heard_from = {}, {}, {}, ()
        s.catch_up, s.transfer, s.yielded = None, None, False
        s.reads, s.round, s.acknowledged, s.lease_round, s.leased = (), 0, {}, 0, False

    # --- configurations (section 6, diss. chapter 4) --------------------------------------------------------

    def adopt_configuration(self, s: RaftState, out: Effects) -> None:
        """A server uses the latest configuration in its log, committed or not (diss. 4.1)."""
        index, configuration = self.configuration_at(s, s.log.last_index)
        if configuration != s.configuration:
            out.explain("use-configuration", index=index, configuration=configuration)
        s.configuration_index, s.configuration = index, configuration

    def configuration_at(self, s: RaftState, index: int) -> tuple[int, Configuration]:
        """The latest configuration at or before `index`, and where it stands."""
        for at in range(index, s.log.base, -1):
            command = s.log.entry(at).command
            if isinstance(command, Configuration):
                return at, command
        return s.log.base, s.snapshot.configuration or self.first

    def may_stand(self, s: RaftState) -> bool:
        """Voters stand for election; and one that a configuration removes, as long as that is not committed:
        it may be needed until then (diss. 4.2.2)."""
        configuration = s.configuration
        if not configuration.may_vote(self.me) and s.configuration_index > s.commit_index:
            _, configuration = self.configuration_at(s, s.configuration_index - 1)
        return configuration.may_vote(self.me)

    def has_quorum(self, s: RaftState, names: Collection[str]) -> bool:
        """Whether these are a majority; in a joint configuration, of the old and of the new (section 6)."""
        return all(sum(n in group for n in names) > len(group) // 2 for group in s.configuration.groups)

    def needed(self, s: RaftState) -> int | str:
        """How many a quorum takes, for people."""
        needs = [len(group) // 2 + 1 for group in s.configuration.groups]
        return needs[0] if len(needs) == 1 else " + ".join(map(str, needs))

    def voters(self, s: RaftState) -> tuple[str, ...]:
        return tuple(m for m in self.members if s.configuration.may_vote(m))
