"""Laws: what must be true of a protocol at every moment, judged after every event.

A law looks only at what just changed: it is told which node's state changed and which fields, and keeps
what it needs to remember. So the price of judging a run does not grow with its length.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Generic, Self, TypeVar

from protocols.actor import State

S = TypeVar("S", bound=State)
T = TypeVar("T")


class Ledger(Generic[T]):
    """What a law has seen, in order, only ever added to; copies share it until they differ."""

    def __init__(self) -> None:
        self._shared: list[T] = []
        self._length = 0

    def add(self, item: T) -> None:
        if len(self._shared) != self._length:
            self._shared = self._shared[: self._length]
        self._shared.append(item)
        self._length += 1

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, at: int) -> T:
        return self._shared[at]

    def copy(self) -> Ledger[T]:
        twin: Ledger[T] = Ledger()
        twin._shared, twin._length = self._shared, self._length
        return twin


class Law(Generic[S]):
    """One invariant. `fields` are those whose change can break it."""

    id: ClassVar[str]
    section: ClassVar[str]
    fields: ClassVar[frozenset[str]]

    @classmethod
    def of(cls, options: Any) -> Self | None:
        """The law for a service with these options; None where it promises no such thing."""
        return cls()

    def judge(self, node: str, s: S, before: Mapping[str, Any]) -> dict[str, Any] | None:
        """Judge the change of `node` to state `s`; `before` holds the old value of each field that changed.

        A node's first state is a change too, from a blank one. Returns None while the law holds, else what
        broke it, as data for the sentence in the catalogue.
        """
        raise NotImplementedError

    def copy(self) -> Self:
        """An independent copy, for a moment that is kept."""
        raise NotImplementedError


class Laws:
    """All laws of a protocol, found by what changed: most changes concern few of them."""

    def __init__(self, laws: Iterable[Law[Any]] = ()) -> None:
        self.all = tuple(laws)
        self._concerned: dict[tuple[str, ...], tuple[Law[Any], ...]] = {}

    def concerned(self, changed: Iterable[str]) -> tuple[Law[Any], ...]:
        """Those that a change of these fields can break."""
        fields = tuple(changed)
        found = self._concerned.get(fields)
        if found is None:
            found = tuple(law for law in self.all if not law.fields.isdisjoint(fields))
            self._concerned[fields] = found
        return found

    def copy(self) -> Laws:
        return Laws(law.copy() for law in self.all)
