"""3PC with one mistake in it, each one override (or two) from the right code.

Each says which law it breaks. A test runs every one of them until that law catches it.
"""

from __future__ import annotations

from protocols.actor import Effects
from protocols.bank import Record
from protocols.three_phase_commit import (
    Election,
    ThreePhaseCommit,
    ThreePhaseState,
)


class YesNotDurable(ThreePhaseCommit):
    """Votes yes before the yes is on disk; a crash takes the promise back. Breaks validity."""

    def vote_yes(self, s: ThreePhaseState, yes: Record, out: Effects) -> None:
        self.write(s, yes, out, force=False)
        out.set_timer("decision", self.patience())
        out.send(self.coordinator, self.vote(yes.txn, yes=True))


class PreparedNotDurable(ThreePhaseCommit):
    """Acknowledges preCommit before it is on disk; after a crash it is in w again, and is counted there when
    the others are asked. Breaks atomicity."""

    def record_prepared(self, s: ThreePhaseState, r: Record, out: Effects) -> None:
        self.write(s, r, out, force=False)


class SkipsPreCommit(ThreePhaseCommit):
    """Commits as soon as all have voted yes, as 2PC does, though others abort in w. Breaks atomicity."""

    def go_on(self, s: ThreePhaseState, txn: str, out: Effects) -> None:
        self.decide(s, txn, "commit", out)


class RecoversToTimeOut(ThreePhaseCommit):
    """Comes back in w and lets the time-out decide, as if it had missed nothing. Breaks atomicity."""

    def recover_participant(self, s: ThreePhaseState, out: Effects) -> None:
        if s.in_doubt:
            out.set_timer("decision", self.patience())


class CommitsOnMajority(ThreePhaseCommit):
    """Takes a majority of yes for enough. Breaks validity."""

    def is_unanimous(self, s: ThreePhaseState, txn: str) -> bool:
        return 2 * len(s.transactions[txn].yes) > len(self.participants)


class NewCoordinatorAborts(ThreePhaseCommit):
    """A new coordinator aborts whatever it finds, also when somebody is in p. Breaks atomicity."""

    def commits(self, e: Election) -> bool:
        return False


class IgnoresBallots(ThreePhaseCommit):
    """Prepares for whoever asks, also for a coordinator that has been passed over. Breaks atomicity."""

    def promise(self, s: ThreePhaseState, txn: str, ballot: int, out: Effects) -> None:
        pass


class MinorityQuorum(ThreePhaseCommit):
    """Decides with those that it reaches, however few. Breaks atomicity."""

    def is_quorum(self, count: int) -> bool:
        return True


class CountsLateVotes(ThreePhaseCommit):
    """Goes on counting after it has aborted for want of votes. Breaks stability."""

    def is_collecting(self, s: ThreePhaseState, txn: str) -> bool:
        return txn in s.transactions


class UnlocksAtVote(ThreePhaseCommit):
    """Gives its locks back with its vote: others see and change what may be undone. Breaks the locks."""

    def take_locks(self, s: ThreePhaseState, yes: Record) -> None:
        pass


MUTANTS: dict[str, tuple[type[ThreePhaseCommit], str]] = {
    "3pc-yes-not-durable": (YesNotDurable, "3pc-validity"),
    "3pc-prepared-not-durable": (PreparedNotDurable, "3pc-atomicity"),
    "3pc-skips-precommit": (SkipsPreCommit, "3pc-atomicity"),
    "3pc-recovers-to-time-out": (RecoversToTimeOut, "3pc-atomicity"),
    "3pc-majority": (CommitsOnMajority, "3pc-validity"),
    "3pc-new-coordinator-aborts": (NewCoordinatorAborts, "3pc-atomicity"),
    "3pc-ignores-ballots": (IgnoresBallots, "3pc-atomicity"),
    "3pc-minority-quorum": (MinorityQuorum, "3pc-atomicity"),
    "3pc-counts-late-votes": (CountsLateVotes, "3pc-stability"),
    "3pc-unlocks-at-vote": (UnlocksAtVote, "3pc-locks"),
}
"""Each mutant's name, its actor, and the law that catches it."""
