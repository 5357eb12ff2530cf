"""What must be true of the store's nodes, whatever N, W and R are. Clients have laws of their own
(client_laws.py).
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any, Self

from protocols.law import Law
from protocols.quorum.state import QuorumOptions, QuorumState, Work
from protocols.quorum.versions import Stamp, Version, Versions, covers, includes

Broken = dict[str, Any] | None

REMEMBERED = 2_000
"""So many of the latest writes, and promises, are kept in mind."""


def latest(table: dict[Any, Any], most: int = REMEMBERED) -> None:
    """Forget the oldest entry, if there are too many."""
    if len(table) > most:
        del table[next(iter(table))]


class QuorumLaw(Law[QuorumState]):
    """A law that must know the store's options."""

    def __init__(self, options: QuorumOptions) -> None:
        self.options = options

    @classmethod
    def of(cls, options: Any) -> Self | None:
        return cls(options)

    def copy(self) -> Self:
        """Its tables are its own; what is in them is never changed in place."""
        twin = copy.copy(self)
        for name, value in vars(self).items():
            if isinstance(value, dict):
                setattr(twin, name, value.copy())
        return twin


class Stores(QuorumLaw):
    """A law that looks at what nodes have, and at what coordinators were told."""

    def __init__(self, options: QuorumOptions) -> None:
        super().__init__(options)
        self.stores: dict[str, dict[str, Versions]] = {}

    def has(self, node: str, key: str, stamp: Stamp) -> bool:
        """It has this write of the key, or one that replaced it."""
        return includes(self.options.versions, self.stores.get(node, {}).get(key, ()), stamp)


def changed_work(s: QuorumState, before: Mapping[str, Any]) -> Iterator[tuple[Work | None, Work]]:
    """The operations that the coordinator has got on with: as they were, and as they are."""
    earlier = before.get("working", s.working)
    now = [*s.working.values(), *([s.done] if s.done and "done" in before else [])]
    for work in now:
        old = earlier.get(f"{work.command.client}/{work.command.serial}")
        if old is not work:
            yield old, work


def own_version(work: Work) -> Version | None:
    """The version that this write has made."""
    c = work.command
    return next((v for v in work.versions if (v.client, v.serial) == (c.client, c.serial)), None)


class Durable(Stores):
    """What a node has acknowledged it keeps, whatever happens to it, until something replaces it; a node that
    stands in for another, until that one has it (sections 4.5 and 4.6)."""

    id = "quorum-durable"
    section = "§4.5"
    fields = frozenset({"store", "working", "done"})

    def __init__(self, options: QuorumOptions) -> None:
        super().__init__(options)
        self.promised: dict[tuple[str, str], dict[Stamp, tuple[str, str]]] = {}
        """For each node and key: the writes that it has acknowledged, with their values, and for whom."""

    def judge(self, node: str, s: QuorumState, before: Mapping[str, Any]) -> Broken:
        self.stores[node] = s.store
        concerned = [node] if "store" in before else []
        for old, work in changed_work(s, before):
            if work.phase != "read":
                known = old.quorum if old and old.phase == work.phase else ()
                for other in work.quorum:
                    if (other not in known) != (other == node):  # its own copy is on disk when it goes on
                        self.promise(other, work)
                        concerned.append(other)
        broken = (self.forgotten(other) for other in dict.fromkeys(concerned))
        return next((found for found in broken if found), None)

    def promise(self, node: str, work: Work) -> None:
        key = work.command.key
        kept = dict(self.promised.get((node, key), {}))
        for v in work.versions:
            kept[v.stamp] = (v.value, work.stood_in.get(node, ""))
        self.promised[node, key] = kept

    def forgotten(self, node: str) -> Broken:
        """Something that `node` has promised and does not have; what was replaced needs no promise."""
        for (other, key), promises in self.promised.items():
            if other != node:
                continue
            for stamp, (value, home) in promises.items():
                if not self.has(node, key, stamp) and not (home and self.has(home, key, stamp)):
                    return {"node": node, "key": key, "value": value}
            held = {v.stamp for v in self.stores.get(node, {}).get(key, ())}
            if len(promises) > len(held):
                self.promised[node, key] = {
                    stamp: promise for stamp, promise in promises.items() if stamp in held
                }
        return None


class Written(Stores):
    """A write is acknowledged to its client once W nodes have it: different ones, and under a strict quorum
    replicas of the key (section 4.5)."""

    id = "quorum-written"
    section = "§4.5"
    fields = frozenset({"store", "working", "done"})

    def judge(self, node: str, s: QuorumState, before: Mapping[str, Any]) -> Broken:
        self.stores[node] = s.store
        for old, work in changed_work(s, before):
            version = own_version(work) if work.phase == "write" else None
            if version is None or not work.answered or (old is not None and old.answered):
                continue
            key = work.command.key
            replicas = [n for n in work.asked if n not in work.stood_in]
            able = sorted(self.stores) if self.options.sloppy else replicas
            have = [n for n in able if self.has(n, key, version.stamp)]
            if len(have) < work.need:
                return {
                    "node": node, "key": key, "value": version.value, "have": len(have), "need": work.need
                }  # fmt: skip
        return None


class VersionUnique(QuorumLaw):
    """A number of a coordinator names one write (section 4.4)."""

    id = "quorum-version-unique"
    section = "§4.4"
    fields = frozenset({"store"})

    def __init__(self, options: QuorumOptions) -> None:
        super().__init__(options)
        self.writes: dict[tuple[str, int], Version] = {}

    def judge(self, node: str, s: QuorumState, before: Mapping[str, Any]) -> Broken:
        for key, versions in s.store.items():
            if before["store"].get(key) is versions:
                continue
            for v in versions:
                if not v.stamp.node:
                    continue  # it was there before time began
                dot = (v.stamp.node, v.stamp.counter)
                if node != v.stamp.node:  # its own may not be on disk yet
                    self.writes.setdefault(dot, v)
                    latest(self.writes)
                first = self.writes.get(dot, v)
                if (first.client, first.serial, first.value) != (v.client, v.serial, v.value):
                    return {"node": dot[0], "number": dot[1], "first": first.value, "second": v.value}
        return None


class SiblingsConcurrent(QuorumLaw):
    """Siblings have not seen one another (section 4.4)."""

    id = "quorum-siblings-concurrent"
    section = "§4.4"
    fields = frozenset({"store"})

    @classmethod
    def of(cls, options: Any) -> Self | None:
        return cls(options) if options.versions == "vector-clock" else None

    def judge(self, node: str, s: QuorumState, before: Mapping[str, Any]) -> Broken:
        for key, versions in s.store.items():
            if len(versions) > 1 and before["store"].get(key) is not versions:
                for older in versions:
                    for newer in versions:
                        if covers(newer.past, older.stamp):
                            return {"node": node, "key": key, "older": older.value, "newer": newer.value}
        return None


LAWS: tuple[type[Law[Any]], ...] = (Durable, Written, VersionUnique, SiblingsConcurrent)
