"""A connection between a learner and its leader, as TCP would give it: in order, nothing twice, nothing lost.

ZAB assumes FIFO channels, and ZooKeeper uses TCP. The network here loses, doubles and reorders. So each
packet carries the number of its connection, the leader's epoch, and its own number in its direction:

- what belongs to another connection, or has been seen, is dropped;
- what is early waits for what is missing;
- what is missing for good is not asked for again: the other side now seems silent, for a packet that waits
  is not *heard*; and silence breaks a connection, whatever its cause (`syncLimit`).

A learner's connection numbers are durable and never used twice, and a leader never leads two different
times with one epoch: so the two together name a connection for ever, as TCP's initial sequence numbers,
drawn anew each time, are meant to.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from protocols.actor import Effects, Span
from protocols.zab.member import Member
from protocols.zab.messages import FollowerInfo, LeaderInfo, ObserverInfo, Packet
from protocols.zab.state import Link, S, ZabOptions


class Channel(Member[S]):
    """Sending over a connection, and handing what comes over it to its handler, in order."""

    def __init__(self, me: str, members: tuple[str, ...], options: ZabOptions) -> None:
        super().__init__(me, members, options)
        self.packet_handlers = {m: h for m, h in self.handlers.items() if issubclass(m, Packet)}
        for kind in self.packet_handlers:
            if kind not in (FollowerInfo, ObserverInfo):
                self.handlers[kind] = self.receive

    # --- sending ------------------------------------------------------------------------------------------

    def transmit(self, s: S, to: str, kind: type[Packet], out: Effects, *fields: Any) -> None:
        """Send the next packet over the connection to `to`."""
        link = s.links[to]
        s.links = {**s.links, to: replace(link, sent=link.sent + 1)}
        out.send(to, kind(link.connection, link.epoch, link.sent + 1, *fields))

    # --- receiving ----------------------------------------------------------------------------------------

    def receive(self, s: S, src: str, m: Packet, out: Effects) -> None:
        link = s.links.get(src)
        if link is None or not self.belongs(m, link) or m.number <= link.received:
            out.explain("packet-dropped", sender=src, packet=m.__class__.__name__, number=m.number)
            return
        if m.number > link.received + 1:
            if m.number not in [h.number for h in link.held]:
                held = tuple(sorted((*link.held, m), key=lambda h: h.number))
                s.links = {**s.links, src: replace(link, held=held)}
            missing = link.received + 1
            out.explain("packet-early", sender=src, packet=m.__class__.__name__, missing=missing)
            return
        self.take(s, src, m, out)
        while (link := s.links.get(src)) and link.held and link.held[0].number == link.received + 1:
            first, rest = link.held[0], link.held[1:]
            s.links = {**s.links, src: replace(link, held=rest)}
            self.take(s, src, first, out)

    def belongs(self, m: Packet, link: Link) -> bool:
        """Only LEADERINFO, its first packet, may tell a learner the epoch of its connection."""
        named = m.epoch == link.epoch or (link.epoch == 0 and isinstance(m, LeaderInfo))
        return named and m.connection == link.connection

    def take(self, s: S, src: str, m: Packet, out: Effects) -> None:
        """This packet is next: the other side has been heard."""
        link = s.links[src]
        s.links = {**s.links, src: replace(link, epoch=m.epoch, received=m.number)}
        if s.role == "leading":
            s.heard = {**s.heard, src: s.ticks}
        else:
            out.set_timer("silence", self.patience(s))
        self.packet_handlers[m.__class__](s, src, m, out)

    def patience(self, s: S) -> Span:
        """How long a learner puts up with silence: `initLimit` ticks until it serves, then `syncLimit`."""
        ticks = self.options.sync_limit if self.is_serving(s) else self.options.init_limit
        return Span(self.options.tick.high * ticks)
