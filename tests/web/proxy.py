"""A reverse proxy in front of a server: below a prefix is ours, everything else is somebody else's."""

import asyncio
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager

PREFIX = "/lab/quorumscope"
NOTHING = b"HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\nConnection: close\r\n\r\nother"


class Proxy:
    """One request a connection. `strips`: the server never hears of the prefix."""

    def __init__(self, upstream: str, strips: bool) -> None:
        self.upstream = int(upstream.rpartition(":")[2])
        self.strips = strips
        self.strays: list[str] = []
        """What was asked for outside of the prefix."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            method, path, rest = head.decode("latin-1").split(" ", 2)
            if not path.startswith(PREFIX + "/"):
                self.strays.append(path)
                writer.write(NOTHING)
                return
            if self.strips:
                path = path.removeprefix(PREFIX)
            first, _, fields = rest.partition("\r\n")
            said = [line for line in fields.split("\r\n") if line]
            if "upgrade: websocket" not in fields.lower():
                said = [line for line in said if not line.lower().startswith("connection:")] + [
                    "Connection: close"
                ]
            said.append("X-Forwarded-For: 203.0.113.9")
            there, here = await asyncio.open_connection("127.0.0.1", self.upstream)
            here.write("\r\n".join([f"{method} {path} {first}", *said, "", ""]).encode("latin-1"))
            await asyncio.gather(copy(reader, here), copy(there, writer))
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # somebody has gone, or the test is over
        finally:
            writer.close()


async def copy(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(65536):
            to.write(data)
            await to.drain()
    finally:
        to.close()


@contextmanager
def proxied(upstream: str, strips: bool) -> Iterator[tuple[str, Proxy]]:
    """The address with the prefix, and the proxy."""
    proxy = Proxy(upstream, strips)
    where: queue.SimpleQueue[tuple[int, asyncio.AbstractEventLoop, asyncio.Event]] = queue.SimpleQueue()

    async def main() -> None:
        server, end = await asyncio.start_server(proxy.serve, "127.0.0.1", 0), asyncio.Event()
        where.put((server.sockets[0].getsockname()[1], asyncio.get_running_loop(), end))
        await end.wait()
        server.close()

    thread = threading.Thread(target=asyncio.run, args=(main(),), daemon=True)
    thread.start()
    port, loop, end = where.get(timeout=5)
    try:
        yield f"http://127.0.0.1:{port}{PREFIX}", proxy
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join(5)
