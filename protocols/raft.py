"""Raft: Ongaro & Ousterhout, "In Search of an Understandable Consensus Algorithm" (extended version, 2014).

Sections cited as section 5.2 and so on are the paper's; "diss." is Ongaro's dissertation (2014), for what the
paper leaves out: pre-vote (diss. 9.6), leader stickiness and check-quorum (diss. 4.2.3, 6.2), the no-op at
the start of a term (section 8, diss. 6.4), and client sessions (diss. 6.3, in `key_value.py`).

Left out here: membership change (section 6), log compaction (section 7), leadership transfer, read-only
queries that bypass the log. A client's read goes through the log like a write.

Log indices start at 1, as in the paper.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from protocols.actor import (
    Actor,
    Candidate,
    Effects,
    Leader,
    Message,
    Persistent,
    Span,
    State,
    Volatile,
)
from protocols.client import ClientReply, ClientRequest
from protocols.key_value import Data, Sessions, execute
from protocols.log import Entry, Log

Role = Literal["follower", "pre-candidate", "candidate", "leader"]

# --- messages (figure 2) ------------------------------------------------------------------------------------


class RequestVote(Message, frozen=True):
    """Invoked by candidates to gather votes."""

    family = "vote"

    term: int
    candidate_id: str
    last_log_index: int
    last_log_term: int


class RequestVoteReply(Message, frozen=True):
    family = "vote"

    term: int
    vote_granted: bool


class PreVote(Message, frozen=True):
    """Would you vote for me in `term`? Nobody's term changes by asking (diss. 9.6)."""

    family = "prevote"

    term: int
    candidate_id: str
    last_log_index: int
    last_log_term: int


class PreVoteReply(Message, frozen=True):
    """`term` is the term asked about when granted, the voter's own when not."""

    family = "prevote"

    term: int
    vote_granted: bool


class AppendEntries(Message, frozen=True):
    """Invoked by the leader to replicate entries; also its heartbeat."""

    family = "append"

    term: int
    leader_id: str
    prev_log_index: int
    prev_log_term: int
    entries: tuple[Entry, ...]
    leader_commit: int


class AppendEntriesReply(Message, frozen=True):
    """`match_index` is the last index verified to match, when it succeeded; else the conflict's hint:
    the term of the conflicting entry and the first index of that term (section 5.3, last paragraphs)."""

    family = "append"

    term: int
    success: bool
    match_index: int = 0
    conflict_index: int = 0
    conflict_term: int = 0


# --- state (figure 2) ---------------------------------------------------------------------------------------


class RaftState(State):
    # Persistent on all servers: updated on stable storage before responding to RPCs.
    current_term: Persistent[int] = 0
    voted_for: Persistent[str | None] = None
    log: Persistent[Log] = Log()
    # Volatile on all servers.
    role: Volatile[Role] = "follower"
    leader_id: Volatile[str | None] = None
    commit_index: Volatile[int] = 0
    last_applied: Volatile[int] = 0
    data: Volatile[Data] = {}
    sessions: Volatile[Sessions] = {}
    leader_alive: Volatile[bool] = False
    # Volatile on candidates: reset at the start of an election.
    votes: Candidate[tuple[str, ...]] = ()
    # Volatile on leaders: reinitialised after election.
    next_index: Leader[dict[str, int]] = {}
    match_index: Leader[dict[str, int]] = {}
    waiting: Leader[dict[int, str]] = {}
    heard_from: Leader[tuple[str, ...]] = ()


class RaftOptions(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    election_timeout: Span = Span(150_000, 300_000)
    heartbeat: Span = Span(50_000)
    no_op: bool = True
    conflict_hints: bool = True
    pre_vote: bool = False
    check_quorum: bool = False
    batch: Annotated[int, msgspec.Meta(ge=1)] = 16


class Raft(Actor[RaftState, RaftOptions]):
    """One server."""

    messages = (
        PreVote,
        PreVoteReply,
        RequestVote,
        RequestVoteReply,
        AppendEntries,
        AppendEntriesReply,
        ClientRequest,
    )
    timers = ("election", "heartbeat", "quorum", "lease")

    def __init__(self, me: str, members: tuple[str, ...], options: RaftOptions) -> None:
        super().__init__(me, members, options)
        self.majority = len(members) // 2 + 1
        self.lease = Span(options.election_timeout.low)

    def leadership(self, s: RaftState) -> int | None:
        return s.current_term if s.role == "leader" else None

    # --- start and restart --------------------------------------------------------------------------------

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

    # --- elections (section 5.2, 5.4.1) -------------------------------------------------------------------

    def on_election_timeout(self, s: RaftState, out: Effects) -> None:
        out.explain("election-timeout", leader=s.leader_id)
        if self.options.pre_vote:
            self.become_pre_candidate(s, out)
        else:
            self.become_candidate(s, out)

    def on_pre_vote(self, s: RaftState, src: str, m: PreVote, out: Effects) -> None:
        granted = m.term > s.current_term and not self.leader_is_alive(s) and self.is_up_to_date(s, m)
        out.explain("pre-vote-granted" if granted else "pre-vote-denied", candidate=src, term=m.term)
        out.send(src, PreVoteReply(m.term if granted else s.current_term, granted))

    def on_pre_vote_reply(self, s: RaftState, src: str, m: PreVoteReply, out: Effects) -> None:
        if m.vote_granted and s.role == "pre-candidate" and m.term == s.current_term + 1:
            self.count_vote(s, src, out)
            if len(s.votes) >= self.majority:
                self.become_candidate(s, out)
        elif not m.vote_granted and m.term > s.current_term:
            self.become_follower(s, m.term, out)
            out.save(s)
        else:
            out.explain("vote-reply-ignored", voter=src, term=m.term)

    def on_request_vote(self, s: RaftState, src: str, m: RequestVote, out: Effects) -> None:
        if m.term > s.current_term and self.leader_is_alive(s):
            out.explain("vote-ignored-leader-alive", candidate=src, leader=s.leader_id, term=m.term)
            return
        self.observe_term(s, m.term, out)
        if m.term < s.current_term:
            out.explain("vote-denied-term", candidate=src, term=m.term, current=s.current_term)
            self.deny_vote(s, src, out)
        elif not self.may_vote_for(s, src):
            out.explain("vote-denied-already-voted", candidate=src, term=m.term, voted=s.voted_for)
            self.deny_vote(s, src, out)
        elif not self.is_up_to_date(s, m):
            out.explain(
                "vote-denied-log",
                candidate=src,
                term=m.term,
                theirs=f"{m.last_log_index}@{m.last_log_term}",
                mine=f"{s.log.last_index}@{s.log.last_term}",
            )
            self.deny_vote(s, src, out)
        else:
            out.explain("vote-granted", candidate=src, term=m.term)
            self.grant_vote(s, src, out)

    def on_request_vote_reply(self, s: RaftState, src: str, m: RequestVoteReply, out: Effects) -> None:
        self.observe_term(s, m.term, out)
        if s.role != "candidate" or m.term != s.current_term:
            out.explain("vote-reply-ignored", voter=src, term=m.term)
        elif not m.vote_granted:
            out.explain("vote-refused", voter=src, term=m.term)
        else:
            self.count_vote(s, src, out)
            if len(s.votes) >= self.majority:
                self.become_leader(s, out)

    # --- log replication (section 5.3) --------------------------------------------------------------------

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
        out.send(src, AppendEntriesReply(s.current_term, True, self.verified(s, m)))

    def on_append_entries_reply(self, s: RaftState, src: str, m: AppendEntriesReply, out: Effects) -> None:
        self.observe_term(s, m.term, out)
        if not self.is_current_reply(s, m):
            out.explain("reply-ignored", peer=src, term=m.term, current=s.current_term)
            return
        if self.options.check_quorum and src not in s.heard_from:
            s.heard_from = tuple(sorted((*s.heard_from, src)))
        if m.success:
            self.advance_follower(s, src, m.match_index, out)
        else:
            self.back_up(s, src, m, out)

    def on_quorum_timeout(self, s: RaftState, out: Effects) -> None:
        """Check-quorum: a leader that a majority no longer answers steps down (diss. 6.2)."""
        heard = (self.me, *s.heard_from)
        if len(heard) < self.majority:
            out.explain("quorum-lost", heard=len(heard), of=len(self.members), term=s.current_term)
            self.become_follower(s, s.current_term, out)
            return
        out.explain("quorum-checked", heard=len(heard), of=len(self.members))
        s.heard_from = ()
        out.set_timer("quorum", Span(self.options.election_timeout.high))

    def on_lease_timeout(self, s: RaftState, out: Effects) -> None:
        """A minimum election timeout has passed without a word from the leader (diss. 4.2.3)."""
        s.leader_alive = False

    # --- clients (section 8, diss. 6.3) -------------------------------------------------------------------

    def on_client_request(self, s: RaftState, src: str, m: ClientRequest, out: Effects) -> None:
        c = m.command
        session = s.sessions.get(c.client)
        if s.role != "leader":
            out.explain("redirect", client=src, leader=s.leader_id)
            out.send(src, ClientReply(c.serial, "redirect", leader=s.leader_id))
        elif session is not None and session.serial >= c.serial:
            out.explain("already-executed", client=src, serial=c.serial)
            out.send(src, ClientReply(c.serial, "ok", session.result))
        elif any(s.log.entry(i).command == c for i in s.waiting):
            out.explain("already-in-log", client=src, serial=c.serial)
        else:
            self.append_own(s, Entry(s.current_term, c), out)
            s.waiting = {**s.waiting, s.log.last_index: src}
            out.explain("accept-command", client=src, index=s.log.last_index, op=c)
            out.save(s)
            self.broadcast(s, out)
            self.advance_commit(s, out)

    # --- changes of role: one door each -------------------------------------------------------------------

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

    def become_pre_candidate(self, s: RaftState, out: Effects) -> None:
        s.role = "pre-candidate"
        s.leader_id = None
        s.votes = (self.me,)
        out.set_timer("election", self.options.election_timeout)
        out.explain("start-pre-vote", term=s.current_term + 1)
        if len(s.votes) >= self.majority:
            self.become_candidate(s, out)
            return
        for peer in self.peers:
            out.send(peer, PreVote(s.current_term + 1, self.me, s.log.last_index, s.log.last_term))

    def become_candidate(self, s: RaftState, out: Effects) -> None:
        s.current_term += 1
        s.role = "candidate"
        s.leader_id = None
        s.voted_for = self.me
        s.votes = (self.me,)
        out.set_timer("election", self.options.election_timeout)
        out.explain("start-election", term=s.current_term)
        out.save(s)  # term and own vote are durable before anybody is asked
        if len(s.votes) >= self.majority:
            self.become_leader(s, out)
            return
        for peer in self.peers:
            out.send(peer, RequestVote(s.current_term, self.me, s.log.last_index, s.log.last_term))

    def become_leader(self, s: RaftState, out: Effects) -> None:
        out.explain("become-leader", term=s.current_term, quorum=s.votes, of=len(self.members))
        s.role = "leader"
        s.leader_id = self.me
        s.next_index = dict.fromkeys(self.peers, s.log.last_index + 1)
        s.match_index = dict.fromkeys(self.peers, 0)
        s.waiting, s.heard_from, s.leader_alive = {}, (), False
        out.cancel_timer("election")
        out.set_timer("heartbeat", self.options.heartbeat)
        if self.options.check_quorum:
            out.set_timer("quorum", Span(self.options.election_timeout.high))
        if self.options.no_op:
            self.append_own(s, Entry(s.current_term), out)
            out.explain("append-no-op", index=s.log.last_index, term=s.current_term)
            out.save(s)
        self.broadcast(s, out)
        self.advance_commit(s, out)

    # --- rules, one function each -------------------------------------------------------------------------

    def observe_term(self, s: RaftState, term: int, out: Effects) -> None:
        """If an RPC's term is newer than ours, adopt it and become a follower (section 5.1)."""
        if term > s.current_term:
            out.explain("newer-term", term=term, current=s.current_term)
            self.become_follower(s, term, out)
            out.save(s)

    def may_vote_for(self, s: RaftState, candidate: str) -> bool:
        """At most one vote a term, first come first served (section 5.2)."""
        return s.voted_for is None or s.voted_for == candidate

    def is_up_to_date(self, s: RaftState, m: RequestVote | PreVote) -> bool:
        """The candidate's log is at least as up-to-date as ours: last terms first, then lengths (5.4.1)."""
        return (m.last_log_term, m.last_log_index) >= (s.log.last_term, s.log.last_index)

    def grant_vote(self, s: RaftState, candidate: str, out: Effects) -> None:
        s.voted_for = candidate
        out.save(s)
        out.set_timer("election", self.options.election_timeout)
        out.send(candidate, RequestVoteReply(s.current_term, True))

    def deny_vote(self, s: RaftState, candidate: str, out: Effects) -> None:
        out.send(candidate, RequestVoteReply(s.current_term, False))

    def count_vote(self, s: RaftState, voter: str, out: Effects) -> None:
        """Votes are counted by voter: the same one twice is one."""
        if voter not in s.votes:
            s.votes = tuple(sorted((*s.votes, voter)))
        out.explain("vote-counted", voter=voter, have=len(s.votes), need=self.majority)

    def leader_is_alive(self, s: RaftState) -> bool:
        """Stickiness: with pre-vote or check-quorum on, a server that hears from a leader does not help
        to replace it (diss. 4.2.3); the leader itself counts while it has its quorum."""
        sticky = self.options.pre_vote or self.options.check_quorum
        return sticky and (s.leader_alive or s.role == "leader")

    def hear_from_leader(self, s: RaftState, leader: str, out: Effects) -> None:
        """An AppendEntries of our term can only come from its one leader (section 5.2)."""
        if s.role != "follower":
            self.become_follower(s, s.current_term, out)
        if s.leader_id != leader:
            s.leader_id = leader
            out.explain("recognise-leader", leader=leader, term=s.current_term)
        out.set_timer("election", self.options.election_timeout)
        if self.options.pre_vote or self.options.check_quorum:
            s.leader_alive = True
            out.set_timer("lease", self.lease)

    def holds(self, s: RaftState, index: int, term: int) -> bool:
        """The consistency check: our log has an entry at `index` whose term is `term` (section 5.3)."""
        return index <= s.log.last_index and s.log.term_at(index) == term

    def conflict(self, s: RaftState, prev_log_index: int) -> AppendEntriesReply:
        """Where the leader should look next: the conflicting term's first index, or just behind our log."""
        if not self.options.conflict_hints:
            return AppendEntriesReply(s.current_term, False, conflict_index=prev_log_index)
        if prev_log_index > s.log.last_index:
            return AppendEntriesReply(s.current_term, False, conflict_index=s.log.last_index + 1)
        first, term = prev_log_index, s.log.term_at(prev_log_index)
        while first > 1 and s.log.term_at(first - 1) == term:
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
            out.save(s)
        out.explain("append-stored", leader=m.leader_id, count=len(new), last=s.log.last_index)

    def agreeing_prefix(self, s: RaftState, m: AppendEntries) -> int:
        """The last index up to which our log and the leader's are known to agree."""
        index = m.prev_log_index
        for entry in m.entries:
            if index >= s.log.last_index or s.log.term_at(index + 1) != entry.term:
                return index
            index += 1
        return index

    def verified(self, s: RaftState, m: AppendEntries) -> int:
        """The last index that this very message proves to match; beyond it our log may still be wrong."""
        return m.prev_log_index + len(m.entries)

    def learn_commit(self, s: RaftState, m: AppendEntries, out: Effects) -> None:
        """commitIndex = min(leaderCommit, index of the last new entry) (figure 2, 5)."""
        commit = min(m.leader_commit, self.verified(s, m))
        if commit > s.commit_index:
            s.commit_index = commit
            out.explain("commit-learned", leader=m.leader_id, index=commit)
            self.apply(s, out)

    def is_current_reply(self, s: RaftState, m: AppendEntriesReply) -> bool:
        return s.role == "leader" and m.term == s.current_term

    def advance_follower(self, s: RaftState, peer: str, match: int, out: Effects) -> None:
        """Update nextIndex and matchIndex for the follower; commit if a majority now has it (5.3)."""
        if match <= s.match_index[peer]:
            return  # a heartbeat's reply, or an old one: nothing new
        s.match_index = {**s.match_index, peer: match}
        s.next_index = {**s.next_index, peer: max(match + 1, s.next_index[peer])}
        out.explain("append-confirmed", peer=peer, index=match)
        self.advance_commit(s, out)
        if s.next_index[peer] <= s.log.last_index:
            self.send_entries(s, peer, out)

    def back_up(self, s: RaftState, peer: str, m: AppendEntriesReply, out: Effects) -> None:
        """Decrement nextIndex past the conflict and retry (section 5.3)."""
        following = m.conflict_index
        if m.conflict_term:
            mine = [i for i in range(1, s.log.last_index + 1) if s.log.term_at(i) == m.conflict_term]
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
        holders = tuple(p for p in self.members if p == self.me or s.match_index[p] >= index)
        out.explain("commit", index=index, term=s.current_term, quorum=holders, of=len(self.members))
        self.apply(s, out)

    def majority_match(self, s: RaftState) -> int:
        """The highest index that a majority, ourselves included, is known to hold."""
        held = sorted([s.log.last_index, *s.match_index.values()], reverse=True)
        return held[self.majority - 1]

    def may_commit(self, s: RaftState, index: int) -> bool:
        return s.log.term_at(index) == s.current_term

    def apply(self, s: RaftState, out: Effects) -> None:
        """Execute committed entries in log order; the leader answers those it was asked (figure 2)."""
        while s.last_applied < s.commit_index:
            s.last_applied += 1
            command = s.log.entry(s.last_applied).command
            if command is None:
                continue
            s.data, s.sessions, result = execute(s.data, s.sessions, command)
            out.explain("apply", index=s.last_applied, op=command, result=result)
            if s.last_applied in s.waiting:
                client = s.waiting[s.last_applied]
                s.waiting = {i: c for i, c in s.waiting.items() if i != s.last_applied}
                out.explain("answer", client=client, op=command, result=result)
                out.send(client, ClientReply(command.serial, "ok", result))

    # --- helpers ------------------------------------------------------------------------------------------

    def append_own(self, s: RaftState, entry: Entry, out: Effects) -> None:
        """A leader only ever appends to its own log (Leader Append-Only, section 5.3); the caller saves."""
        s.log = s.log.append((entry,))

    def broadcast(self, s: RaftState, out: Effects) -> None:
        for peer in self.peers:
            self.send_entries(s, peer, out)

    def send_entries(self, s: RaftState, peer: str, out: Effects) -> None:
        """AppendEntries with what the follower is not known to have; empty, it is a heartbeat."""
        prev = s.next_index[peer] - 1
        entries = s.log.after(prev, self.options.batch)
        message = AppendEntries(s.current_term, self.me, prev, s.log.term_at(prev), entries, s.commit_index)
        out.send(peer, message)


def read_log(items: Any) -> list[Entry]:
    """A log as people write it: each entry a term, or a table of `term` and `command` ("x=7")."""
    if not isinstance(items, list | tuple):
        raise ValueError("a log is a list of entries")
    entries = msgspec.convert([read_entry(item) for item in items], list[Entry])
    terms = [entry.term for entry in entries]
    if terms != sorted(terms) or (terms and terms[0] < 1):
        raise ValueError("the terms of a log begin at 1 or more and never decrease")
    return entries


def read_entry(item: Any) -> dict[str, Any]:
    if isinstance(item, int):
        return {"term": item, "command": None}
    if not isinstance(item, Mapping) or not isinstance(item.get("command", ""), str):
        raise ValueError(f'a log entry is a term or {{ term = 4, command = "x=3" }}, not {item!r}')
    key, _, value = item.get("command", "").partition("=")
    command = {"op": "put", "key": key.strip(), "value": value.strip()} if key else None
    return {**item, "command": command}
