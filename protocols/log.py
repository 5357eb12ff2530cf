"""Raft's log as a value: it never changes, `append` and `upto` give another one.

Logs made from one another share one list underneath, as slices of it; so appending costs the same however
long the log is, keeping a moment keeps the log for nothing, and what two logs share can be told at a
glance. The list is only ever appended to, and only by the log that reaches its end; any other copies first.

Indices start at 1, as in the paper.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from protocols.key_value import Command


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A log entry: the command and the term in which a leader received it; no command is a no-op."""

    term: int
    command: Command | None = None


class Log:
    """Entries 1 to `last_index`; `last_term` is the last one's term, 0 when there is none."""

    __slots__ = ("_shared", "last_index", "last_term")

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._reach(list(entries), None)

    def _reach(self, shared: list[Entry], last_index: int | None) -> Log:
        self._shared = shared
        self.last_index = len(shared) if last_index is None else last_index
        self.last_term = shared[self.last_index - 1].term if self.last_index else 0
        return self

    def entry(self, index: int) -> Entry:
        """Entry `index`, from 1 to `last_index`."""
        return self._shared[index - 1]

    def term_at(self, index: int) -> int:
        """The term of entry `index`; 0 before the first."""
        return self._shared[index - 1].term if index else 0

    def after(self, index: int, most: int) -> tuple[Entry, ...]:
        """The entries that follow `index`, at most so many."""
        if index == self.last_index:
            return ()
        return tuple(self._shared[index : min(index + most, self.last_index)])

    def append(self, entries: Iterable[Entry]) -> Log:
        """The log with `entries` behind it."""
        shared = self._shared
        if len(shared) != self.last_index:
            shared = shared[: self.last_index]
        shared.extend(entries)
        return Log.__new__(Log)._reach(shared, None)

    def upto(self, index: int) -> Log:
        """The log without what follows `index`."""
        return Log.__new__(Log)._reach(self._shared, index)

    def shared_prefix(self, other: Log) -> int:
        """The last index up to which both logs are the same."""
        most = min(self.last_index, other.last_index)
        if self._shared is other._shared:
            return most
        pairs = zip(self._shared[:most], other._shared[:most], strict=True)
        return next((i for i, (a, b) in enumerate(pairs) if a is not b and a != b), most)

    def __len__(self) -> int:
        return self.last_index

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._shared[: self.last_index])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Log):
            return NotImplemented
        return self.last_index == other.last_index and self.shared_prefix(other) == self.last_index

    def __hash__(self) -> int:
        return hash((self.last_index, self.last_term))

    def __repr__(self) -> str:
        return f"Log({[e.term for e in self]})"
