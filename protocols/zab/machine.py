"""The state machine that the ensemble replicates, and all that ZAB asks of it.

ZAB does not look into a transaction. A service on top of it (a tree of znodes, say) is a subclass that
replaces these methods and adds the fields it needs to the state; nothing else in this folder changes.
"""

from __future__ import annotations

from protocols.actor import Actor
from protocols.key_value import Command, Session, execute
from protocols.zab.messages import Snapshot, Txn
from protocols.zab.state import ZabOptions, ZabState


class Machine(Actor[ZabState, ZabOptions]):
    """The key-value store: a transaction is the client's command, executed once."""

    def is_write(self, command: Command) -> bool:
        """Whether it must go through the leader; any server answers the others by itself."""
        return command.op != "get"

    def prepare(self, s: ZabState, command: Command) -> Command:
        """What the leader makes of a request before it gets its zxid (ZooKeeper: PrepRequestProcessor)."""
        return command

    def execute(self, s: ZabState, txn: Txn) -> str | None:
        """Apply a transaction to the database in memory; gives what the client is told."""
        s.data, s.sessions, result = execute(s.data, s.sessions, txn.command)
        return result

    def read(self, s: ZabState, command: Command) -> str | None:
        return s.data.get(command.key)

    def executed(self, s: ZabState, command: Command) -> Session | None:
        """The session of a client whose command, or a later one, has been executed."""
        session = s.sessions.get(command.client)
        return session if session is not None and session.serial >= command.serial else None

    def take_snapshot(self, s: ZabState) -> Snapshot:
        return Snapshot(s.last_processed, s.data, s.sessions)

    def load_snapshot(self, s: ZabState, snapshot: Snapshot) -> None:
        s.data, s.sessions = snapshot.data, snapshot.sessions
        s.last_processed = snapshot.zxid

    def size(self, s: ZabState) -> int:
        """How large a snapshot would be, counted in transactions: one for every key."""
        return len(s.data)
