"""A server of an ensemble: who votes, what a quorum is, and the doors through which its role changes.

The phases call each other: an election ends in discovery, a lost leader in an election. What one file calls
of another is declared here, so that each file can be read by itself.
"""

from __future__ import annotations

from collections.abc import Iterable

from protocols.actor import Effects, Impossible
from protocols.zab.state import S, ZabOptions
from protocols.zab.storage import Storage


class Member(Storage[S]):
    """Fixed knowledge, and what the phases need of each other."""

    def __init__(self, me: str, members: tuple[str, ...], options: ZabOptions) -> None:
        super().__init__(me, members, options)
        self.voters = tuple(name for name in members if name not in options.observers)
        self.quorum = len(self.voters) // 2 + 1
        self.votes_itself = me in self.voters
        self.sid = {name: number for number, name in enumerate(members, start=1)}

    @classmethod
    def check(cls, members: tuple[str, ...], options: ZabOptions) -> None:
        for name in options.observers:
            if name not in members:
                raise Impossible("zab-no-such-observer", name=name, known=", ".join(members))
        if set(members) <= set(options.observers):
            raise Impossible("zab-no-voters", names=", ".join(members))

    def leadership(self, s: S) -> int | None:
        return s.current_epoch if s.role == "leading" and s.phase == "broadcast" else None

    def is_serving(self, s: S) -> bool:
        return s.phase == "broadcast"

    def is_quorum(self, names: Iterable[str]) -> bool:
        """Whether the voters among `names` are more than half of all voters."""
        return sum(name in self.voters for name in names) >= self.quorum

    # --- doors, each in the file of its phase -------------------------------------------------------------

    def become_looking(self, s: S, out: Effects) -> None:
        """Give up the present leader, or leading, and look for a leader (election.py)."""
        raise NotImplementedError

    def become_leading(self, s: S, out: Effects) -> None:
        """Elected, to be confirmed by a quorum (discovery.py)."""
        raise NotImplementedError

    def become_learner(self, s: S, leader: str, out: Effects) -> None:
        """Follow or observe `leader` (discovery.py)."""
        raise NotImplementedError

    def begin_synchronization(self, s: S, out: Effects) -> None:
        """A quorum has acknowledged the new epoch (synchronisation.py)."""
        raise NotImplementedError

    def synchronise(self, s: S, learner: str, out: Effects) -> None:
        """Bring `learner` to the leader's history (synchronisation.py)."""
        raise NotImplementedError

    def deliver(self, s: S, zxid: int, out: Effects) -> None:
        """Everything up to `zxid` is committed (broadcast.py)."""
        raise NotImplementedError
