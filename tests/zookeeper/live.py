"""A platform whose live room real clients use, and those clients: kazoo's, over loopback."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Thread
from typing import Any, Self

from kazoo.client import KazooClient
from kazoo.retry import KazooRetry

from app.rooms.room import Room
from app.sim.timeline import Timeline
from protocols.zookeeper import jute
from protocols.zookeeper import operations as ops
from protocols.zookeeper.errors import Code, ZooKeeperError
from tests.serving import Served, serving


class Live:
    """The live room, its clients, and what a person may do to it meanwhile."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.clients: list[Any] = []

    @property
    def room(self) -> Room:
        return self.served.hub.get("live")

    @property
    def timeline(self) -> Timeline:
        return self.room.tree.current.timeline

    def do(self, *commands: str) -> None:
        for text in commands:
            self.served.inside(partial(self.room.command, text, None))

    def client(self, *servers: str, **options: Any) -> Any:
        """A client that knows these servers; without any, all."""
        hosts = [self.served.zookeeper[name] for name in servers or self.served.zookeeper]
        quick = KazooRetry(max_tries=-1, delay=0.02, backoff=1, max_jitter=0.1)
        options = {"connection_retry": quick, "timeout": 10.0} | options
        made = KazooClient(",".join(f"{host}:{port}" for host, port in hosts), **options)
        self.clients.append(made)
        made.start(timeout=10)
        return made

    def machines(self) -> list[str]:
        names = self.served.inside(lambda: list(self.timeline.sim.cluster.machines))
        return [name for name in names if name.startswith("k")]

    def server_of(self, client: Any) -> str:
        """Where a client is connected now."""
        peer = client._connection._socket.getpeername()
        return next(name for name, address in self.served.zookeeper.items() if tuple(address) == peer)

    def end(self) -> None:
        """Nobody waits for ever for a client that is not let go: kazoo itself would."""
        clients, self.clients = self.clients, []
        leaving = [Thread(target=leave, args=(client,), daemon=True) for client in clients]
        for thread in leaving:
            thread.start()
        for thread in leaving:
            thread.join(20)
        assert not any(thread.is_alive() for thread in leaving), "a client could not end its session"


def leave(client: KazooClient) -> None:
    client.stop()
    client.close()


@contextmanager
def live(**settings: Any) -> Iterator[Live]:
    with serving(**{"zookeeper": True, "zookeeper_port": 0, "speed": "max"} | settings) as served:
        room = Live(served)
        try:
            yield room
        finally:
            room.end()


class Plain:
    """A bare connection with a session."""

    def __init__(self, host: str, port: int, timeout: int = 10_000) -> None:
        self.socket = socket.create_connection((host, port), 3)
        self.events: list[tuple[int, str]] = []
        self._xid = 0
        self._say(jute.write_connect(jute.ConnectRequest(0, timeout)))
        self.session = jute.read_connected(self._hear()).session

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def ask(self, operation: ops.Operation) -> Any:
        """The result; events that come before it are kept."""
        self._xid += 1
        self._say(jute.write_request(self._xid, operation))
        while True:
            heard = self._hear()
            if heard[:4] == b"\xff\xff\xff\xff":
                length = int.from_bytes(heard[24:28], "big")
                event = int.from_bytes(heard[16:20], "big")
                self.events.append((event, heard[28 : 28 + length].decode()))
                continue
            header, result = jute.read_reply(operation, heard)
            assert header.xid == self._xid
            if header.error:
                raise ZooKeeperError(Code(header.error))
            return result

    def _say(self, body: bytes) -> None:
        self.socket.sendall(jute.framed(body))

    def _hear(self) -> bytes:
        return self._exactly(int.from_bytes(self._exactly(4), "big"))

    def _exactly(self, length: int) -> bytes:
        got = b""
        while len(got) < length:
            more = self.socket.recv(length - len(got))
            assert more, "the connection is over"
            got += more
        return got


def eventually(true: Callable[[], Any], seconds: float = 10) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = true()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError("It did not come to be.")


def together(*works: Callable[[], Any]) -> list[Any]:
    """Each in a thread of its own; what they give, or the first failure."""
    results: list[Any] = [None] * len(works)
    failures: list[BaseException] = []

    def run(at: int) -> None:
        try:
            results[at] = works[at]()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(at,), daemon=True) for at in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive(), "it does not end"
    if failures:
        raise failures[0]
    return results
