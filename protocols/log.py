"""Raft's log as a value: it never changes, `append` and `upto` give another one.

Logs made from one another share one list underneath, as slices of it; so appending costs the same however
long the log is, keeping a moment keeps the log for nothing, and what two logs share can be told at a
glance. The list is only ever appended to, and only by the log that reaches its end; any other copies first.

Indices start at 1, as in the paper. A log that was compacted (section 7) begins behind its base, the last
index that a snapshot stands for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from protocols.key_value import Command
from protocols.traced import Traced


class Configuration(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Who takes part: voters, and learners, which get the log but have no vote (dissertation, 4.2.1).

    With `old_voters` it is a joint configuration (section 6): `old_voters` is C_old, `voters` C_new.
    """

    voters: tuple[str, ...] = ()
    old_voters: tuple[str, ...] = ()
    learners: tuple[str, ...] = ()

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """The sets of which each must give a majority."""
        return (self.old_voters, self.voters) if self.old_voters else (self.voters,)

    def may_vote(self, name: str) -> bool:
        return name in self.voters or name in self.old_voters

    def __contains__(self, name: str) -> bool:
        return self.may_vote(name) or name in self.learners

    def __str__(self) -> str:
        old = f"{{{' '.join(self.old_voters)}}} + " if self.old_voters else ""
        learners = f" ({' '.join(self.learners)})" if self.learners else ""
        return f"{old}{{{' '.join(self.voters)}}}{learners}"


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A log entry and the term in which a leader received it: a command, or a configuration (section 6), or
    nothing, which is a no-op."""

    term: int
    command: Command | Configuration | None = None


class Log(Traced):
    """Entries `base` + 1 to `last_index`; `last_term` is the last one's term, 0 when there is none.

    `base` and `base_term` are the paper's lastIncludedIndex and lastIncludedTerm, 0 in a log that is whole.
    """

    __slots__ = ("_shared", "base", "base_term", "last_index", "last_term")

    def __init__(self, entries: Iterable[Entry] = (), base: int = 0, base_term: int = 0) -> None:
        self.base = base
        self.base_term = base_term
        self._reach(list(entries), None)

    def _reach(self, shared: list[Entry], last_index: int | None) -> Log:
        self._shared = shared
        self.last_index = self.base + len(shared) if last_index is None else last_index
        held = self.last_index - self.base
        self.last_term = shared[held - 1].term if held else self.base_term
        return self

    def _like(self, shared: list[Entry], last_index: int | None) -> Log:
        twin = Log.__new__(Log)
        twin.base, twin.base_term = self.base, self.base_term
        return twin._reach(shared, last_index)

    def entry(self, index: int) -> Entry:
        """Entry `index`, from `base` + 1 to `last_index`."""
        return self._shared[index - self.base - 1]

    def term_at(self, index: int) -> int:
        """The term of entry `index`, from `base` on; 0 before the first."""
        return self._shared[index - self.base - 1].term if index > self.base else self.base_term

    def after(self, index: int, most: int) -> tuple[Entry, ...]:
        """The entries that follow `index`, at most so many."""
        if index == self.last_index:
            return ()
        base = self.base
        return tuple(self._shared[index - base : min(index + most, self.last_index) - base])

    def append(self, entries: Iterable[Entry]) -> Log:
        """The log with `entries` behind it."""
        shared, held = self._shared, self.last_index - self.base
        if len(shared) != held:
            shared = shared[:held]
        shared.extend(entries)
        return self._like(shared, None)

    def upto(self, index: int) -> Log:
        """The log without what follows `index`."""
        return self._like(self._shared, index)

    def behind(self, index: int) -> Log:
        """The log without `index` and what precedes it, which a snapshot stands for now (section 7)."""
        return Log(self._shared[index - self.base : self.last_index - self.base], index, self.term_at(index))

    def shared_prefix(self, other: Log) -> int:
        """The last index up to which both logs are the same; what either has compacted counts as the same."""
        most = min(self.last_index, other.last_index)
        if self._shared is other._shared:
            return most
        start = max(self.base, other.base)
        if most <= start:
            return most
        mine = self._shared[start - self.base : most - self.base]
        theirs = other._shared[start - other.base : most - other.base]
        pairs = enumerate(zip(mine, theirs, strict=True), start)
        return next((i for i, (a, b) in pairs if a is not b and a != b), most)

    def traced(self) -> tuple[Entry, ...]:
        return tuple(self)

    def __len__(self) -> int:
        return self.last_index - self.base

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._shared[: self.last_index - self.base])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Log):
            return NotImplemented
        return (
            self.last_index == other.last_index
            and self.base == other.base
            and self.base_term == other.base_term
            and self.shared_prefix(other) == self.last_index
        )

    def __hash__(self) -> int:
        return hash((self.last_index, self.last_term))

    def __repr__(self) -> str:
        return f"Log({[e.term for e in self]})"
