"""What primary-order atomic broadcast promises (paper, PO atomic broadcast), and three promises more.

What a server *delivers* is what it holds up to `committed`: transactions in the order of its log, behind its
snapshot. A primary *broadcasts* what an established leader adds to its log. All laws share one way to look
at this: the ledger of everything delivered by anybody, in the order of the first delivery.

A server that crashes forgets what it has delivered, and delivers its history anew: that is not judged as
taking anything back.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from typing import Any, Self

from protocols.law import Law, Ledger
from protocols.zab.messages import Txn, counter_of, epoch_of, make_zxid, shown
from protocols.zab.state import ZabState
from protocols.zab.storage import Log, position

Broken = dict[str, Any] | None


def delivered_now(s: ZabState, before: Mapping[str, Any]) -> Iterator[tuple[Txn | int, Txn]]:
    """The transactions that a server has just delivered, each with the one that it delivered before
    (or the zxid of its snapshot, where it knows no more)."""
    if "committed" not in before or s.committed <= before["committed"]:
        return
    log = with_purged(s, before)
    for at in range(position(log, before["committed"]), position(log, s.committed)):
        first = min(s.snapshot.zxid, log[at].zxid - 1)
        yield (log[at - 1] if at else first), log[at]


def with_purged(s: ZabState, before: Mapping[str, Any]) -> Log:
    """The log, and before it what one event has both delivered and purged: an acknowledgement that two
    transactions waited for may commit both, and a snapshot follow each. Only of a leader can it be said
    that what is gone was purged, not cut; and nobody delivers before the leader does."""
    old: Log = before.get("log", ())
    if s.role != "leading" or not (old and s.log):
        return s.log
    return old[: position(old, s.log[0].zxid - 1)] + s.log


def broadcast_now(s: ZabState, before: Mapping[str, Any]) -> tuple[Txn, ...]:
    """The transactions that a primary has just added to its log."""
    if s.role != "leading" or s.phase != "broadcast" or "log" not in before:
        return ()
    last = before["log"][-1].zxid if before["log"] else 0
    return tuple(t for t in s.log[position(s.log, last) :] if epoch_of(t.zxid) == s.current_epoch)


def zxid_of(txn: Txn) -> int:
    return txn.zxid


def holds(log: Log, snapshot: int, txn: Txn) -> bool:
    """Whether `txn` is in this history: in the log, or covered by the snapshot where the log begins later."""
    at = position(log, txn.zxid)
    return log[at - 1] == txn if at else txn.zxid <= snapshot


class Deliveries:
    """The ledger: what has been delivered, in the order of the first delivery; zxids may only be looked up
    while they rise, which is what a law watches over."""

    def __init__(self) -> None:
        self.ledger: Ledger[Txn] = Ledger()

    def place(self, zxid: int) -> int | None:
        """Within an epoch zxids are consecutive."""
        known = len(self.ledger)
        at = known - 1 - (self.ledger[known - 1].zxid - zxid) if known else 0
        if 0 <= at < known and self.ledger[at].zxid == zxid:
            return at
        at = bisect_left(self.ledger, zxid, key=zxid_of)
        return at if at < len(self.ledger) and self.ledger[at].zxid == zxid else None

    def after(self, previous: Txn | int) -> int:
        """The place that follows `previous`: a transaction, or a snapshot of everything up to a zxid."""
        zxid = previous if isinstance(previous, int) else previous.zxid
        return bisect_right(self.ledger, zxid, key=zxid_of)

    def note(self, previous: Txn | int, txn: Txn) -> None:
        if self.after(previous) == len(self.ledger) and self.place(txn.zxid) is None:
            self.ledger.add(txn)

    def copy(self) -> Deliveries:
        twin = Deliveries()
        twin.ledger = self.ledger.copy()
        return twin


class Watching(Law[ZabState]):
    """A law about deliveries: judged for each, then noted."""

    section = "PO broadcast"
    fields = frozenset({"committed"})

    def __init__(self) -> None:
        self.seen = Deliveries()

    def judge(self, node: str, s: ZabState, before: Mapping[str, Any]) -> Broken:
        for previous, txn in delivered_now(s, before):
            broken = self.delivers(node, previous, txn)
            if broken:
                return broken
            self.seen.note(previous, txn)
        return None

    def delivers(self, node: str, previous: Txn | int, txn: Txn) -> Broken:
        raise NotImplementedError

    def copy(self) -> Self:
        twin = self.__class__()
        twin.seen = self.seen.copy()
        return twin


class Integrity(Law[ZabState]):
    """What is delivered has been broadcast, by the primary of its epoch, as it is delivered.

    What is on a disk when the run begins counts as broadcast.
    """

    id = "zab-integrity"
    section = "PO broadcast"
    fields = frozenset({"log", "committed"})

    def __init__(self) -> None:
        self.broadcast: dict[int, Ledger[Txn]] = {}
        """By epoch, in the order of zxids."""
        self.found: frozenset[Txn] = frozenset()

    def judge(self, node: str, s: ZabState, before: Mapping[str, Any]) -> Broken:
        if s.round == 1 and before.get("round") == 0 and "log" in before:  # it is switched on
            self.found |= frozenset(s.log)
        for txn in broadcast_now(s, before):
            self.broadcast.setdefault(epoch_of(txn.zxid), Ledger()).add(txn)
        for _, txn in delivered_now(s, before):
            if not self.was_broadcast(txn) and txn not in self.found:
                return {"node": node, "zxid": shown(txn.zxid)}
        return None

    def was_broadcast(self, txn: Txn) -> bool:
        ledger = self.broadcast.get(epoch_of(txn.zxid), ())
        at = bisect_left(ledger, txn.zxid, key=zxid_of)
        return at < len(ledger) and ledger[at] == txn

    def copy(self) -> Self:
        twin = self.__class__()
        twin.broadcast = {epoch: ledger.copy() for epoch, ledger in self.broadcast.items()}
        twin.found = self.found
        return twin


class Agreement(Watching):
    """Of any two transactions delivered by two servers, one of the two delivers the other's too: what a
    server delivers as nobody before it did comes after everything that anybody has delivered."""

    id = "zab-agreement"

    def delivers(self, node: str, previous: Txn | int, txn: Txn) -> Broken:
        place = self.seen.place(txn.zxid)
        if place is not None:
            return None if self.seen.ledger[place] == txn else self.broken(node, txn, place)
        after = self.seen.after(previous)
        return None if after == len(self.seen.ledger) else self.broken(node, txn, after)

    def broken(self, node: str, txn: Txn, place: int) -> Broken:
        return {"node": node, "zxid": shown(txn.zxid), "other": shown(self.seen.ledger[place].zxid)}


class TotalOrder(Watching):
    """If anybody delivers one transaction before another, whoever delivers the second has delivered the
    first before it."""

    id = "zab-total-order"

    def delivers(self, node: str, previous: Txn | int, txn: Txn) -> Broken:
        place, after = self.seen.place(txn.zxid), self.seen.after(previous)
        if place is None or place == after:
            return None
        missing = self.seen.ledger[min(place, after)]
        return {"node": node, "zxid": shown(txn.zxid), "missing": shown(missing.zxid)}


class LocalPrimaryOrder(Watching):
    """Of one primary's transactions a server delivers every one before the next."""

    id = "zab-local-primary-order"

    def delivers(self, node: str, previous: Txn | int, txn: Txn) -> Broken:
        zxid = previous if isinstance(previous, int) else previous.zxid
        if counter_of(txn.zxid) == 1 or zxid == txn.zxid - 1:
            return None
        return {"node": node, "zxid": shown(txn.zxid), "missing": shown(txn.zxid - 1)}


class GlobalPrimaryOrder(Watching):
    """What an earlier primary has broadcast is delivered before what a later one has."""

    id = "zab-global-primary-order"

    def delivers(self, node: str, previous: Txn | int, txn: Txn) -> Broken:
        zxid = previous if isinstance(previous, int) else previous.zxid
        if zxid < txn.zxid:
            return None
        return {"node": node, "zxid": shown(txn.zxid), "previous": shown(zxid)}


class PrimaryIntegrity(Law[ZabState]):
    """Before a primary broadcasts, it has delivered all of earlier epochs that anybody ever delivers."""

    id = "zab-primary-integrity"
    section = "PO broadcast"
    fields = frozenset({"log", "committed"})

    def __init__(self) -> None:
        self.seen = Deliveries()
        self.began: dict[int, tuple[str, Log, int]] = {}
        """For each epoch in which something has been broadcast: the primary, its log and snapshot then."""

    def judge(self, node: str, s: ZabState, before: Mapping[str, Any]) -> Broken:
        for previous, txn in delivered_now(s, before):
            if self.seen.place(txn.zxid) is None:
                for epoch, (primary, log, snapshot) in self.began.items():
                    if epoch > epoch_of(txn.zxid) and not holds(log, snapshot, txn):
                        return {"node": primary, "epoch": epoch, "zxid": shown(txn.zxid)}
            self.seen.note(previous, txn)
        if s.current_epoch in self.began or not broadcast_now(s, before):
            return None
        self.began = {**self.began, s.current_epoch: (node, s.log, s.snapshot.zxid)}
        return self.begins(node, s)

    def begins(self, node: str, s: ZabState) -> Broken:
        """The history of a primary at its first broadcast holds the last that was delivered before its
        epoch, and so all: the other laws see to that."""
        at = self.seen.after(make_zxid(s.current_epoch))
        if at == 0 or holds(s.log, s.snapshot.zxid, self.seen.ledger[at - 1]):
            return None
        return {"node": node, "epoch": s.current_epoch, "zxid": shown(self.seen.ledger[at - 1].zxid)}

    def copy(self) -> Self:
        twin = self.__class__()
        twin.seen, twin.began = self.seen.copy(), self.began
        return twin


class CommittedKept(Law[ZabState]):
    """A server never takes a transaction that it has delivered out of its history again."""

    id = "zab-committed-kept"
    section = "phase 2"
    fields = frozenset({"log", "snapshot", "committed"})

    def __init__(self) -> None:
        self.delivered: dict[str, Txn] = {}
        """For each server, the last transaction that it has delivered since it was switched on."""

    def judge(self, node: str, s: ZabState, before: Mapping[str, Any]) -> Broken:
        if s.round == 0:  # it has crashed
            self.delivered.pop(node, None)
        last = self.delivered.get(node)
        if last is not None and not holds(s.log, s.snapshot.zxid, last):
            return {"node": node, "zxid": shown(last.zxid)}
        at = position(s.log, s.committed)
        if at:
            self.delivered[node] = s.log[at - 1]
        return None

    def copy(self) -> Self:
        twin = self.__class__()
        twin.delivered = self.delivered.copy()
        return twin


class OneLeader(Law[ZabState]):
    """At most one leader is established in an epoch."""

    id = "zab-one-leader"
    section = "phase 1"
    fields = frozenset({"role", "phase", "current_epoch"})

    def __init__(self) -> None:
        self.leaders: dict[int, str] = {}

    def judge(self, node: str, s: ZabState, before: Mapping[str, Any]) -> Broken:
        if s.role != "leading" or s.phase != "broadcast":
            return None
        first = self.leaders.setdefault(s.current_epoch, node)
        return None if first == node else {"epoch": s.current_epoch, "first": first, "second": node}

    def copy(self) -> Self:
        twin = self.__class__()
        twin.leaders = self.leaders.copy()
        return twin


LAWS = (
    Integrity,
    Agreement,
    TotalOrder,
    LocalPrimaryOrder,
    GlobalPrimaryOrder,
    PrimaryIntegrity,
    CommittedKept,
    OneLeader,
)
