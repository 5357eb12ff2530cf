"""What a client can ask of ZooKeeper, and what it is answered: one struct each, in the order of the opcodes.

`opcode` is the number on the wire (`ZooDefs.OpCode`). A write goes through the leader and takes a zxid, also
when it fails; everything else is answered by the server that the client is connected to.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any, ClassVar

import msgspec

READ, WRITE, CREATE, DELETE, ADMIN = 1, 2, 4, 8, 16
ALL = READ | WRITE | CREATE | DELETE | ADMIN
"""Permissions of an ACL entry."""

PERSISTENT, EPHEMERAL, SEQUENTIAL, EPHEMERAL_SEQUENTIAL, CONTAINER, TTL, TTL_SEQUENTIAL = range(7)
"""Flags of a create (`CreateMode`)."""


class Acl(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """`perms` for whoever is `id` in `scheme`."""

    perms: int
    scheme: str
    id: str


OPEN = (Acl(ALL, "world", "anyone"),)


class Stat(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A znode's eleven fields, as the wire orders them. Times are milliseconds since 1970."""

    czxid: int
    mzxid: int
    ctime: int
    mtime: int
    version: int
    cversion: int
    aversion: int
    ephemeral_owner: int
    data_length: int
    num_children: int
    pzxid: int


# --- requests -----------------------------------------------------------------------------------------------


class Operation(msgspec.Struct, frozen=True, gc=False, rename="camel", tag_field="op"):
    opcode: ClassVar[int]
    is_write: ClassVar[bool] = False


class Create(Operation, frozen=True, tag="create"):
    """Answered with the path alone (`Created` without a stat)."""

    opcode = 1
    is_write = True

    path: str
    data: bytes | None
    acl: tuple[Acl, ...]
    flags: int = PERSISTENT


class Delete(Operation, frozen=True, tag="delete"):
    opcode = 2
    is_write = True

    path: str
    version: int = -1


class Exists(Operation, frozen=True, tag="exists"):
    opcode = 3

    path: str
    watch: bool = False


class GetData(Operation, frozen=True, tag="getData"):
    opcode = 4

    path: str
    watch: bool = False


class SetData(Operation, frozen=True, tag="setData"):
    opcode = 5
    is_write = True

    path: str
    data: bytes | None
    version: int = -1


class GetAcl(Operation, frozen=True, tag="getACL"):
    opcode = 6

    path: str


class SetAcl(Operation, frozen=True, tag="setACL"):
    """`version` is compared with `aversion`."""

    opcode = 7
    is_write = True

    path: str
    acl: tuple[Acl, ...]
    version: int = -1


class GetChildren(Operation, frozen=True, tag="getChildren"):
    """Answered without a stat."""

    opcode = 8

    path: str
    watch: bool = False


class Sync(Operation, frozen=True, tag="sync"):
    """Not a write: it goes to the leader and back, and takes no zxid."""

    opcode = 9

    path: str


class GetChildren2(GetChildren, frozen=True, tag="getChildren2"):
    """Answered with the parent's stat."""

    opcode = 12


class Check(Operation, frozen=True, tag="check"):
    """Inside a multi: the version is this, or nothing happens."""

    opcode = 13
    is_write = True

    path: str
    version: int


class Multi(Operation, frozen=True, tag="multi"):
    """All of these or none; creates, deletes, setDatas and checks."""

    opcode = 14
    is_write = True

    operations: tuple[Operation, ...]


class Create2(Create, frozen=True, tag="create2"):
    """Answered with a stat."""

    opcode = 15


class Reconfig(Operation, frozen=True, tag="reconfig"):
    """Another membership: servers that join and leave, or all of them anew; `config` is the version of the
    configuration that is to be replaced, -1 for any. Answered with /zookeeper/config."""

    opcode = 16
    is_write = True

    joining: str = ""
    leaving: str = ""
    new_members: str = ""
    config: int = -1


class CheckWatches(Operation, frozen=True, tag="checkWatches"):
    """Whether this session has such a watch here; `kind` 1 children, 2 data, 3 any."""

    opcode = 17

    path: str
    kind: int


class RemoveWatches(Operation, frozen=True, tag="removeWatches"):
    opcode = 18

    path: str
    kind: int


class CreateContainer(Create, frozen=True, tag="createContainer"):
    """Answered with a stat."""

    opcode = 19


class DeleteContainer(Operation, frozen=True, tag="deleteContainer"):
    """The leader's own: an empty container, or a TTL node whose time is over. No client may ask for it."""

    opcode = 20
    is_write = True

    path: str


class CreateTtl(Create, frozen=True, tag="createTTL"):
    """`ttl` in milliseconds; answered with a stat."""

    opcode = 21

    ttl: int = 0


class MultiRead(Operation, frozen=True, tag="multiRead"):
    """getData and getChildren, each answered by itself."""

    opcode = 22

    operations: tuple[Operation, ...]


class AddAuth(Operation, frozen=True, tag="addAuth"):
    """From now on this connection's requests carry this identity too."""

    opcode = 100

    scheme: str
    auth: bytes


class SetWatches(Operation, frozen=True, tag="setWatches"):
    """Watches that a client had at another server, with the last zxid that it has seen."""

    opcode = 101

    relative_zxid: int
    data: tuple[str, ...] = ()
    exist: tuple[str, ...] = ()
    child: tuple[str, ...] = ()


class Sasl(Operation, frozen=True, tag="sasl"):
    """One step of a SASL exchange, in which we take no part: answered with no token."""

    opcode = 102

    token: bytes | None


class GetEphemerals(Operation, frozen=True, tag="getEphemerals"):
    """This session's ephemerals under a prefix."""

    opcode = 103

    prefix: str


class GetAllChildrenNumber(Operation, frozen=True, tag="getAllChildrenNumber"):
    opcode = 104

    path: str


class SetWatches2(SetWatches, frozen=True, tag="setWatches2"):
    opcode = 105

    persistent: tuple[str, ...] = ()
    recursive: tuple[str, ...] = ()


class AddWatch(Operation, frozen=True, tag="addWatch"):
    """`mode` 0 persistent, 1 persistent and recursive."""

    opcode = 106

    path: str
    mode: int


class WhoAmI(Operation, frozen=True, tag="whoAmI"):
    opcode = 107


class CreateSession(Operation, frozen=True, tag="createSession"):
    """A server's own, for a client that connects; `timeout` in milliseconds."""

    opcode = -10
    is_write = True

    timeout: int


class CloseSession(Operation, frozen=True, tag="closeSession"):
    opcode = -11
    is_write = True


class Unknown(Operation, frozen=True, tag="unknown"):
    """An opcode that we do not know, or a body that cannot be read: answered with an error, then the
    connection ends."""

    opcode = 0

    number: int
    error: int


OPERATIONS: tuple[type[Operation], ...] = (
    Create, Delete, Exists, GetData, SetData, GetAcl, SetAcl, GetChildren, Sync, GetChildren2, Check, Multi,
    Create2, Reconfig, CheckWatches, RemoveWatches, CreateContainer, DeleteContainer, CreateTtl, MultiRead,
    AddAuth, SetWatches, Sasl, GetEphemerals, GetAllChildrenNumber, SetWatches2, AddWatch, WhoAmI,
    CreateSession, CloseSession,
)  # fmt: skip
BY_OPCODE: dict[int, type[Operation]] = {o.opcode: o for o in OPERATIONS}

OWN_WAY = (Multi, MultiRead, AddAuth, CreateSession, CloseSession, DeleteContainer, SetWatches, SetWatches2)
NAMED: Any = reduce(or_, (kind for kind in OPERATIONS if kind not in OWN_WAY))


def named(value: Any) -> Operation:
    """The request that this says, as JSON would have it: `{"op": "delete", "path": "/a"}`. What a client does
    by itself is not among them. Raises `msgspec.ValidationError`."""
    kind = value.get("op") if isinstance(value, dict) else None
    if kind not in ("multi", "multiRead"):
        operation: Operation = msgspec.convert(value, type=NAMED)
        return operation
    parts = tuple(named(part) for part in msgspec.convert(value.get("operations"), type=list[Any]))
    return Multi(parts) if kind == "multi" else MultiRead(parts)


# --- results ------------------------------------------------------------------------------------------------


class Result(msgspec.Struct, frozen=True, gc=False, rename="camel", tag_field="is"):
    """What a request that did not fail is answered."""


class Done(Result, frozen=True, tag="done"):
    """Nothing to tell: delete, check, addAuth, watches set or removed, session closed."""


class Created(Result, frozen=True, tag="created"):
    path: str
    stat: Stat | None = None


class StatOf(Result, frozen=True, tag="stat"):
    """exists, setData, setACL."""

    stat: Stat


class DataOf(Result, frozen=True, tag="data"):
    data: bytes | None
    stat: Stat


class AclOf(Result, frozen=True, tag="acl"):
    acl: tuple[Acl, ...]
    stat: Stat


class ChildrenOf(Result, frozen=True, tag="children"):
    """Names, sorted; `stat` for getChildren2 alone."""

    names: tuple[str, ...]
    stat: Stat | None = None


class PathOf(Result, frozen=True, tag="path"):
    """sync."""

    path: str


class PathsOf(Result, frozen=True, tag="paths"):
    """getEphemerals."""

    paths: tuple[str, ...]


class NumberOf(Result, frozen=True, tag="number"):
    """getAllChildrenNumber."""

    number: int


class Identities(Result, frozen=True, tag="identities"):
    """whoAmI: (scheme, id) pairs."""

    identities: tuple[tuple[str, str], ...]


class Token(Result, frozen=True, tag="token"):
    """sasl."""

    token: bytes | None


class Failed(Result, frozen=True, tag="failed"):
    """One operation's part in the answer to a multi that failed, or to a multiRead."""

    error: int


class Results(Result, frozen=True, tag="results"):
    """multi and multiRead: one for each operation, in order."""

    results: tuple[Result, ...]
