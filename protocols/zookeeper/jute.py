"""ZooKeeper's client protocol: bytes to the structs of `operations.py`, and back.

To be read beside `zookeeper.jute` of the ZooKeeper distribution. All integers are big-endian. A frame is an
int, its length, and so many bytes; the functions here take and give what follows the length. What cannot be
read is `Malformed`, never anything else.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from protocols.zookeeper import operations as ops
from protocols.zookeeper.errors import Code
from protocols.zookeeper.operations import Acl, Failed, Operation, Result, Results, Stat

EVENT, PING, AUTH, SET_WATCHES = -1, -2, -4, -8
"""Values of `xid` that are no request's number."""

PING_OPCODE = 11
"""A ping is no operation: a server answers it without looking into its tree."""

CONNECTED = 3
"""KeeperState.SyncConnected, the state in every event that a server sends."""

LARGEST_FRAME = 0xFFFFF
"""jute.maxbuffer, by default."""


class Malformed(Exception):
    """Bytes that are not what they should be: one sentence that says where."""


# --- the kinds of field -------------------------------------------------------------------------------------


class Reader:
    """Bytes, and how far they have been read."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    @property
    def left(self) -> int:
        return len(self.data) - self.at

    def take(self, count: int) -> bytes:
        if count > self.left:
            raise Malformed(f"At byte {self.at}, {count} bytes should follow, and there are {self.left}.")
        self.at += count
        return self.data[self.at - count : self.at]

    def length(self, of: str) -> int:
        """-1 stands for null."""
        found = int(INT.read(self))
        if found < -1:
            raise Malformed(f"At byte {self.at - 4}, the length of a {of} is {found}.")
        return found

    def end(self) -> None:
        if self.left:
            raise Malformed(
                f"At byte {self.at}, where nothing more should follow, there are {self.left} bytes."
            )


class Kind(NamedTuple):
    """How a type of jute is read and written."""

    read: Callable[[Reader], Any]
    write: Callable[[Any], bytes]


def number(form: str) -> Kind:
    packed = struct.Struct(form)
    return Kind(lambda reader: packed.unpack(reader.take(packed.size))[0], packed.pack)


INT, LONG, BOOL = number(">i"), number(">q"), number(">?")


def read_buffer(reader: Reader) -> bytes | None:
    length = reader.length("buffer")
    return None if length < 0 else reader.take(length)


def write_buffer(value: bytes | None) -> bytes:
    return INT.write(-1) if value is None else INT.write(len(value)) + value


def read_string(reader: Reader) -> str:
    """Null is read as "": some clients send the one, some the other."""
    length = reader.length("string")
    try:
        return reader.take(max(length, 0)).decode()
    except UnicodeDecodeError:
        raise Malformed(f"The string that ends at byte {reader.at} is not UTF-8.") from None


BUFFER = Kind(read_buffer, write_buffer)
"""Null is None."""
STRING = Kind(read_string, lambda text: write_buffer(text.encode()))
BYTES = Kind(lambda reader: read_buffer(reader) or b"", write_buffer)
"""A buffer of which null means no more than empty."""


def constant(kind: Kind, value: object) -> Kind:
    """Something that means nothing to us: always written so, and not looked at."""
    return Kind(kind.read, lambda _: kind.write(value))


def vector(item: Kind) -> Kind:
    def read(reader: Reader) -> tuple[Any, ...]:
        count = reader.length("vector")
        if count * 4 > reader.left:  # no item takes less
            raise Malformed(
                f"At byte {reader.at}, {count} items should follow, and there are {reader.left} bytes."
            )
        return tuple(item.read(reader) for _ in range(count))

    return Kind(read, lambda items: INT.write(len(items)) + b"".join(map(item.write, items)))


Fields = dict[str, Kind]
"""A record's fields in their order. A name that begins with `_` is no field of the struct."""


def read_fields(reader: Reader, fields: Fields) -> dict[str, Any]:
    found = {name: kind.read(reader) for name, kind in fields.items()}
    return {name: value for name, value in found.items() if not name.startswith("_")}


def write_fields(value: object, fields: Fields) -> bytes:
    return b"".join(kind.write(getattr(value, name, None)) for name, kind in fields.items())


def record(type: Callable[..., Any], **fields: Kind) -> Kind:
    return Kind(lambda reader: type(**read_fields(reader, fields)), lambda value: write_fields(value, fields))


STAT = record(
    Stat, czxid=LONG, mzxid=LONG, ctime=LONG, mtime=LONG, version=INT, cversion=INT, aversion=INT,
    ephemeral_owner=LONG, data_length=INT, num_children=INT, pzxid=LONG,
)  # fmt: skip
ACLS = vector(record(Acl, perms=INT, scheme=STRING, id=STRING))
STRINGS = vector(STRING)
IDENTITY = Kind(
    lambda reader: (read_string(reader), read_string(reader)),
    lambda pair: STRING.write(pair[0]) + STRING.write(pair[1]),
)


# --- opening a connection -----------------------------------------------------------------------------------


class ConnectRequest(msgspec.Struct, frozen=True):
    """`timeout` in milliseconds; `read_only` is None when an old client does not send it."""

    last_zxid: int
    timeout: int
    session: int = 0
    password: bytes = bytes(16)
    read_only: bool | None = False


class ConnectResponse(msgspec.Struct, frozen=True):
    """`read_only` is None for a client that did not send it."""

    timeout: int
    session: int
    password: bytes
    read_only: bool | None = False


VERSION = constant(INT, 0)
CONNECT: Fields = {
    "_version": VERSION, "last_zxid": LONG, "timeout": INT, "session": LONG, "password": BYTES,
}  # fmt: skip
CONNECTED_REPLY: Fields = {"_version": VERSION, "timeout": INT, "session": LONG, "password": BYTES}


def read_connect(frame: bytes) -> ConnectRequest:
    reader = Reader(frame)
    request = read_fields(reader, CONNECT)
    request["read_only"] = BOOL.read(reader) if reader.left else None
    reader.end()
    return ConnectRequest(**request)


def write_connect(request: ConnectRequest) -> bytes:
    return write_fields(request, CONNECT) + write_read_only(request.read_only)


def read_connected(frame: bytes) -> ConnectResponse:
    reader = Reader(frame)
    response = read_fields(reader, CONNECTED_REPLY)
    response["read_only"] = BOOL.read(reader) if reader.left else None
    reader.end()
    return ConnectResponse(**response)


def write_connected(response: ConnectResponse) -> bytes:
    return write_fields(response, CONNECTED_REPLY) + write_read_only(response.read_only)


def write_read_only(read_only: bool | None) -> bytes:
    return b"" if read_only is None else BOOL.write(read_only)


# --- requests -----------------------------------------------------------------------------------------------

HEADER_OF_MULTI: Fields = {"type": INT, "done": BOOL, "error": INT}


def read_parts(reader: Reader, read: Callable[[int], Any]) -> tuple[Any, ...]:
    """What stands between the headers of a multi; `read` is told each one's type."""
    parts = []
    while not (header := read_fields(reader, HEADER_OF_MULTI))["done"]:
        parts.append(read(header["type"]))
    return tuple(parts)


def write_part(type: int, error: int, body: bytes = b"", done: bool = False) -> bytes:
    return INT.write(type) + BOOL.write(done) + INT.write(error) + body


END_OF_MULTI = write_part(-1, -1, done=True)


def multi(*allowed: type[Operation]) -> Kind:
    by_opcode = {operation.opcode: operation for operation in allowed}

    def read(reader: Reader) -> tuple[Operation, ...]:
        def part(opcode: int) -> Operation:
            if opcode not in by_opcode:
                raise Malformed(
                    f"Before byte {reader.at}, a multi has an operation {opcode}, which it cannot have."
                )
            type = by_opcode[opcode]
            return type(**read_fields(reader, REQUESTS[type]))

        return read_parts(reader, part)

    def write(operations: tuple[Operation, ...]) -> bytes:
        return b"".join(write_part(o.opcode, -1, write_body(o)) for o in operations) + END_OF_MULTI

    return Kind(read, write)


CREATE: Fields = {"path": STRING, "data": BUFFER, "acl": ACLS, "flags": INT}
READ: Fields = {"path": STRING, "watch": BOOL}
VERSIONED: Fields = {"path": STRING, "version": INT}
OF_A_KIND: Fields = {"path": STRING, "kind": INT}
WATCHES: Fields = {"relative_zxid": LONG, "data": STRINGS, "exist": STRINGS, "child": STRINGS}
REQUESTS: dict[type[Operation], Fields] = {
    ops.Create: CREATE,
    ops.Delete: VERSIONED,
    ops.Exists: READ,
    ops.GetData: READ,
    ops.SetData: {"path": STRING, "data": BUFFER, "version": INT},
    ops.GetAcl: {"path": STRING},
    ops.SetAcl: {"path": STRING, "acl": ACLS, "version": INT},
    ops.GetChildren: READ,
    ops.Sync: {"path": STRING},
    ops.GetChildren2: READ,
    ops.Check: VERSIONED,
    ops.Multi: {
        "operations": multi(
            *(ops.Create, ops.Create2, ops.CreateContainer, ops.CreateTtl, ops.Delete, ops.SetData, ops.Check)
        )
    },
    ops.Create2: CREATE,
    ops.Reconfig: {"joining": STRING, "leaving": STRING, "new_members": STRING, "config": LONG},
    ops.CheckWatches: OF_A_KIND,
    ops.RemoveWatches: OF_A_KIND,
    ops.CreateContainer: CREATE,
    ops.CreateTtl: {**CREATE, "ttl": LONG},
    ops.MultiRead: {"operations": multi(ops.GetData, ops.GetChildren)},
    ops.AddAuth: {"_type": constant(INT, 0), "scheme": STRING, "auth": BYTES},
    ops.SetWatches: WATCHES,
    ops.Sasl: {"token": BUFFER},
    ops.GetEphemerals: {"prefix": STRING},
    ops.GetAllChildrenNumber: {"path": STRING},
    ops.SetWatches2: {**WATCHES, "persistent": STRINGS, "recursive": STRINGS},
    ops.AddWatch: {"path": STRING, "mode": INT},
    ops.WhoAmI: {},
    ops.CloseSession: {},
}
"""What clients may ask for."""

BY_OPCODE = {operation.opcode: operation for operation in REQUESTS}


def read_header(frame: bytes) -> tuple[int, int]:
    """A request's xid and opcode."""
    reader = Reader(frame)
    return INT.read(reader), INT.read(reader)


def read_request(frame: bytes) -> tuple[int, Operation]:
    """Its xid, and what is asked. A request of which no more than the header can be understood is Unknown."""
    xid, opcode = read_header(frame)
    if opcode not in BY_OPCODE:
        return xid, ops.Unknown(opcode, Code.UNIMPLEMENTED)
    try:
        return xid, read_body(opcode, frame[8:])
    except Malformed:
        return xid, ops.Unknown(opcode, Code.MARSHALLING_ERROR)


def read_body(opcode: int, body: bytes) -> Operation:
    type, reader = BY_OPCODE[opcode], Reader(body)
    fields = read_fields(reader, REQUESTS[type])
    reader.end()
    return type(**fields)


def write_body(operation: Operation) -> bytes:
    return write_fields(operation, REQUESTS[type(operation)])


def write_request(xid: int, operation: Operation) -> bytes:
    return INT.write(xid) + INT.write(operation.opcode) + write_body(operation)


# --- replies ------------------------------------------------------------------------------------------------


class ReplyHeader(NamedTuple):
    xid: int
    zxid: int
    error: int


HEADER: Fields = {"xid": INT, "zxid": LONG, "error": INT}

NOTHING = record(ops.Done)
STAT_ALONE = record(ops.StatOf, stat=STAT)
CREATED = record(ops.Created, path=STRING, stat=STAT)
DATA = record(ops.DataOf, data=BUFFER, stat=STAT)
RESULTS: dict[type[Operation], Kind] = {
    ops.Create: record(ops.Created, path=STRING),
    ops.Exists: STAT_ALONE,
    ops.GetData: DATA,
    ops.SetData: STAT_ALONE,
    ops.GetAcl: record(ops.AclOf, acl=ACLS, stat=STAT),
    ops.SetAcl: STAT_ALONE,
    ops.GetChildren: record(ops.ChildrenOf, names=STRINGS),
    ops.Sync: record(ops.PathOf, path=STRING),
    ops.GetChildren2: record(ops.ChildrenOf, names=STRINGS, stat=STAT),
    ops.Create2: CREATED,
    ops.Reconfig: DATA,
    ops.CreateContainer: CREATED,
    ops.CreateTtl: CREATED,
    ops.Sasl: record(ops.Token, token=BUFFER),
    ops.GetEphemerals: record(ops.PathsOf, paths=STRINGS),
    ops.GetAllChildrenNumber: record(ops.NumberOf, number=INT),
    ops.AddWatch: record(ops.Done, _error=constant(INT, 0)),
    ops.WhoAmI: record(ops.Identities, identities=vector(IDENTITY)),
}
"""What each is answered, beyond the header; an operation that is not here, nothing."""


def write_reply(operation: Operation, xid: int, zxid: int, error: int, result: Result | None) -> bytes:
    """The header is all there is when something went wrong; that of a multi never says so."""
    header = write_fields(ReplyHeader(xid, zxid, error), HEADER)
    return header if error or result is None else header + write_result(operation, result)


def write_result(operation: Operation, result: Result) -> bytes:
    if isinstance(operation, ops.Multi | ops.MultiRead):
        assert isinstance(result, Results)
        pairs = zip(operation.operations, result.results, strict=True)
        return b"".join(write_part_result(*pair) for pair in pairs) + END_OF_MULTI
    return RESULTS.get(type(operation), NOTHING).write(result)


def write_part_result(operation: Operation, result: Result) -> bytes:
    if isinstance(result, Failed):
        return write_part(-1, result.error, INT.write(result.error))
    with_stat = isinstance(result, ops.Created) and result.stat is not None
    opcode = ops.Create2.opcode if with_stat else operation.opcode  # for containers and TTL nodes, too
    return write_part(opcode, 0, write_result(operation, result))


def read_reply(operation: Operation, frame: bytes) -> tuple[ReplyHeader, Result | None]:
    """The answer to `operation`, as its client reads it."""
    reader = Reader(frame)
    header = ReplyHeader(**read_fields(reader, HEADER))
    result = None if header.error else read_result(operation, reader)
    reader.end()
    return header, result


def read_result(operation: Operation, reader: Reader) -> Result:
    if isinstance(operation, ops.Multi | ops.MultiRead):

        def part(opcode: int) -> Result:
            if opcode == -1:
                return Failed(INT.read(reader))
            if opcode not in BY_OPCODE:
                raise Malformed(
                    f"Before byte {reader.at}, a multi has a result {opcode}, which it cannot have."
                )
            found: Result = RESULTS.get(BY_OPCODE[opcode], NOTHING).read(reader)
            return found

        return Results(read_parts(reader, part))
    result: Result = RESULTS.get(type(operation), NOTHING).read(reader)
    return result


# --- what a server says unasked -----------------------------------------------------------------------------

WATCH: Fields = {"event": INT, "_state": constant(INT, CONNECTED), "path": STRING}


class Event(NamedTuple):
    event: int
    path: str


def write_event(event: int, path: str) -> bytes:
    """A watch has fired: the header's zxid is always -1."""
    return write_fields(ReplyHeader(EVENT, -1, 0), HEADER) + write_fields(Event(event, path), WATCH)


def read_event(frame: bytes) -> Event:
    reader = Reader(frame)
    read_fields(reader, HEADER)
    event = Event(**read_fields(reader, WATCH))
    reader.end()
    return event


def write_pong(zxid: int) -> bytes:
    return write_fields(ReplyHeader(PING, zxid, 0), HEADER)


def framed(body: bytes) -> bytes:
    return INT.write(len(body)) + body
