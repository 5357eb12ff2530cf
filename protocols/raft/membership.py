"""Membership changes: one server at a time (diss. 4.1), or any number at once by joint consensus (section 6).

Configurations are log entries, and a server uses the latest one in its log, committed or not.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from protocols.actor import Effects, Impossible, Span
from protocols.log import Configuration, Entry
from protocols.raft.replication import Replication
from protocols.raft.state import CatchUp, RaftOptions, RaftState

ROUNDS = 10
"""So often may a new server try to catch up within an election timeout (diss. 4.2.1)."""


class Membership(Replication):
    """A server of a cluster that others join and leave."""

    @classmethod
    def check(cls, members: tuple[str, ...], options: RaftOptions) -> None:
        super().check(members, options)
        known = ", ".join(members)
        for name in (*options.voters, *options.learners):
            if name not in members:
                raise Impossible("raft-no-server", name=name, known=known)
        first = options.first_configuration(members)
        if not first.voters:
            raise Impossible("raft-no-voters")
        for name in first.learners:
            if name in first.voters:
                raise Impossible("raft-voter-and-learner", name=name)

    # --- what an operator orders ----------------------------------------------------------------------------

    def order_add(self, s: RaftState, args: tuple[str, ...], out: Effects) -> None:
        """A new server, or a learner, gets a vote."""
        (server,) = args
        now = s.configuration
        self.check_change(s, args, alone=True)
        if server in now.voters:
            raise Impossible("raft-is-voter", name=server)
        self.begin_change(s, self.configuration_of({*now.voters, server}, now.learners), out)

    def order_remove(self, s: RaftState, args: tuple[str, ...], out: Effects) -> None:
        (server,) = args
        now = s.configuration
        self.check_change(s, args, alone=True)
        if server not in now:
            raise Impossible("raft-no-member", name=server)
        left = self.configuration_of({*now.voters} - {server}, {*now.learners} - {server})
        if not left.voters:
            raise Impossible("raft-no-voters")
        self.begin_change(s, left, out)

    def order_learn(self, s: RaftState, args: tuple[str, ...], out: Effects) -> None:
        """A new server gets the log, but no vote."""
        (server,) = args
        now = s.configuration
        self.check_change(s, args, alone=True)
        if server in now:
            raise Impossible("raft-is-member", name=server)
        self.begin_change(s, self.configuration_of(now.voters, {*now.learners, server}), out)

    def order_change(self, s: RaftState, args: tuple[str, ...], out: Effects) -> None:
        """These are to be the voters: joint consensus (section 6)."""
        now = s.configuration
        self.check_change(s, args, alone=False)
        new = self.configuration_of(args, now.learners)
        if new.voters == now.voters:
            raise Impossible("raft-same-voters")
        self.begin_change(s, replace(new, old_voters=now.voters), out)

    def check_change(self, s: RaftState, servers: Iterable[str], alone: bool) -> None:
        """One change at a time, ordered from the leader; and a change of one server not before an entry of
        the leader's own term is committed (Ongaro, raft-dev, 2015)."""
        if s.role != "leader":
            raise Impossible("raft-not-leader", leader=s.leader_id or "–")
        for name in servers:
            if name not in self.members:
                raise Impossible("raft-no-server", name=name, known=", ".join(self.members))
        if s.catch_up is not None or s.configuration_index > s.commit_index or s.configuration.old_voters:
            raise Impossible("raft-change-pending")
        if alone and not self.may_change(s):
            raise Impossible("raft-change-too-early", term=s.current_term)
        if s.transfer is not None:
            raise Impossible("raft-transferring", name=s.transfer)

    def may_change(self, s: RaftState) -> bool:
        return s.log.term_at(s.commit_index) == s.current_term

    # --- catching up (diss. 4.2.1) --------------------------------------------------------------------------

    def begin_change(self, s: RaftState, configuration: Configuration, out: Effects) -> None:
        """New voters catch up first: without a vote they cannot hold up the others."""
        servers = tuple(v for v in configuration.voters if not s.configuration.may_vote(v))
        if not servers:
            self.append_configuration(s, configuration, out)
            return
        s.catch_up = CatchUp(servers, configuration, 1, s.log.last_index)
        self.follow(s, servers)
        out.explain("catch-up", servers=servers, index=s.log.last_index)
        out.set_timer("catchup", Span(self.options.election_timeout.high))
        for server in servers:
            self.send_entries(s, server, out)
        self.finish_catch_up(s, out)

    def follower_advanced(self, s: RaftState, peer: str, out: Effects) -> None:
        super().follower_advanced(s, peer, out)
        if s.catch_up is not None:
            self.finish_catch_up(s, out)

    def finish_catch_up(self, s: RaftState, out: Effects) -> None:
        """All were as far, within an election timeout, as we when the round began: they are fast enough."""
        c = s.catch_up
        assert c is not None
        if all(s.match_index[server] >= c.goal for server in c.servers):
            out.explain("caught-up", servers=c.servers, round=c.round)
            out.cancel_timer("catchup")
            s.catch_up = None
            self.append_configuration(s, c.configuration, out)

    def on_catchup_timeout(self, s: RaftState, out: Effects) -> None:
        """The round has taken an election timeout: another one, up to what is there now; or give up."""
        c = s.catch_up
        assert c is not None
        if c.round == ROUNDS:
            out.explain("catch-up-failed", servers=c.servers, rounds=ROUNDS)
            s.catch_up = None
            self.follow(s)
            return
        s.catch_up = replace(c, round=c.round + 1, goal=s.log.last_index)
        out.explain("catch-up-round", servers=c.servers, round=c.round + 1, index=s.log.last_index)
        out.set_timer("catchup", Span(self.options.election_timeout.high))

    # --- configurations in the log (section 6, diss. 4.1) ---------------------------------------------------

    def append_configuration(self, s: RaftState, configuration: Configuration, out: Effects) -> None:
        """It counts as soon as it is in the log, for its own commitment, too."""
        self.append_own(s, Entry(s.current_term, configuration), out)
        s.configuration, s.configuration_index = configuration, s.log.last_index
        out.explain("append-configuration", index=s.log.last_index, configuration=configuration)
        self.follow(s)
        out.save(s)
        self.broadcast(s, out)
        self.commit_alone(s, out)

    def committed(self, s: RaftState, out: Effects) -> None:
        """Once C_old,new is committed, C_new follows; once a configuration without us is, we step down."""
        super().committed(s, out)
        if s.configuration_index > s.commit_index:
            return
        if s.configuration.old_voters:
            out.explain("leave-joint", index=s.configuration_index)
            self.append_configuration(s, replace(s.configuration, old_voters=()), out)
        elif self.me not in s.configuration.voters:
            out.explain("removed-steps-down", index=s.configuration_index, term=s.current_term)
            self.become_follower(s, s.current_term, out)

    def configuration_of(self, voters: Iterable[str], learners: Iterable[str]) -> Configuration:
        """In the order of the servers' names as declared; who votes is no learner."""
        chosen, more = set(voters), set(learners)
        return Configuration(
            tuple(m for m in self.members if m in chosen),
            learners=tuple(m for m in self.members if m in more - chosen),
        )
