"""A replica: it keeps versions, and tells what it has (sections 4.4 and 4.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from protocols.actor import Actor, Effects, Impossible
from protocols.quorum.messages import Fetched, FetchRequest, Stored, StoreRequest
from protocols.quorum.ring import preference
from protocols.quorum.state import MODELS, QuorumOptions, QuorumState, read_store
from protocols.quorum.versions import Versions, clock_of, covers, merge, spoken, stamps_of


class Replica(Actor[QuorumState, QuorumOptions]):
    """Every node is one, for the keys whose preference list it heads."""

    @classmethod
    def check(cls, members: tuple[str, ...], options: QuorumOptions) -> None:
        if not 1 <= options.n <= len(members):
            raise Impossible("quorum-n", n=options.n, nodes=len(members))
        for name, level in (("W", options.w), ("R", options.r)):
            if not 1 <= level <= options.n:
                raise Impossible("quorum-level", level=name, value=level, n=options.n)
        for claim in options.claims:
            if claim not in MODELS:
                raise Impossible("quorum-claim", name=claim[:40], known=", ".join(MODELS))

    def initial(self, durable: Mapping[str, Any]) -> QuorumState:
        values = dict(durable)
        store = read_store(values.pop("store", {}))
        s = msgspec.convert(values, QuorumState, strict=True)
        s.store = store
        own = [v.stamp.counter for held in store.values() for v in held if v.stamp.node == self.me]
        s.counter = max([s.counter, *own])
        return s

    def restart(self, s: QuorumState, out: Effects) -> None:
        """What is on disk is there; what was being coordinated is not: nobody answers those clients."""
        out.explain("recovered", keys=len(s.store), hints=len(s.hints))
        self.start(s, out)

    # --- storing ------------------------------------------------------------------------------------------

    def on_store_request(self, s: QuorumState, src: str, m: StoreRequest, out: Effects) -> None:
        """Keep it, write it to disk, and only then acknowledge."""
        changed = self.keep(s, m.key, m.versions, out)
        if m.hint:
            changed = self.keep_hint(s, m.hint, m.key, out) or changed
        elif changed and m.purpose == "repair":
            out.explain("repaired", key=m.key, value=spoken(s.store[m.key]), by=src)
        elif changed:
            out.explain("stored", key=m.key, value=spoken(s.store[m.key]), by=src, write=m.operation)
        else:
            out.explain("has-it-already", key=m.key, value=spoken(s.store[m.key]), write=m.operation)
        if changed:
            out.save(s)
        if m.purpose != "repair":
            out.send(src, Stored(m.operation, m.key))

    def keep(self, s: QuorumState, key: str, versions: Versions, out: Effects) -> bool:
        """Merge `versions` into what is held of `key`; whether that changed anything. The caller saves."""
        held = s.store.get(key, ())
        kept = self.reconcile(held, versions)
        if self.options.versions == "last-write-wins":
            lost = tuple(
                v for v in (*held, *versions) if v.stamp.node and not covers(clock_of(kept), v.stamp)
            )
            if lost:
                out.explain("last-write-wins", key=key, kept=spoken(kept), lost=spoken(lost))
        if kept == held:
            return False
        s.store = {**s.store, key: kept}
        if len(kept) > max(1, len(held)):
            out.explain("siblings", key=key, values=spoken(kept), count=len(kept))
        return True

    def reconcile(self, *sets: Versions) -> Versions:
        return merge(self.options.versions, *sets)

    def keep_hint(self, s: QuorumState, home: str, key: str, out: Effects) -> bool:
        raise NotImplementedError

    # --- telling ------------------------------------------------------------------------------------------

    def on_fetch_request(self, s: QuorumState, src: str, m: FetchRequest, out: Effects) -> None:
        held = s.store.get(m.key, ())
        out.explain("tells", key=m.key, value=spoken(held), to=src)
        out.send(src, Fetched(m.operation, m.key, held))

    # --- helpers ------------------------------------------------------------------------------------------

    def replicas(self, key: str) -> tuple[str, ...]:
        """The N nodes that hold the key."""
        return preference(key, self.members)[: self.options.n]

    def fallbacks(self, key: str) -> tuple[str, ...]:
        """Who stands in for them, in this order."""
        return preference(key, self.members)[self.options.n :]


def same(a: Versions, b: Versions) -> bool:
    """Whether two sets hold the same writes."""
    return stamps_of(a) == stamps_of(b)
