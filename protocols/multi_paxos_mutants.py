"""Multi-Paxos with one bug in it, each one override from the right code.

Each says which law it breaks. A test runs every one of them until that law catches it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from msgspec.structs import replace

from protocols.actor import Effects
from protocols.ballot import Ballot
from protocols.multi_paxos import Accepted, Heartbeat, Learn, MultiPaxos, MultiPaxosState, Proposal


class PromiseLost(MultiPaxos):
    """Responds before its promise is on disk, and has forgotten it after a crash. Breaks the promise."""

    def keep_promise(self, s: MultiPaxosState, out: Effects) -> None:
        pass


class AcceptedLost(MultiPaxos):
    """Writes the promise, but not what it accepts. Breaks agreement."""

    def keep_acceptance(self, s: MultiPaxosState, out: Effects) -> None:
        out.save(replace(s, accepted={}))


class AcceptsBelowPromise(MultiPaxos):
    """Accepts whatever comes, whatever it has promised. Breaks P1a."""

    def may_accept(self, s: MultiPaxosState, ballot: Ballot) -> bool:
        return True

    def raised(self, s: MultiPaxosState, ballot: Ballot) -> Ballot:
        return max(ballot, s.promised)


class IgnoresReportedValue(MultiPaxos):
    """A new leader fills all slots with no-ops, whatever was accepted there. Breaks agreement."""

    def reported(self, proposals: Collection[Proposal]) -> Proposal | None:
        return None


class PicksFirst(MultiPaxos):
    """Takes a slot's first reported value instead of the highest-numbered. Breaks agreement."""

    def reported(self, proposals: Collection[Proposal]) -> Proposal | None:
        return next(iter(proposals), None)


class PicksLowest(MultiPaxos):
    """Takes a slot's lowest-numbered reported value. Breaks agreement."""

    def reported(self, proposals: Collection[Proposal]) -> Proposal | None:
        return min(proposals, key=lambda p: p.ballot, default=None)


class PicksMostFrequent(MultiPaxos):
    """Takes the value that most acceptors report for a slot. Breaks agreement."""

    def reported(self, proposals: Collection[Proposal]) -> Proposal | None:
        counts = Counter(p.value for p in proposals)
        return max(proposals, key=lambda p: counts[p.value], default=None)


class AcceptDoesNotRaisePromise(MultiPaxos):
    """Accepts a ballot and goes on listening to lower ones that it had promised. Breaks P1a."""

    def raised(self, s: MultiPaxosState, ballot: Ballot) -> Ballot:
        return s.promised


class BallotReused(MultiPaxos):
    """Counts its rounds in memory only, and from the start after a crash. Breaks "one value per ballot"."""

    def next_round(self, s: MultiPaxosState) -> int:
        return s.round + 1

    def restart(self, s: MultiPaxosState, out: Effects) -> None:
        s.round = 0
        super().restart(s, out)


class SumsOverBallots(MultiPaxos):
    """Counts acceptances of earlier ballots of its own. Learns what was not chosen."""

    def on_accepted(self, s: MultiPaxosState, src: str, m: Accepted, out: Effects) -> None:
        super().on_accepted(s, src, replace(m, ballot=s.ballot), out)


class MinorityQuorum(MultiPaxos):
    """Half of the acceptors, rounded down, will do. Breaks agreement."""

    def is_quorum(self, names: Collection[str]) -> bool:
        return len(names) >= self.majority - 1


class SkipsHoles(MultiPaxos):
    """Takes a hole for a no-op when something after it is chosen. Breaks state machine safety."""

    def advance(self, s: MultiPaxosState, out: Effects) -> None:
        holes = range(len(s.log) + 1, max(s.chosen, default=0))
        s.chosen = dict.fromkeys(holes) | s.chosen
        super().advance(s, out)


class TrustsOldAcceptances(MultiPaxos):
    """Told that a slot is chosen, takes what it has accepted there in whatever ballot. Breaks state machine
    safety."""

    def on_heartbeat(self, s: MultiPaxosState, src: str, m: Heartbeat, out: Effects) -> None:
        last = min(m.chosen, max(s.accepted, default=0))
        for slot in range(len(s.log) + 1, last + 1):
            if slot in s.accepted and m.ballot >= s.promised:
                self.learn(s, {slot: s.accepted[slot].value}, src, out)
        super().on_heartbeat(s, src, m, out)


class LeaderBelievesNews(MultiPaxos):
    """Learns from others while it leads. Deposed without knowing it, it then says "chosen" of slots in which
    its followers hold its own value, not the chosen one. Breaks state machine safety."""

    def on_learn(self, s: MultiPaxosState, src: str, m: Learn, out: Effects) -> None:
        self.learn(s, {m.first + i: value for i, value in enumerate(m.values)}, src, out)


MUTANTS: dict[str, tuple[type[MultiPaxos], str]] = {
    "multi-paxos-promise-lost": (PromiseLost, "multi-paxos-promise-kept"),
    "multi-paxos-accepted-lost": (AcceptedLost, "multi-paxos-agreement"),
    "multi-paxos-accepts-below-promise": (AcceptsBelowPromise, "multi-paxos-none-below-promise"),
    "multi-paxos-ignores-reported-value": (IgnoresReportedValue, "multi-paxos-agreement"),
    "multi-paxos-picks-first": (PicksFirst, "multi-paxos-agreement"),
    "multi-paxos-picks-lowest": (PicksLowest, "multi-paxos-agreement"),
    "multi-paxos-picks-most-frequent": (PicksMostFrequent, "multi-paxos-agreement"),
    "multi-paxos-accept-does-not-raise-promise": (
        AcceptDoesNotRaisePromise,
        "multi-paxos-none-below-promise",
    ),
    "multi-paxos-ballot-reused": (BallotReused, "multi-paxos-one-value-per-ballot"),
    "multi-paxos-sums-over-ballots": (SumsOverBallots, "multi-paxos-learned"),
    "multi-paxos-minority-quorum": (MinorityQuorum, "multi-paxos-agreement"),
    "multi-paxos-skips-holes": (SkipsHoles, "multi-paxos-state-machine-safety"),
    "multi-paxos-trusts-old-acceptances": (TrustsOldAcceptances, "multi-paxos-state-machine-safety"),
    "multi-paxos-leader-believes-news": (LeaderBelievesNews, "multi-paxos-state-machine-safety"),
}
"""Each mutant's name, its actor, and the law that catches it."""
