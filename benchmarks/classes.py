"""A class of five hundred: joining at once, answering at once, coming back at once, and how soon a student is
told what the lead did, beside a bare socket's broadcast.

Server, peer and students are processes of their own on the loopback interface; the server keeps what it
acknowledges in a file.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.fanout import port_of, process
from benchmarks.measure import Ratio

STUDENTS = 500
CLICKS = 40


# --- the floor --------------------------------------------------------------------------------------------


async def peer() -> None:
    """Whatever one connection says, all are told: nothing else is done."""
    from websockets.asyncio.server import ServerConnection, broadcast, serve
    from websockets.exceptions import ConnectionClosed

    everybody: set[ServerConnection] = set()

    async def handler(connection: ServerConnection) -> None:
        everybody.add(connection)
        with contextlib.suppress(ConnectionClosed):
            async for message in connection:
                broadcast(everybody, message)
        everybody.discard(connection)

    async with serve(handler, "127.0.0.1", 0, compression=None) as server:
        print(f":{next(iter(server.sockets)).getsockname()[1]}", flush=True)
        await asyncio.Event().wait()


# --- students ---------------------------------------------------------------------------------------------


async def post(port: int, path: str, body: dict[str, Any], headers: str = "") -> tuple[dict[str, Any], str]:
    """The answer, and the cookie that came with it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    data = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n{headers}"
    writer.write(f"{head}Content-Length: {len(data)}\r\nConnection: close\r\n\r\n".encode() + data)
    answer = (await reader.read()).decode()
    writer.close()
    await writer.wait_closed()
    top, _, text = answer.partition("\r\n\r\n")
    cookies = [
        line.partition(": ")[2].partition(";")[0]
        for line in top.split("\r\n")
        if line.startswith("set-cookie")
    ]
    assert " 201 " in top.split("\r\n")[0], top
    return json.loads(text), cookies[0]


class Student:
    """One phone: its seat, its connection, what it has been told of itself, and when a place came."""

    def __init__(self, port: int, id: str, role: str = "student") -> None:
        self.port, self.id, self.role = port, id, role
        self.cookie = ""
        self.you: dict[str, Any] = {}
        self.public: dict[str, Any] = {}
        self.places: dict[float, float] = {}
        self.acknowledged: asyncio.Event = asyncio.Event()

    async def join(self, code: str) -> None:
        _, self.cookie = await post(self.port, "/api/join", {"code": code, "name": "Ada"})

    async def connect(self) -> None:
        from websockets.asyncio.client import connect

        url = f"ws://127.0.0.1:{self.port}/ws/classes/{self.id}"
        headers = {"Cookie": self.cookie}
        self.socket = await connect(url, compression=None, additional_headers=headers, open_timeout=30)
        await self.socket.send(json.dumps({"type": "hello", "version": 1, "role": self.role}))
        self.hearing = asyncio.create_task(self.hear())

    async def hear(self) -> None:
        async for text in self.socket:
            message = json.loads(text)
            if message["type"] == "you":
                self.you = message
            elif message["type"] == "class":
                self.public = message
            elif message["type"] == "place":
                self.places[message["time"]] = time.monotonic()
            elif message["type"] == "ok":
                self.acknowledged.set()
            elif message["type"] in ("refused", "error"):
                raise AssertionError(text)

    async def say(self, **event: Any) -> None:
        self.acknowledged.clear()
        await self.socket.send(json.dumps({"type": "say", "id": 1, "event": event}))
        await self.acknowledged.wait()

    async def leave(self) -> None:
        self.hearing.cancel()
        await self.socket.close()


async def held(
    port: int, id: str, code: str, cookie: str, count: int = STUDENTS, clicks: int = CLICKS
) -> dict[str, Any]:
    """What happened to a class of so many; seconds, and how many of each."""
    lead = Student(port, id, "lead")
    lead.cookie = cookie
    await lead.connect()
    class_ = [Student(port, id) for _ in range(count)]
    found: dict[str, Any] = {}

    async def enter(student: Student, at: float) -> None:
        await asyncio.sleep(max(0.0, at - time.monotonic()))
        await student.join(code)
        await student.connect()

    begun = time.monotonic()
    await asyncio.gather(*(enter(s, begun + 5 * n / STUDENTS) for n, s in enumerate(class_)))
    await _until(lambda: lead.public.get("here") == count)
    found["joined"] = time.monotonic() - begun

    await lead.say(type="ask", kind="number", text="How many?")
    await _until(lambda: all(s.public.get("question") for s in class_))
    begun = time.monotonic()
    await asyncio.gather(*(s.say(type="answer", question="q1", value=str(n)) for n, s in enumerate(class_)))
    found["answered"] = time.monotonic() - begun
    await _until(lambda: lead.public["question"]["count"] == count)

    half = class_[::2]
    begun = time.monotonic()
    await asyncio.gather(*(s.leave() for s in half))
    for s in half:
        s.you = {}
    await asyncio.gather(*(s.connect() for s in half))
    await _until(lambda: all(s.you for s in half))
    found["back"] = time.monotonic() - begun
    found["lost"] = sum((s.you["answer"] or {}).get("value") != str(n * 2) for n, s in enumerate(half))

    late = []
    for click in range(clicks):
        await asyncio.sleep(0.1)
        said = time.monotonic()
        place = {"branch": "b1", "seq": click, "time": float(click), "live": False, "services": ["raft"]}
        await lead.say(type="place", **place)
        await _until(lambda at=float(click): all(at in s.places for s in class_))
        late += [s.places[float(click)] - said for s in class_]
    found["p99"] = _p99(late)

    await lead.leave()
    await _until(lambda: all(s.public["lead"] is False for s in class_))
    await asyncio.gather(*(s.say(type="hand", up=True) for s in class_))
    found["without"] = sum(s.public["ended"] for s in class_)
    await asyncio.gather(*(s.leave() for s in class_))
    return found


async def bare(port: int) -> float:
    """The same clicks through a server that does nothing but broadcast: p99 of a message of that size."""
    from websockets.asyncio.client import connect

    seen: list[float] = []
    sockets = [await connect(f"ws://127.0.0.1:{port}/", compression=None) for _ in range(STUDENTS)]

    async def hear(socket: Any) -> None:
        async for text in socket:
            json.loads(text)
            seen.append(time.monotonic())

    hearing = [asyncio.create_task(hear(socket)) for socket in sockets]
    text = json.dumps({"type": "place", "branch": "b1", "seq": 1, "time": 1.0}).ljust(180)
    late: list[float] = []
    for _ in range(CLICKS):
        await asyncio.sleep(0.1)
        seen.clear()
        said = time.monotonic()
        await sockets[0].send(text)
        await _until(lambda: len(seen) == STUDENTS)
        late += [at - said for at in seen]
    for task in hearing:
        task.cancel()
    return _p99(late)


async def _until(true: Any, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came true"
        await asyncio.sleep(0.002)


def _p99(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]


# --- the report -------------------------------------------------------------------------------------------


@contextmanager
def a_server(file: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    limits = {"QUORUMSCOPE_PORT": "0", "QUORUMSCOPE_ZOOKEEPER": "false", "QUORUMSCOPE_DATABASE": str(file)}
    with process("app", "serve", **limits) as server:
        assert server.stdout is not None
        with server.stdout:
            yield server, port_of(server)


def open_class(port: int) -> tuple[dict[str, Any], str]:
    """On the live room; with the lead's cookie."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/classes", b'{"room": "live"}', {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer), answer.headers["set-cookie"].partition(";")[0]


def one_class() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, a_server(Path(folder) / "db") as (_, port):
        made, cookie = open_class(port)
        words = ("benchmarks.classes", "held", str(port), made["id"], made["code"], cookie)
        with process(*words) as crowd:
            assert crowd.stdout is not None
            found: dict[str, Any] = json.loads(crowd.stdout.readline())
            return found


def the_floor() -> float:
    with (
        process("benchmarks.classes", "peer") as child,
        process("benchmarks.classes", "bare", str(port_of(child))) as crowd,
    ):
        assert crowd.stdout is not None
        return float(crowd.stdout.readline())


def report(rounds: int = 3) -> list[Ratio]:
    found, floors = [], []
    for _ in range(rounds):
        found.append(one_class())
        floors.append(the_floor())
    middle = {name: statistics.median(f[name] for f in found) for name in found[0]}
    floor = statistics.median(floors)
    lost = max(f["lost"] for f in found)
    kept = f"{middle['answered']:.2f} s until all were on the disk and acknowledged"
    back = f"{middle['back']:.2f} s until {STUDENTS // 2} were back"
    return [
        Ratio(f"answers lost of {STUDENTS}, half of whom came back", lost, 0, False, f"{kept}, {back}"),
        Ratio(f"seconds in which {STUDENTS} have joined / 5", middle["joined"] / 5, 1.5, False),
        Ratio("p99 from the lead's click to a student / bare broadcast", middle["p99"] / floor, 2.0, False,
              f"{middle['p99'] * 1e3:.0f} ms against {floor * 1e3:.0f} ms, {STUDENTS} students"),
    ]  # fmt: skip


def main(role: str, *words: str) -> None:
    import uvloop

    if role == "peer":
        uvloop.run(peer())
    elif role == "bare":
        print(uvloop.run(bare(int(words[0]))), flush=True)
    else:
        port, id, code, cookie = words
        print(json.dumps(uvloop.run(held(int(port), id, code, cookie))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
