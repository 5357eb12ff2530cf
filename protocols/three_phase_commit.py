"""Three-phase commit: Skeen, "Nonblocking Commit Protocols" (1981); Bernstein, Hadzilacos & Goodman (1987),
section 7.5 ("BHG"); the quorum variant: Keidar & Dolev, "Increasing the Resilience of Distributed and
Replicated Database Systems" (1998), E3PC ("KD").

canCommit collects the votes, preCommit tells everybody that all were yes, doCommit commits: q -> w -> p -> c,
w -> a. Nobody commits while another may still be in w, so whoever is left can decide without the coordinator.
What a participant does when its time is up is the option `termination`:

- `course`: in w it aborts, in p it commits, all by itself (Skeen's time-out transitions);
- `elected`: it becomes the new coordinator and asks the others for their states: any c is commit, any a is
  abort, any p moves all to p and then commits, all in w abort (BHG 7.5); participants take turns in order;
- `quorum`: the same under a ballot number, and nothing is decided but with a majority of participants; abort
  too is prepared (state b). Of those asked, the latest attempt is taken up; none is abort (KD section 4).

The first two need crashes without partitions, and delays shorter than the time-outs. A node that has crashed
does not know what it missed: with them it takes no decision by itself but asks until somebody knows; and if
really everybody has been down, the coordinator in p commits. The coordinator that misses acknowledgements of
preCommit commits (BHG); some tell it with abort, which a participant that recovers in p could not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from protocols.actor import Effects, Message, Span, Volatile
from protocols.atomic_commit import (
    AtomicCommit,
    CommitOptions,
    CommitState,
    CoordinatorOnly,
    ParticipantOnly,
    Work,
    with_name,
)
from protocols.bank import Record
from protocols.client import ClientRequest

# --- messages -----------------------------------------------------------------------------------------------


class CanCommit(Message, frozen=True):
    """The vote request; it brings the work along."""

    family = "propose"

    txn: str
    amount: int


class Vote(Message, frozen=True):
    family = "vote"

    txn: str
    yes: bool


class PreCommit(Message, frozen=True):
    """All have voted yes: prepare to commit. Ballot 0 is the first coordinator's."""

    family = "append"

    txn: str
    ballot: int


class PreAbort(Message, frozen=True):
    """Prepare to abort (quorum)."""

    family = "append"

    txn: str
    ballot: int


class Ack(Message, frozen=True):
    """I am prepared, as that ballot wants it."""

    family = "ack"

    txn: str
    ballot: int


class DoCommit(Message, frozen=True):
    family = "commit"

    txn: str


class Abort(Message, frozen=True):
    family = "abort"

    txn: str


class Done(Message, frozen=True):
    """The decision is in my log; you may forget it."""

    family = "ack"

    txn: str


class StateRequest(Message, frozen=True):
    """What do you know? With a ballot, a new coordinator asks; without (0), one that has recovered."""

    family = "discover"

    txn: str
    ballot: int


class StateReply(Message, frozen=True):
    """I am undecided, in this state, which I came to in ballot `attempt`."""

    family = "discover"

    txn: str
    ballot: int
    state: str
    attempt: int
    recovering: bool


# --- state --------------------------------------------------------------------------------------------------


class Report(msgspec.Struct, frozen=True, gc=False):
    """What a participant has told a new coordinator."""

    state: str
    attempt: int


class Election(msgspec.Struct, frozen=True, gc=False):
    """What a new coordinator knows: reports while it is asking, then who is prepared for `outcome`."""

    txn: str
    ballot: int
    outcome: str = ""
    reports: dict[str, Report] = {}
    prepared: tuple[str, ...] = ()


class ThreePhaseState(CommitState):
    awaiting_acks: CoordinatorOnly[tuple[str, ...]] = ()
    recovered: CoordinatorOnly[dict[str, tuple[str, ...]]] = {}
    """For each transaction found in p: the participants that have been down too, and do not know either."""
    recovering: Volatile[bool] = False
    """It was down while something was undecided."""
    ballots: ParticipantOnly[dict[str, int]] = {}
    """For each transaction, the highest ballot that it has answered."""
    attempts: ParticipantOnly[dict[str, int]] = {}
    """For each transaction, the ballot in which it came to p or b."""
    election: ParticipantOnly[Election | None] = None


class ThreePhaseOptions(CommitOptions, frozen=True, rename="camel", forbid_unknown_fields=True):
    termination: Literal["course", "elected", "quorum"] = "course"
    ack_timeout: Span = Span(100_000)
    collect_timeout: Span = Span(100_000)
    turn: Span = Span(200_000)


class ThreePhaseCommit(AtomicCommit[ThreePhaseState, ThreePhaseOptions]):
    """One node."""

    messages = (
        CanCommit,
        Vote,
        PreCommit,
        PreAbort,
        Ack,
        DoCommit,
        Abort,
        Done,
        StateRequest,
        StateReply,
        ClientRequest,
    )
    timers = ("vote", "ack", "resend", "decision", "collect", "lock", "alarm")

    def __init__(self, me: str, members: tuple[str, ...], options: ThreePhaseOptions) -> None:
        super().__init__(me, members, options)
        self.majority = len(self.participants) // 2 + 1
        self.by_quorum = options.termination == "quorum"

    def initial(self, durable: Mapping[str, Any]) -> ThreePhaseState:
        return self.read_log(durable, ThreePhaseState)

    def take_effect(self, s: ThreePhaseState, r: Record) -> None:
        super().take_effect(s, r)
        if self.me != self.coordinator and r.kind in ("elected", "precommit", "preabort"):
            s.ballots = {**s.ballots, r.txn: r.ballot}
            if r.kind != "elected":
                s.attempts = {**s.attempts, r.txn: r.ballot}

    # --- phase one: canCommit -----------------------------------------------------------------------------

    def vote_request(self, txn: str, amount: int) -> CanCommit:
        return CanCommit(txn, amount)

    def vote(self, txn: str, yes: bool) -> Vote:
        return Vote(txn, yes)

    def on_can_commit(self, s: ThreePhaseState, src: str, m: CanCommit, out: Effects) -> None:
        if m.txn in s.states:
            self.vote_again(s, m.txn, out)
        else:
            self.consider(s, Work(m.txn, m.amount), out)

    def on_vote(self, s: ThreePhaseState, src: str, m: Vote, out: Effects) -> None:
        self.receive_vote(s, src, m.txn, m.yes, out)

    # --- phase two: preCommit -----------------------------------------------------------------------------

    def go_on(self, s: ThreePhaseState, txn: str, out: Effects) -> None:
        """From here on others may commit without this coordinator: its log must know of the transaction."""
        x = s.transactions[txn]
        out.explain("precommit", txn=txn, quorum=self.participants, of=len(self.participants))
        self.write(s, Record("precommit", txn, client=x.client, serial=x.serial), out, force=True)
        for name in self.participants:
            out.send(name, PreCommit(txn, 0))
        self.watch_votes(s, out)
        self.watch_acks(s, out)

    def on_pre_commit(self, s: ThreePhaseState, src: str, m: PreCommit, out: Effects) -> None:
        self.prepare(s, src, Record("precommit", m.txn, ballot=m.ballot), out)

    def on_pre_abort(self, s: ThreePhaseState, src: str, m: PreAbort, out: Effects) -> None:
        self.prepare(s, src, Record("preabort", m.txn, ballot=m.ballot), out)

    def prepare(self, s: ThreePhaseState, src: str, r: Record, out: Effects) -> None:
        """Whoever has voted yes gets ready, unless it has answered a higher ballot."""
        if r.txn not in s.in_doubt:
            self.answer_late(s, src, r.txn, out)
        elif r.ballot < s.ballots.get(r.txn, 0):
            out.explain("ballot-passed", txn=r.txn, peer=src, ballot=r.ballot, current=s.ballots[r.txn])
        else:
            if (s.attempts.get(r.txn), s.states[r.txn]) != (r.ballot, "p" if r.kind == "precommit" else "b"):
                self.become_prepared(s, r, out)
            out.set_timer("decision", self.patience())
            out.send(src, Ack(r.txn, r.ballot))

    def become_prepared(self, s: ThreePhaseState, r: Record, out: Effects) -> None:
        """The one door to p and b: on disk before it is acknowledged."""
        out.explain("prepared" if r.kind == "precommit" else "prepared-to-abort", txn=r.txn, ballot=r.ballot)
        self.record_prepared(s, r, out)

    def record_prepared(self, s: ThreePhaseState, r: Record, out: Effects) -> None:
        self.write(s, r, out, force=True)

    def answer_late(self, s: ThreePhaseState, src: str, txn: str, out: Effects) -> None:
        """It is decided here; under quorums that is everybody's decision, so it may be told."""
        out.explain("known-already", txn=txn, by=src, state=s.states.get(txn, "q"))
        if self.by_quorum and self.outcome(s, txn):
            out.send(src, self.decision(s, txn))

    def on_ack(self, s: ThreePhaseState, src: str, m: Ack, out: Effects) -> None:
        if self.me == self.coordinator:
            self.count_ack(s, src, m.txn, out)
        elif s.election and (s.election.txn, s.election.ballot) == (m.txn, m.ballot):
            s.election = replace(s.election, prepared=with_name(s.election.prepared, src))
            self.finish_if_prepared(s, out)

    def count_ack(self, s: ThreePhaseState, src: str, txn: str, out: Effects) -> None:
        if txn not in s.transactions or s.states[txn] != "p":
            out.explain("ack-ignored", txn=txn, peer=src)
            return
        prepared = with_name(s.transactions[txn].prepared, src)
        self.change(s, txn, prepared=prepared)
        need = self.majority if self.by_quorum else len(self.participants)
        out.explain("ack-counted", txn=txn, peer=src, have=len(prepared), need=need)
        if len(prepared) >= need:
            self.decide(s, txn, "commit", out)

    def on_ack_timeout(self, s: ThreePhaseState, out: Effects) -> None:
        """Whoever did not answer has crashed, and will ask. Under quorums that is no reason to go on."""
        overdue, s.awaiting_acks = [t for t in s.awaiting_acks if s.states[t] == "p"], ()
        for txn in overdue:
            missing = tuple(p for p in self.participants if p not in s.transactions[txn].prepared)
            out.explain("acks-missing", txn=txn, missing=missing)
            if not self.by_quorum:
                self.decide(s, txn, "commit", out)
            else:
                s.blocked = True
                for name in missing:
                    out.send(name, PreCommit(txn, 0))
        self.watch_acks(s, out)

    def watch_acks(self, s: ThreePhaseState, out: Effects) -> None:
        waiting = tuple(t for t in s.transactions if s.states[t] == "p" and t not in s.recovered)
        s.awaiting_acks = self.watch("ack", self.options.ack_timeout, s.awaiting_acks, waiting, out)

    # --- phase three: doCommit ----------------------------------------------------------------------------

    def decide(self, s: ThreePhaseState, txn: str, outcome: str, out: Effects) -> None:
        """The coordinator's decision is on disk before anybody hears of it."""
        x = s.transactions[txn]
        out.explain("commit" if outcome == "commit" else "abort", txn=txn)
        self.write(s, Record(outcome, txn, client=x.client, serial=x.serial), out, force=True)
        s.recovered = {t: names for t, names in s.recovered.items() if t != txn}
        s.recovering, s.blocked = bool(s.recovered), False
        self.answer(s, txn, out)
        self.tell(s, txn, out)
        self.watch_votes(s, out)
        self.watch_acks(s, out)

    def on_do_commit(self, s: ThreePhaseState, src: str, m: DoCommit, out: Effects) -> None:
        self.hear(s, src, m.txn, "commit", out)

    def on_abort(self, s: ThreePhaseState, src: str, m: Abort, out: Effects) -> None:
        self.hear(s, src, m.txn, "abort", out)

    def hear(self, s: ThreePhaseState, src: str, txn: str, outcome: str, out: Effects) -> None:
        """A decision, from whoever has taken it."""
        if self.me == self.coordinator and txn in s.transactions and not self.outcome(s, txn):
            out.explain("decided-without", txn=txn, by=src, outcome=outcome)
            self.decide(s, txn, outcome, out)
        elif txn in s.in_doubt:
            standing = s.election is not None
            out.explain("committed" if outcome == "commit" else "aborted", txn=txn, by=src)
            self.learn(s, txn, outcome, out, force=True)
            if standing:  # any c, any a: a new coordinator passes it on
                self.tell_everybody(s, txn, out)
        elif outcome == "abort" and s.states.get(txn, "q") == "q" and self.me != self.coordinator:
            self.abort_before_work(s, src, txn, out)
        else:
            self.hear_again(s, src, txn, out)

    def on_done(self, s: ThreePhaseState, src: str, m: Done, out: Effects) -> None:
        self.receive_acknowledgement(s, src, m.txn, out)

    def settle(self, s: ThreePhaseState, out: Effects) -> None:
        if not s.in_doubt and self.me != self.coordinator:
            s.election, s.recovering = None, False
            out.cancel_timer("collect")
        super().settle(s, out)

    # --- the time is up -----------------------------------------------------------------------------------

    def on_decision_timeout(self, s: ThreePhaseState, out: Effects) -> None:
        if self.me == self.coordinator:
            self.ask_all(s, out)
        for txn in s.in_doubt:
            if self.by_quorum:
                self.stand(s, txn, out)
            elif s.recovering:
                s.blocked = True
                self.ask_all(s, out)
            elif self.options.termination == "elected":
                self.stand(s, txn, out)
            else:
                self.decide_alone(s, txn, out)

    def decide_alone(self, s: ThreePhaseState, txn: str, out: Effects) -> None:
        """The course's time-outs: in p all have voted yes; in w nobody can have committed."""
        if s.states[txn] == "p":
            out.explain("timeout-commits", txn=txn)
            self.write(s, Record("commit", txn), out, force=True)
        else:
            out.explain("timeout-aborts", txn=txn)
            self.write(s, Record("abort", txn), out, force=True)
        self.settle(s, out)

    # --- termination by a new coordinator (BHG 7.5; KD 4) -------------------------------------------------

    def stand(self, s: ThreePhaseState, txn: str, out: Effects) -> None:
        """Ask everybody's state, under a ballot higher than any seen."""
        count, rank = len(self.participants), self.participants.index(self.me)
        ballot = (s.ballots.get(txn, 0) // count + 1) * count + rank
        s.asked += 1
        out.explain("stand", txn=txn, ballot=ballot)
        self.promise(s, txn, ballot, out)
        s.election = Election(txn, ballot, reports={self.me: self.report(s, txn)})
        out.set_timer("collect", self.options.collect_timeout)
        out.set_timer("decision", self.patience())
        for name in self.members:
            if name != self.me:
                out.send(name, StateRequest(txn, ballot))
        self.conclude_if_all(s, out)

    def on_state_request(self, s: ThreePhaseState, src: str, m: StateRequest, out: Effects) -> None:
        if self.outcome(s, m.txn):
            out.explain("tell-decision", txn=m.txn, peer=src, outcome=self.outcome(s, m.txn))
            out.send(src, self.decision(s, m.txn))
        elif self.me == self.coordinator and m.txn not in s.transactions:
            out.explain("no-information", txn=m.txn, peer=src)
            out.send(src, Abort(m.txn))
        elif self.me != self.coordinator and m.txn not in s.in_doubt:
            self.abort_for(s, src, m.txn, out)
        elif m.ballot and m.ballot < s.ballots.get(m.txn, 0) and self.me != self.coordinator:
            out.explain("ballot-passed", txn=m.txn, peer=src, ballot=m.ballot, current=s.ballots[m.txn])
        else:
            self.tell_state(s, src, m, out)

    def tell_state(self, s: ThreePhaseState, src: str, m: StateRequest, out: Effects) -> None:
        """Answering a ballot is a promise to heed no lower one."""
        if m.ballot and self.me != self.coordinator:
            s.election = None
            self.promise(s, m.txn, m.ballot, out)
            out.set_timer("decision", self.patience())
        told = self.report(s, m.txn)
        out.explain("tell-state", txn=m.txn, peer=src, state=told.state)
        out.send(src, StateReply(m.txn, m.ballot, told.state, told.attempt, s.recovering))

    def promise(self, s: ThreePhaseState, txn: str, ballot: int, out: Effects) -> None:
        if ballot > s.ballots.get(txn, 0):
            s.blocked = s.blocked or s.ballots.get(txn, 0) > 0  # an earlier ballot came to nothing
            self.write(s, Record("elected", txn, ballot=ballot), out, force=self.by_quorum)

    def report(self, s: ThreePhaseState, txn: str) -> Report:
        return Report(s.states[txn], s.attempts.get(txn, 0))

    def on_state_reply(self, s: ThreePhaseState, src: str, m: StateReply, out: Effects) -> None:
        if m.ballot == 0 and m.txn in s.recovered and m.recovering:
            self.count_recovered(s, src, m.txn, out)
        elif s.election and (m.txn, m.ballot) == (s.election.txn, s.election.ballot):
            counts = src != self.coordinator and (self.by_quorum or not m.recovering)
            if counts and not s.election.outcome:
                reports = {**s.election.reports, src: Report(m.state, m.attempt)}
                s.election = replace(s.election, reports=reports)
                out.explain("state-counted", txn=m.txn, peer=src, state=m.state)
                self.conclude_if_all(s, out)

    def conclude_if_all(self, s: ThreePhaseState, out: Effects) -> None:
        if s.election and len(s.election.reports) == len(self.participants):
            self.conclude(s, s.election, out)

    def on_collect_timeout(self, s: ThreePhaseState, out: Effects) -> None:
        """Whoever has not answered by now is taken for crashed; or, under quorums, is missed."""
        e = s.election
        if e is None:
            return
        if not e.outcome:
            self.conclude(s, e, out)
        elif not self.by_quorum:
            self.finish(s, e, out)
        else:
            self.be_blocked(s, e, len(e.prepared), out)

    def conclude(self, s: ThreePhaseState, e: Election, out: Effects) -> None:
        """What the states that were told allow."""
        states = "".join(sorted(r.state for r in e.reports.values()))
        if self.by_quorum and not self.is_quorum(len(e.reports)):
            self.be_blocked(s, e, len(e.reports), out)
        elif self.commits(e):
            out.explain("terminate-commit", txn=e.txn, states=states)
            self.prepare_all(s, e, "commit", out)
        else:
            out.explain("terminate-abort", txn=e.txn, states=states)
            if self.by_quorum:
                self.prepare_all(s, e, "abort", out)
            else:
                self.finish(s, replace(e, outcome="abort"), out)

    def commits(self, e: Election) -> bool:
        """Elected: any p. Quorum: the latest attempt was one to commit (KD)."""
        if not self.by_quorum:
            return any(r.state == "p" for r in e.reports.values())
        attempts = [(r.attempt, r.state) for r in e.reports.values() if r.state in ("p", "b")]
        return bool(attempts) and max(attempts)[1] == "p"

    def prepare_all(self, s: ThreePhaseState, e: Election, outcome: str, out: Effects) -> None:
        """Move everybody that answered to p (or b) before anybody commits (or aborts)."""
        kind, message = ("precommit", PreCommit) if outcome == "commit" else ("preabort", PreAbort)
        self.become_prepared(s, Record(kind, e.txn, ballot=e.ballot), out)
        s.election = replace(e, outcome=outcome, prepared=(self.me,))
        out.set_timer("collect", self.options.collect_timeout)
        for name in e.reports:
            if name != self.me:
                out.send(name, message(e.txn, e.ballot))
        self.finish_if_prepared(s, out)

    def finish_if_prepared(self, s: ThreePhaseState, out: Effects) -> None:
        e = s.election
        if e is None or not e.outcome:
            return
        if self.is_quorum(len(e.prepared)) if self.by_quorum else len(e.prepared) == len(e.reports):
            self.finish(s, e, out)

    def is_quorum(self, count: int) -> bool:
        """Any two majorities of the participants have a member in common."""
        return count >= self.majority

    def finish(self, s: ThreePhaseState, e: Election, out: Effects) -> None:
        """The new coordinator decides, on disk first, and tells everybody."""
        out.explain(
            "terminated-commit" if e.outcome == "commit" else "terminated-abort",
            txn=e.txn,
            quorum=e.prepared or tuple(e.reports),
            of=len(self.participants),
        )
        self.write(s, Record(e.outcome, e.txn), out, force=True)
        self.tell_everybody(s, e.txn, out)
        self.settle(s, out)

    def tell_everybody(self, s: ThreePhaseState, txn: str, out: Effects) -> None:
        for name in self.members:
            if name != self.me:
                out.send(name, self.decision(s, txn))

    def be_blocked(self, s: ThreePhaseState, e: Election, have: int, out: Effects) -> None:
        """Without a majority nothing is decided: try again later."""
        s.election, s.blocked = None, True
        out.explain("no-quorum", txn=e.txn, have=have, need=self.majority, accounts=tuple(s.locks))

    # --- recovery (BHG 7.5) -------------------------------------------------------------------------------

    def recover_coordinator(self, s: ThreePhaseState, out: Effects) -> None:
        """Before preCommit nobody can have committed; after it, others may have decided meanwhile: for acks
        that are missing now it must not commit."""
        s.recovered = {t: () for t in s.transactions if not self.outcome(s, t) and s.states[t] != "w"}
        for txn in tuple(s.transactions):
            if self.outcome(s, txn):
                out.explain("recovered-decided", txn=txn, outcome=self.outcome(s, txn))
                self.tell(s, txn, out)
            elif s.states[txn] == "w":
                out.explain("recovered-undecided", txn=txn)
                self.decide(s, txn, "abort", out)
            else:
                out.explain("recovered-prepared", txn=txn)
        if self.unacknowledged(s):
            out.set_timer("resend", self.options.resend)
        s.recovering = bool(s.recovered)
        self.ask_all(s, out)

    def recover_participant(self, s: ThreePhaseState, out: Effects) -> None:
        for txn in s.in_doubt:
            out.explain("recovered-in-doubt", txn=txn, state=s.states[txn], accounts=tuple(s.locks))
            s.recovering = True
        self.ask_all(s, out)

    def ask_all(self, s: ThreePhaseState, out: Effects) -> None:
        """It was down and may have missed the decision: ask everybody, and go on asking."""
        for txn in (*s.recovered, *s.in_doubt):
            s.asked += 1
            out.explain("ask-all", txn=txn)
            out.set_timer("decision", self.patience())
            for name in self.members:
                if name != self.me:
                    out.send(name, StateRequest(txn, 0))

    def count_recovered(self, s: ThreePhaseState, src: str, txn: str, out: Effects) -> None:
        """Everybody has been down and nobody has decided: all voted yes, so commit."""
        names = with_name(s.recovered[txn], src)
        s.recovered = {**s.recovered, txn: names}
        if len(names) == len(self.participants) and not self.by_quorum:
            out.explain("total-failure", txn=txn)
            self.decide(s, txn, "commit", out)

    # --- helpers ------------------------------------------------------------------------------------------

    def decision(self, s: ThreePhaseState, txn: str) -> DoCommit | Abort:
        return DoCommit(txn) if self.outcome(s, txn) == "commit" else Abort(txn)

    def acknowledgement(self, txn: str) -> Done:
        return Done(txn)

    def patience(self) -> Span:
        """Where a new coordinator is elected, participants take turns: in order, one after another."""
        span = self.options.decision_timeout
        if self.options.termination != "elected" or self.me == self.coordinator:
            return span
        wait = self.options.turn.low * self.participants.index(self.me)
        return Span(span.low + wait, span.high + wait)
