"""Two-phase commit: Gray, "Notes on Data Base Operating Systems" (1978); Bernstein, Hadzilacos & Goodman,
"Concurrency Control and Recovery in Database Systems" (1987), section 7.4 ("BHG").

Phase one: the coordinator asks for votes; whoever votes yes can no longer go back by itself. Phase two: all
yes is commit, anything else is abort, and everybody is told. The states are q -> w -> c or a.

Forced log writes: the coordinator's decision; a participant's yes (or its no), and the decision it hears.
With `presume = "abort"` (Mohan & Lindsay 1983, "ML") whatever nobody has a record of was aborted: so an abort
is not forced by the coordinator, nor by those that voted yes, and nobody acknowledges it. (Nor does the
coordinator know after a crash that it told a client so: an old copy of that request is then a new one.)

`cooperative` is the termination protocol of BHG 7.4: a participant in doubt asks the others too. What
the book leaves open is decided so: an abort is told to all participants, also to one that voted no; a
participant in doubt that is asked, or that restarts, goes on asking; without `acks` the coordinator tells its
decision once (again after a restart), never forgets it, and participants ask for what they have missed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from protocols.actor import Effects, Message
from protocols.atomic_commit import (
    AtomicCommit,
    CommitOptions,
    CommitState,
    ParticipantOnly,
    Work,
    with_name,
)
from protocols.bank import Record
from protocols.client import ClientRequest

# --- messages -----------------------------------------------------------------------------------------------


class Prepare(Message, frozen=True):
    """The vote request; it brings the work along."""

    family = "propose"

    txn: str
    amount: int


class Vote(Message, frozen=True):
    family = "vote"

    txn: str
    yes: bool


class Commit(Message, frozen=True):
    family = "commit"

    txn: str


class Abort(Message, frozen=True):
    family = "abort"

    txn: str


class Ack(Message, frozen=True):
    """The decision is in my log; you may forget it."""

    family = "ack"

    txn: str


class DecisionRequest(Message, frozen=True):
    """I am in doubt: do you know the decision?"""

    family = "discover"

    txn: str


class Uncertain(Message, frozen=True):
    """No: I am in w too."""

    family = "discover"

    txn: str


# --- state --------------------------------------------------------------------------------------------------


class TwoPhaseState(CommitState):
    uncertain: ParticipantOnly[tuple[str, ...]] = ()
    """Who has answered that it is in doubt too."""


class TwoPhaseOptions(CommitOptions, frozen=True, rename="camel", forbid_unknown_fields=True):
    presume: Literal["nothing", "abort"] = "nothing"
    cooperative: bool = False


class TwoPhaseCommit(AtomicCommit[TwoPhaseState, TwoPhaseOptions]):
    """One node."""

    messages = (Prepare, Vote, Commit, Abort, Ack, DecisionRequest, Uncertain, ClientRequest)
    timers = ("vote", "resend", "decision", "lock", "alarm")

    def initial(self, durable: Mapping[str, Any]) -> TwoPhaseState:
        return self.read_log(durable, TwoPhaseState)

    # --- phase one: the votes -----------------------------------------------------------------------------

    def vote_request(self, txn: str, amount: int) -> Prepare:
        return Prepare(txn, amount)

    def vote(self, txn: str, yes: bool) -> Vote:
        return Vote(txn, yes)

    def on_prepare(self, s: TwoPhaseState, src: str, m: Prepare, out: Effects) -> None:
        if m.txn in s.states:
            self.vote_again(s, m.txn, out)
        else:
            self.consider(s, Work(m.txn, m.amount), out)

    def on_vote(self, s: TwoPhaseState, src: str, m: Vote, out: Effects) -> None:
        self.receive_vote(s, src, m.txn, m.yes, out)

    def go_on(self, s: TwoPhaseState, txn: str, out: Effects) -> None:
        self.decide(s, txn, "commit", out)

    # --- phase two: the decision --------------------------------------------------------------------------

    def decide(self, s: TwoPhaseState, txn: str, outcome: str, out: Effects) -> None:
        """The decision is on disk before anybody hears of it; but an abort that is presumed need not be."""
        x = s.transactions[txn]
        presumed = outcome == "abort" and self.options.presume == "abort"
        if outcome == "commit":
            out.explain("commit", txn=txn, quorum=self.participants, of=len(self.participants))
        else:
            out.explain("abort-presumed" if presumed else "abort", txn=txn)
        self.record_decision(s, Record(outcome, txn, client=x.client, serial=x.serial), out, not presumed)
        self.answer(s, txn, out)
        self.tell(s, txn, out)
        self.watch_votes(s, out)

    def record_decision(self, s: TwoPhaseState, decision: Record, out: Effects, force: bool) -> None:
        self.write(s, decision, out, force)

    def tell(self, s: TwoPhaseState, txn: str, out: Effects) -> None:
        """What is presumed need not be remembered."""
        super().tell(s, txn, out)
        if self.outcome(s, txn) == "abort" and self.options.presume == "abort":
            self.write(s, Record("end", txn), out, force=False)

    def on_commit(self, s: TwoPhaseState, src: str, m: Commit, out: Effects) -> None:
        if s.states.get(m.txn) == "w":
            out.explain("committed", txn=m.txn, by=src)
            self.learn(s, m.txn, "commit", out, force=True)
        else:
            self.hear_again(s, src, m.txn, out)

    def on_abort(self, s: TwoPhaseState, src: str, m: Abort, out: Effects) -> None:
        state = s.states.get(m.txn, "q")
        if state == "w":
            out.explain("aborted", txn=m.txn, by=src)
            self.learn(s, m.txn, "abort", out, force=self.options.presume == "nothing")
        elif state == "q":
            self.abort_before_work(s, src, m.txn, out)
        else:
            self.hear_again(s, src, m.txn, out)

    def learn(self, s: TwoPhaseState, txn: str, outcome: str, out: Effects, force: bool) -> None:
        super().learn(s, txn, outcome, out, force)
        s.uncertain = s.uncertain if s.in_doubt else ()

    def acknowledgement(self, txn: str) -> Ack:
        return Ack(txn)

    def on_ack(self, s: TwoPhaseState, src: str, m: Ack, out: Effects) -> None:
        self.receive_acknowledgement(s, src, m.txn, out)

    # --- in doubt: termination (BHG 7.4) ------------------------------------------------------------------

    def on_decision_timeout(self, s: TwoPhaseState, out: Effects) -> None:
        """In w a participant may neither commit nor abort by itself: all that is left is to ask."""
        for txn in s.in_doubt:
            if s.asked or not self.options.cooperative:
                s.blocked = True
                out.explain("blocked", txn=txn, accounts=tuple(s.locks), uncertain=s.uncertain or None)
            self.ask(s, txn, out)

    def ask(self, s: TwoPhaseState, txn: str, out: Effects) -> None:
        s.asked += 1
        out.set_timer("decision", self.options.decision_timeout)
        if self.options.cooperative:
            out.explain("ask-peers", txn=txn)
            asked = tuple(name for name in self.members if name != self.me)
        else:
            out.explain("ask-coordinator", txn=txn, coordinator=self.coordinator)
            asked = (self.coordinator,)
        for name in asked:
            out.send(name, DecisionRequest(txn))

    def on_decision_request(self, s: TwoPhaseState, src: str, m: DecisionRequest, out: Effects) -> None:
        if self.me == self.coordinator:
            self.inform(s, src, m.txn, out)
        elif self.outcome(s, m.txn):
            out.explain("tell-decision", txn=m.txn, peer=src, outcome=self.outcome(s, m.txn))
            out.send(src, self.decision(s, m.txn))
        elif s.states.get(m.txn) == "w":
            out.explain("tell-uncertain", txn=m.txn, peer=src)
            out.send(src, Uncertain(m.txn))
        else:
            self.abort_for(s, src, m.txn, out)

    def inform(self, s: TwoPhaseState, src: str, txn: str, out: Effects) -> None:
        """The coordinator is asked: what it has no record of, it never committed."""
        if txn not in s.transactions:
            out.explain("no-information", txn=txn, peer=src)
            out.send(src, Abort(txn))
        elif self.outcome(s, txn):
            out.explain("tell-decision", txn=txn, peer=src, outcome=self.outcome(s, txn))
            out.send(src, self.decision(s, txn))
        else:
            out.explain("undecided", txn=txn, peer=src)

    def on_uncertain(self, s: TwoPhaseState, src: str, m: Uncertain, out: Effects) -> None:
        if m.txn in s.in_doubt:
            s.uncertain = with_name(s.uncertain, src)
        out.explain("peer-uncertain", txn=m.txn, peer=src)

    # --- recovery -----------------------------------------------------------------------------------------

    def recover_coordinator(self, s: TwoPhaseState, out: Effects) -> None:
        """With no decision in the log: abort. With one: tell it again."""
        for txn in tuple(s.transactions):
            if self.outcome(s, txn):
                out.explain("recovered-decided", txn=txn, outcome=self.outcome(s, txn))
                self.tell(s, txn, out)
            else:
                out.explain("recovered-undecided", txn=txn)
                self.decide(s, txn, "abort", out)
        if self.unacknowledged(s):
            out.set_timer("resend", self.options.resend)

    def recover_participant(self, s: TwoPhaseState, out: Effects) -> None:
        """Accounts and locks are as the log has them; what is in doubt is asked for."""
        for txn in s.in_doubt:
            out.explain("recovered-in-doubt", txn=txn, accounts=tuple(s.locks))
            self.ask(s, txn, out)

    # --- helpers ------------------------------------------------------------------------------------------

    def decision(self, s: TwoPhaseState, txn: str) -> Commit | Abort:
        return Commit(txn) if self.outcome(s, txn) == "commit" else Abort(txn)

    def acknowledges(self, outcome: str) -> bool:
        """An abort that is presumed need not be known to all before it is forgotten (ML 3)."""
        presumed = outcome == "abort" and self.options.presume == "abort"
        return super().acknowledges(outcome) and not presumed
