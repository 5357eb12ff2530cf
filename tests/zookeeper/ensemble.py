"""One server without an ensemble: requests are prepared and applied at once, as transactions 1, 2, …"""

from __future__ import annotations

from typing import Any

from protocols.zookeeper.acl import Identities
from protocols.zookeeper.apply import Applied, Changes, apply
from protocols.zookeeper.errors import Code
from protocols.zookeeper.operations import (
    OPEN,
    Acl,
    Create,
    Created,
    Delete,
    Operation,
    Result,
    SetAcl,
    SetData,
    Stat,
)
from protocols.zookeeper.prepare import TreeOptions, prepare
from protocols.zookeeper.reads import read
from protocols.zookeeper.transactions import Body, ErrorTxn, Transaction
from protocols.zookeeper.tree import Tree, empty

ADDRESS: Identities = (("ip", "10.0.0.7"),)


class Server:
    def __init__(self, options: TreeOptions | None = None) -> None:
        self.tree: Tree = empty()
        self.options = options or TreeOptions()
        self.zxid = 0
        self.session = 1
        self.identities = ADDRESS
        self.changes: Changes = ()
        """Of the last transaction."""
        self.log: list[Transaction] = []

    def write(self, operation: Operation, session: int | None = None) -> Applied:
        self.zxid += 1
        who, now = session or self.session, 1000 * self.zxid
        body: Body = prepare(self.tree, operation, who, self.identities, self.zxid, now, self.options)
        self.log.append(Transaction(self.zxid, who, 0, now, body))
        done = apply(self.tree, self.log[-1])
        assert isinstance(body, ErrorTxn) or done.code is Code.OK
        self.tree, self.changes = done.tree, done.changes
        return done

    def code(self, operation: Operation) -> Code:
        before = self.tree
        done = self.write(operation)
        assert (done.code is Code.OK) == (done.result is not None)
        assert done.code is Code.OK or (self.tree == before and not done.changes)
        return done.code

    def create(self, path: str, data: bytes | None = b"", flags: int = 0, acl: tuple[Acl, ...] = OPEN) -> str:
        done = self.write(Create(path, data, acl, flags))
        assert isinstance(done.result, Created), done.code
        return done.result.path

    def delete(self, path: str, version: int = -1) -> Code:
        return self.code(Delete(path, version))

    def set(self, path: str, data: bytes | None, version: int = -1) -> Code:
        return self.code(SetData(path, data, version))

    def set_acl(self, path: str, acl: tuple[Acl, ...], version: int = -1) -> Code:
        return self.code(SetAcl(path, acl, version))

    def stat(self, path: str) -> Stat:
        return self.tree[path].stat

    def read(self, operation: Operation) -> Any:
        found: Result = read(self.tree, operation, self.identities, self.session)
        return found
