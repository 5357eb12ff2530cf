"""People who are no viewers: programs that use a room's cluster over a wire of their own, in wall time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from app.sim.trace import Event


class Outside(Protocol):
    """Real clients of the room's branch. While some are here, its time goes on though nobody watches."""

    @property
    def here(self) -> bool: ...

    @property
    def shakes_hands(self) -> bool:
        """Somebody will give up soon: time goes on no slower than in reality."""

    @property
    def waits(self) -> bool:
        """Somebody waits for an answer."""

    def rush_until(self) -> int:
        """At speed `max`: up to which virtual time it may leap, for those who wait; 0 when nobody does."""

    def heard(self, events: Sequence[Event]) -> None:
        """These have just happened on the room's branch."""

    def moved(self) -> None:
        """The room's branch is another now."""
