"""Anti-entropy (section 4.7): replicas compare what they have, from time to time, and exchange what differs.

Dynamo compares Merkle trees, one for each range of keys; here a digest names each key and the writes that are
held of it: a tree of one level.
"""

from __future__ import annotations

from protocols.actor import Effects
from protocols.quorum.handoff import HintedHandoff
from protocols.quorum.messages import Difference, Digest
from protocols.quorum.replica import same
from protocols.quorum.state import QuorumState
from protocols.quorum.versions import Stamp, Versions, stamps_of


class AntiEntropy(HintedHandoff):
    """Digests first, then what differs."""

    def start(self, s: QuorumState, out: Effects) -> None:
        super().start(s, out)
        if self.options.anti_entropy and self.peers:
            out.set_timer("exchange", self.options.anti_entropy)

    def on_exchange_timeout(self, s: QuorumState, out: Effects) -> None:
        """Compare with one other node, each in its turn."""
        if self.options.anti_entropy is None:
            return
        peer = self.peers[s.partner % len(self.peers)]
        s.partner += 1
        out.set_timer("exchange", self.options.anti_entropy)
        digest = self.digest(s, peer)
        out.explain("compares", peer=peer, keys=len(digest))
        out.send(peer, Digest(digest))

    def digest(self, s: QuorumState, peer: str) -> dict[str, tuple[Stamp, ...]]:
        return {key: stamps_of(s.store[key]) for key in sorted(s.store) if self.both_hold(key, peer)}

    def both_hold(self, key: str, peer: str) -> bool:
        replicas = self.replicas(key)
        return self.me in replicas and peer in replicas

    def on_digest(self, s: QuorumState, src: str, m: Digest, out: Effects) -> None:
        """Send what differs: of keys that only the other has, nothing, which asks for them."""
        own = self.digest(s, src)
        differ = [key for key in sorted({*own, *m.keys}) if own.get(key, ()) != m.keys.get(key, ())]
        if not differ:
            out.explain("agrees", peer=src, keys=len(own))
            return
        out.explain("differs", peer=src, keys=tuple(differ))
        out.send(src, Difference({key: s.store.get(key, ()) for key in differ}))

    def on_difference(self, s: QuorumState, src: str, m: Difference, out: Effects) -> None:
        """Take what is new; give back what the other lacks."""
        changed = [key for key, versions in m.keys.items() if self.keep(s, key, versions, out)]
        out.explain("exchanged", peer=src, keys=tuple(changed))
        if changed:
            out.save(s)
        back: dict[str, Versions] = {
            key: s.store[key]
            for key, versions in m.keys.items()
            if key in s.store and not same(s.store[key], versions)
        }
        if back and not m.final:
            out.send(src, Difference(back, final=True))
