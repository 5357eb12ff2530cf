"""What the leader makes of requests: transactions, whose bodies say what will be, not what is to be done.

A body holds the path with its sequence number, the new version, the number of creates: applying it twice
changes nothing the second time, and needs nobody's permission.
"""

from __future__ import annotations

import msgspec

from protocols.zookeeper.errors import Code
from protocols.zookeeper.operations import Acl


class Body(msgspec.Struct, frozen=True, gc=False, rename="camel", tag_field="txn"):
    """What a transaction does, without who asked for it and when."""


class CreateTxn(Body, frozen=True, tag="create"):
    """`creates` is the parent's count from now on (ZooKeeper: parentCVersion); `owner` the session that an
    ephemeral belongs to; the request was answered with a stat or without."""

    path: str
    data: bytes | None
    acl: tuple[Acl, ...]
    creates: int
    owner: int = 0
    container: bool = False
    ttl: int = 0
    with_stat: bool = False


class DeleteTxn(Body, frozen=True, tag="delete"):
    path: str


class SetDataTxn(Body, frozen=True, tag="setData"):
    """`version` is the new one."""

    path: str
    data: bytes | None
    version: int


class SetAclTxn(Body, frozen=True, tag="setACL"):
    """`version` is the new aversion."""

    path: str
    acl: tuple[Acl, ...]
    version: int


class CheckTxn(Body, frozen=True, tag="check"):
    """Was true when the leader looked, and so it is when this is applied."""

    path: str
    version: int


class CreateSessionTxn(Body, frozen=True, tag="createSession"):
    """`timeout` in milliseconds."""

    timeout: int


class CloseSessionTxn(Body, frozen=True, tag="closeSession"):
    """All of its ephemerals go with it."""

    paths: tuple[str, ...]


class ErrorTxn(Body, frozen=True, tag="error"):
    """A request that failed; it has its zxid all the same. `codes`, of a multi, says for each operation: 0
    before the culprit, the culprit's code, RUNTIME_INCONSISTENCY behind it."""

    code: Code
    path: str = ""
    codes: tuple[Code, ...] = ()


class MultiTxn(Body, frozen=True, tag="multi"):
    """All of these, under one zxid."""

    bodies: tuple[Body, ...]


class Transaction(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A body and its header (`TxnHeader`): request `cxid` of `session`, at `time` by the leader's clock, in
    milliseconds since 1970."""

    zxid: int
    session: int
    cxid: int
    time: int
    body: Body
