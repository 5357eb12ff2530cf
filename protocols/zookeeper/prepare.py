"""What the leader makes of a request before it proposes it (`PrepRequestProcessor`).

All checks are here, in the real server's order, and all that depends on other requests: sequence numbers,
versions. The tree to give is the leader's own with everything proposed so far applied to it, committed or
not; trees are values, so the leader keeps two. A mistake of a client is no exception but a transaction too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from protocols.zookeeper import acl, quota
from protocols.zookeeper.acl import Identities, digest_id
from protocols.zookeeper.apply import apply
from protocols.zookeeper.errors import Code, ZooKeeperError
from protocols.zookeeper.operations import (
    ADMIN,
    CREATE,
    DELETE,
    EPHEMERAL,
    EPHEMERAL_SEQUENTIAL,
    READ,
    SEQUENTIAL,
    TTL,
    TTL_SEQUENTIAL,
    WRITE,
    Acl,
    Check,
    CloseSession,
    Create,
    Create2,
    CreateContainer,
    CreateSession,
    CreateTtl,
    Delete,
    DeleteContainer,
    Multi,
    Operation,
    SetAcl,
    SetData,
)
from protocols.zookeeper.paths import SPECIAL, parent_of, problem
from protocols.zookeeper.transactions import (
    Body,
    CheckTxn,
    CloseSessionTxn,
    CreateSessionTxn,
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

MOST_TTL = 0xFF_FFFF_FFFF
"""Milliseconds."""


class TreeOptions(msgspec.Struct, frozen=True):
    """Settings of the real server that decide what a request becomes."""

    ttl_nodes: bool = True
    """zookeeper.extendedTypesEnabled"""
    enforce_quota: bool = False
    """zookeeper.enforceQuota"""
    super_digest: str = digest_id(b"super:test")
    """zookeeper.DigestAuthenticationProvider.superDigest: whose credential has this id is super."""
    skip_acl: bool = False
    """zookeeper.skipACL"""


class Request(msgspec.Struct, frozen=True):
    """Who asks, when, and what for: everything but the operation."""

    session: int
    identities: Identities
    zxid: int
    now_ms: int
    options: TreeOptions

    def check(self, entries: tuple[Acl, ...], perms: int, path: str) -> None:
        if not self.options.skip_acl:
            acl.check(entries, perms, self.identities, path)


DEFAULTS = TreeOptions()


def prepare(
    tree: Tree,
    operation: Operation,
    session: int,
    identities: Identities,
    zxid: int,
    now_ms: int,
    options: TreeOptions = DEFAULTS,
) -> Body:
    """The body of the transaction `zxid` that this write becomes; an `ErrorTxn` where it must fail."""
    make = PREPARE.get(type(operation))
    if make is None:
        return ErrorTxn(Code.UNIMPLEMENTED)
    try:
        return make(tree, operation, Request(session, identities, zxid, now_ms, options))
    except ZooKeeperError as error:
        return ErrorTxn(error.code, error.path)


# --- what may go wrong --------------------------------------------------------------------------------------


def existing(tree: Tree, path: str, of: str) -> Znode:
    node = tree.get(path)
    if node is None:
        raise ZooKeeperError(Code.NO_NODE, of)
    return node


def valid(path: str) -> None:
    if problem(path) is not None:
        raise ZooKeeperError(Code.BAD_ARGUMENTS, path)


def splittable(path: str) -> None:
    """All that is asked of a path before its parent is looked up."""
    if "/" not in path or "\0" in path:
        raise ZooKeeperError(Code.BAD_ARGUMENTS, path)


def deletable(path: str) -> None:
    splittable(path)
    if path in SPECIAL:
        raise ZooKeeperError(Code.BAD_ARGUMENTS, path)


def next_version(version: int, expected: int, path: str) -> int:
    if expected not in (-1, version):
        raise ZooKeeperError(Code.BAD_VERSION, path)
    return version + 1


# --- one operation each -------------------------------------------------------------------------------------


def create(tree: Tree, o: Create, request: Request) -> Body:
    ttl = ttl_of(o, request.options)
    splittable(o.path)
    entries = acl.fixup(o.acl, request.identities, o.path)
    parent = existing(tree, parent_of(o.path), o.path)
    request.check(parent.acl, CREATE, o.path)
    path = o.path
    if o.flags in (SEQUENTIAL, EPHEMERAL_SEQUENTIAL, TTL_SEQUENTIAL):
        path += f"{parent.creates:010d}"
    valid(path)
    if path in tree:
        raise ZooKeeperError(Code.NODE_EXISTS, path)
    if parent.owner:
        raise ZooKeeperError(Code.NO_CHILDREN_FOR_EPHEMERALS, path)
    if request.options.enforce_quota:
        quota.enforce(tree, path, len(o.data or b""), 1)
    return CreateTxn(
        path,
        o.data,
        entries,
        parent.creates + 1,
        owner=request.session if is_ephemeral(o) else 0,
        container=isinstance(o, CreateContainer),
        ttl=ttl,
        with_stat=type(o) is not Create,
    )


def is_ephemeral(o: Create) -> bool:
    return o.flags in (EPHEMERAL, EPHEMERAL_SEQUENTIAL) and not isinstance(o, CreateContainer)


def ttl_of(o: Create, options: TreeOptions) -> int:
    """0 for what is no TTL node. Only createTTL may ask for one, and for nothing else (`CreateMode`)."""
    if not 0 <= o.flags <= TTL_SEQUENTIAL:
        raise ZooKeeperError(Code.BAD_ARGUMENTS, o.path)
    has_mode, ttl = o.flags in (TTL, TTL_SEQUENTIAL), o.ttl if isinstance(o, CreateTtl) else None
    if has_mode and not options.ttl_nodes:
        raise ZooKeeperError(Code.UNIMPLEMENTED, o.path)
    if has_mode != (ttl is not None) or not (ttl is None or 0 < ttl <= MOST_TTL):
        raise ZooKeeperError(Code.BAD_ARGUMENTS, o.path)
    return ttl or 0


def delete(tree: Tree, o: Delete, request: Request) -> Body:
    deletable(o.path)
    parent = existing(tree, parent_of(o.path), o.path)
    node = existing(tree, o.path, o.path)
    request.check(parent.acl, DELETE, o.path)
    next_version(node.version, o.version, o.path)
    if node.children:
        raise ZooKeeperError(Code.NOT_EMPTY, o.path)
    return DeleteTxn(o.path)


def delete_container(tree: Tree, o: DeleteContainer, request: Request) -> Body:
    """Nobody's permission is asked: it is the leader's own."""
    deletable(o.path)
    node = existing(tree, o.path, o.path)
    if node.children:
        raise ZooKeeperError(Code.NOT_EMPTY, o.path)
    if not (node.container or node.ttl):
        raise ZooKeeperError(Code.BAD_VERSION, o.path)
    return DeleteTxn(o.path)


def set_data(tree: Tree, o: SetData, request: Request) -> Body:
    valid(o.path)
    node = existing(tree, o.path, o.path)
    request.check(node.acl, WRITE, o.path)
    if request.options.enforce_quota:
        quota.enforce(tree, o.path, len(o.data or b"") - len(node.data or b""), 0)
    return SetDataTxn(o.path, o.data, next_version(node.version, o.version, o.path))


def set_acl(tree: Tree, o: SetAcl, request: Request) -> Body:
    valid(o.path)
    entries = acl.fixup(o.acl, request.identities, o.path)
    node = existing(tree, o.path, o.path)
    request.check(node.acl, ADMIN, o.path)
    return SetAclTxn(o.path, entries, next_version(node.aversion, o.version, o.path))


def check(tree: Tree, o: Check, request: Request) -> Body:
    valid(o.path)
    node = existing(tree, o.path, o.path)
    request.check(node.acl, READ, o.path)
    next_version(node.version, o.version, o.path)
    return CheckTxn(o.path, o.version)


def multi(tree: Tree, o: Multi, request: Request) -> Body:
    """Each operation sees what those before it have done; none is done where one fails."""
    if any(type(each) not in IN_MULTI for each in o.operations):
        return ErrorTxn(Code.MARSHALLING_ERROR)
    bodies: list[Body] = []
    for each in o.operations:
        try:
            body = PREPARE[type(each)](tree, each, request)
        except ZooKeeperError as error:
            behind = len(o.operations) - len(bodies) - 1
            codes = (Code.OK,) * len(bodies) + (error.code,) + (Code.RUNTIME_INCONSISTENCY,) * behind
            return ErrorTxn(error.code, error.path, codes)
        tree = apply(tree, Transaction(request.zxid, request.session, 0, request.now_ms, body)).tree
        bodies.append(body)
    return MultiTxn(tuple(bodies))


def create_session(tree: Tree, o: CreateSession, request: Request) -> Body:
    return CreateSessionTxn(o.timeout)


def close_session(tree: Tree, o: CloseSession, request: Request) -> Body:
    return CloseSessionTxn(tree.ephemerals_of(request.session))


PREPARE: dict[type[Operation], Callable[[Tree, Any, Request], Body]] = {
    Create: create,
    Create2: create,
    CreateContainer: create,
    CreateTtl: create,
    Delete: delete,
    DeleteContainer: delete_container,
    SetData: set_data,
    SetAcl: set_acl,
    Check: check,
    Multi: multi,
    CreateSession: create_session,
    CloseSession: close_session,
}
IN_MULTI = frozenset({Create, Create2, CreateContainer, CreateTtl, Delete, SetData, Check})
