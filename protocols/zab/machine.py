"""The state machine that the ensemble replicates: all that ZAB asks of the service on top of it.

ZAB does not look into a transaction. A service (the key-value store of `store.py`, a tree of znodes) is a
subclass of `Broadcast` that fills these methods in, takes its clients' messages, and adds the fields it needs
to the state; nothing of ZAB changes. What it wants replicated it gives to `submit` (broadcast.py).
"""

from __future__ import annotations

from typing import Any

from protocols.actor import Actor, Effects
from protocols.zab.messages import Snapshot, Txn
from protocols.zab.state import S, ZabOptions


class Machine(Actor[S, ZabOptions]):
    """What a service must say, and what it may."""

    state: type[S]
    """The class of its state."""

    # --- transactions -------------------------------------------------------------------------------------

    def prepare(self, s: S, command: Any, zxid: int, out: Effects) -> Any:
        """What the leader makes of a request that gets this zxid (ZooKeeper: PrepRequestProcessor)."""
        return command

    def execute(self, s: S, txn: Txn) -> Any:
        """Apply a transaction to the database in memory, and give what came out. It may be one from the log
        that is not committed: nobody is told anything here."""
        raise NotImplementedError

    def applied(self, s: S, txn: Txn, result: Any, out: Effects) -> None:
        """A committed transaction has been executed: tell those who wait for it at this server."""

    def told(self, what: Any) -> Any:
        """What the rules' sentences say of a request, of a transaction's body, or of what came out of it."""
        return what

    # --- snapshots ----------------------------------------------------------------------------------------

    def take_snapshot(self, s: S) -> Snapshot:
        raise NotImplementedError

    def load_snapshot(self, s: S, snapshot: Any) -> None:
        """Replace the database in memory, and `last_processed` with it."""
        raise NotImplementedError

    def size(self, s: S) -> int:
        """How large a snapshot would be, counted in transactions."""
        raise NotImplementedError

    # --- how people write what is on a disk ---------------------------------------------------------------

    def read_txn(self, item: Any) -> Txn:
        """Raises ValueError for what is none."""
        raise NotImplementedError

    def read_snapshot(self, item: Any) -> Snapshot:
        """Raises ValueError for what is none."""
        raise NotImplementedError

    # --- what comes and goes ------------------------------------------------------------------------------

    def established(self, s: S, out: Effects) -> None:
        """This server serves from now on: as the leader of an established epoch, or brought up to date."""

    def lost(self, s: S, out: Effects) -> None:
        """This server leaves its leader, or stops leading, or is switched on: `s` is still as it was."""

    def synced(self, s: S, client: str, serial: int, out: Effects) -> None:
        """What was committed or proposed when the sync was asked for has been executed here."""

    def take_touched(self, s: S) -> tuple[int, ...]:
        """The sessions that a learner has heard of since it last told its leader."""
        return ()

    def touch(self, s: S, learner: str, sessions: tuple[int, ...], out: Effects) -> None:
        """A learner has told its leader which sessions it has heard of."""
