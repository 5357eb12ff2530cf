"""Sloppy quorums and hinted handoff (section 4.6): when replicas do not answer, the next nodes on the ring
stand in for them. They keep the version with a hint for whom it is meant, and bring it home later.
"""

from __future__ import annotations

from msgspec.structs import replace

from protocols.actor import Effects
from protocols.quorum.coordinator import Coordinator, identity
from protocols.quorum.messages import Handoff, HandoffAck, StoreRequest
from protocols.quorum.state import Hint, QuorumState, Work
from protocols.quorum.versions import Stamp, Versions, spoken, stamps_of


class HintedHandoff(Coordinator):
    """Who stands in, and how it comes home."""

    def start(self, s: QuorumState, out: Effects) -> None:
        self.plan_handoff(s, out)

    # --- the coordinator ------------------------------------------------------------------------------------

    def ask_others(self, s: QuorumState, work: Work, out: Effects) -> None:
        key = work.command.key
        heard = work.answers if work.phase == "read" else work.quorum
        if work.phase == "read" and work.answered:
            return
        silent = [node for node in self.replicas(key) if node not in heard]
        if not self.options.sloppy:
            out.explain("asks-again", key=key, client=work.command.client, asked=self.replicas(key))
            self.fetch_from(self.replicas(key), work, out)
            return
        for home, fallback in zip(silent, self.fallbacks(key), strict=False):
            out.explain("stands-in", fallback=fallback, home=home, key=key)
            work = replace(work, asked=(*work.asked, fallback), stood_in={**work.stood_in, fallback: home})
            s.working = {**s.working, identity(work): work}
            if work.phase == "read":
                self.fetch_from((fallback,), work, out)
            elif fallback != self.me:
                out.send(fallback, StoreRequest(identity(work), key, work.versions, "write", home))
            if fallback == self.me:
                work = self.stand_in(s, work, home, out)

    def stand_in(self, s: QuorumState, work: Work, home: str, out: Effects) -> Work:
        """The next node on the ring is this one."""
        if work.phase == "read":
            self.read(s, self.told(work, self.me, s.store.get(work.command.key, ()), out), out)
        else:
            changed = self.keep(s, work.command.key, work.versions, out)
            if self.keep_hint(s, home, work.command.key, out) or changed:
                out.save(s)
            self.stored(s, self.me, work, out)
        return s.working.get(identity(work), work)

    # --- the fallback ---------------------------------------------------------------------------------------

    def keep_hint(self, s: QuorumState, home: str, key: str, out: Effects) -> bool:
        out.explain("keeps-hint", key=key, value=spoken(s.store[key]), home=home)
        hint = Hint(home, key)
        if hint in s.hints:
            return False
        s.hints += (hint,)
        self.plan_handoff(s, out)
        return True

    def plan_handoff(self, s: QuorumState, out: Effects) -> None:
        if s.hints and self.options.handoff:
            out.set_timer("handoff", self.options.handoff_every)

    def on_handoff_timeout(self, s: QuorumState, out: Effects) -> None:
        """Try to bring everything home; again and again, until it is acknowledged."""
        for hint in s.hints:
            self.hand_off(s, hint, out)
        self.plan_handoff(s, out)

    def hand_off(self, s: QuorumState, hint: Hint, out: Effects) -> None:
        held = s.store[hint.key]
        out.explain("hands-off", home=hint.home, key=hint.key, value=spoken(held))
        out.send(hint.home, Handoff(hint.key, held))

    def on_handoff_ack(self, s: QuorumState, src: str, m: HandoffAck, out: Effects) -> None:
        """Only now may the fallback let go, if it has not got more in the meantime."""
        hint = Hint(src, m.key)
        if hint not in s.hints or stamps_of(s.store[m.key]) != m.stamps:
            out.explain("hint-stays", home=src, key=m.key)
            return
        out.explain("hint-delivered", home=src, key=m.key)
        self.drop_hint(s, hint)
        out.save(s)
        if not s.hints:
            out.cancel_timer("handoff")

    def drop_hint(self, s: QuorumState, hint: Hint) -> None:
        """The copy goes with the last hint for its key, unless it is this node's own: a replica's, or that of
        a coordinator whose writes are in it."""
        s.hints = tuple(other for other in s.hints if other != hint)
        held, key = s.store[hint.key], hint.key
        stays = self.me in self.replicas(key) or any(other.key == key for other in s.hints)
        if not stays and not self.wrote(held):
            s.store = {k: versions for k, versions in s.store.items() if k != key}

    def wrote(self, versions: Versions) -> bool:
        """Some of this node's own writes are in there: later ones must travel with them."""
        return any(self.me == node for v in versions for node in (v.stamp.node, *(n for n, _ in v.past)))

    # --- the replica that was away --------------------------------------------------------------------------

    def on_handoff(self, s: QuorumState, src: str, m: Handoff, out: Effects) -> None:
        """What was kept for this node comes home."""
        if self.keep(s, m.key, m.versions, out):
            out.save(s)
        out.explain("comes-home", key=m.key, value=spoken(s.store[m.key]), by=src)
        out.send(src, HandoffAck(m.key, self.delivered(m)))

    def delivered(self, m: Handoff) -> tuple[Stamp, ...]:
        return stamps_of(m.versions)
