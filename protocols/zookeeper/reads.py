"""What a server answers by itself, from its own tree (`FinalRequestProcessor`). Paths are not validated:
what is no path is no znode's."""

from __future__ import annotations

from protocols.zookeeper import acl
from protocols.zookeeper.acl import Identities
from protocols.zookeeper.errors import Code, ZooKeeperError
from protocols.zookeeper.operations import (
    READ,
    AclOf,
    ChildrenOf,
    DataOf,
    Exists,
    Failed,
    GetAcl,
    GetAllChildrenNumber,
    GetChildren,
    GetChildren2,
    GetData,
    GetEphemerals,
    MultiRead,
    NumberOf,
    Operation,
    PathOf,
    PathsOf,
    Result,
    Results,
    StatOf,
    Sync,
    WhoAmI,
)
from protocols.zookeeper.operations import Identities as IdentitiesOf
from protocols.zookeeper.tree import Tree
from protocols.zookeeper.znode import Znode


def read(tree: Tree, operation: Operation, identities: Identities, session: int = 0) -> Result:
    """The answer, to a connection with these identities, of this session."""
    match operation:
        case MultiRead(operations):
            return Results(tuple(one_of(tree, each, identities) for each in operations))
        case GetEphemerals(prefix):
            below = "" if prefix.strip() in ("", "/") else prefix
            return PathsOf(tuple(p for p in tree.ephemerals_of(session) if p.startswith(below)))
        case WhoAmI():
            return IdentitiesOf(tuple(acl.user_of(each) for each in identities))
        case Sync(path):
            return PathOf(path)
        case Exists(path):
            if "\0" in path:
                raise ZooKeeperError(Code.BAD_ARGUMENTS, path)
            return StatOf(found(tree, path).stat)
        case GetAcl(path):
            node = found(tree, path)
            return AclOf(acl.shown(node.acl, identities, path), node.stat)
        case GetData(path):
            node = readable(tree, path, identities)
            return DataOf(node.data, node.stat)
        case GetChildren(path):
            node = readable(tree, path, identities)
            stat = node.stat if isinstance(operation, GetChildren2) else None
            return ChildrenOf(tree.children(path), stat)
        case GetAllChildrenNumber(path):
            readable(tree, path, identities)
            return NumberOf(tree.below(path))
    raise ZooKeeperError(Code.UNIMPLEMENTED)


def one_of(tree: Tree, operation: Operation, identities: Identities) -> Result:
    """In a multiRead each operation fails by itself."""
    if not isinstance(operation, GetData | GetChildren):
        raise ZooKeeperError(Code.MARSHALLING_ERROR)
    try:
        return read(tree, operation, identities)
    except ZooKeeperError as error:
        return Failed(error.code)


def found(tree: Tree, path: str) -> Znode:
    node = tree.get(path)
    if node is None:
        raise ZooKeeperError(Code.NO_NODE, path)
    return node


def readable(tree: Tree, path: str, identities: Identities) -> Znode:
    node = found(tree, path)
    acl.check(node.acl, READ, identities, path)
    return node
