"""Log compaction (section 7): each server takes its own snapshots; the leader sends its latest one to a
follower that needs what the log no longer has.

A snapshot and the log without what it covers are written in one piece.
"""

from __future__ import annotations

from msgspec import UNSET

from protocols.actor import Effects
from protocols.log import Log
from protocols.raft.messages import InstallSnapshot, InstallSnapshotReply
from protocols.raft.replication import Replication
from protocols.raft.state import RaftState, Snapshot


class Snapshots(Replication):
    """A server whose log does not grow for ever."""

    def on_snapshot_timeout(self, s: RaftState, out: Effects) -> None:
        """Let a snapshot stand for all that is applied (figure 12)."""
        index = self.snapshot_index(s)
        if index <= s.log.base:
            return
        _, configuration = self.configuration_at(s, index)
        s.snapshot = Snapshot(index, s.log.term_at(index), configuration, s.data, s.sessions)
        out.explain(
            "take-snapshot", index=index, term=s.snapshot.last_included_term, count=index - s.log.base
        )
        s.log = s.log.behind(index)
        out.save(s)

    def on_install_snapshot(self, s: RaftState, src: str, m: InstallSnapshot, out: Effects) -> None:
        """Figure 13."""
        self.observe_term(s, m.term, out)
        if m.term < s.current_term:
            out.explain("snapshot-denied-term", leader=src, term=m.term, current=s.current_term)
            out.send(src, InstallSnapshotReply(s.current_term))
            return
        self.hear_from_leader(s, src, out)
        if self.is_news(s, m.snapshot):
            self.install(s, src, m.snapshot, out)
        else:
            out.explain("snapshot-not-needed", leader=src, index=m.snapshot.last_included_index)
        out.send(src, InstallSnapshotReply(s.current_term, m.snapshot.last_included_index))

    def on_install_snapshot_reply(
        self, s: RaftState, src: str, m: InstallSnapshotReply, out: Effects
    ) -> None:
        self.observe_term(s, m.term, out)
        if not self.is_current_reply(s, src, m.term):
            out.explain("reply-ignored", peer=src, term=m.term, current=s.current_term)
            return
        if self.listens:
            self.hear_from_follower(s, src, UNSET, out)
        self.advance_follower(s, src, m.match_index, out)

    # --- rules, one function each ---------------------------------------------------------------------------

    def snapshot_index(self, s: RaftState) -> int:
        """Only what is applied may be in it: the rest may still be overwritten."""
        return s.last_applied

    def is_news(self, s: RaftState, snapshot: Snapshot) -> bool:
        return snapshot.last_included_index > s.commit_index

    def install(self, s: RaftState, leader: str, snapshot: Snapshot, out: Effects) -> None:
        """Take over state machine, sessions and configuration; all of it is committed."""
        s.log = self.rest_of_log(s, snapshot)
        s.snapshot = snapshot
        self.load_snapshot(s)
        self.adopt_configuration(s, out)
        out.explain("install-snapshot", leader=leader, index=s.log.base, count=len(s.log))
        out.save(s)

    def rest_of_log(self, s: RaftState, snapshot: Snapshot) -> Log:
        """If we have the snapshot's last entry, what follows it stays; else the whole log goes (figure 13, 6
        and 7)."""
        index, term = snapshot.last_included_index, snapshot.last_included_term
        if index <= s.log.last_index and s.log.term_at(index) == term:
            return s.log.behind(index)
        return Log((), index, term)
