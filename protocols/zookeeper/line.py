"""One end of a connection between a client and its server: what it has sent, and what comes in, in order."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec
from msgspec.structs import replace

from protocols.zookeeper.messages import ClientPacket

P = TypeVar("P", bound=ClientPacket)


class Line(msgspec.Struct, Generic[P], frozen=True, gc=False, rename="camel"):
    """`held` came early and waits for what is missing. What never comes is not asked for again: a line that
    stands still is silent, and silence ends the connection, as with TCP."""

    connection: int
    sent: int = 0
    received: int = 0
    held: tuple[P, ...] = ()

    def take(self, packet: P) -> tuple[Line[P], tuple[P, ...]]:
        """The line after `packet` has come in, and the packets whose turn it is now."""
        if packet.number <= self.received or any(h.number == packet.number for h in self.held):
            return self, ()
        waiting = sorted((*self.held, packet), key=lambda p: p.number)
        turn = [p for at, p in enumerate(waiting, self.received + 1) if p.number == at]
        rest = tuple(waiting[len(turn) :])
        return replace(self, received=self.received + len(turn), held=rest), tuple(turn)
