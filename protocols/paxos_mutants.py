"""Paxos with one bug in it, each one override from the right code.

Each says which law it breaks. A test runs every one of them until that law catches it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from msgspec.structs import replace

from protocols.actor import Effects
from protocols.ballot import Ballot
from protocols.paxos import Accepted, Paxos, PaxosState, Proposal

Promises = Mapping[str, Proposal | None]


class PromiseLost(Paxos):
    """Responds before its promise is on disk, and has forgotten it after a crash. Breaks the promise."""

    def keep_promise(self, s: PaxosState, out: Effects) -> None:
        pass


class AcceptedLost(Paxos):
    """Writes the promise, but not the proposal that it accepts. Breaks agreement."""

    def keep_acceptance(self, s: PaxosState, out: Effects) -> None:
        out.save(replace(s, accepted=None))


class AcceptsBelowPromise(Paxos):
    """Accepts whatever comes, whatever it has promised. Breaks P1a."""

    def may_accept(self, s: PaxosState, ballot: Ballot) -> bool:
        return True

    def raised(self, s: PaxosState, ballot: Ballot) -> Ballot:
        return max(ballot, s.promised)


class IgnoresReportedValue(Paxos):
    """Always proposes its own value when it has one. Breaks agreement."""

    def reported(self, promises: Promises) -> Proposal | None:
        return None


class PicksFirst(Paxos):
    """Takes the first reported value instead of the highest-numbered. Breaks agreement."""

    def reported(self, promises: Promises) -> Proposal | None:
        return next((p for p in promises.values() if p), None)


class PicksLowest(Paxos):
    """Takes the lowest-numbered reported value. Breaks agreement."""

    def reported(self, promises: Promises) -> Proposal | None:
        return min((p for p in promises.values() if p), key=lambda p: p.ballot, default=None)


class PicksMostFrequent(Paxos):
    """Takes the value that most acceptors report, as if they voted on it. Breaks agreement."""

    def reported(self, promises: Promises) -> Proposal | None:
        counts = Counter(p.value for p in promises.values() if p)
        return max((p for p in promises.values() if p), key=lambda p: counts[p.value], default=None)


class AcceptDoesNotRaisePromise(Paxos):
    """Accepts a ballot and goes on listening to lower ones that it had promised. Breaks agreement."""

    def raised(self, s: PaxosState, ballot: Ballot) -> Ballot:
        return s.promised


class BallotReused(Paxos):
    """Does not write down which ballots it has issued. Breaks "one value per ballot"."""

    def keep_round(self, s: PaxosState, out: Effects) -> None:
        pass


class SumsOverBallots(Paxos):
    """Counts who accepted a value in whatever ballot. Learns what was not chosen."""

    def voters(self, s: PaxosState, m: Accepted) -> tuple[str, ...]:
        return tuple(sorted({a.acceptor for a in s.acceptances if a.value == m.value}))


class MinorityQuorum(Paxos):
    """Half of the acceptors, rounded down, will do. Breaks agreement."""

    def is_quorum(self, names: Collection[str]) -> bool:
        return len(names) >= self.majority - 1


class InventsValue(Paxos):
    """Makes up a value of its own when it is free to choose. Breaks validity."""

    def reported(self, promises: Promises) -> Proposal | None:
        return super().reported(promises) or Proposal(Ballot(), f"from-{self.me}")


MUTANTS: dict[str, tuple[type[Paxos], str]] = {
    "paxos-promise-lost": (PromiseLost, "paxos-promise-kept"),
    "paxos-accepted-lost": (AcceptedLost, "paxos-agreement"),
    "paxos-accepts-below-promise": (AcceptsBelowPromise, "paxos-none-below-promise"),
    "paxos-ignores-reported-value": (IgnoresReportedValue, "paxos-agreement"),
    "paxos-picks-first": (PicksFirst, "paxos-agreement"),
    "paxos-picks-lowest": (PicksLowest, "paxos-agreement"),
    "paxos-picks-most-frequent": (PicksMostFrequent, "paxos-agreement"),
    "paxos-accept-does-not-raise-promise": (AcceptDoesNotRaisePromise, "paxos-agreement"),
    "paxos-ballot-reused": (BallotReused, "paxos-one-value-per-ballot"),
    "paxos-sums-over-ballots": (SumsOverBallots, "paxos-learned"),
    "paxos-minority-quorum": (MinorityQuorum, "paxos-agreement"),
    "paxos-invents-value": (InventsValue, "paxos-validity"),
}
"""Each mutant's name, its actor, and the law that catches it."""
