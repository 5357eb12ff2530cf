"""What a committed transaction does to the tree (`DataTree.processTxn`): the same on every server."""

from __future__ import annotations

from enum import IntEnum

import msgspec

from protocols.zookeeper import quota
from protocols.zookeeper.errors import Code
from protocols.zookeeper.operations import Created, Done, Failed, Result, Results, StatOf
from protocols.zookeeper.paths import parent_of
from protocols.zookeeper.transactions import (
    Body,
    CloseSessionTxn,
    CreateTxn,
    DeleteTxn,
    ErrorTxn,
    MultiTxn,
    SetAclTxn,
    SetDataTxn,
    Transaction,
)
from protocols.zookeeper.tree import Tree
from protocols.zookeeper.znode import Znode


class Event(IntEnum):
    """What watches tell of (`Watcher.Event.EventType`)."""

    CREATED = 1
    DELETED = 2
    DATA = 3
    CHILDREN = 4


Change = tuple[Event, str]
Changes = tuple[Change, ...]


class Applied(msgspec.Struct, frozen=True):
    """The tree from now on, what the client is answered (`result`, or a `code` that is not OK), and what
    watches are to be told, in this order."""

    tree: Tree
    result: Result | None = None
    code: Code = Code.OK
    changes: Changes = ()


def apply(tree: Tree, txn: Transaction) -> Applied:
    match txn.body:
        case CreateTxn():
            return created(tree, txn, txn.body)
        case DeleteTxn(path):
            if path not in tree:
                return Applied(tree, code=Code.NO_NODE)
            return Applied(*deleted(tree, path, txn.zxid))
        case SetDataTxn(path) | SetAclTxn(path) if path not in tree:
            return Applied(tree, code=Code.NO_NODE)
        case SetDataTxn():
            return data_set(tree, txn, txn.body)
        case SetAclTxn(path, acl, version):
            tree = tree.change(path, acl=acl, aversion=version)
            return Applied(tree, StatOf(tree[path].stat))
        case CloseSessionTxn(paths):
            return session_closed(tree, txn, paths)
        case MultiTxn(bodies):
            return all_applied(tree, txn, bodies)
        case ErrorTxn(code, _, codes):
            if codes:  # a multi's own answer: the header says that all is well
                return Applied(tree, Results(tuple(Failed(c) for c in codes)))
            return Applied(tree, code=code)
    return Applied(tree, Done())


def created(tree: Tree, txn: Transaction, body: CreateTxn) -> Applied:
    if body.path in tree:
        return Applied(tree, code=Code.NODE_EXISTS)
    node = Znode(
        body.data,
        body.acl,
        czxid=txn.zxid,
        mzxid=txn.zxid,
        pzxid=txn.zxid,
        ctime=txn.time,
        mtime=txn.time,
        owner=body.owner,
        container=body.container,
        ttl=body.ttl,
    )
    tree = tree.create(body.path, node, body.creates)
    tree = quota.created(tree, body.path, len(body.data or b""))
    changes = ((Event.CREATED, body.path), (Event.CHILDREN, parent_of(body.path)))
    return Applied(tree, Created(body.path, node.stat if body.with_stat else None), changes=changes)


def deleted(tree: Tree, path: str, zxid: int) -> tuple[Tree, Result, Code, Changes]:
    size = len(tree[path].data or b"")
    tree = quota.deleted(tree.delete(path, zxid), path, size)
    return tree, Done(), Code.OK, ((Event.DELETED, path), (Event.CHILDREN, parent_of(path)))


def data_set(tree: Tree, txn: Transaction, body: SetDataTxn) -> Applied:
    more = len(body.data or b"") - len(tree[body.path].data or b"")
    tree = tree.change(body.path, data=body.data, version=body.version, mzxid=txn.zxid, mtime=txn.time)
    tree = quota.used(tree, body.path, more, 0)
    return Applied(tree, StatOf(tree[body.path].stat), changes=((Event.DATA, body.path),))


def session_closed(tree: Tree, txn: Transaction, paths: tuple[str, ...]) -> Applied:
    """In one transaction, all that it has left."""
    changes: Changes = ()
    for path in paths:
        if path in tree:
            tree, _, _, told = deleted(tree, path, txn.zxid)
            changes += told
    return Applied(tree, Done(), changes=changes)


def all_applied(tree: Tree, txn: Transaction, bodies: tuple[Body, ...]) -> Applied:
    results: list[Result] = []
    changes: list[Change] = []
    for body in bodies:
        one = apply(tree, msgspec.structs.replace(txn, body=body))
        tree = one.tree
        results.append(one.result or Failed(one.code))
        changes += one.changes
    return Applied(tree, Results(tuple(results)), changes=tuple(changes))
