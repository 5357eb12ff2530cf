"""ZooKeeper with one bug in it, each one override from the right code."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from protocols.actor import Actor, Effects
from protocols.zab.messages import Txn
from protocols.zookeeper.actor import ZooKeeper
from protocols.zookeeper.apply import Applied
from protocols.zookeeper.connections import waits
from protocols.zookeeper.messages import Connect
from protocols.zookeeper.sessions import password_of
from protocols.zookeeper.state import ZooKeeperState
from protocols.zookeeper.transactions import CloseSessionTxn, Transaction


class ReadsOvertake(ZooKeeper):
    """Answers a read at once, though writes of the same session are under way."""

    def answer_reads(self, s: ZooKeeperState, src: str, out: Effects) -> None:
        link = s.clients.get(src)
        for asked in link.requests if link else ():
            if not waits(asked.operation) and src in s.clients:
                link = s.clients[src]
                rest = tuple(other for other in link.requests if other is not asked)
                s.clients = {**s.clients, src: replace(link, requests=rest)}
                self.answer_read(s, src, asked, out)


class EphemeralsStay(ZooKeeper):
    """Forgets a session's ephemeral nodes when it is closed."""

    def prepare(self, s: ZooKeeperState, request: object, zxid: int, out: Effects) -> Transaction:
        txn = super().prepare(s, request, zxid, out)  # type: ignore[arg-type]
        if isinstance(txn.body, CloseSessionTxn):
            return replace(txn, body=replace(txn.body, paths=()))
        return txn


class OwnTime(ZooKeeper):
    """Stamps a node with the time at which it is executed, not with the leader's when it was proposed."""

    def execute(self, s: ZooKeeperState, txn: Txn) -> Applied:
        own = replace(txn.command, time=txn.command.time + self.sid[self.me])
        return super().execute(s, replace(txn, command=own))


class TakesAnybody(ZooKeeper):
    """Takes a client that has seen more than this server has."""

    def on_connect(self, s: ZooKeeperState, src: str, m: Connect, out: Effects) -> None:
        super().on_connect(s, src, replace(m, last_zxid=0), out)


class AsksNobody(ZooKeeper):
    """Lets a client go on with its session without asking the leader whether it is still there."""

    def revalidate(self, s: ZooKeeperState, src: str, m: Connect, out: Effects) -> None:
        self.session_checked(s, m.session, valid=m.password == password_of(m.session), out=out)


class KeepsConnection(ZooKeeper):
    """Does not tell a client that its session is over."""

    def applied(self, s: ZooKeeperState, txn: Txn, applied: Applied, out: Effects) -> None:
        expired = isinstance(txn.command.body, CloseSessionTxn) and not txn.command.cxid
        nobodys = replace(txn.command, session=0) if expired else txn.command
        super().applied(s, replace(txn, command=nobodys), applied, out)


class EventsAfter(ZooKeeper):
    """Answers a write before it tells of the watches that it has fired."""

    def applied(self, s: ZooKeeperState, txn: Txn, applied: Applied, out: Effects) -> None:
        super().applied(s, txn, replace(applied, changes=()), out)
        super().applied(s, replace(txn, command=replace(txn.command, session=0)), applied, out)


MUTANTS: dict[str, tuple[type[Actor[Any, Any]], str]] = {
    "zookeeper-reads-overtake": (ReadsOvertake, "zookeeper-fifo"),
    "zookeeper-ephemerals-stay": (EphemeralsStay, "zookeeper-ephemerals-owned"),
    "zookeeper-own-time": (OwnTime, "zookeeper-trees-agree"),
    "zookeeper-takes-anybody": (TakesAnybody, "zookeeper-single-image"),
    "zookeeper-asks-nobody": (AsksNobody, "zookeeper-sessions-open"),
    "zookeeper-keeps-connection": (KeepsConnection, "zookeeper-sessions-open"),
    "zookeeper-events-after": (EventsAfter, "zookeeper-events-first"),
}
