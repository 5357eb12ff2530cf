"""2PC with one mistake in it, each one override (or two) from the right code.

Each says which law it breaks. A test runs every one of them until that law catches it.
"""

from __future__ import annotations

from protocols.actor import Effects
from protocols.bank import Record
from protocols.two_phase_commit import Abort, Commit, TwoPhaseCommit, TwoPhaseState


class YesNotDurable(TwoPhaseCommit):
    """Votes yes before the yes is on disk; a crash takes the promise back. Breaks validity."""

    def vote_yes(self, s: TwoPhaseState, yes: Record, out: Effects) -> None:
        self.write(s, yes, out, force=False)
        out.set_timer("decision", self.options.decision_timeout)
        out.send(self.coordinator, self.vote(yes.txn, yes=True))


class DecisionNotDurable(TwoPhaseCommit):
    """Tells the decision before it is on disk; after a crash it decides anew. Breaks atomicity."""

    def record_decision(self, s: TwoPhaseState, decision: Record, out: Effects, force: bool) -> None:
        self.write(s, decision, out, force=False)


class AcknowledgesTooEarly(TwoPhaseCommit):
    """Acknowledges a decision that is not on its disk; the coordinator forgets it. Breaks atomicity."""

    def learn(self, s: TwoPhaseState, txn: str, outcome: str, out: Effects, force: bool) -> None:
        super().learn(s, txn, outcome, out, force=False)


class CommitsOnMajority(TwoPhaseCommit):
    """Takes a majority of yes for enough. Breaks validity."""

    def is_unanimous(self, s: TwoPhaseState, txn: str) -> bool:
        return 2 * len(s.transactions[txn].yes) > len(self.participants)


class CountsRepliesNotVoters(TwoPhaseCommit):
    """Counts yes votes instead of voters: a duplicated message is two. Breaks validity."""

    def count_yes(self, s: TwoPhaseState, voter: str, txn: str) -> None:
        self.change(s, txn, yes=(*s.transactions[txn].yes, voter))

    def is_unanimous(self, s: TwoPhaseState, txn: str) -> bool:
        return len(s.transactions[txn].yes) >= len(self.participants)


class CountsLateVotes(TwoPhaseCommit):
    """Goes on counting after it has aborted for want of votes. Breaks stability."""

    def is_collecting(self, s: TwoPhaseState, txn: str) -> bool:
        return txn in s.transactions


class AbortsAlone(TwoPhaseCommit):
    """In w, when its time is up, a participant aborts by itself. Breaks atomicity."""

    def on_decision_timeout(self, s: TwoPhaseState, out: Effects) -> None:
        for txn in s.in_doubt:
            self.learn(s, txn, "abort", out, force=True)


class PresumesCommit(TwoPhaseCommit):
    """A coordinator that has no record of a transaction says it was committed. Breaks validity."""

    def inform(self, s: TwoPhaseState, src: str, txn: str, out: Effects) -> None:
        if txn not in s.transactions:
            out.send(src, Commit(txn))
        else:
            super().inform(s, src, txn, out)


class ForgetsTooEarly(TwoPhaseCommit):
    """Forgets the decision at the first acknowledgement, when others do not know it. Breaks atomicity."""

    def is_known_to_all(self, s: TwoPhaseState, txn: str) -> bool:
        return bool(s.transactions[txn].acked)


class AbortsInWords(TwoPhaseCommit):
    """Tells a peer that it has aborted, but writes nothing down and votes yes later. Breaks atomicity."""

    def abort_for(self, s: TwoPhaseState, src: str, txn: str, out: Effects) -> None:
        out.send(src, Abort(txn))


class UnlocksAtVote(TwoPhaseCommit):
    """Gives its locks back with its vote: others see and change what may be undone. Breaks the locks."""

    def take_locks(self, s: TwoPhaseState, yes: Record) -> None:
        pass


class ForgetsToUndo(TwoPhaseCommit):
    """Aborts without putting the old values back. Breaks conservation."""

    def take_effect(self, s: TwoPhaseState, r: Record) -> None:
        accounts = s.accounts
        super().take_effect(s, r)
        if r.kind == "abort":
            s.accounts = accounts


MUTANTS: dict[str, tuple[type[TwoPhaseCommit], str]] = {
    "2pc-yes-not-durable": (YesNotDurable, "2pc-validity"),
    "2pc-decision-not-durable": (DecisionNotDurable, "2pc-atomicity"),
    "2pc-acknowledges-too-early": (AcknowledgesTooEarly, "2pc-atomicity"),
    "2pc-majority": (CommitsOnMajority, "2pc-validity"),
    "2pc-counts-duplicate-votes": (CountsRepliesNotVoters, "2pc-validity"),
    "2pc-counts-late-votes": (CountsLateVotes, "2pc-stability"),
    "2pc-aborts-alone": (AbortsAlone, "2pc-atomicity"),
    "2pc-presumes-commit": (PresumesCommit, "2pc-validity"),
    "2pc-forgets-too-early": (ForgetsTooEarly, "2pc-atomicity"),
    "2pc-aborts-in-words": (AbortsInWords, "2pc-atomicity"),
    "2pc-unlocks-at-vote": (UnlocksAtVote, "2pc-locks"),
    "2pc-forgets-to-undo": (ForgetsToUndo, "2pc-conservation"),
}
"""Each mutant's name, its actor, and the law that catches it."""
