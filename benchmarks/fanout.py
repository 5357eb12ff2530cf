"""Many viewers: what a room costs the server a viewer and message, against `websockets.broadcast()`.

Server, peer and viewers are processes of their own on the loopback interface. The peer sends messages of the
same size at the same rate to as many connections, and does nothing else. "Late" is how much later than the
luckiest viewer a message arrives; both sides are measured the same way.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import struct
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from benchmarks.measure import Ratio

SECONDS = 6.0
TICKS = 20
SPEED = 0.1
HZ = os.sysconf("SC_CLK_TCK")


# --- processes --------------------------------------------------------------------------------------------


@contextmanager
def process(*words: str, **env: str) -> Iterator[subprocess.Popen[str]]:
    """A process that says on its first line where it serves; it ends with the block."""
    env = {**os.environ, "QUORUMSCOPE_DATABASE": ":memory:", **env}
    child = subprocess.Popen([sys.executable, "-m", *words], stdout=subprocess.PIPE, text=True, env=env)
    try:
        yield child
    finally:
        child.terminate()
        child.wait(10)


def port_of(child: subprocess.Popen[str]) -> int:
    assert child.stdout is not None
    return int(child.stdout.readline().rstrip().rpartition(":")[2])


def cpu_of(child: subprocess.Popen[str]) -> float:
    """CPU seconds that a process has used, in user and system mode."""
    with open(f"/proc/{child.pid}/stat") as stat:  # noqa: PTH123
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / HZ


# --- the peer ---------------------------------------------------------------------------------------------


async def peer(size: int) -> None:
    """Broadcasts a message of `size` bytes to everybody, twenty times a second."""
    from websockets.asyncio.server import ServerConnection, broadcast, serve

    everybody: set[ServerConnection] = set()

    async def handler(connection: ServerConnection) -> None:
        everybody.add(connection)
        try:
            await connection.wait_closed()
        finally:
            everybody.discard(connection)

    async with serve(handler, "127.0.0.1", 0, compression=None, max_queue=4) as server:
        print(f":{next(iter(server.sockets)).getsockname()[1]}", flush=True)
        start, number = time.monotonic(), 0
        while True:
            number += 1
            await asyncio.sleep(max(0.0, start + number / TICKS - time.monotonic()))
            broadcast(everybody, f'{{"type":"events","now":{number}}}'.ljust(size))


# --- the viewers ------------------------------------------------------------------------------------------


class ViewerProtocol(asyncio.Protocol):
    """Reads WebSocket frames and notes when each text arrived; answers nothing but its hello."""

    def __init__(self, path: str, seen: dict[bytes, list[float]], ready: asyncio.Future[None]) -> None:
        self.path, self.seen, self.ready = path, seen, ready
        self.buffer = b""
        self.open = False
        self.bytes = 0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(
            f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.open:
            head, end, self.buffer = self.buffer.partition(b"\r\n\r\n")
            if not end:
                self.buffer = head
                return
            self.open = True
            hello = b'{"type":"hello","version":1}'
            self.transport.write(bytes([0x81, 0x80 | len(hello)]) + bytes(4) + hello)
            self.ready.set_result(None)
        self.frames()

    def frames(self) -> None:
        while len(self.buffer) >= 10:
            size, start = self.buffer[1] & 127, 2
            if size == 126:
                size, start = struct.unpack_from(">H", self.buffer, 2)[0], 4
            elif size == 127:
                size, start = struct.unpack_from(">Q", self.buffer, 2)[0], 10
            if len(self.buffer) < start + size:
                return
            text, self.buffer = self.buffer[start : start + size], self.buffer[start + size :]
            if text.startswith(b'{"type":"events"'):
                self.bytes += size
                self.seen.setdefault(text[:80], []).append(time.monotonic())


def _same(protocol: ViewerProtocol) -> ViewerProtocol:
    return protocol


async def viewers(port: int, path: str, count: int, seconds: float, stalled: int = 0) -> dict[str, Any]:
    """Connect `count` viewers, watch for `seconds`; how many messages came, how large and how late."""
    loop = asyncio.get_running_loop()
    seen: dict[bytes, list[float]] = {}
    protocols = []
    for n in range(count):
        ready = loop.create_future()
        protocol = ViewerProtocol(path, seen, ready)
        transport, _ = await loop.create_connection(partial(_same, protocol), "127.0.0.1", port)
        await ready
        protocols.append(protocol)
        if n < stalled:
            transport.pause_reading()
    await asyncio.sleep(1.0)
    seen.clear()
    for protocol in protocols:
        protocol.bytes = 0
    print("watching", flush=True)
    await asyncio.sleep(seconds)
    times = list(seen.values())[1:-1]
    late = sorted(t - min(batch) for batch in times for t in batch)
    full = [len(batch) for batch in times]
    return {
        "messages": sum(full),
        "batches": len(full),
        "fewest": min(full, default=0),
        "size": sum(p.bytes for p in protocols) // max(1, sum(map(len, seen.values()))),
        "p99": late[int(len(late) * 0.99)] if late else 0.0,
    }


# --- the comparison ---------------------------------------------------------------------------------------


def watched(
    child: subprocess.Popen[str], port: int, path: str, count: int, stalled: int = 0
) -> dict[str, Any]:
    """What `count` viewers saw, and the CPU seconds the server spent a message to a viewer."""
    words = ("benchmarks.fanout", "viewers", str(port), path, str(count), str(stalled))
    with process(*words) as crowd:
        assert crowd.stdout is not None
        assert crowd.stdout.readline() == "watching\n"
        before = cpu_of(child)
        time.sleep(SECONDS)
        spent = cpu_of(child) - before
        found: dict[str, Any] = json.loads(crowd.stdout.readline())
    expected = TICKS * SECONDS * (count - stalled)
    found["cpu"] = spent / expected
    return found


@contextmanager
def a_room() -> Iterator[tuple[subprocess.Popen[str], int, str]]:
    """A server with a room under steady writes."""
    limits = {"QUORUMSCOPE_PORT": "0", "QUORUMSCOPE_MAX_VIEWERS": "2000"}
    with process("app", "serve", **limits) as server:
        port = port_of(server)
        body = {"config": {"clients": 1, "speed": SPEED, "script": [{"at": "0ms", "do": ["load c1 500ms"]}]}}
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/api/rooms",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            room = json.load(answer)["id"]
        yield server, port, f"/ws/rooms/{room}"


def compare(count: int, rounds: int = 3) -> list[Ratio]:
    ours, theirs = [], []
    for _ in range(rounds):
        with a_room() as (server, port, path):
            ours.append(watched(server, port, path, count))
        with process("benchmarks.fanout", "peer", str(ours[-1]["size"])) as child:
            theirs.append(watched(child, port_of(child), "/", count))
    cpu = [statistics.median(r["cpu"] for r in side) for side in (ours, theirs)]
    p99 = [statistics.median(r["p99"] for r in side) for side in (ours, theirs)]
    sizes = f"{ours[-1]['size']} bytes a message"
    return [
        Ratio(f"server CPU a message, {count} viewers / broadcast()", cpu[0] / cpu[1], 1.25, False,
              f"{cpu[0] * 1e6:.1f} µs against {cpu[1] * 1e6:.1f} µs, {sizes}, simulation included"),
        Ratio(f"p99 lateness, {count} viewers / broadcast()", p99[0] / p99[1], 1.5, False,
              f"{p99[0] * 1e3:.1f} ms against {p99[1] * 1e3:.1f} ms"),
    ]  # fmt: skip


def stalled() -> list[Ratio]:
    """One viewer of fifty does not read: what the others lose, and how late they are."""
    with a_room() as (server, port, path):
        calm = watched(server, port, path, 50)
    with a_room() as (server, port, path):
        blocked = watched(server, port, path, 50, stalled=1)
    lost = 49 - blocked["fewest"]
    return [
        Ratio("viewers of 49 that missed a batch beside a stalled one", lost, 0, False),
        Ratio("their p99 lateness / without the stall", blocked["p99"] / calm["p99"], 1.5, False),
    ]


def report() -> list[Ratio]:
    return [*compare(500), *compare(1_000), *stalled()]


def main(role: str, *words: str) -> None:
    import uvloop

    if role == "peer":
        uvloop.run(peer(int(words[0])))
    else:
        port, path, count, still = int(words[0]), words[1], int(words[2]), int(words[3])
        print(json.dumps(uvloop.run(viewers(port, path, count, SECONDS, still))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
