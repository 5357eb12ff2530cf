"""Log replication (section 5.3), commitment (5.4.2) and the state machine."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from protocols.actor import Effects, Span
from protocols.client import ClientReply
from protocols.key_value import Command, execute
from protocols.log import Configuration, Entry
from protocols.raft.messages import AppendEntries, AppendEntriesReply, InstallSnapshot
from protocols.raft.server import Server
from protocols.raft.state import RaftState

AT_ONCE = Span(0)


class Replication(Server):
    """A server and its log."""

    def on_heartbeat_timeout(self, s: RaftState, out: Effects) -> None:
        out.explain("heartbeat", term=s.current_term)
        self.broadcast(s, out)
        out.set_timer("heartbeat", self.options.heartbeat)

    def on_append_entries(self, s: RaftState, src: str, m: AppendEntries, out: Effects) -> None:
        self.observe_term(s, m.term, out)
        if m.term < s.current_term:
            out.explain("append-denied-term", leader=src, term=m.term, current=s.current_term)
            out.send(src, AppendEntriesReply(s.current_term, False))
            return
        self.hear_from_leader(s, src, out)
        if not self.holds(s, m.prev_log_index, m.prev_log_term):
            out.explain("append-denied-log", leader=src, index=m.prev_log_index, term=m.prev_log_term)
            out.send(src, self.conflict(s, m.prev_log_index))
            return
        self.store(s, m, out)
        self.learn_commit(s, m, out)
        out.send(src, AppendEntriesReply(s.current_term, True, self.verified(s, m), 0, 0, m.round))

    def on_append_entries_reply(self, s: RaftState, src: str, m: AppendEntriesReply, out: Effects) -> None:
        self.observe_term(s, m.term, out)
        if not self.is_current_reply(s, src, m.term):
            out.explain("reply-ignored", peer=src, term=m.term, current=s.current_term)
            return
        if self.listens:
            self.hear_from_follower(s, src, m.round, out)
        if m.success:
            self.advance_follower(s, src, m.match_index, out)
        else:
            self.back_up(s, src, m, out)

    # --- the follower: rules, one function each -------------------------------------------------------------

    def hear_from_leader(self, s: RaftState, leader: str, out: Effects) -> None:
        """An AppendEntries of our term can only come from its one leader (section 5.2)."""
        if s.role != "follower":
            self.become_follower(s, s.current_term, out)
        if s.leader_id != leader:
            s.leader_id = leader
            out.explain("recognise-leader", leader=leader, term=s.current_term)
        out.set_timer("election", self.options.election_timeout)
        if self.sticky:
            s.leader_alive = True
            out.set_timer("lease", self.lease)

    def holds(self, s: RaftState, index: int, term: int) -> bool:
        """The consistency check: our log has an entry at `index` whose term is `term` (section 5.3).

        What our snapshot covers is committed, so any leader's log has the same (section 5.4).
        """
        log = s.log
        return index < log.base or (index <= log.last_index and log.term_at(index) == term)

    def conflict(self, s: RaftState, prev_log_index: int) -> AppendEntriesReply:
        """Where the leader should look next: the conflicting term's first index, or just behind our log."""
        if not self.options.conflict_hints:
            return AppendEntriesReply(s.current_term, False, conflict_index=prev_log_index)
        if prev_log_index > s.log.last_index:
            return AppendEntriesReply(s.current_term, False, conflict_index=s.log.last_index + 1)
        first, term = prev_log_index, s.log.term_at(prev_log_index)
        while first > s.log.base + 1 and s.log.term_at(first - 1) == term:
            first -= 1
        return AppendEntriesReply(s.current_term, False, conflict_index=first, conflict_term=term)

    def store(self, s: RaftState, m: AppendEntries, out: Effects) -> None:
        """Delete what conflicts and all that follows it, then append what is new (figure 2, 3 and 4)."""
        if not m.entries:
            out.explain("heartbeat-received", leader=m.leader_id, term=m.term)
            return
        keep = self.agreeing_prefix(s, m)
        new = m.entries[keep - m.prev_log_index :]
        if new:
            if keep < s.log.last_index:
                out.explain("append-truncated", index=keep + 1, last=s.log.last_index)
            s.log = s.log.upto(keep).append(new)
            if keep < s.configuration_index or any(isinstance(e.command, Configuration) for e in new):
                self.adopt_configuration(s, out)
            out.save(s)
        out.explain("append-stored", leader=m.leader_id, count=len(new), last=s.log.last_index)

    def agreeing_prefix(self, s: RaftState, m: AppendEntries) -> int:
        """The last index up to which our log and the leader's are known to agree."""
        index = max(m.prev_log_index, s.log.base)
        for entry in m.entries[index - m.prev_log_index :]:
            if index >= s.log.last_index or s.log.term_at(index + 1) != entry.term:
                return index
            index += 1
        return index

    def verified(self, s: RaftState, m: AppendEntries) -> int:
        """The last index that this very message proves to match; beyond it our log may still be wrong."""
        return m.prev_log_index + len(m.entries)

    def learn_commit(self, s: RaftState, m: AppendEntries, out: Effects) -> None:
        """If leaderCommit > commitIndex: commitIndex = min(leaderCommit, index of the last new entry)
        (figure 2, 5)."""
        if m.leader_commit <= s.commit_index:
            return
        commit = min(m.leader_commit, self.verified(s, m))
        if commit > s.commit_index:
            s.commit_index = commit
            out.explain("commit-learned", leader=m.leader_id, index=commit)
            self.apply(s, out)

    # --- the leader: rules, one function each ---------------------------------------------------------------

    def is_current_reply(self, s: RaftState, peer: str, term: int) -> bool:
        """It answers what we sent as the leader of our term, and the peer is still in the cluster."""
        return s.role == "leader" and term == s.current_term and peer in s.match_index

    def hear_from_follower(self, s: RaftState, peer: str, round: int | UnsetType, out: Effects) -> None:
        """It still takes us for the leader, which check-quorum (diss. 6.2) and reads (diss. 6.4) count on."""
        if self.options.check_quorum and peer not in s.heard_from:
            s.heard_from = tuple(sorted((*s.heard_from, peer)))

    def advance_follower(self, s: RaftState, peer: str, match: int, out: Effects) -> None:
        """Update nextIndex and matchIndex for the follower; commit if a majority now has it (5.3)."""
        if match <= s.match_index[peer]:
            return  # a heartbeat's reply, or an old one: nothing new
        s.match_index = {**s.match_index, peer: match}
        s.next_index = {**s.next_index, peer: max(match + 1, s.next_index[peer])}
        out.explain("append-confirmed", peer=peer, index=match)
        self.advance_commit(s, out)
        if peer in s.next_index:  # we still lead, and it is still in the cluster
            self.follower_advanced(s, peer, out)

    def follower_advanced(self, s: RaftState, peer: str, out: Effects) -> None:
        """Send what is left; catching up and leadership transfer wait for this moment, too."""
        if s.next_index[peer] <= s.log.last_index:
            self.send_entries(s, peer, out)

    def back_up(self, s: RaftState, peer: str, m: AppendEntriesReply, out: Effects) -> None:
        """Decrement nextIndex past the conflict and retry (section 5.3)."""
        following = m.conflict_index
        if m.conflict_term:
            indices = range(s.log.base + 1, s.log.last_index + 1)
            mine = [i for i in indices if s.log.term_at(i) == m.conflict_term]
            following = mine[-1] + 1 if mine else m.conflict_index
        following = max(s.match_index[peer] + 1, min(following, s.next_index[peer] - 1))
        s.next_index = {**s.next_index, peer: following}
        out.explain("back-up", peer=peer, index=following)
        self.send_entries(s, peer, out)

    def advance_commit(self, s: RaftState, out: Effects) -> None:
        """Commit what a majority holds, if it is of our own term; what precedes it comes along (5.4.2)."""
        index = self.majority_match(s)
        if index <= s.commit_index:
            return
        if not self.may_commit(s, index):
            out.explain("commit-not-own-term", index=index, term=s.log.term_at(index), current=s.current_term)
            return
        s.commit_index = index
        voters = self.voters(s)
        holders = tuple(v for v in voters if v == self.me or s.match_index[v] >= index)
        out.explain("commit", index=index, term=s.current_term, quorum=holders, of=len(voters))
        self.apply(s, out)
        self.committed(s, out)

    def commit_alone(self, s: RaftState, out: Effects) -> None:
        """Who is a majority by itself need not ask anybody, but must have written down what it commits: this
        timer fires only then."""
        if self.has_quorum(s, (self.me,)):
            out.set_timer("commit", AT_ONCE)

    def on_commit_timeout(self, s: RaftState, out: Effects) -> None:
        if s.role == "leader":
            self.advance_commit(s, out)

    def majority_match(self, s: RaftState) -> int:
        """The highest index that a majority of the voters is known to hold; in a joint configuration, a
        majority of the old and of the new ones (section 6)."""
        return min([self.held_by_most(s, group) for group in s.configuration.groups])

    def held_by_most(self, s: RaftState, voters: tuple[str, ...]) -> int:
        """We count ourselves only if we are one of the voters (diss. 4.2.2)."""
        match, me, last = s.match_index, self.me, s.log.last_index
        return sorted([last if v == me else match[v] for v in voters], reverse=True)[len(voters) // 2]

    def may_commit(self, s: RaftState, index: int) -> bool:
        return s.log.term_at(index) == s.current_term

    def committed(self, s: RaftState, out: Effects) -> None:
        """commitIndex has advanced: membership changes and reads wait for this moment."""

    def apply(self, s: RaftState, out: Effects) -> None:
        """Execute committed entries in log order; the leader answers those it was asked (figure 2)."""
        while s.last_applied < s.commit_index:
            s.last_applied += 1
            command = s.log.entry(s.last_applied).command
            if not isinstance(command, Command):
                continue  # a no-op or a configuration is nothing to the state machine
            s.data, s.sessions, result = execute(s.data, s.sessions, command)
            out.explain("apply", index=s.last_applied, op=command, result=result)
            if s.last_applied in s.waiting:
                client = s.waiting[s.last_applied]
                s.waiting = {i: c for i, c in s.waiting.items() if i != s.last_applied}
                out.explain("answer", client=client, op=command, result=result)
                out.send(client, ClientReply(command.serial, "ok", result))
        if 0 < self.options.snapshot_every <= s.last_applied - s.log.base:
            out.set_timer("snapshot", AT_ONCE)

    # --- helpers --------------------------------------------------------------------------------------------

    def append_own(self, s: RaftState, entry: Entry, out: Effects) -> None:
        """A leader only ever appends to its own log (Leader Append-Only, section 5.3); the caller saves."""
        s.log = s.log.append((entry,))

    def broadcast(self, s: RaftState, out: Effects) -> None:
        for peer in s.next_index:
            self.send_entries(s, peer, out)

    def send_entries(self, s: RaftState, peer: str, out: Effects) -> None:
        """AppendEntries with what the follower is not known to have; empty, it is a heartbeat. If the log has
        been compacted beyond that, the snapshot (section 7)."""
        prev, log = s.next_index[peer] - 1, s.log
        if prev < log.base:
            self.send_snapshot(s, peer, out)
            return
        entries, round = log.after(prev, self.options.batch), s.round or UNSET
        message = AppendEntries(
            s.current_term, self.me, prev, log.term_at(prev), entries, s.commit_index, round
        )
        out.send(peer, message)

    def send_snapshot(self, s: RaftState, peer: str, out: Effects) -> None:
        """Go on as if it had arrived. If it has not, the next heartbeat is refused and it is sent again; so a
        follower that is down gets heartbeats, not snapshot after snapshot."""
        base = s.log.base
        s.next_index = {**s.next_index, peer: base + 1}
        out.explain("send-snapshot", peer=peer, index=base)
        out.send(peer, InstallSnapshot(s.current_term, self.me, s.snapshot))

    def follow(self, s: RaftState, joining: tuple[str, ...] = ()) -> None:
        """Keep nextIndex and matchIndex for those in the configuration, and for those that are to join."""
        last, peers = s.log.last_index, [p for p in self.peers if p in s.configuration or p in joining]
        s.next_index = {p: s.next_index.get(p, last + 1) for p in peers}
        s.match_index = {p: s.match_index.get(p, 0) for p in peers}
