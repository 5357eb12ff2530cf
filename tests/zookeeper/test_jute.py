"""ZooKeeper's client protocol: bytes written by hand from its description, there and back, kazoo's own bytes,
and bytes that nobody should send."""

import struct
from contextlib import suppress
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kazoo.exceptions import BadVersionError, RolledBackError, RuntimeInconsistency
from kazoo.protocol import serialization as kazoo
from kazoo.security import OPEN_ACL_UNSAFE, make_digest_acl

from protocols.zookeeper import jute
from protocols.zookeeper import operations as ops
from protocols.zookeeper.errors import Code
from protocols.zookeeper.jute import ConnectRequest, ConnectResponse, Malformed

STAT = ops.Stat(0x100000001, 0x100000002, 3, 4, 5, 6, 7, 0x100000000000001, 9, 10, 0x10000000B)
STAT_BYTES = bytes.fromhex(
    "0000000100000001 0000000100000002 0000000000000003 0000000000000004 00000005 00000006 00000007"
    "0100000000000001 00000009 0000000a 000000010000000b"
)
DIGEST = ops.Acl(ops.READ | ops.ADMIN, "digest", "alice:x")


def body(operation: ops.Operation) -> bytes:
    return jute.write_request(1, operation)[8:]


# --- golden bytes ------------------------------------------------------------------------------------------


def test_connecting() -> None:
    sent = bytes.fromhex("00000000 0000000100000005 00002710 0000000000000000 00000010") + bytes(16)
    request = ConnectRequest(last_zxid=0x100000005, timeout=10_000, session=0, password=bytes(16))
    assert jute.read_connect(sent + b"\x00") == request
    assert jute.write_connect(request) == sent + b"\x00"
    assert jute.read_connect(sent).read_only is None, "an old client's"
    assert jute.write_connect(jute.read_connect(sent)) == sent


def test_connected() -> None:
    password = bytes(range(16))
    response = ConnectResponse(timeout=10_000, session=0x100000000000000, password=password)
    sent = bytes.fromhex("00000000 00002710 0100000000000000 00000010") + password + b"\x00"
    assert jute.write_connected(response) == sent
    assert len(sent) == 37
    old = ConnectResponse(response.timeout, response.session, password, read_only=None)
    assert jute.write_connected(old) == sent[:-1], "who did not send the byte is not sent it"


PATH = "00000002 2f61"
REQUESTS = [
    (
        ops.Create("/a", b"x", ops.OPEN, ops.EPHEMERAL),
        f"{PATH} 00000001 78 00000001 0000001f 00000005 776f726c64 00000006 616e796f6e65 00000001",
    ),
    (ops.Create2("/a", None, (), ops.PERSISTENT), f"{PATH} ffffffff 00000000 00000000"),
    (ops.CreateContainer("/a", b"", (), ops.CONTAINER), f"{PATH} 00000000 00000000 00000004"),
    (ops.CreateTtl("/a", b"", (), ops.TTL, 500), f"{PATH} 00000000 00000000 00000005 00000000000001f4"),
    (ops.Delete("/a", -1), f"{PATH} ffffffff"),
    (ops.Exists("/a", True), f"{PATH} 01"),
    (ops.GetData("/a", False), f"{PATH} 00"),
    (ops.SetData("/a", b"xy", 3), f"{PATH} 00000002 7879 00000003"),
    (ops.GetAcl("/a"), PATH),
    (
        ops.SetAcl("/a", (DIGEST,), 0),
        f"{PATH} 00000001 00000011 00000006 646967657374 00000007 616c6963653a78 00000000",
    ),
    (ops.GetChildren("/a", True), f"{PATH} 01"),
    (ops.GetChildren2("/a"), f"{PATH} 00"),
    (ops.Sync("/a"), PATH),
    (ops.Check("/a", 2), f"{PATH} 00000002"),
    (
        ops.Multi((ops.Check("/a", 2), ops.Delete("/a", 2))),
        f"0000000d 00 ffffffff {PATH} 00000002 00000002 00 ffffffff {PATH} 00000002 ffffffff 01 ffffffff",
    ),
    (ops.MultiRead((ops.GetData("/a"),)), f"00000004 00 ffffffff {PATH} 00 ffffffff 01 ffffffff"),
    (
        ops.Reconfig("server.4=h:1:2", "1", "", -1),
        "0000000e 7365727665722e343d683a313a32 00000001 31 00000000 ffffffffffffffff",
    ),
    (ops.CheckWatches("/a", 3), f"{PATH} 00000003"),
    (ops.RemoveWatches("/a", 1), f"{PATH} 00000001"),
    (ops.AddAuth("digest", b"a:b"), "00000000 00000006 646967657374 00000003 613a62"),
    (
        ops.SetWatches(7, ("/a",), (), ("/a", "/a")),
        f"0000000000000007 00000001 {PATH} 00000000 00000002 {PATH} {PATH}",
    ),
    (
        ops.SetWatches2(7, (), (), (), ("/a",), ("/a",)),
        f"0000000000000007 00000000 00000000 00000000 00000001 {PATH} 00000001 {PATH}",
    ),
    (ops.Sasl(b"t"), "00000001 74"),
    (ops.GetEphemerals("/a"), PATH),
    (ops.GetAllChildrenNumber("/a"), PATH),
    (ops.AddWatch("/a", 1), f"{PATH} 00000001"),
    (ops.WhoAmI(), ""),
    (ops.CloseSession(), ""),
]


@pytest.mark.parametrize(("operation", "sent"), REQUESTS, ids=lambda case: type(case).__name__)
def test_requests(operation: ops.Operation, sent: str) -> None:
    frame = struct.pack(">ii", 42, operation.opcode) + bytes.fromhex(sent)
    assert jute.write_request(42, operation) == frame
    assert jute.read_request(frame) == (42, operation)


def test_every_operation_of_a_client_is_among_them() -> None:
    servers_own = {ops.CreateSession, ops.DeleteContainer}
    assert {type(operation) for operation, _ in REQUESTS} == set(ops.OPERATIONS) - servers_own


RESULTS: list[tuple[ops.Operation, ops.Result, bytes]] = [
    (ops.Create("/a", b"", ()), ops.Created("/a"), bytes.fromhex(PATH)),
    (ops.Create2("/a", b"", ()), ops.Created("/a", STAT), bytes.fromhex(PATH) + STAT_BYTES),
    (ops.CreateTtl("/a", b"", ()), ops.Created("/a", STAT), bytes.fromhex(PATH) + STAT_BYTES),
    (ops.CreateContainer("/a", b"", ()), ops.Created("/a", STAT), bytes.fromhex(PATH) + STAT_BYTES),
    (ops.Delete("/a"), ops.Done(), b""),
    (ops.Exists("/a"), ops.StatOf(STAT), STAT_BYTES),
    (ops.GetData("/a"), ops.DataOf(None, STAT), b"\xff\xff\xff\xff" + STAT_BYTES),
    (ops.GetData("/a"), ops.DataOf(b"x", STAT), b"\x00\x00\x00\x01x" + STAT_BYTES),
    (ops.SetData("/a", b""), ops.StatOf(STAT), STAT_BYTES),
    (
        ops.GetAcl("/a"),
        ops.AclOf((DIGEST,), STAT),
        bytes.fromhex("00000001 00000011 00000006 646967657374 00000007 616c6963653a78") + STAT_BYTES,
    ),
    (ops.SetAcl("/a", ()), ops.StatOf(STAT), STAT_BYTES),
    (ops.GetChildren("/a"), ops.ChildrenOf(("b", "c")), bytes.fromhex("00000002 00000001 62 00000001 63")),
    (ops.GetChildren2("/a"), ops.ChildrenOf((), STAT), bytes(4) + STAT_BYTES),
    (ops.Sync("/a"), ops.PathOf("/a"), bytes.fromhex(PATH)),
    (ops.Reconfig(), ops.DataOf(b"", STAT), bytes(4) + STAT_BYTES),
    (ops.CheckWatches("/a", 3), ops.Done(), b""),
    (ops.RemoveWatches("/a", 3), ops.Done(), b""),
    (ops.AddAuth("digest", b"a:b"), ops.Done(), b""),
    (ops.SetWatches(0), ops.Done(), b""),
    (ops.Sasl(b""), ops.Token(None), b"\xff\xff\xff\xff"),
    (ops.GetEphemerals("/"), ops.PathsOf(("/a",)), bytes.fromhex("00000001" + PATH)),
    (ops.GetAllChildrenNumber("/"), ops.NumberOf(5), bytes.fromhex("00000005")),
    (ops.AddWatch("/a", 0), ops.Done(), bytes(4)),
    (ops.WhoAmI(), ops.Identities((("ip", "::1"),)), bytes.fromhex("00000001 00000002 6970 00000003 3a3a31")),
    (ops.CloseSession(), ops.Done(), b""),
]


@pytest.mark.parametrize(("operation", "result", "sent"), RESULTS, ids=lambda case: type(case).__name__)
def test_replies(operation: ops.Operation, result: ops.Result, sent: bytes) -> None:
    frame = bytes.fromhex("0000002a 0000000100000007 00000000") + sent
    assert jute.write_reply(operation, 42, 0x100000007, 0, result) == frame
    assert jute.read_reply(operation, frame) == ((42, 0x100000007, 0), result)


def test_an_error_is_a_header_and_nothing_more() -> None:
    frame = bytes.fromhex("0000002a 0000000100000007 ffffff9b")
    assert jute.write_reply(ops.Exists("/a"), 42, 0x100000007, Code.NO_NODE, None) == frame
    assert jute.read_reply(ops.Exists("/a"), frame) == ((42, 0x100000007, -101), None)


THREE = ops.Multi((ops.Create("/a", b"", ops.OPEN), ops.SetData("/b", b"", 1), ops.Check("/c", 1)))
END = bytes.fromhex("ffffffff 01 ffffffff")


def test_a_multi_is_answered_part_by_part() -> None:
    parts = (ops.Created("/a"), ops.StatOf(STAT), ops.Done())
    sent = jute.write_reply(THREE, 1, 9, 0, ops.Results(parts))
    made, changed, checked = (struct.pack(">i?i", opcode, False, 0) for opcode in (1, 5, 13))
    assert sent[16:] == made + bytes.fromhex(PATH) + changed + STAT_BYTES + checked + END
    assert jute.read_reply(THREE, sent) == ((1, 9, 0), ops.Results(parts))


def test_a_multi_that_failed_says_so_in_its_parts_alone() -> None:
    errors = (0, -103, -2)
    sent = jute.write_reply(THREE, 1, 9, 0, ops.Results(tuple(ops.Failed(error) for error in errors)))
    assert sent[12:16] == bytes(4), "the header's error"
    assert sent[16:] == b"".join(struct.pack(">i?ii", -1, False, error, error) for error in errors) + END
    assert jute.read_reply(THREE, sent)[1] == ops.Results(tuple(map(ops.Failed, errors)))


def test_containers_and_ttl_nodes_of_a_multi_are_answered_as_create2() -> None:
    multi = ops.Multi((ops.CreateContainer("/a", b"", ()), ops.CreateTtl("/a", b"", ())))
    results = ops.Results((ops.Created("/a", STAT), ops.Created("/a", STAT)))
    part = struct.pack(">i?i", 15, False, 0) + bytes.fromhex(PATH) + STAT_BYTES
    assert jute.write_reply(multi, 1, 9, 0, results)[16:] == part + part + END


def test_events() -> None:
    frame = bytes.fromhex(f"ffffffff ffffffffffffffff 00000000 00000003 00000003 {PATH}")
    assert jute.write_event(3, "/a") == frame
    assert jute.read_event(frame) == (3, "/a")


def test_pings() -> None:
    assert jute.read_header(bytes.fromhex("fffffffe 0000000b")) == (jute.PING, jute.PING_OPCODE)
    assert jute.write_pong(5) == bytes.fromhex("fffffffe 0000000000000005 00000000")


# --- there and back ----------------------------------------------------------------------------------------

INTS = st.integers(-(2**31), 2**31 - 1)
LONGS = st.integers(-(2**63), 2**63 - 1)
TEXTS = st.text(max_size=8)
ACLS = st.lists(st.builds(ops.Acl, INTS, TEXTS, TEXTS), max_size=3).map(tuple)
BY_TYPE = {
    int: INTS, bool: st.booleans(), str: TEXTS, bytes: st.binary(max_size=8),
    bytes | None: st.none() | st.binary(max_size=8),
    tuple[ops.Acl, ...]: ACLS, tuple[str, ...]: st.lists(TEXTS, max_size=3).map(tuple),
}  # fmt: skip
WIDE = {"ttl": LONGS, "relative_zxid": LONGS, "config": LONGS}
MAY_HOLD: dict[type[ops.Operation], tuple[type[ops.Operation], ...]] = {
    ops.Multi: (ops.Create, ops.CreateTtl, ops.Delete, ops.SetData, ops.Check),
    ops.MultiRead: (ops.GetData, ops.GetChildren),
}


def one(type: type[ops.Operation]) -> st.SearchStrategy[ops.Operation]:
    if type in MAY_HOLD:
        parts = st.lists(st.sampled_from(MAY_HOLD[type]).flatmap(one), max_size=4)
        return st.builds(type, operations=parts.map(tuple))
    hints = get_type_hints(type)
    fields = {name: WIDE[name] if name in WIDE else BY_TYPE[hints[name]] for name in type.__struct_fields__}
    return st.builds(type, **fields)


ANY = st.sampled_from(list(jute.REQUESTS)).flatmap(one)


@given(INTS, ANY)
def test_there_and_back(xid: int, operation: ops.Operation) -> None:
    assert jute.read_request(jute.write_request(xid, operation)) == (xid, operation)


@given(ANY, st.data())
def test_no_shorter_and_no_longer_one_is_read(operation: ops.Operation, data: st.DataObject) -> None:
    whole = body(operation)
    if whole:
        shorter = data.draw(st.integers(0, len(whole) - 1))
        with pytest.raises(Malformed):
            jute.read_body(operation.opcode, whole[:shorter])
    with pytest.raises(Malformed, match="nothing more"):
        jute.read_body(operation.opcode, whole + b"\x00")


@given(st.sampled_from(sorted(jute.BY_OPCODE)), st.binary(max_size=64))
def test_garbage_is_malformed_or_means_something(opcode: int, garbage: bytes) -> None:
    with suppress(Malformed):
        operation = jute.read_body(opcode, garbage)
        assert jute.read_body(opcode, body(operation)) == operation


@given(st.binary(max_size=64))
def test_garbage_instead_of_a_handshake(garbage: bytes) -> None:
    for read in (jute.read_connect, jute.read_connected, jute.read_event, jute.read_header):
        with suppress(Malformed):
            read(garbage)


# --- what nobody should send -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("opcode", "sent", "why"),
    [
        (4, "fffffffe 00", "length of a string is -2"),
        (4, "7fffffff 2f 00", "2147483647 bytes should follow, and there are 2"),
        (4, "00000002 c328 00", "not UTF-8"),
        (4, f"{PATH}", "1 bytes should follow, and there are 0"),
        (5, f"{PATH} 80000000 00000000", "length of a buffer is -2147483648"),
        (7, f"{PATH} 7fffffff 00000000", "2147483647 items should follow"),
        (7, f"{PATH} fffffffe 00000000", "length of a vector is -2"),
        (101, "0000000000000000 00000000 00ffffff 00000000", "16777215 items should follow"),
        (14, f"00000004 00 ffffffff {PATH} 00 ffffffff 01 ffffffff", "a multi has an operation 4"),
        (14, f"00000002 00 ffffffff {PATH} 00000000", "4 bytes should follow, and there are 0"),
        (22, f"00000002 00 ffffffff {PATH} 00000000 ffffffff 01 ffffffff", "a multi has an operation 2"),
        (107, "00", "nothing more should follow"),
    ],
)
def test_hostile_bodies(opcode: int, sent: str, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        jute.read_body(opcode, bytes.fromhex(sent))
    frame = struct.pack(">ii", 5, opcode) + bytes.fromhex(sent)
    assert jute.read_request(frame) == (5, ops.Unknown(opcode, Code.MARSHALLING_ERROR))


@pytest.mark.parametrize("opcode", [0, 10, 12345, -1, ops.CreateSession.opcode, ops.DeleteContainer.opcode])
def test_unknown_operations(opcode: int) -> None:
    frame = struct.pack(">ii", 5, opcode) + b"whatever"
    assert jute.read_request(frame) == (5, ops.Unknown(opcode, Code.UNIMPLEMENTED))


def test_a_request_without_a_header() -> None:
    with pytest.raises(Malformed, match="At byte 4, 4 bytes should follow, and there are 3"):
        jute.read_request(bytes(7))


@pytest.mark.parametrize("sent", [b"", bytes(27), bytes(24) + b"\x00\x00\x00\x11" + bytes(16), bytes(46)])
def test_hostile_handshakes(sent: bytes) -> None:
    with pytest.raises(Malformed):
        jute.read_connect(sent)


def test_null_is_an_empty_string_and_no_list() -> None:
    sent = bytes.fromhex(f"{PATH} ffffffff ffffffff 00000000")
    assert jute.read_body(1, sent) == ops.Create("/a", None, ())
    assert jute.read_body(4, bytes.fromhex("ffffffff 00")) == ops.GetData("")


# --- kazoo's own bytes -------------------------------------------------------------------------------------

ALICE = make_digest_acl("alice", "secret", read=True)
OURS = ops.Acl(ALICE.perms, "digest", ALICE.id.id)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (kazoo.Create("/a", b"x", OPEN_ACL_UNSAFE, 3), ops.Create("/a", b"x", ops.OPEN, 3)),
        (kazoo.Create2("/a", b"", [ALICE], 0), ops.Create2("/a", b"", (OURS,))),
        (kazoo.Delete("/a", -1), ops.Delete("/a")),
        (kazoo.Exists("/a", print), ops.Exists("/a", True)),
        (kazoo.GetData("/a", None), ops.GetData("/a")),
        (kazoo.SetData("/ä", b"\x00", 2), ops.SetData("/ä", b"\x00", 2)),
        (kazoo.GetACL("/a"), ops.GetAcl("/a")),
        (kazoo.SetACL("/a", [ALICE], -1), ops.SetAcl("/a", (OURS,))),
        (kazoo.GetChildren("/a", None), ops.GetChildren("/a")),
        (kazoo.GetChildren2("/a", print), ops.GetChildren2("/a", True)),
        (kazoo.Sync("/a"), ops.Sync("/a")),
        (kazoo.Auth(0, "digest", "alice:secret"), ops.AddAuth("digest", b"alice:secret")),
        (kazoo.Reconfig("server.4=x", None, None, -1), ops.Reconfig("server.4=x")),
        (kazoo.SASL(b"t"), ops.Sasl(b"t")),
        (kazoo.CloseInstance, ops.CloseSession()),
        (
            kazoo.Transaction([kazoo.Create("/a", b"", OPEN_ACL_UNSAFE, 0), kazoo.CheckVersion("/b", 1)]),
            ops.Multi((ops.Create("/a", b"", ops.OPEN), ops.Check("/b", 1))),
        ),
    ],
    ids=lambda case: type(case).__name__,
)
def test_kazoos_requests(theirs: Any, ours: ops.Operation) -> None:
    assert ours.opcode == theirs.type
    assert jute.read_body(theirs.type, bytes(theirs.serialize())) == ours


def test_kazoo_connects() -> None:
    theirs = kazoo.Connect(0, 5, 10_000, 7, b"p" * 16, False)
    assert jute.read_connect(bytes(theirs.serialize())) == ConnectRequest(5, 10_000, 7, b"p" * 16, False)
    answer = jute.write_connected(ConnectResponse(4_000, 7, b"q" * 16, False))
    assert kazoo.Connect.deserialize(answer, 0)[0] == kazoo.Connect(0, 0, 4_000, 7, b"q" * 16, False)


def kazoo_reads(theirs: Any, ours: ops.Operation, result: ops.Result) -> Any:
    frame = jute.write_reply(ours, 1, 2, 0, result)
    header, offset = kazoo.ReplyHeader.deserialize(frame, 0)
    assert header == (1, 2, 0)
    return theirs.deserialize(frame, offset)


def test_kazoo_reads_our_replies() -> None:
    read = ops.GetData("/a")
    assert kazoo_reads(kazoo.GetData, read, ops.DataOf(b"x", STAT))[0] == b"x"
    assert tuple(kazoo_reads(kazoo.GetData, read, ops.DataOf(None, STAT))[1]) == tuple(
        getattr(STAT, name) for name in STAT.__struct_fields__
    )
    children = ops.ChildrenOf(("b", "c"), STAT)
    assert kazoo_reads(kazoo.GetChildren2, ops.GetChildren2("/a"), children)[0] == ["b", "c"]
    assert kazoo_reads(kazoo.GetACL, ops.GetAcl("/a"), ops.AclOf((OURS,), STAT))[0] == [ALICE]
    assert kazoo_reads(kazoo.Create2, ops.Create2("/a", b"", ()), ops.Created("/a0", STAT))[0] == "/a0"
    watch, _ = kazoo.Watch.deserialize(jute.write_event(4, "/a"), 16)
    assert watch == (4, 3, "/a")


def test_kazoo_reads_our_multis() -> None:
    good = ops.Results((ops.Created("/a"), ops.StatOf(STAT), ops.Done()))
    path, stat, checked = kazoo_reads(kazoo.Transaction, THREE, good)
    assert (path, stat.version, checked) == ("/a", 5, True)
    bad = ops.Results((ops.Failed(0), ops.Failed(-103), ops.Failed(-2)))
    errors = kazoo_reads(kazoo.Transaction, THREE, bad)
    assert list(map(type, errors)) == [RolledBackError, BadVersionError, RuntimeInconsistency]
