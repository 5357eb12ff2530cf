"""Whoever sends what nobody should send is disconnected, with one line in the log; the others go on."""

import asyncio
import struct
from collections.abc import Awaitable

import pytest

from protocols.zookeeper import jute
from protocols.zookeeper import operations as ops
from protocols.zookeeper.jute import ConnectRequest
from tests.zookeeper.fronted import Bare, fronted, until

pytestmark = pytest.mark.anyio

HELLO = jute.framed(jute.write_connect(ConnectRequest(0, 10_000)))


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (struct.pack(">i", 0x100000), "A frame has the length 1048576, and may have 0 to 1048575 bytes."),
        (struct.pack(">i", -1), "A frame has the length -1"),
        (struct.pack(">i", -(2**31)), "A frame has the length -2147483648"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "A frame has the length 1195725856"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "A frame has the length 369295618"),
        (bytes(4), "4 bytes should follow, and there are 0"),
        (jute.framed(bytes(range(200))), "At byte 28, 404298267 bytes should follow"),
        (jute.framed(jute.write_connect(ConnectRequest(0, 1)) + b"?"), "nothing more should follow"),
    ],
)
async def test_instead_of_a_handshake(sent: bytes, why: str, caplog: pytest.LogCaptureFixture) -> None:
    async with fronted() as (front, ensemble):
        other = await Bare.client(front)
        bare = await Bare.to(front)
        bare.writer.write(sent)
        assert await bare.rest() == b""
        await other.lives()
        assert len(ensemble.lines) == 1, "the room heard nothing of it"
    assert len(caplog.records) == 1
    assert why in caplog.text


@pytest.mark.parametrize(
    ("sent", "answered", "why"),
    [
        (struct.pack(">i", 0x100000), b"", "A frame has the length 1048576"),
        (struct.pack(">i", -5), b"", "A frame has the length -5"),
        (bytes(4), b"", "4 bytes should follow, and there are 0"),
        (jute.framed(bytes(7)), b"", "4 bytes should follow, and there are 3"),
        (jute.framed(struct.pack(">ii", 9, 999) + b"?"), struct.pack(">iiqi", 16, 9, 0, -6), "operation 999"),
        (jute.framed(struct.pack(">ii", 9, 4) + b"?"), struct.pack(">iiqi", 16, 9, 0, -5), "operation 4"),
    ],
)
async def test_instead_of_a_request(
    sent: bytes, answered: bytes, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with fronted() as (front, ensemble):
        bare, other = await Bare.client(front), await Bare.client(front)
        bare.writer.write(sent + jute.framed(jute.write_request(10, ops.Exists("/"))))
        assert await bare.rest() == answered, "and nothing after it is looked at"
        assert [line.over for line in ensemble.lines] == [True, False]
        assert len(ensemble.lines[0].frames) == bool(answered), "nor does the room hear of it"
        await other.lives()
    assert len(caplog.records) == 1
    assert why in caplog.text


async def test_half_open_handshakes_are_not_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    async with fronted(hello_seconds=0.3) as (front, ensemble):
        other = await Bare.client(front)
        for sent in (b"", b"\x00", HELLO[:4], HELLO[:-1]):
            bare = await Bare.to(front)
            bare.writer.write(sent)
            assert await bare.rest() == b""
        await other.lives()
        assert len(ensemble.lines) == 1
    assert caplog.text.count("It has said nothing for 0.3 s.") == 4


async def test_one_byte_at_a_time() -> None:
    async with fronted() as (front, _):
        bare = await Bare.to(front)
        for byte in HELLO + jute.framed(jute.write_request(5, ops.Exists("/"))):
            bare.writer.write(bytes([byte]))
            await bare.writer.drain()
            await asyncio.sleep(0)
        assert (await bare.connected()).session == 1
        assert jute.read_reply(ops.Exists("/"), await bare.heard())[0].xid == 5


async def test_a_thousand_at_once(caplog: pytest.LogCaptureFixture) -> None:
    async with fronted(max_connections=50, max_connections_per_server=40, hello_seconds=0.5) as (front, _):
        old = await Bare.client(front)
        crowd = [await Bare.to(front) for _ in range(1000)]
        ends = await asyncio.gather(*(bare.rest() for bare in crowd))
        assert set(ends) == {b""}
        await old.lives()
        assert len(front.connections["n1"]) == 1
        await (await Bare.client(front)).lives()
    assert caplog.text.count("takes no further ZooKeeper client: it has 40 of 40.") == 1, (
        "not a line for each"
    )


async def test_all_servers_together_have_a_limit() -> None:
    async with fronted(max_connections=3) as (front, _):
        for server in ("n1", "n1", "n2"):
            await Bare.client(front, server)
        assert await (await Bare.to(front, "n3")).rest() == b""


async def test_a_slow_reader_is_dropped_before_it_fills_our_memory(caplog: pytest.LogCaptureFixture) -> None:
    async with fronted(max_unsent_bytes=1_000_000) as (front, ensemble):
        slow, other = await Bare.client(front), await Bare.client(front)
        slow.writer.transport.pause_reading()  # type: ignore[attr-defined]
        ensemble.znodes["/big"] = (bytes(900_000), 0)
        for xid in range(1, 200):
            slow.ask(xid, ops.GetData("/big"))
        await until(lambda: ensemble.lines[0].over)
        await other.lives()
    assert caplog.text.count("It does not read what it asked for") == 1


async def test_many_large_requests_under_way_are_bounded_in_bytes() -> None:
    async with fronted(max_unsent_bytes=100_000) as (front, ensemble):
        bare = await Bare.client(front)
        ensemble.holds = True
        for xid in range(1, 21):
            bare.ask(xid, ops.SetData("/", bytes(30_000)))
        await until(lambda: len(ensemble.lines[0].frames) == 4)
        await asyncio.sleep(0.05)
        assert len(ensemble.lines[0].frames) == 4
        ensemble.release()
        replies: list[Awaitable[bytes]] = [bare.heard() for _ in range(20)]
        assert [jute.Reader(await reply).take(4)[3] for reply in replies] == list(range(1, 21))
