"""What it costs that a command is acknowledged only when it is safe on the disk.

The same server, once with a file and once with `:memory:`, and as many drivers, each of whom gives his next
command when the last is acknowledged. And the file alone: writes in groups against a transaction each.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from websockets.asyncio.client import connect

from app.storage.sqlite import Sqlite
from benchmarks.fanout import cpu_of, port_of, process
from benchmarks.measure import ROUNDS, Ratio

SECONDS = 2.0
FAST = {"QUORUMSCOPE_MESSAGE_RATE": "1000000", "QUORUMSCOPE_MESSAGE_BURST": "1000000"}


async def drive(port: int, room: dict[str, Any], took: list[float]) -> None:
    async with connect(f"ws://127.0.0.1:{port}/ws/rooms/{room['id']}", compression=None) as socket:
        await socket.send(json.dumps({"type": "hello", "version": 1, "token": room["token"]}))
        await socket.recv()
        end, n = time.monotonic() + SECONDS, 0
        while time.monotonic() < end:
            n, begun = n + 1, time.monotonic()
            text = f"request c1 put x {n}"
            await socket.send(json.dumps({"type": "command", "id": n, "text": text}))
            while not str(await socket.recv()).startswith('{"type":"ok"'):
                pass
            took.append(time.monotonic() - begun)


async def crowd(port: int, rooms: list[dict[str, Any]]) -> list[float]:
    took: list[float] = []
    await asyncio.gather(*(drive(port, room, took) for room in rooms))
    return took


def served(drivers: int, database: str) -> tuple[float, float, float]:
    """Commands a second, the median latency, and CPU seconds a command."""
    with process("app", "serve", QUORUMSCOPE_PORT="0", QUORUMSCOPE_DATABASE=database, **FAST) as server:
        port = port_of(server)
        rooms = []
        for _ in range(drivers):
            asked = urllib.request.Request(
                f"http://127.0.0.1:{port}/api/rooms",
                b'{"config": {"speed": 0.001}}',
                {"Content-Type": "application/json"},
            )
            with urllib.request.urlopen(asked) as answer:
                rooms.append(json.load(answer))
        before = cpu_of(server)
        took = asyncio.run(crowd(port, rooms))
        return len(took) / SECONDS, statistics.median(took), (cpu_of(server) - before) / len(took)


def compare(drivers: int, rounds: int = 3) -> list[Ratio]:
    kept, unkept = [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
            kept.append(served(drivers, f"{folder}/q.db"))
        unkept.append(served(drivers, ":memory:"))
    with_, without = (
        [statistics.median(column) for column in zip(*side, strict=True)] for side in (kept, unkept)
    )
    who = f"{drivers} driver{'s' if drivers > 1 else ''}"
    return [
        Ratio(f"acknowledged commands a second, {who}, kept / not kept", with_[0] / without[0], None, True,
              f"{with_[0]:.0f} against {without[0]:.0f}; median {with_[1] * 1e3:.2f} ms against "
              f"{without[1] * 1e3:.2f} ms; CPU {with_[2] * 1e6:.0f} µs against {without[2] * 1e6:.0f} µs"),
    ]  # fmt: skip


async def written(path: str, together: bool, count: int) -> float:
    """Writes a second, each of 200 waiting for its own."""
    db = Sqlite(path)
    await db.open()
    one_at_a_time = asyncio.Semaphore(200 if together else 1)

    async def write(n: int) -> None:
        async with one_at_a_time:
            number = db.write("INSERT INTO commands VALUES ('r', 'b', ?, 0, 'request c1 put x 7')", n)
            await db.until_safe(number)

    begun = time.monotonic()
    await asyncio.gather(*(write(n) for n in range(count)))
    rate = count / (time.monotonic() - begun)
    await db.close()
    return rate


def groups() -> list[Ratio]:
    many, each = [], []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
            many.append(asyncio.run(written(f"{folder}/a.db", together=True, count=4_000)))
            each.append(asyncio.run(written(f"{folder}/b.db", together=False, count=400)))
    a, b = statistics.median(many), statistics.median(each)
    return [Ratio("writes a second, 200 at once in groups / a transaction each", a / b, 10, True,
                  f"{a:.0f} against {b:.0f}")]  # fmt: skip


def report() -> list[Ratio]:
    return [*groups(), *compare(1), *compare(20)]
