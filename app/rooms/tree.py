"""The branches of a room, which of them is the room's, and which makes way when there are too many."""

from collections.abc import Iterable, Iterator
from typing import Any

from app.rooms.branch import Branch
from app.sim.errors import Refused


class Tree:
    def __init__(self, first: Branch, limit: int) -> None:
        self.current = first
        self._branches = {first.id: first}
        self._limit = limit
        self.made = 1

    def __iter__(self) -> Iterator[Branch]:
        return iter(list(self._branches.values()))

    def __len__(self) -> int:
        return len(self._branches)

    def get(self, name: str) -> Branch | None:
        return self._branches.get(name)

    def visible(self, name: str, private: str | None) -> Branch:
        """The branch of that name, for somebody whose private branch is `private`."""
        branch = self._branches.get(name)
        if branch is None or (branch.private and name not in self._line_of(private)):
            raise Refused("unknown-branch", branch=name)
        return branch

    def describe(self, private: str | None) -> list[dict[str, Any]]:
        """All that are public, and those that lead to the viewer's private one."""
        own = self._line_of(private)
        return [branch.describe() for branch in self if not branch.private or branch.id in own]

    def next_name(self) -> str:
        self.made += 1
        return f"b{self.made}"

    def add(self, branch: Branch) -> None:
        self._branches[branch.id] = branch

    def hold(self, branches: Iterable[Branch], made: int) -> None:
        """These, in this order, and so many have had a number."""
        self._branches, self.made = {branch.id: branch for branch in branches}, made

    def forget(self, private: str, keeping: str | None) -> None:
        """A private branch and the private ones it came from, but for those that `keeping` came from."""
        kept = self._line_of(keeping)
        for name in self._line_of(private):
            branch = self._branches[name]
            if branch.private and not branch.watchers and name not in kept:
                del self._branches[name]

    def widen(self, more: int) -> None:
        """Room for so many more: a class in which everybody explores."""
        self._limit = max(self._limit, len(self) + more)

    def make_way(self) -> None:
        """Room for one more: a private branch that nobody watches goes first, then the oldest public leaf."""
        if len(self) < self._limit:
            return
        idle = [branch for branch in self if not branch.watchers and branch.id not in self._line_of_current()]
        parents = {branch.parent for branch in self}
        leaves = [branch for branch in idle if branch.id not in parents]
        if not leaves:
            raise Refused("too-many-branches", limit=self._limit)
        goes = min(leaves, key=lambda branch: (not branch.private, branch.used))
        del self._branches[goes.id]

    def _line_of_current(self) -> list[str]:
        return self._line_of(self.current.id)

    def _line_of(self, name: str | None) -> list[str]:
        """That branch and those it came from, as far as they are still here."""
        line = []
        while name is not None and name in self._branches:
            line.append(name)
            name = self._branches[name].parent
        return line
