"""The service `zab`: the key-value store, replicated by ZAB, and how its clients are served.

Any server takes a client's request, forwards a write to the leader, and answers when it has executed it
itself; a read it answers at once from its own database, which may be behind. A `sync` before a read waits for
what was committed. A command is executed once, however often it is asked for (`key_value.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from protocols.actor import Effects, Persistent, Volatile
from protocols.client import ClientReply, ClientRequest
from protocols.key_value import Command, Data, Session, Sessions, execute
from protocols.zab.broadcast import Broadcast
from protocols.zab.messages import Request, Snapshot, Txn, shown
from protocols.zab.state import ZabState
from protocols.zab.storage import read_zxid


class StoreSnapshot(Snapshot, frozen=True):
    """The store, and what came out of each client's last command."""

    data: Data = {}
    sessions: Sessions = {}


class StoreState(ZabState):
    snapshot: Persistent[StoreSnapshot] = StoreSnapshot()
    data: Volatile[Data] = {}
    sessions: Volatile[Sessions] = {}
    waiting: Volatile[dict[str, int]] = {}


class Store(Broadcast[StoreState]):
    """A transaction is a client's command."""

    state = StoreState

    # --- clients ------------------------------------------------------------------------------------------

    def on_client_request(self, s: StoreState, src: str, m: ClientRequest, out: Effects) -> None:
        c = m.command
        session = self.executed(s, c)
        if not self.is_serving(s):
            out.explain("not-serving", client=src, phase=s.phase)
            out.send(src, ClientReply(c.serial, "redirect"))
        elif c.op == "sync":
            self.ask_sync(s, c.client, c.serial, out)
        elif c.op == "get":
            out.explain("read-locally", client=src, op=c, zxid=shown(s.last_processed))
            out.send(src, ClientReply(c.serial, "ok", s.data.get(c.key)))
        elif session is not None:
            out.explain("already-executed", client=src, serial=c.serial)
            out.send(src, ClientReply(c.serial, "ok", session.result))
        elif s.waiting.get(c.client) == c.serial:
            out.explain("already-forwarded", client=src, serial=c.serial)
        else:
            s.waiting = {**s.waiting, c.client: c.serial}
            self.submit(s, c, out)

    def on_request(self, s: StoreState, src: str, m: Request, out: Effects) -> None:
        c = m.command
        if self.executed(s, c) or any(is_same(c, txn.command) for txn in self.outstanding(s)):
            out.explain("already-proposed", server=src, client=c.client, serial=c.serial)
        else:
            super().on_request(s, src, m, out)

    def executed(self, s: StoreState, command: Command) -> Session | None:
        """The session of a client whose command, or a later one, has been executed."""
        session = s.sessions.get(command.client)
        return session if session is not None and session.serial >= command.serial else None

    def applied(self, s: StoreState, txn: Txn, result: Any, out: Effects) -> None:
        """Answer the client, if it asked this server."""
        c = txn.command
        if s.waiting.get(c.client) == c.serial:
            s.waiting = {k: v for k, v in s.waiting.items() if k != c.client}
            out.explain("answer", client=c.client, op=c, result=result)
            out.send(c.client, ClientReply(c.serial, "ok", result))

    def synced(self, s: StoreState, client: str, serial: int, out: Effects) -> None:
        out.send(client, ClientReply(serial, "ok"))

    def lost(self, s: StoreState, out: Effects) -> None:
        """Whoever waits for an answer asks again, somebody."""
        s.waiting = {}

    # --- the state machine --------------------------------------------------------------------------------

    def execute(self, s: StoreState, txn: Txn) -> str | None:
        s.data, s.sessions, result = execute(s.data, s.sessions, txn.command)
        return result

    def take_snapshot(self, s: StoreState) -> StoreSnapshot:
        return StoreSnapshot(s.last_processed, s.data, s.sessions)

    def load_snapshot(self, s: StoreState, snapshot: StoreSnapshot) -> None:
        s.data, s.sessions = snapshot.data, snapshot.sessions
        s.last_processed = snapshot.zxid

    def size(self, s: StoreState) -> int:
        """One for every key."""
        return len(s.data)

    def read_txn(self, item: Any) -> Txn:
        """A zxid such as "1.3", or a table of zxid and command."""
        if isinstance(item, str):
            item = {"zxid": item}
        if not isinstance(item, Mapping) or not set(item) <= {"zxid", "command"} or "zxid" not in item:
            raise ValueError(f'a transaction is a zxid or {{ zxid = "1.3", command = "x=3" }}, not {item!r}')
        key, _, value = str(item.get("command", f"z={item['zxid']}")).partition("=")
        return Txn(read_zxid(item["zxid"]), Command("put", key.strip(), value.strip()))

    def read_snapshot(self, item: Any) -> StoreSnapshot:
        """A table of zxid and data."""
        if not isinstance(item, Mapping) or set(item) - {"zxid", "data"} or "zxid" not in item:
            raise ValueError('a snapshot is a table like { zxid = "1.3", data = { x = "3" } }')
        return StoreSnapshot(read_zxid(item["zxid"]), msgspec.convert(item.get("data", {}), dict[str, str]))


def is_same(a: Command, b: Command) -> bool:
    return (a.client, a.serial) == (b.client, b.serial)
