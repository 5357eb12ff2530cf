"""Laws: what must be true of a protocol at every moment, judged after every event.

A law looks only at what just changed: it is told which node's state changed and which fields, and keeps
what it needs to remember. So the price of judging a run does not grow with its length.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Generic, Self, TypeVar

from protocols.actor import State

S = TypeVar("S", bound=State)


class Law(Generic[S]):
    """One invariant. `fields` are those whose change can break it."""

    id: ClassVar[str]
    section: ClassVar[str]
    fields: ClassVar[frozenset[str]]

    def judge(self, node: str, s: S, before: Mapping[str, Any]) -> dict[str, Any] | None:
        """Judge the change of `node` to state `s`; `before` holds the old value of each field that changed.

        Returns None while the law holds, else what broke it, as data for the sentence in the catalogue.
        """
        raise NotImplementedError

    def copy(self) -> Self:
        """An independent copy, for a moment that is kept."""
        raise NotImplementedError
