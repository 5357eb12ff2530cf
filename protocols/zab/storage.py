"""A server's disk and its database: the transaction log, snapshots, and what is in memory of them.

The log is written before anything is acknowledged. The database in memory holds the snapshot and the log up
to `last_processed`; while a server serves, that is what is committed, and when it leaves its leader, or is
switched on, it is everything in its log, committed or not: its history, by which it is judged in elections.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import msgspec

from protocols.actor import Effects
from protocols.zab.machine import Machine
from protocols.zab.messages import Txn, make_zxid, shown
from protocols.zab.state import S

Log = tuple[Txn, ...]


def position(log: Log, zxid: int) -> int:
    """How many transactions of `log` are not behind `zxid`. Within an epoch zxids are consecutive."""
    at = len(log) - (log[-1].zxid - zxid) if log else 0
    if 0 < at <= len(log) and log[at - 1].zxid == zxid:
        return at
    return bisect_right(log, zxid, key=lambda txn: txn.zxid)


class Storage(Machine[S]):
    """What a server does with its own disk and memory, nobody else involved."""

    def initial(self, durable: Mapping[str, Any]) -> S:
        """`durable` may give acceptedEpoch, currentEpoch, connection, log and snapshot.

        Raises ValueError for what no run could have left on a disk.
        """
        values = dict(durable)
        values["log"] = tuple(self.read_txn(item) for item in read_list(values.get("log", [])))
        if "snapshot" in values:
            values["snapshot"] = self.read_snapshot(values["snapshot"])
        s = msgspec.convert(values, self.state, strict=True)
        zxids = [s.snapshot.zxid, *(txn.zxid for txn in s.log)]
        if s.log and any(a >= b for a, b in pairwise(zxids[1:])):
            raise ValueError("the zxids of a log always rise")
        if not s.accepted_epoch >= s.current_epoch >= max(zxids) >> 32:
            raise ValueError("acceptedEpoch >= currentEpoch >= the epoch of the last zxid, always")
        return s

    # --- the log and the snapshot on disk -----------------------------------------------------------------

    def last_logged(self, s: S) -> int:
        return s.log[-1].zxid if s.log else s.snapshot.zxid

    def append(self, s: S, txns: Log) -> None:
        """Add to the log; the caller saves before it tells anybody."""
        s.log += txns

    def truncate(self, s: S, zxid: int, out: Effects) -> None:
        """Cut what follows `zxid`, on disk, and read the database anew: memory had executed the rest."""
        s.log = s.log[: position(s.log, zxid)]
        out.save(s)
        self.load_database(s)

    def snapshot_if_due(self, s: S, out: Effects) -> None:
        """After so many transactions, a snapshot; the log keeps what follows the one before, and what the
        committed log needs."""
        last, end = position(s.log, s.snapshot.zxid), position(s.log, s.committed)
        if end - last < self.options.snapshot_every:
            return
        s.snapshot = self.take_snapshot(s)
        behind = max(0, min(last, end - self.options.committed_log))
        s.log = s.log[behind:]
        out.save(s)
        out.explain("snapshot-taken", zxid=shown(s.snapshot.zxid), purged=behind)

    # --- the database in memory ---------------------------------------------------------------------------

    def load_database(self, s: S) -> None:
        """The latest snapshot, and on it the whole log."""
        self.load_snapshot(s, s.snapshot)
        self.fast_forward(s)

    def fast_forward(self, s: S) -> None:
        """Execute what is in the log and not yet in memory, committed or not (ZOOKEEPER-2845)."""
        for txn in s.log[position(s.log, s.last_processed) :]:
            self.execute(s, txn)
            s.last_processed = txn.zxid

    def committed_log(self, s: S) -> Log:
        """The latest transactions in the database, at most so many: what a DIFF is taken from."""
        end = position(s.log, s.last_processed)
        return s.log[max(0, end - self.options.committed_log) : end]


# --- how people write what is on a disk ---------------------------------------------------------------------


def read_list(items: Any) -> list[Any]:
    if not isinstance(items, list | tuple):
        raise ValueError("a log is a list of transactions")
    return list(items)


def read_zxid(text: Any) -> int:
    epoch, dot, counter = str(text).partition(".")
    if not (isinstance(text, str) and dot and epoch.isdecimal() and counter.isdecimal()):
        raise ValueError(f'a zxid is written "epoch.counter", like "1.3", not {text!r}')
    return make_zxid(int(epoch), int(counter))
