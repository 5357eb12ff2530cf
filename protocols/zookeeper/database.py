"""The state machine that ZAB replicates here: the znode tree, and which sessions there are.

The leader turns every request into a transaction as soon as it comes (PrepRequestProcessor): it checks it
against the tree with everything proposed so far in it, and writes down the outcome, not the wish, so that
a transaction can be executed twice without harm. One that fails is a transaction too, and takes a zxid.
"""

from __future__ import annotations

from typing import Any

import msgspec

from protocols.actor import Effects
from protocols.zab.broadcast import Broadcast
from protocols.zab.messages import Txn
from protocols.zookeeper.apply import Applied, apply
from protocols.zookeeper.errors import Code
from protocols.zookeeper.operations import Operation
from protocols.zookeeper.prepare import prepare
from protocols.zookeeper.state import Database, Identity, ZooKeeperOptions, ZooKeeperState
from protocols.zookeeper.transactions import Body, CloseSessionTxn, CreateSessionTxn, ErrorTxn, Transaction

EPOCH_MS = 1_767_225_600_000
"""Virtual time 0, in milliseconds since 1970: the first of January 2026."""


class ClientWrite(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A request on its way to the leader: whose it is, and what the client's connection may do."""

    server: str
    session: int
    cxid: int
    operation: Operation
    identities: tuple[Identity, ...] = ()


class ZnodeDatabase(Broadcast[ZooKeeperState]):
    """What ZAB asks of its state machine (`zab/machine.py`)."""

    options: ZooKeeperOptions
    state = ZooKeeperState

    def __init__(self, me: str, members: tuple[str, ...], options: ZooKeeperOptions) -> None:
        super().__init__(me, members, options)
        self.tree_options = options.of_tree()

    # --- on the leader ------------------------------------------------------------------------------------

    def prepare(self, s: ZooKeeperState, request: ClientWrite, zxid: int, out: Effects) -> Transaction:
        """What `request` does; the leader's prepared tree has it from now on."""
        refusal = self.check_session(s, request, out)
        if refusal is not Code.OK:
            body: Body = ErrorTxn(refusal)
        else:
            op, identities = request.operation, request.identities
            body = prepare(s.prepared, op, request.session, identities, zxid, now_ms(out), self.tree_options)
        txn = Transaction(zxid, request.session, request.cxid, now_ms(out), body)
        s.prepared = apply(s.prepared, txn).tree
        return txn

    def check_session(self, s: ZooKeeperState, request: ClientWrite, out: Effects) -> Code:
        """Whether the session may write, and at that server (sessions.py)."""
        raise NotImplementedError

    # --- on every server ----------------------------------------------------------------------------------

    def execute(self, s: ZooKeeperState, txn: Txn) -> Applied:
        applied = apply(s.tree, txn.command)
        s.tree = applied.tree
        body = txn.command.body
        if isinstance(body, CreateSessionTxn):
            s.sessions = {**s.sessions, txn.command.session: body.timeout * 1000}
        elif isinstance(body, CloseSessionTxn):
            s.sessions = {k: v for k, v in s.sessions.items() if k != txn.command.session}
        return applied

    def take_snapshot(self, s: ZooKeeperState) -> Database:
        return Database(s.last_processed, s.tree, s.sessions)

    def load_snapshot(self, s: ZooKeeperState, snapshot: Database) -> None:
        s.tree, s.sessions, s.last_processed = snapshot.tree, snapshot.sessions, snapshot.zxid

    def size(self, s: ZooKeeperState) -> int:
        return len(s.tree)

    def told(self, what: Any) -> Any:
        """A sentence has no room for a znode's data: `create /a`."""
        match what:
            case ClientWrite():
                return spoken(what.operation)
            case Transaction():
                return spoken(what.body)
            case Applied():
                return what.code.name
        return what


def spoken(what: Operation | Body) -> str:
    """An operation, or what a transaction does, by its name and its path."""
    name = what.__struct_config__.tag
    path = getattr(what, "path", "")
    return f"{name} {path}" if path else str(name)


def now_ms(out: Effects) -> int:
    """A server's clock, as znodes are stamped with it."""
    return EPOCH_MS + out.now // 1000
